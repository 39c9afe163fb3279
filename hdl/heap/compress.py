"""Sums of bits, level by level."""

from build_decoder.hdl.heap.compressors import Columns, Compressors
from build_decoder.hdl.heap.graph import Graph

__all__ = ["compressed"]


def compressed(graph: Graph, columns: Columns, compressors: Compressors) -> Columns:
    """Columns of at most ``compressors.most`` bits with the same sum.

    At each level, only bits that have come are summed. The sum is proven to be less than
    ``2**len(columns)``: what would go into a further column is 0.
    """
    columns = [sorted(column, key=graph.level) for column in columns]
    level = min((graph.level(bit) for column in columns for bit in column), default=0)
    while True:
        ready = [[bit for bit in column if graph.level(bit) <= level] for column in columns]
        later = [[bit for bit in column if graph.level(bit) > level] for column in columns]
        last = not any(later)
        if last and max(map(len, columns), default=0) <= compressors.most:
            return columns
        given: Columns = [[] for _ in columns]
        compressors.compress(graph, ready, given, last)
        columns = [
            sorted([*left, *coming, *new], key=graph.level)
            for left, coming, new in zip(ready, later, given, strict=True)
        ]
        level += 1
