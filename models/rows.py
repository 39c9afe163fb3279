"""Layers in a row, each of which alone takes what the one before it gives."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

__all__ = ["rows_of"]


class _Node(Protocol):
    name: str
    inputs: tuple[str, ...]
    layer: object


NodeType = TypeVar("NodeType", bound=_Node)


def rows_of(
    nodes: Sequence[NodeType], takes: Callable[[NodeType, NodeType | None], bool]
) -> list[tuple[NodeType, ...]]:
    """The longest rows of nodes, in data-flow order; no node is in two.

    Parameters
    ----------
    nodes
        Of a network, or of its integer model.
    takes
        ``takes(node, before)`` says whether a node may be in a row behind ``before``, or begin one
        if that is None.
    """
    takers: dict[str, list[NodeType]] = {}
    for node in nodes:
        for name in node.inputs:
            takers.setdefault(name, []).append(node)
    rows, seen = [], set()
    for node in nodes:
        if node.name in seen or not takes(node, None):
            continue
        row = [node]
        while len(behind := takers.get(row[-1].name, [])) == 1 and takes(behind[0], row[-1]):
            row.append(behind[0])
        seen |= {each.name for each in row}
        rows.append(tuple(row))
    return rows
