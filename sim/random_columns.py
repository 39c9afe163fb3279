"""Random small networks over columns: convolutions and pools, with branches."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from build_decoder.hdl.layers.conv2d.kept.plan import KEPT_ROWS, KeptPlan
from build_decoder.hdl.layers.conv2d.plan import Conv2dPlan
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.stack.layer import StackedLayers
from build_decoder.hdl.stack.stages import chosen_on_stacks
from build_decoder.models.windows import pad_same
from build_decoder.quant.convolution_shape import ConvolutionShape
from build_decoder.quant.floating.average_pool import FloatAveragePool
from build_decoder.quant.integer_model import IntegerModel, ModelInput, ModelNode
from build_decoder.quant.layer import IntegerLayer
from build_decoder.quant.layers.average_pool import AveragePool
from build_decoder.quant.layers.concat import Concat
from build_decoder.quant.layers.conv2d import Conv2d
from build_decoder.quant.layers.flatten import Flatten
from build_decoder.quant.layers.global_average_pool import GlobalAveragePool
from build_decoder.quant.layers.max_pool import MaxPool
from build_decoder.quant.layers.stride import Stride
from build_decoder.quant.operations.average import Average
from build_decoder.quant.operations.every import Every
from build_decoder.quant.operations.pool import Pool
from build_decoder.quant.operations.window_average import WindowAverage
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.random_networks import (
    PROBES,
    random_format,
    random_layer,
    random_multipliers,
)

__all__ = ["ColumnNetwork", "random_columns"]

_INPUT = "x"
_MOST = (9, 5, 4)
_KERNEL = 5
_MOST_FORMAT_BITS = 20
_MOST_PRODUCTS = 64


@dataclass(frozen=True)
class ColumnNetwork:
    """An integer model, with what is chosen of its layers, by the names of their nodes; whether
    weights are written at run time; and kinds of recurrent layers that share multipliers, by the
    names of their last nodes.
    """

    model: IntegerModel
    choices: Mapping[str, Mapping[str, object]]
    reloadable: bool = False
    stacks: Mapping[str, type[StackedLayers]] = field(default_factory=dict)

    @cached_property
    def plan(self) -> DecoderPlan:
        """The decoder's plan."""
        if self.stacks:
            return chosen_on_stacks(self.model, self.stacks, self.choices)
        return DecoderPlan.chosen(self.model, self.choices, reloadable=self.reloadable)

    def __str__(self):
        shapes = {item.name: item.shape for item in self.model.inputs}
        layers = []
        for node in self.model.nodes:
            chosen = ", ".join(map(str, self.choices.get(node.name, {}).values()))
            shapes[node.name] = node.layer.output_shape
            extra = (
                f"{node.layer.weights.shape[:2]} " if isinstance(node.layer, ConvolutionShape)
                else f"{node.layer.pool.size} " if isinstance(node.layer, AveragePool | MaxPool)
                else f"{node.layer.size} " if isinstance(node.layer, FloatAveragePool)
                else f"{node.layer.every.size} " if isinstance(node.layer, Stride) else ""
            )
            layers.append(
                f"{node.name}({', '.join(node.inputs)}) {extra}-> {node.layer.output_shape} of "
                f"{node.layer.output}{chosen and f' [{chosen}]'}"
            )
        (first,) = self.model.inputs[:1]
        return f"{first.shape} of {first.format}: {'; '.join(layers)}"


def random_columns(random: np.random.Generator, *, name: str = "random") -> ColumnNetwork:
    """A network whose input has 1 to 9 steps of 1 to 5 rows and 1 to 4 channels.

    Convolutions, pools and strides of any size, larger than what they take among them, follow one
    another, at times in two branches that a concatenation brings together, or without any pool. In
    the end is a flattening or a mean, and mostly a dense layer. Of three networks, one goes along
    time alone.
    """
    return _Draft(random, name).network()


