"""Plan of dense layers as bit heaps: a frame each cycle."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from build_decoder.hdl import layers
from build_decoder.hdl.heap.compressors import NAMES, compressors_of
from build_decoder.hdl.heap.graph import Graph
from build_decoder.hdl.heap.layer import HeapLayers
from build_decoder.hdl.heap.network import network_of
from build_decoder.hdl.heap.pipeline import Pipeline
from build_decoder.hdl.planning.actor import Actor, Phase
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Shape

__all__ = ["HeapPlan"]


@layers.for_models
@dataclass(frozen=True)
class HeapPlan(LayerPlan):
    """Plan of dense layers in a row that take all inputs of a frame at once, and give all outputs.

    Parameters
    ----------
    layer
        The layers.
    cells
        Family whose LUTs and carry chains the sums are made of, one of
        :data:`hdl.heap.compressors.NAMES`. Another family makes the same network of its own.

    Raises
    ------
    ValueError
        If there are no such compressors, or a layer's sums or outputs have too many codes.
    """

    name = "heap"
    layer_type = HeapLayers
    folds = False

    layer: HeapLayers
    cells: str

    def __post_init__(self):
        _ = self.graph

    @cached_property
    def graph(self) -> Graph:
        """LUTs and carry chains, from the bits of all inputs to those of all outputs."""
        return network_of(self.layer.layers, compressors_of(self.cells))

    @cached_property
    def pipeline(self) -> Pipeline:
        """Where registers stand."""
        return Pipeline(self.graph)

    @property
    def luts(self) -> int:
        """LUTs in the family of the cells, one of two outputs as one, those that are shift
        registers, and one that lets registers move. On ECP5 it may become a few more or less:
        synthesis knows what a carry chain does, and finds some that are equal."""
        count = compressors_of(self.cells).luts
        return sum(map(count, self.graph.operations)) + len(self._shifted) + 1

    @property
    def flip_flops(self) -> int:
        """Flip-flops: of all rows of registers, but for shift registers, and one a row that tells
        whether there is a frame."""
        return self.pipeline.flip_flops - sum(self._shifted) + self.pipeline.registers

    @property
    def _shifted(self) -> list[int]:
        """Flip-flops in a row that become a shift register."""
        least = compressors_of(self.cells).shift_register
        return [] if least is None else [rows for rows in self.pipeline.waits if rows >= least]

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
        return (Actor((Phase(take=(0,), give=(0,)),), registers=self.pipeline.registers),)

    @classmethod
    def options(cls, layer: HeapLayers, shapes: Sequence[Shape]) -> Iterator[Self]:
        for name in NAMES:
            yield cls(layer, name)

    @property
    def choices(self) -> Mapping[str, str]:
        return {"cells": self.cells}

    @classmethod
    def chosen(cls, layer: HeapLayers, shapes: Sequence[Shape], *, cells: str = NAMES[0]) -> Self:
        return cls(layer, cells)

    @classmethod
    def read_choices(cls, entries: Fields) -> Mapping[str, str]:
        entries.only("cells")
        return {"cells": entries.choice("cells", NAMES)}

    def giving(self, lanes: int) -> Self:
        return self
