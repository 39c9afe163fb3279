"""Random small networks over columns in floating point: convolutions, pools and branches."""

import math
from collections.abc import Mapping

import numpy as np

from build_decoder.hdl.layers import plan_type
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.models.layer import Shape
from build_decoder.quant.floating.add import FloatAdd
from build_decoder.quant.floating.average_pool import FloatAveragePool
from build_decoder.quant.floating.conv2d import FloatConv2d
from build_decoder.quant.floating.dense import FloatDense
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.global_average_pool import FloatGlobalAveragePool
from build_decoder.quant.floating.weighted import FloatWeighted
from build_decoder.quant.integer_model import IntegerModel, ModelInput, ModelNode
from build_decoder.quant.layer import IntegerLayer
from build_decoder.quant.layers.concat import Concat
from build_decoder.quant.layers.decision import Decision
from build_decoder.quant.layers.flatten import Flatten
from build_decoder.quant.layers.max_pool import MaxPool
from build_decoder.quant.layers.stride import Stride
from build_decoder.quant.operations.every import Every
from build_decoder.quant.operations.pool import Pool
from build_decoder.sim.random_columns import ColumnNetwork
from build_decoder.sim.random_float_layers import (
    float_parameters,
    random_float_format,
    random_range,
    some_of,
)

__all__ = ["random_float_columns"]

_INPUT = "x"
_MOST = (7, 4, 3)
_KERNEL = 4
_MOST_PRODUCTS = 12


def random_float_columns(
    random: np.random.Generator, *, name: str = "random"
) -> ColumnNetwork:
    """A network whose input has 1 to 7 steps of 1 to 4 rows and 1 to 3 channels.

    Convolutions, pools and strides of any size follow one another, at times in branches that a
    concatenation or a sum brings together; in the end is a flattening or a mean, mostly a dense
    layer, and at times a decision. Formats, ranges and weights are those of
    :mod:`sim.random_float_layers`.
    """
    return _Draft(random, name).network()


class _Draft:
    """Layers so far, and what is chosen of them; ``given`` has what each gives."""

    def __init__(self, random: np.random.Generator, name: str):
        self.random, self.name = random, name
        self.nodes: list[ModelNode] = []
        self.choices: dict[str, Mapping[str, object]] = {}
        shape = tuple(int(random.integers(1, most, endpoint=True)) for most in _MOST)
        self.input = ModelInput(_INPUT, shape, random_float_format(random))
        self.given: dict[str, tuple[FloatFormat, Shape]] = {_INPUT: (self.input.format, shape)}

    def network(self) -> ColumnNetwork:
        """The network, drawn to its end."""
        random, last = self.random, _INPUT
        for _ in range(int(random.integers(1, 3, endpoint=True))):
            kind = random.random()
            draw = self._pool if kind < 0.3 else self._branches if kind < 0.5 else self._convolution
            last = draw(last)
        last = self._mean(last) if random.random() < 0.2 else self._flatten(last)
        if random.random() < 0.8 or len(self.nodes) < 2:
            last = self._dense(last)
        format, (count,) = self.given[last]
        if random.random() < 0.3 and count > 1:
            self._add("decision", Decision(format, count), last)
        model = IntegerModel(self.name, (self.input,), tuple(self.nodes))
        return ColumnNetwork(model, self.choices)

    def _add(self, kind: str, layer: IntegerLayer, *sources: str) -> str:
        name = f"{kind}{len(self.nodes) + 1}"
        self.nodes.append(ModelNode(name, sources, layer))
        self.given[name] = layer.output, layer.output_shape
        if isinstance(layer, FloatWeighted):
            self.choices[name] = self._chosen(layer)
        return name

    def _chosen(self, layer: FloatWeighted) -> Mapping[str, object]:
        """A folding of not too many products, and what makes them."""
        plans = [
            plan for plan in plan_type(layer).options(layer, ())
            if plan.folding.multipliers <= _MOST_PRODUCTS
        ]  # fmt: skip
        folding = plans[int(self.random.integers(len(plans)))].folding
        products = folding.inputs_per_cycle * min(folding.outputs_per_cycle, layer.biases.size)
        blocks = int(self.random.choice((0, self.random.integers(products + 1), products)))
        return {"folding": folding, "multipliers": Multipliers(dsp=blocks, lut=products - blocks)}

    def _output(self, format: FloatFormat) -> FloatFormat:
        return format if self.random.random() < 0.7 else random_float_format(self.random)

    def _size(self) -> tuple[int, int]:
        columns, rows = self.random.integers(1, _KERNEL, 2, endpoint=True).tolist()
        return columns, rows

    def _convolution(
        self, source: str, output: FloatFormat | None = None, filters: int | None = None
    ) -> str:
        format, shape = self.given[source]
        weights = (*self._size(), shape[2], filters or some_of(self.random, 3))
        parameters = float_parameters(
            self.random, format, output or self._output(format), weights
        )
        return self._add("conv", FloatConv2d(shape=shape, **parameters), source)

    def _branches(self, source: str) -> str:
        """Two convolutions, or one and what it takes, beside each other or added."""
        format, shape = self.given[source]
        if self.random.random() < 0.4:
            ends = [source, self._convolution(source, format, shape[2])]
            if self.random.random() < 0.5:
                ends.append(self._convolution(source, format, shape[2]))
            greatest, least = random_range(self.random, format)
            total = FloatAdd(
                input=format, output=self._output(format), greatest=greatest, least=least,
                count=len(ends), output_shape=shape,
            )  # fmt: skip
            return self._add("add", total, *ends)
        ends = [self._convolution(source, format)]
        ends.append(source if self.random.random() < 0.4 else self._convolution(source, format))
        channels = sum(self.given[end][1][2] for end in ends)
        return self._add("concat", Concat((format, format), (*shape[:2], channels)), *ends)

    def _pool(self, source: str) -> str:
        format, shape = self.given[source]
        kind, size = self.random.random(), self._size()
        if kind < 0.4:
            size = tuple(min(pair) for pair in zip(size, shape, strict=False))
            means = self._parameters_of_means(format, shape)
            return self._add("pool", FloatAveragePool(size=size, **means), source)
        pooled = (*(-(-length // each) for length, each in zip(shape, size, strict=False)),)
        if kind < 0.5:
            return self._add("stride", Stride(format, Every(size), (*pooled, shape[2])), source)
        return self._add("pool", MaxPool(format, Pool(size), (*pooled, shape[2])), source)

    def _mean(self, source: str) -> str:
        means = self._parameters_of_means(*self.given[source])
        return self._add("mean", FloatGlobalAveragePool(**means), source)

    def _parameters_of_means(self, format: FloatFormat, shape: Shape) -> dict[str, object]:
        greatest, least = random_range(self.random, format)
        return {
            "input": format, "output": self._output(format), "greatest": greatest, "least": least,
            "shape": shape,
        }  # fmt: skip

    def _flatten(self, source: str) -> str:
        format, shape = self.given[source]
        return self._add("flatten", Flatten(format, math.prod(shape)), source)

    def _dense(self, source: str) -> str:
        format, (inputs,) = self.given[source]
        units = int(self.random.integers(1, 4, endpoint=True))
        parameters = float_parameters(self.random, format, self._output(format), (inputs, units))
        return self._add("dense", FloatDense(**parameters), source)
