"""Plan of dense layers as bit heaps: a frame each cycle, or each few cycles."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from build_decoder.hdl import layers
from build_decoder.hdl.heap.compressors import NAMES, compressors_of
from build_decoder.hdl.heap.graph import Graph
from build_decoder.hdl.heap.graph_plan import GraphPlan
from build_decoder.hdl.heap.layer import HeapLayers
from build_decoder.hdl.heap.network import network_of
from build_decoder.hdl.heap.pipeline import Pipeline
from build_decoder.hdl.heap.planes import MOST_PLANES, Planes, plane_counts
from build_decoder.hdl.planning.actor import Actor, Phase
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Shape

__all__ = ["HeapPlan"]


@layers.for_models
@dataclass(frozen=True)
class HeapPlan(GraphPlan):
    """Plan of dense layers in a row that take all inputs of a frame at once, and give all outputs.

    Parameters
    ----------
    layer
        The layers.
    cells
        As of a :class:`GraphPlan`.
    planes
        Cycles of a frame, each of which takes as many bits of each input.

    Raises
    ------
    ValueError
        If there are no such compressors, a layer's sums or outputs have too many codes, or inputs
        cannot come in so many planes.
    """

    name = "heap"
    layer_type = HeapLayers

    layer: HeapLayers
    cells: str
    planes: int = 1

    def __post_init__(self):
        _ = self.graph

    @cached_property
    def graph(self) -> Graph:
        """LUTs and carry chains, from the bits of all inputs, or of those of a plane, to those of
        all outputs."""
        return network_of(self.layer.layers, compressors_of(self.cells), self.planes)

    @cached_property
    def pipeline(self) -> Pipeline:
        """Where registers stand."""
        return Pipeline(self.graph)

    @cached_property
    def in_planes(self) -> Planes | None:
        """What gives the planes of a frame; None if it is one."""
        if self.planes == 1:
            return None
        count = self.graph.input_count
        taken = tuple(bit - 1 for bit in sorted(self.pipeline.uses) if bit <= count)
        (format,), count = self.layer.inputs, self.layer.input_count
        return Planes(format, count, self.planes, taken, compressors_of(self.cells))

    @property
    def beside(self) -> tuple[Graph, ...]:
        return () if self.in_planes is None else (self.in_planes.graph,)

    @property
    def beside_luts(self) -> int:
        """One that lets registers move, and of several planes one that takes a frame."""
        return 1 if self.in_planes is None else 2

    @property
    def beside_flip_flops(self) -> int:
        """Those that hold and count planes."""
        if self.in_planes is None:
            return 0
        return len(self.in_planes.held) + self.in_planes.counter_flip_flops

    @property
    def latency(self) -> int:
        """Cycles from a frame to its outputs."""
        return self.pipeline.registers + self.planes - 1

    @property
    def serves(self) -> tuple[str, ...]:
        return self.layer.names

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        (format,), count = self.layer.inputs, self.layer.input_count
        return (Tensor((count,), format, count),)

    @property
    def output(self) -> Tensor:
        (count,) = self.layer.output_shape
        return Tensor((count,), self.layer.output, count)

    @property
    def actors(self) -> tuple[Actor, ...]:
        phases = [Phase(take=(0,), give=(0,))]
        if self.planes > 1:
            phases.append(Phase(self.planes - 1, moves=True))
        return (Actor(phases, registers=self.latency),)

    @classmethod
    def options(cls, layer: HeapLayers, shapes: Sequence[Shape]) -> Iterator[Self]:
        for name in NAMES:
            for planes in plane_counts(layer.inputs[0].width):
                yield cls(layer, name, planes)

    @property
    def choices(self) -> Mapping[str, str | int]:
        return {"cells": self.cells, "planes": self.planes}

    @classmethod
    def chosen(
        cls, layer: HeapLayers, shapes: Sequence[Shape], *, cells: str = NAMES[0], planes: int = 1
    ) -> Self:
        return cls(layer, cells, planes)

    @classmethod
    def read_choices(cls, entries: Fields) -> Mapping[str, str | int]:
        # Those of before there were several planes do not say so.
        entries.only("cells", optional=("planes",))
        planes = entries.integer("planes", 1, MOST_PLANES) if "planes" in entries.values else 1
        return {"cells": entries.choice("cells", NAMES), "planes": planes}

    def giving(self, lanes: int) -> Self:
        return self