class _Draft:
    """Layers so far, with the values of some samples between them, and what is chosen of them."""

    def __init__(self, random: np.random.Generator, name: str):
        self.random, self.name = random, name
        self.nodes: list[ModelNode] = []
        self.choices: dict[str, Mapping[str, object]] = {}
        self.along_time = bool(random.random() < 1 / 3)
        shape = tuple(int(random.integers(1, most, endpoint=True)) for most in _MOST)
        if self.along_time:
            shape = shape[0], 1, shape[2]
        format = random_format(random)
        x = random.integers(format.min_raw, format.max_raw, (PROBES, *shape), endpoint=True)
        self.input = ModelInput(_INPUT, shape, format)
        self.values = {_INPUT: (format, x)}
        self.pools = bool(random.random() < 0.7)

    def network(self) -> ColumnNetwork:
        """The network, drawn to its end."""
        random, last = self.random, _INPUT
        for _ in range(int(random.integers(1, 3, endpoint=True))):
            last = self._branches(last) if random.random() < 0.3 else self._one(last)
        if random.random() < 0.3:
            last = self._mean(last)
        else:
            format, x = self.values[last]
            last = self._add("flatten", Flatten(format, x[0].size), last)
        if random.random() < 0.8 or isinstance(self.nodes[-1].layer, Flatten):
            self._dense(last)
        return ColumnNetwork(
            IntegerModel(self.name, (self.input,), tuple(self.nodes)), self.choices
        )

    def _one(self, source: str) -> str:
        if self.pools and self.random.random() < 0.4:
            return self._pool(source)
        return self._convolution(source)

    def _branches(self, source: str) -> str:
        ends = [self._convolution(source), self._convolution(source)]
        formats = tuple(self.values[end][0] for end in ends)
        signed, integer = any(f.signed for f in formats), max(f.integer for f in formats)
        if signed + integer + max(f.fraction for f in formats) > _MOST_FORMAT_BITS:
            # Values far apart in size: a single branch then.
            del self.nodes[-1], self.values[ends[1]]
            return ends[0]
        shapes = [self.values[end][1].shape[1:] for end in ends]
        return self._add("concat", Concat(formats, _beside(shapes)), *ends)

    def _add(self, kind: str, layer: IntegerLayer, *sources: str, plan: LayerPlan = None) -> str:
        name = f"{kind}{len(self.nodes) + 1}"
        self.nodes.append(ModelNode(name, sources, layer))
        taken = [self.values[source][1] for source in sources]
        self.values[name] = layer.output, layer.compute(*taken)
        if plan is not None:
            self.choices[name] = plan.choices
        return name

    def _size(self) -> tuple[int, int]:
        columns, rows = map(int, self.random.integers(1, _KERNEL, 2, endpoint=True))
        return columns, 1 if self.along_time else rows

    def _convolution(self, source: str) -> str:
        random, (format, x) = self.random, self.values[source]
        kernel, filters = self._size(), int(random.integers(1, 4, endpoint=True))
        dense, _ = random_layer(random, format, _windows(x, kernel), filters)
        layer = Conv2d(
            shape=x.shape[1:],
            input=format,
            weight=dense.weight,
            accumulator=dense.accumulator,
            bias=dense.bias,
            weights=dense.weights.reshape(*kernel, x.shape[3], filters),
            biases=dense.biases,
            activation=dense.activation,
        )
        plans = list(Conv2dPlan.options(layer, (x.shape[1:],)))
        fitting = [plan for plan in plans if plan.folding.multipliers <= _MOST_PRODUCTS]
        plan = fitting[int(random.integers(len(fitting)))]
        if isinstance(plan, KeptPlan):
            plan = self._kept(plan)
        else:
            plan = replace(plan, multipliers=random_multipliers(random, plan.neurons))
        return self._add("conv", layer, source, plan=plan)

    def _kept(self, plan: KeptPlan) -> KeptPlan:
        """With some columns that are added early, where it can, in trees or chains."""
        random, (steps, rows, _) = self.random, plan.layer.shape
        plan = replace(plan, chain=bool(random.random() < 0.7))
        if random.random() < 0.5:
            # Others than blocks for all are no chain.
            plan = replace(plan, multipliers=random_multipliers(random, plan.neurons))
        early = int(random.integers(0, steps, endpoint=True))
        return replace(plan, early=early) if rows >= KEPT_ROWS else plan

    def _pool(self, source: str) -> str:
        format, x = self.values[source]
        kind, size = self.random.random(), self._size()
        if kind < 0.2:
            every = Every(size)
            return self._add("stride", Stride(format, every, every.compute(x).shape[1:]), source)
        if kind < 0.6:
            return self._average_pool(source, size)
        pool = Pool(size)
        return self._add("pool", MaxPool(format, pool, pool.compute(x).shape[1:]), source)

    def _average_pool(self, source: str, size: tuple[int, int]) -> str:
        format, x = self.values[source]
        columns, rows = (min(each) for each in zip(size, x.shape[1:3], strict=True))
        pool = WindowAverage(format, self._of_means(format), (columns, rows))
        return self._add("pool", AveragePool(pool, pool.compute(x).shape[1:]), source)

    def _mean(self, source: str) -> str:
        format, x = self.values[source]
        count, channels = x[0].size // x.shape[3], x.shape[3]
        layer = GlobalAveragePool(Average(format, self._of_means(format), count), channels)
        return self._add("mean", layer, source)

    def _of_means(self, format: QFormat) -> QFormat:
        """As many bits as come in, or some more or fewer."""
        fraction = format.fraction + int(self.random.integers(-2, 3))
        return QFormat(format.integer, max(fraction, 1 - format.integer), format.signed)

    def _dense(self, source: str) -> str:
        random, (format, x) = self.random, self.values[source]
        layer, _ = random_layer(random, format, x, int(random.integers(1, 4, endpoint=True)))
        plans = list(DensePlan.options(layer, (x.shape[1:],)))
        plan = plans[int(random.integers(len(plans)))]
        return self._add("dense", layer, source, plan=plan)


def _beside(shapes) -> tuple[int, ...]:
    return (*shapes[0][:-1], sum(shape[-1] for shape in shapes))


def _windows(x: np.ndarray, kernel: tuple[int, int]) -> np.ndarray:
    """Windows (positions, values) of (samples, times, rows, channels)."""
    _, times, rows, _ = x.shape
    padded = pad_same(x, kernel, (1, 1), 0)
    parts = [
        padded[:, i : i + times, j : j + rows] for i in range(kernel[0]) for j in range(kernel[1])
    ]
    return np.concatenate(parts, axis=3).reshape(-1, len(parts) * x.shape[3])
