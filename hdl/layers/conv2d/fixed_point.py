"""What plans of a convolution in fixed point have in common: weights that may be written."""

from dataclasses import replace

import numpy as np

from build_decoder.hdl.layers.conv2d.convolution import ConvolutionPlan
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.writable import Writable
from build_decoder.quant.layers.conv2d import Conv2d
from build_decoder.quant.layers.dense import Dense

__all__ = ["FixedPointPlan"]


class FixedPointPlan(ConvolutionPlan):
    """Plan of a convolution in fixed point, in any form.

    Subclasses are frozen dataclasses.

    Attributes
    ----------
    layer : Conv2d
        The convolution.
    neurons : DensePlan
        The dense layer that takes windows, block after block.
    order : str
        In words, the order of the weights' rows, which an image must have in common.
    """

    name = "conv2d"
    writable = True
    layer_type = Conv2d

    layer: Conv2d
    neurons: DensePlan
    order: str

    @property
    def memories(self) -> tuple[Writable, ...]:
        return tuple(
            replace(memory, keeps=f"{memory.keeps}, {self.order}")
            for memory in self.neurons.memories
        )

    def reloadable_too(self):
        self.neurons.reloadable_too()
        return replace(self, reloadable=True)

    def contents(self, layer: Conv2d) -> tuple[np.ndarray, ...]:
        return self.neurons.contents(self.dense_of(layer))

    def holding(self, contents: tuple[np.ndarray, ...]) -> Conv2d:
        dense = self.neurons.holding(contents)
        weights = self.part.from_order(dense.weights)
        return replace(self.layer, weights=weights, biases=dense.biases)

    def dense_of(self, layer: Conv2d) -> Dense:
        """What a layer makes of one window, whose values come block after block."""
        return Dense(
            input=layer.input,
            weight=layer.weight,
            accumulator=layer.accumulator,
            bias=layer.bias,
            weights=self.part.in_order(layer.weights),
            biases=layer.biases,
            activation=layer.activation,
            reach=layer.reach,
        )
