"""What plans of layers that are graphs of LUTs and carry chains have in common."""

from typing import ClassVar

from build_decoder.hdl.heap.compressors import compressors_of
from build_decoder.hdl.heap.graph import Graph
from build_decoder.hdl.heap.pipeline import Pipeline
from build_decoder.hdl.planning.plan import LayerPlan

__all__ = ["GraphPlan"]

_SPREAD_LUTS = 8000
"""LUTs from which on a heap is placed with room: nextpnr's own ways end with some 6,000 LUTs, in a
shorter time and with shorter paths, and did not with 10,500."""


class GraphPlan(LayerPlan):
    """Plan of a layer that is a graph with rows of registers in it.

    Subclasses are frozen dataclasses.

    Attributes
    ----------
    cells : str
        Family whose LUTs and carry chains it is made of, one of
        :data:`hdl.heap.compressors.NAMES`. Another family makes the same network of its own.
    graph : Graph
        From the bits of all inputs that it takes in a cycle to those of all outputs.
    pipeline : Pipeline
        Where registers stand in it.
    beside : tuple of Graph
        What tells which inputs these are.
    beside_luts : int
        LUTs beside all graphs: those that let registers move, and take inputs.
    beside_flip_flops : int
        Flip-flops beside rows of registers and :attr:`latency`.
    latency : int
        Cycles from an input to what is made of it, in each of which a flip-flop tells whether there
        is something.
    """

    folds: ClassVar[bool] = False

    cells: str
    graph: Graph
    pipeline: Pipeline
    beside: tuple[Graph, ...]
    beside_luts: int
    beside_flip_flops: int
    latency: int

    @property
    def luts(self) -> int:
        """LUTs in the family of the cells, one of two outputs as one, those that are shift
        registers among them. On ECP5 it may become a few more or less: synthesis knows what a carry
        chain does, and finds some that are equal."""
        count = compressors_of(self.cells).luts
        graphs = (self.graph, *self.beside)
        made = sum(count(operation) for graph in graphs for operation in graph.operations)
        return made + len(self.shifted) + self.beside_luts

    @property
    def flip_flops(self) -> int:
        """Flip-flops: of all rows of registers, but for shift registers, those of the latency, and
        those beside. Of a shift register, synthesis may leave one as it is."""
        rows = self.pipeline.flip_flops - sum(self.shifted)
        return rows + self.latency + self.beside_flip_flops

    @property
    def spread(self) -> bool:
        return self.luts >= _SPREAD_LUTS

    @property
    def shifted(self) -> list[int]:
        """Flip-flops in a row that become a shift register."""
        least = compressors_of(self.cells).shift_register
        return [] if least is None else [rows for rows in self.pipeline.waits if rows >= least]
