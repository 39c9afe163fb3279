"""Layers as an evaluator runs them: what is asked for again and again, and what it depends on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from build_decoder.models.layer import Shape
from build_decoder.models.network import Network, Node
from build_decoder.quant.formats import NodeKey
from build_decoder.quant.layer import LayerQuantiser, Step
from build_decoder.quant.layers import quantiser_of
from build_decoder.quant.qformat import QFormat

__all__ = ["Edge", "EvaluatedLayer", "LayerCall"]


class Edge(NamedTuple):
    """Values of an input or a layer on a part of the samples: their number and their format.

    A number stands for all that a result depends on, so that results with equal numbers are equal.
    Many formats make the very same values, as where a node is widened that nothing saturates: those
    of a layer get the number that the same values, in the same format, had before.
    """

    number: int
    format: QFormat


@dataclass(frozen=True, eq=False)
class EvaluatedLayer:
    """What is asked for again and again of a layer.

    ``kept`` tells whether its output is: not where all that takes it is one layer that does nothing
    but hand it on, such as a pool, whose output is asked for instead.
    """

    node: Node
    quantiser: LayerQuantiser
    shapes: Sequence[Shape]
    steps: tuple[Step, ...]
    roles: tuple[str, ...]
    keys: tuple[NodeKey, ...]
    kept: bool

    @classmethod
    def of(cls, network: Network, node: Node) -> "EvaluatedLayer":
        quantiser = quantiser_of(node.layer)
        roles = tuple(role.name for role in quantiser.roles(node.layer))
        keys = tuple(NodeKey(node.name, role) for role in roles)
        takers = [other for other in network.nodes if node.name in other.inputs]
        handed_on = (
            len(takers) == 1
            and len(takers[0].inputs) == 1
            and not quantiser_of(takers[0].layer).roles(takers[0].layer)
        )
        shapes = network.input_shapes(node)
        return cls(node, quantiser, shapes, tuple(quantiser.steps), roles, keys, not handed_on)


@dataclass(frozen=True, eq=False)
class LayerCall:
    """A layer in formats of its roles, ``own``, of the values that it takes."""

    each: EvaluatedLayer
    own: tuple[QFormat, ...]
    taken: tuple[Edge, ...]

    @cached_property
    def formats(self) -> Mapping[str, QFormat]:
        """Format of each role, by its name."""
        return dict(zip(self.each.roles, self.own, strict=True))

    @property
    def taken_formats(self) -> tuple[QFormat, ...]:
        """Format of each input."""
        return tuple(edge.format for edge in self.taken)
