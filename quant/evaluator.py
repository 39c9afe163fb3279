"""Fast evaluation of many formats of one network on the same samples."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import NamedTuple

import numpy as np

from build_decoder.models.golden import GoldenData
from build_decoder.models.layer import Shape
from build_decoder.models.network import Input, Network, Node
from build_decoder.quant.activations.forms import searched_forms
from build_decoder.quant.carrier import carrier
from build_decoder.quant.formats import INPUT, NetworkFormats, NodeKey
from build_decoder.quant.layer import LayerQuantiser, Operation, Parts, Step
from build_decoder.quant.layers import quantiser_of
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.qformat import QFormat, exact_fraction
from build_decoder.quant.quality import Quality, Reference
from build_decoder.quant.remembered_arrays import RememberedArrays
from build_decoder.quant.weight_rounding import NearestRounding, WeightRounding

__all__ = ["Evaluator"]

_REMEMBERED_BYTES = 1 << 30
"""Bytes of results that are kept; a search changes one node at a time, mostly a late one."""

_AGAIN = 0.75
"""Part of these bytes that are kept for results that were asked for again."""

_LARGE_BYTES = 1 << 20
"""Bytes from which on a result is not kept in another type too, if it is no input."""

_REMEMBERED_ARRAYS = 256
"""Arrays of raw weights that are kept."""

_WEIGHT = "weight"



class _Maker(NamedTuple):
    """How a result is made: of the ``sources`` of these numbers, by ``make(part, result,
    sources)``; whether it is ``kept`` for others that are made of it."""

    sources: tuple[int, ...]
    make: Callable
    kept: bool = True


class Evaluator:
    """Runs integer models of ``network`` on ``golden``, each step of a layer only when it, or
    what it takes, has changed.

    What a step gives depends on the formats of its roles and on the steps before it, and is
    remembered under these; so are the qualities seen. Steps are the very ones that the integer
    model is made of (:mod:`quant.layer`), but for activation inputs wider than
    :data:`~quant.activations.forms.MAX_TABLE_WIDTH`. Sums too wide to build are taken in float64.

    Parameters
    ----------
    network, golden
        What is run on what.
    rounding
        Of weights; default: to the nearest.
    uniform_segments
        Of generated activations; see :func:`quant.activations.integer_activation`.
    parts
        Numbers of the samples that are run together, part by part: each sample is in one of them.
        Default: all are run at once.

    Attributes
    ----------
    evaluations : int
        Integer models run on the samples, or on a part of them, not counting results remembered.
    """

    def __init__(
        self,
        network: Network,
        golden: GoldenData,
        *,
        rounding: WeightRounding | None = None,
        uniform_segments: int | None = None,
        parts: Sequence[np.ndarray] | None = None,
    ):
        self.network = network
        self.rounding = rounding or NearestRounding()
        self.golden = golden
        self.reference = Reference(golden)
        self.evaluations = 0
        self._forms = searched_forms(uniform_segments)
        self._parts = parts
        self._x = [golden.x] if parts is None else [golden.x[rows] for rows in parts]
        self._input_fraction = exact_fraction(golden.x)
        self._qualities: dict[int, Quality] = {}
        self._nodes = [_EvaluatedNode.of(network, node) for node in network.nodes]
        self._by_name = {node.name: node for node in network.nodes}
        self._raw = lru_cache(_REMEMBERED_ARRAYS)(self._raw_array)
        self._numbers: dict[tuple, int] = {}
        self._results = RememberedArrays(_REMEMBERED_BYTES)

    def outputs(self, formats: NetworkFormats) -> np.ndarray:
        """Real outputs (samples, outputs) of the integer model with ``formats``."""
        *_, y = self.growing_outputs(formats)
        return y

    def growing_outputs(self, formats: NetworkFormats) -> Iterator[np.ndarray]:
        """:meth:`outputs` after each part of the samples: NaN of samples that are not run yet."""
        last, format, makers = self._trace(formats)
        y = None
        for part in range(len(self._x)):
            raw = self._result(makers, part, last)
            given = format.to_real(raw.reshape(len(raw), -1))
            if self._parts is None:
                yield given
                return
            if y is None:
                y = np.full((len(self.golden), given.shape[1]), np.nan)
            y[self._parts[part]] = given
            yield y

    def quality(self, formats: NetworkFormats) -> Quality:
        """Quality of the integer model with ``formats``."""
        last, *_ = self._trace(formats)
        if last not in self._qualities:
            self._qualities[last] = self.reference.compare(self.outputs(formats))
        return self._qualities[last]

    def _trace(self, formats: NetworkFormats) -> tuple[int, QFormat, dict[int, _Maker]]:
        """Number and format of the outputs, and how each numbered result is made.

        Results with equal numbers are equal: a number stands for all that a result depends on.
        """
        makers: dict[int, _Maker] = {}
        edges: dict[str, tuple[int, QFormat]] = {}
        for item in self.network.inputs:
            if item.of is not None:
                source, format = edges[item.of]
                number = self._number(item.name, source)
                makers[number] = _Maker((source,), partial(_walked, item))
            else:
                format = self._of_input(formats[NodeKey(item.name, INPUT)])
                number = self._number(item.name, format)
                makers[number] = _Maker((), partial(self._quantised_input, item, format))
            edges[item.name] = number, format
        for each in self._nodes:
            node = each.node
            sources = tuple(edges[name][0] for name in node.inputs)
            taken = tuple(edges[name][1] for name in node.inputs)
            own = {role: formats[key] for role, key in each.keys.items()}
            for place, step in enumerate(each.steps):
                key = tuple(own[role] for role in step.roles)
                number = self._number(node.name, place, key, sources)
                operation = _Made(partial(self._operation, each, taken, own, step))
                kept = place + 1 < len(each.steps) or each.kept
                makers[number] = _Maker(sources, operation.run, kept)
                sources = (number,)
            edges[node.name] = sources[0], each.quantiser.output(node.layer, taken, own)
        return *edges[node.name], makers

    def _number(self, *key) -> int:
        return self._numbers.setdefault(key, len(self._numbers))

    def _result(
        self, makers: dict[int, _Maker], part: int, number: int, kind: type | None = None
    ) -> np.ndarray:
        """The result of that number for a part of the samples, in the type ``kind`` if one is
        asked for."""
        key = (number, part, kind)
        found = self._results.get(key)
        if found is None:
            if kind is None:
                sources, make, kept = makers[number]
                found = make(part, partial(self._result, makers, part), sources)
                self.evaluations += part == 0 and number == next(reversed(makers))
                if not kept:
                    return found
            else:
                plain = self._result(makers, part, number)
                # Many formats are tried on the same inputs, and few on what is made of them: a
                # large one is better converted where it is used, part by part.
                if plain.dtype == kind or makers[number].sources and plain.nbytes > _LARGE_BYTES:
                    return plain
                found = plain.astype(kind)
            self._results.put(key, found)
        return found

    def _operation(
        self,
        each: "_EvaluatedNode",
        taken: tuple[QFormat, ...],
        formats: Mapping[str, QFormat],
        step: Step,
    ) -> Operation:
        """What a step of a layer does."""
        array = partial(self._array, each, formats)
        return step.make(Parts(each.node.layer, each.shapes, taken, formats, array, self._forms))

    def _array(
        self, each: "_EvaluatedNode", formats: Mapping[str, QFormat], name: str
    ) -> RawArray:
        format = formats[each.quantiser.arrays[name]]
        return self._raw(each.node.name, name, format, formats.get(_WEIGHT))

    def _raw_array(
        self, node: str, name: str, format: QFormat, weight: QFormat | None
    ) -> RawArray:
        arrays = self.rounding.arrays(self._by_name[node], weight)
        return RawArray.of(arrays[name], format)

    def _of_input(self, format: QFormat) -> QFormat:
        """``format`` without fraction bits that no sample has."""
        fraction = max(min(format.fraction, self._input_fraction), 1 - format.integer)
        return QFormat(format.integer, fraction, format.signed)

    def _quantised_input(self, item: Input, format: QFormat, part, result, sources) -> np.ndarray:
        raw = format.quantise(self._x[part], carrier(format.width))
        return raw.reshape(-1, *item.shape)


@dataclass(frozen=True, eq=False)
class _EvaluatedNode:
    """What is asked for again and again of a layer.

    ``kept`` tells whether its output is: not where all that takes it is one layer that does nothing
    but hand it on, such as a pool, whose output is asked for instead.
    """

    node: Node
    quantiser: LayerQuantiser
    shapes: Sequence[Shape]
    steps: tuple[Step, ...]
    keys: Mapping[str, NodeKey]
    kept: bool

    @classmethod
    def of(cls, network: Network, node: Node) -> "_EvaluatedNode":
        quantiser = quantiser_of(node.layer)
        roles = (role.name for role in quantiser.roles(node.layer))
        keys = {role: NodeKey(node.name, role) for role in roles}
        takers = [other for other in network.nodes if node.name in other.inputs]
        handed_on = (
            len(takers) == 1
            and len(takers[0].inputs) == 1
            and not quantiser_of(takers[0].layer).roles(takers[0].layer)
        )
        shapes = network.input_shapes(node)
        return cls(node, quantiser, shapes, tuple(quantiser.steps), keys, not handed_on)


class _Made:
    """An operation that is made when it is first run, and then runs on every part.

    Parameters
    ----------
    make
        Makes it.
    """

    def __init__(self, make: Callable[[], Operation]):
        self._make = make

    @cached_property
    def operation(self) -> Operation:
        """The operation."""
        return self._make()

    def run(self, part: int, result: Callable, sources: tuple[int, ...]) -> np.ndarray:
        """What it gives for a part of the samples."""
        wanted = getattr(self.operation, "takes", None)
        return self.operation.compute(*(result(source, wanted) for source in sources))


def _walked(item: Input, part, result, sources) -> np.ndarray:
    return item.walk.of(result(sources[0])).reshape(-1, *item.shape)
