"""Recurrent layers in a row, each of which alone takes all steps that the one before it gives."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

__all__ = ["rows_of"]


class _Node(Protocol):
    name: str
    inputs: tuple[str, ...]
    layer: object


NodeType = TypeVar("NodeType", bound=_Node)


def rows_of(
    nodes: Sequence[NodeType], belongs: Callable[[object], bool]
) -> list[tuple[NodeType, ...]]:
    """The longest rows of nodes whose layers are of one type and give all steps, but for the last
    one of a row, in data-flow order; no node is in two.

    Parameters
    ----------
    nodes
        Of a network, or of its integer model.
    belongs
        Whether a layer may be in a row.
    """
    takers: dict[str, list[NodeType]] = {}
    for node in nodes:
        for name in node.inputs:
            takers.setdefault(name, []).append(node)
    rows, seen = [], set()
    for node in nodes:
        if node.name in seen or not belongs(node.layer):
            continue
        row = [node]
        while row[-1].layer.sequences:
            behind = takers.get(row[-1].name, [])
            if len(behind) != 1 or type(behind[0].layer) is not type(node.layer):
                break
            if not belongs(behind[0].layer):
                break
            row.append(behind[0])
        seen |= {each.name for each in row}
        rows.append(tuple(row))
    return rows
