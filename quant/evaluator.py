"""Fast evaluation of many formats of one network on the same samples."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np

from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Input, Network
from build_decoder.quant.activations.forms import searched_forms
from build_decoder.quant.evaluated_layer import Edge, EvaluatedLayer, LayerCall
from build_decoder.quant.formats import INPUT, NetworkFormats, NodeKey
from build_decoder.quant.layer import Operation, Parts
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.quality import Quality, Reference
from build_decoder.quant.quantised_inputs import QuantisedInputs
from build_decoder.quant.remembered_arrays import RememberedArrays
from build_decoder.quant.weight_rounding import NearestRounding, WeightRounding

__all__ = ["Evaluator", "Outputs"]

_REMEMBERED_BYTES = 1 << 30
"""Bytes of results that are kept; a search changes one node at a time, mostly a late one."""

_LARGE_BYTES = 1 << 20
"""Bytes from which on a result is not kept in another type too, if it is no input."""

_REMEMBERED_ARRAYS = 256
"""Arrays of raw weights that are kept."""

_WEIGHT = "weight"


class Outputs(NamedTuple):
    """Real outputs ``y`` (samples, outputs), NaN of samples that are not run yet; outputs of one
    evaluator with equal ``numbers`` are equal."""

    numbers: tuple[int, ...]
    y: np.ndarray


class _Maker(NamedTuple):
    """How a result is made: of the ``sources`` of these numbers, by ``make(result, sources)``;
    whether it is ``kept`` for others that are made of it."""

    sources: tuple[int, ...]
    make: Callable
    kept: bool = True


class _Makers(dict):
    """How each numbered result of a run is made; of results that are most likely remembered, by
    ``late[number]()``, which puts it in."""

    def __init__(self):
        self.late: dict[int, Callable[[], None]] = {}

    def __missing__(self, number: int) -> _Maker:
        self.late[number]()
        return self[number]


@dataclass(frozen=True, eq=False)
class _Run:
    """Formats that are run: of each given input, and of each layer's roles. Operations, by layer
    and step, are made when they are first needed, and then run on every part."""

    given: tuple[QFormat, ...]
    own: tuple[tuple[QFormat, ...], ...]
    operations: dict[tuple[str, int], Operation] = field(default_factory=dict)


class Evaluator:
    """Runs integer models of ``network`` on ``golden``, each step of a layer only when it, or
    what it takes, has changed.

    What a step gives depends on the formats of its roles and on the values that it takes, and is
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
    inputs
        Those of ``golden``, for networks that run on it to share; parts have their own.

    Attributes
    ----------
    evaluations : int
        Integer models run on the samples, or on a part of them, not counting those that were run
        before.
    """

    def __init__(
        self,
        network: Network,
        golden: GoldenData,
        *,
        rounding: WeightRounding | None = None,
        uniform_segments: int | None = None,
        parts: Sequence[np.ndarray] | None = None,
        inputs: QuantisedInputs | None = None,
    ):
        self.network = network
        self.rounding = rounding or NearestRounding()
        self.golden = golden
        self.reference = Reference(golden)
        self.evaluations = 0
        self._forms = searched_forms(uniform_segments)
        self._parts = parts
        if parts is None:
            self._inputs = [inputs or QuantisedInputs(golden.x)]
        else:
            self._inputs = [QuantisedInputs(golden.x[rows]) for rows in parts]
        self._input_fraction = max(inputs.fraction for inputs in self._inputs)
        self._qualities: dict[tuple[int, ...], Quality] = {}
        self._given = [NodeKey(item.name, INPUT) for item in network.given_inputs]
        self._nodes = [EvaluatedLayer.of(network, node) for node in network.nodes]
        self._by_name = {node.name: node for node in network.nodes}
        self._raw = lru_cache(_REMEMBERED_ARRAYS)(self._raw_array)
        self._numbers: dict[tuple, int] = {}
        self._alike: dict[tuple, int] = {}
        self._edges: dict[tuple, Edge] = {}
        self._answers: dict[tuple, Edge] = {}
        self._results = RememberedArrays(_REMEMBERED_BYTES)

    def outputs(self, formats: NetworkFormats) -> np.ndarray:
        """Real outputs (samples, outputs) of the integer model with ``formats``."""
        *_, last = self.growing_outputs(formats)
        return last.y

    def growing_outputs(self, formats: NetworkFormats) -> Iterator[Outputs]:
        """:meth:`outputs` after each part of the samples."""
        run, numbers, y = self._run_of(formats), (), None
        for part in range(len(self._inputs)):
            edge, raw = self._raw_outputs(run, part)
            numbers += (edge.number,)
            given = edge.format.to_real(raw.reshape(len(raw), -1))
            if self._parts is None:
                y = given
            else:
                if y is None:
                    y = np.full((len(self.golden), given.shape[1]), np.nan)
                y[self._parts[part]] = given
            yield Outputs(numbers, y)

    def quality(self, formats: NetworkFormats) -> Quality:
        """Quality of the integer model with ``formats``."""
        run = self._run_of(formats)
        numbers = tuple(self._answer(run, part).number for part in range(len(self._inputs)))
        if numbers not in self._qualities:
            self._qualities[numbers] = self.reference.compare(self.outputs(formats))
        return self._qualities[numbers]

    def forget(self) -> None:
        """Keep no results any longer, which take most of the memory; those that are asked for
        again are made again."""
        self._results = RememberedArrays(_REMEMBERED_BYTES)

    def _run_of(self, formats: NetworkFormats) -> _Run:
        return _Run(
            tuple([self._of_input(formats[key]) for key in self._given]),
            tuple([tuple([formats[key] for key in each.keys]) for each in self._nodes]),
        )

    def _answer(self, run: _Run, part: int) -> Edge:
        """Outputs for a part of the samples."""
        key = (part, run.given, run.own)
        edge = self._answers.get(key)
        if edge is None:
            edge = self._answers[key] = self._last_edge(run, part, _Makers())
            self.evaluations += part == 0
        return edge

    def _raw_outputs(self, run: _Run, part: int) -> tuple[Edge, np.ndarray]:
        """Outputs for a part of the samples, and their raw values (samples, ...)."""
        edge = self._answer(run, part)
        raw = self._results.get((edge.number, None))
        if raw is None:
            makers = _Makers()
            self._last_edge(run, part, makers)
            raw = self._result(makers, edge.number)
        return edge, raw

    def _last_edge(self, run: _Run, part: int, makers: _Makers) -> Edge:
        """What the last layer gives; layers are run whose formats or inputs are new."""
        edges: dict[str, Edge] = {}
        given = iter(run.given)
        for item in self.network.inputs:
            if item.of is not None:
                source, format = edges[item.of]
                number = self._number(item.name, source)
                makers[number] = _Maker((source,), partial(_walked, item))
            else:
                format = next(given)
                number = self._number(item.name, format, part)
                make = partial(self._quantised_input, item, format, part)
                makers[number] = _Maker((), make, kept=False)
            edges[item.name] = Edge(number, format)
        for each, own in zip(self._nodes, run.own, strict=True):
            taken = tuple([edges[name] for name in each.node.inputs])
            key = (each.node.name, own, *[edge.number for edge in taken])
            edge = self._edges.get(key)
            if edge is None:
                call = LayerCall(each, own, taken)
                edge = self._edges[key] = self._new_edge(run, call, makers)
            else:
                late = partial(self._put_late, run, each, own, taken, makers, edge.number)
                makers.late[edge.number] = late
            edges[each.node.name] = edge
        return edge

    def _new_edge(self, run: _Run, call: LayerCall, makers: _Makers) -> Edge:
        """What a layer gives in formats that are new, or of inputs that are."""
        each, number = call.each, self._put_makers(run, call, makers)
        format = each.quantiser.output(each.node.layer, call.taken_formats, call.formats)
        if not each.kept:
            return Edge(number, format)
        raw = self._result(makers, number)
        alike = (each.node.name, format, raw.dtype, float(raw.sum()))
        known = self._alike.setdefault(alike, number)
        if known != number:
            held = self._results.get((known, None))
            if held is not None and np.array_equal(held, raw):
                self._results.drop((number, None))
                makers[known] = makers[number]
                return Edge(known, format)
            self._alike[alike] = number
        return Edge(number, format)

    def _put_late(self, run: _Run, each, own, taken, makers: _Makers, number: int) -> None:
        """Put in how the known result of a layer with that number is made."""
        makers[number] = makers[self._put_makers(run, LayerCall(each, own, taken), makers)]

    def _put_makers(self, run: _Run, call: LayerCall, makers: _Makers) -> int:
        """Put in how each step of a layer makes its result; the number of the last one."""
        each, own = call.each, call.formats
        sources = tuple(edge.number for edge in call.taken)
        for place, step in enumerate(each.steps):
            key = tuple(own[role] for role in step.roles)
            number = self._number(each.node.name, place, key, sources)
            kept = place + 1 < len(each.steps) or each.kept
            makers[number] = _Maker(sources, partial(self._computed, run, call, place), kept)
            sources = (number,)
        return number

    def _number(self, *key) -> int:
        return self._numbers.setdefault(key, len(self._numbers))

    def _result(self, makers: _Makers, number: int, kind: type | None = None) -> np.ndarray:
        """The result of that number, in the type ``kind`` if one is asked for."""
        key = (number, kind)
        found = self._results.get(key)
        if found is None:
            if kind is None:
                sources, make, kept = makers[number]
                found = make(partial(self._result, makers), sources)
                if not kept:
                    return found
            else:
                plain = self._result(makers, number)
                # Many formats are tried on the same inputs, and few on what is made of them: a
                # large one is better converted where it is used, part by part.
                if plain.dtype == kind or plain.nbytes > _LARGE_BYTES and makers[number].sources:
                    return plain
                found = plain.astype(kind)
            self._results.put(key, found)
        return found

    def _computed(
        self, run: _Run, call: LayerCall, place: int, result: Callable, sources: tuple[int, ...]
    ) -> np.ndarray:
        """What a step of a layer gives."""
        each = call.each
        key = (each.node.name, place)
        operation = run.operations.get(key)
        if operation is None:
            array = partial(self._array, each, call.formats)
            parts = Parts(
                each.node.layer, each.shapes, call.taken_formats, call.formats, array, self._forms
            )
            operation = run.operations[key] = each.steps[place].make(parts)
        wanted = getattr(operation, "takes", None)
        return operation.compute(*(result(source, wanted) for source in sources))

    def _array(
        self, each: EvaluatedLayer, formats: Mapping[str, QFormat], name: str
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
        if fraction == format.fraction:
            return format
        return QFormat(format.integer, fraction, format.signed)

    def _quantised_input(self, item: Input, format: QFormat, part, result, sources) -> np.ndarray:
        return self._inputs[part].raw(format).reshape(-1, *item.shape)


def _walked(item: Input, result, sources) -> np.ndarray:
    return item.walk.of(result(sources[0])).reshape(-1, *item.shape)
