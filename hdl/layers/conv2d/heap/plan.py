"""Plan of a convolution as a bit heap: a column of outputs in a cycle, or in a few."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np

from build_decoder.hdl.heap.columns import Columns
from build_decoder.hdl.heap.compressors import NAMES, compressors_of
from build_decoder.hdl.heap.graph import Graph
from build_decoder.hdl.heap.graph_plan import GraphPlan
from build_decoder.hdl.heap.network import network_of
from build_decoder.hdl.heap.pipeline import Pipeline
from build_decoder.hdl.heap.planes import MOST_PLANES, Planes, plane_bits, plane_counts
from build_decoder.hdl.planning.actor import Actor, Phase
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.models.files.fields import Fields
from build_decoder.quant.layers.conv2d import Conv2d
from build_decoder.quant.layers.dense import Dense

__all__ = ["FORM", "ConvolutionHeapPlan"]

FORM = "heap"
"""Name of this form of a convolution among its choices."""


@dataclass(frozen=True)
class ConvolutionHeapPlan(GraphPlan):
    """Plan of a convolution that takes a column in a cycle and gives a column; of several planes,
    in as many cycles.

    All positions of a column of outputs are one dense layer of bit heaps, whose inputs are the
    columns of a window, and whose outputs are all filters at each row. Columns move through
    registers: a new one comes in behind the others, or zeros, behind a frame's last
    one. These are the zeros before the next frame, too, as ``same`` padding has no more columns
    before an image than behind it. Of five columns and windows of three, ``-`` for zeros::

        taken       0  1  2  3  4  .  0  1
        newest      0  1  2  3  4  -  0  1
                    -  0  1  2  3  4  -  0
        oldest      -  -  0  1  2  3  4  -
        given          0  1  2  3  4     0

    Parameters
    ----------
    layer
        The convolution.
    cells
        As of a :class:`GraphPlan`.
    planes
        Cycles of a window, in each of which as many bits of each input are summed.

    Raises
    ------
    ValueError
        If there are no such compressors, sums or outputs have too many codes, or inputs cannot come
        in so many planes.
    """

    name = "conv2d"
    layer_type = Conv2d
    form: ClassVar[str] = FORM

    layer: Conv2d
    cells: str
    planes: int = 1

    def __post_init__(self):
        _ = self.graph

    @cached_property
    def taps(self) -> tuple[int, int]:
        """Columns of a window before and behind its position that are not always zeros."""
        columns, most = self.layer.weights.shape[0], self.layer.shape[0] - 1
        before = (columns - 1) // 2
        return min(before, most), min(columns - 1 - before, most)

    @cached_property
    def dense(self) -> Dense:
        """The dense layer that a column of outputs is: of (columns, rows, channels) to (rows,
        filters)."""
        layer, (before, behind) = self.layer, self.taps
        columns, of_window, channels, filters = layer.weights.shape
        _, rows, _ = layer.shape
        first, above = (columns - 1) // 2 - before, (of_window - 1) // 2
        taken = layer.weights[first : first + before + 1 + behind]
        weights = np.zeros((len(taken), rows, channels, rows, filters), np.int64)
        for row in range(rows):
            for place in range(max(above - row, 0), min(of_window, rows + above - row)):
                weights[:, row + place - above, :, row] = taken[:, place]
        return Dense(
            input=layer.input,
            weight=layer.weight,
            accumulator=layer.accumulator,
            bias=layer.bias,
            weights=weights.reshape(-1, rows * filters),
            biases=np.tile(layer.biases, rows),
            activation=layer.activation,
        )

    @cached_property
    def graph(self) -> Graph:
        """LUTs and carry chains, from the bits of a window's columns, the oldest first, or of those
        of a plane, to those of a column of outputs."""
        return network_of((self.dense,), compressors_of(self.cells), self.planes)

    @property
    def column_bits(self) -> int:
        """Bits of a column that comes in."""
        _, rows, channels = self.layer.shape
        return rows * channels * self.layer.input.width

    @property
    def window_bits(self) -> int:
        """Bits of all columns of a window."""
        return sum((*self.taps, 1)) * self.column_bits

    @cached_property
    def window(self) -> tuple[int, ...]:
        """Bits of a window's columns that registers hold, from 1 on, rising: those that are taken,
        and of each the same bit of newer columns, from which it comes."""
        bits, width = plane_bits(self.layer.input.width, self.planes), self.layer.input.width
        taken = {
            1 + value * width + bit
            for value, place in (divmod(taken, bits) for taken in self._taken)
            for bit in range(place, width, bits)
        }
        return tuple(sorted({
            newer for bit in taken for newer in range(bit, self.window_bits + 1, self.column_bits)
        }))  # fmt: skip

    @cached_property
    def pipeline(self) -> Pipeline:
        """Where registers stand. Of one plane, the first row is the window."""
        return Pipeline(self.graph, moving=frozenset(self.window if self.planes == 1 else ()))

    @cached_property
    def columns(self) -> Columns:
        """What moves columns."""
        return Columns(
            self.layer.shape[0], self.taps[1], self.planes, compressors_of(self.cells)
        )

    @cached_property
    def in_planes(self) -> Planes | None:
        """What gives the planes of a window; None if it is one."""
        if self.planes == 1:
            return None
        count = self.dense.input_count
        return Planes(
            self.layer.input, count, self.planes, self._taken, compressors_of(self.cells)
        )

    @cached_property
    def _taken(self) -> tuple[int, ...]:
        """Inputs of the graph that anything takes, from 0 on."""
        uses, count = Pipeline(self.graph).uses, self.graph.input_count
        return tuple(bit - 1 for bit in sorted(uses) if bit <= count)

    @property
    def beside(self) -> tuple[Graph, ...]:
        planes = () if self.in_planes is None else (self.in_planes.graph,)
        return (self.columns.graph, *planes)

    @property
    def beside_luts(self) -> int:
        """One that lets registers move, and one that lets columns move; with zeros behind a frame
        or several planes, one that takes a column; with zeros, one that puts them in, and of one
        plane one that tells a window."""
        zeros, several = self.taps[1] > 0, self.planes > 1
        return 2 + (zeros or several) + zeros + (zeros and not several)

    @property
    def beside_flip_flops(self) -> int:
        """Those of the counter; of several planes, those of the window, one that tells whether
        there is one, and those that count planes."""
        count = self.columns.counter_bits
        if self.in_planes is not None:
            count += len(self.window) + 1 + self.in_planes.counter_flip_flops
        return count

    @property
    def latency(self) -> int:
        """Cycles from what tells a window to its column of outputs."""
        return self.pipeline.registers + self.planes - 1

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        _, *column = self.layer.shape
        return (Tensor(self.layer.shape, self.layer.input, int(np.prod(column))),)

    @property
    def output(self) -> Tensor:
        _, *column = shape = self.layer.output_shape
        return Tensor(shape, self.layer.output, int(np.prod(column)))

    @property
    def actors(self) -> tuple[Actor, ...]:
        taken, behind = self.layer.shape[0], self.taps[1]
        held = [Phase(self.planes - 1, moves=True)] if self.planes > 1 else []
        steps = {
            (take, give): [Phase(take=(0,) * take, give=(0,) * give, moves=True), *held * give]
            for take in (False, True) for give in (False, True)
        }  # fmt: skip
        frame = (steps[step < taken, step >= behind] for step in range(taken + behind))
        # Of several planes, a window is registered before they are taken.
        registers = self.latency + (self.planes > 1)
        return (Actor(tuple(phase for step in frame for phase in step), registers),)

    @property
    def pace(self) -> int:
        return self.layer.shape[0] * self.planes + self.taps[1]

    @classmethod
    def of_cells(cls, layer: Conv2d, cells: str) -> Iterator[Self]:
        """All of a family's cells, by rising number of planes.

        Raises
        ------
        ValueError
            If sums or outputs have too many codes.
        """
        for planes in plane_counts(layer.input.width):
            yield cls(layer, cells, planes)

    @property
    def choices(self) -> Mapping[str, str | int]:
        return {"form": FORM, "cells": self.cells, "planes": self.planes}

    @classmethod
    def read_choices(cls, entries: Fields) -> Mapping[str, str | int]:
        entries.only("form", "cells", "planes")
        return {
            "form": FORM, "cells": entries.choice("cells", NAMES),
            "planes": entries.integer("planes", 1, MOST_PLANES),
        }  # fmt: skip

    def reloadable_too(self):
        raise ValueError(f"expected a form whose weights can be written, got {FORM}")

    def giving(self, lanes: int) -> Self:
        return self
