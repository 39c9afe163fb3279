"""Random small networks over time steps: attention, by itself or beside other branches."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from build_decoder.hdl.layers.attention.plan import AttentionPlan
from build_decoder.hdl.layers.attention_sums.plan import AttentionSumsPlan
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.integer_model import IntegerModel, ModelInput, ModelNode
from build_decoder.quant.layer import IntegerLayer
from build_decoder.quant.layers.attention import POWER, Attention
from build_decoder.quant.layers.attention_sums import AttentionSums
from build_decoder.quant.layers.concat import Concat
from build_decoder.quant.layers.decision import Decision
from build_decoder.quant.layers.flatten import Flatten
from build_decoder.quant.layers.softmax import Softmax
from build_decoder.quant.operations.attend import Attend
from build_decoder.quant.operations.attend_sums import AttendSums
from build_decoder.quant.operations.normalise import Normalise, difference_format
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.random_columns import ColumnNetwork
from build_decoder.sim.random_networks import (
    PROBES,
    random_format,
    random_layer,
    random_multipliers,
)

__all__ = ["random_steps"]

_INPUT = "x"
_KINDS = (
    (Attention, Attend, AttentionPlan), (AttentionSums, AttendSums, AttentionSumsPlan),
)
_MOST = (9, 6)
_MOST_FORMAT_BITS = 20
_MOST_SUM_BITS = 10


def random_steps(random: np.random.Generator, *, name: str = "random") -> ColumnNetwork:
    """A network whose input has 1 to 9 steps of 1 to 6 channels.

    Attention takes it, or makes sums of it alone, at times in two branches or beside a flattening
    that a concatenation brings together, and mostly a dense layer follows. In the end is a softmax
    at times, or a decision.
    """
    return _Draft(random, name).network()


class _Draft:
    """Layers so far, with the values of some samples between them, and what is chosen of them."""

    def __init__(self, random: np.random.Generator, name: str):
        self.random, self.name = random, name
        self.nodes: list[ModelNode] = []
        self.choices: dict[str, Mapping[str, object]] = {}
        shape = tuple(int(random.integers(1, most, endpoint=True)) for most in _MOST)
        format = random_format(random)
        x = random.integers(format.min_raw, format.max_raw, (PROBES, *shape), endpoint=True)
        self.input = ModelInput(_INPUT, shape, format)
        self.values = {_INPUT: (format, x)}

    def network(self) -> ColumnNetwork:
        """The network, drawn to its end."""
        random = self.random
        last = self._attention(_INPUT)
        if random.random() < 0.4:
            last = self._beside(last)
        if random.random() < 0.7 or not isinstance(self.nodes[-1].layer, Attention):
            last = self._dense(last)
        kind = random.random()
        if kind < 0.2:
            self._shares(last)
        elif kind < 0.4:
            self._decision(last)
        return ColumnNetwork(
            IntegerModel(self.name, (self.input,), tuple(self.nodes)), self.choices
        )

    def _beside(self, first: str) -> str:
        """``first`` and another branch, brought together where their formats are near."""
        format, x = self.values[_INPUT]
        if self.random.random() < 0.5:
            other = self._attention(_INPUT)
        else:
            other = self._add("flatten", Flatten(format, x[0].size), _INPUT)
        formats = self.values[first][0], self.values[other][0]
        signed, integer = any(f.signed for f in formats), max(f.integer for f in formats)
        if signed + integer + max(f.fraction for f in formats) > _MOST_FORMAT_BITS:
            self.choices.pop(self.nodes.pop().name, None)
            return first
        count = sum(self.values[name][1].shape[1] for name in (first, other))
        return self._add("concat", Concat(formats, (count,)), first, other)

    def _add(self, kind: str, layer: IntegerLayer, *sources: str) -> str:
        name = f"{kind}{len(self.nodes) + 1}"
        self.nodes.append(ModelNode(name, sources, layer))
        taken = [self.values[source][1] for source in sources]
        self.values[name] = layer.output, layer.compute(*taken).astype(np.int64)
        return name

    def _attention(self, source: str) -> str:
        random, (format, x) = self.random, self.values[source]
        _, steps, channels = x.shape
        dense, _ = random_layer(random, format, x.reshape(-1, channels), 1)
        total = dense.sum
        if total.width > _MOST_SUM_BITS:
            total = QFormat(total.integer, _MOST_SUM_BITS - total.integer, total.signed)
        layer_type, operation, plan_type = _KINDS[int(random.integers(len(_KINDS)))]
        power = QFormat(int(random.integers(1, 4)), int(random.integers(0, 8)), signed=False)
        bias, kept = dense.bias, int(random.integers(-2, 3))
        more = (steps - 1).bit_length() + 1 if layer_type is AttentionSums else 0
        layer = layer_type(
            operation(
                input=format,
                weights=RawArray(dense.weight, dense.weights),
                biases=RawArray(
                    bias, random.integers(bias.min_raw, bias.max_raw, (steps, 1), endpoint=True)
                ),
                accumulator=dense.accumulator,
                power=integer_activation(POWER, total, power),
                output=QFormat(
                    # At times too narrow at its upper end, so that outputs saturate.
                    format.integer + more - int(random.random() < 0.2),
                    max(format.fraction + kept, 2 - format.integer),
                    format.signed ^ bool(random.random() < 0.1),
                ),
            )
        )
        plans = list(plan_type.options(layer, (x.shape[1:],)))
        plan = plans[int(random.integers(len(plans)))]
        plan = replace(plan, multipliers=random_multipliers(random, plan.scores))
        name = self._add("attention", layer, source)
        self.choices[name] = plan.choices
        return name

    def _shares(self, source: str) -> None:
        random, (format, x) = self.random, self.values[source]
        if format.width >= _MOST_SUM_BITS:
            return
        power, output = (
            QFormat(int(random.integers(0, 2)), int(random.integers(1, 8)), signed=False)
            for _ in range(2)
        )
        exponential = integer_activation("exp", difference_format(format), power)
        shape = x.shape[1:]
        self._add("shares", Softmax(Normalise(format, *shape, exponential, output), shape), source)

    def _decision(self, source: str) -> None:
        format, x = self.values[source]
        if x.shape[1] > 1:
            self._add("decision", Decision(format, x.shape[1]), source)

    def _dense(self, source: str) -> str:
        random, (format, x) = self.random, self.values[source]
        layer, _ = random_layer(random, format, x, int(random.integers(1, 4, endpoint=True)))
        plans = list(DensePlan.options(layer, (x.shape[1:],)))
        name = self._add("dense", layer, source)
        self.choices[name] = plans[int(random.integers(len(plans)))].choices
        return name
