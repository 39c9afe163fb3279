"""What plans of a convolution have in common, whichever form of it they are of."""

from dataclasses import replace

import numpy as np

from build_decoder.hdl.layers.conv2d.part import Part
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.writable import Writable
from build_decoder.quant.layers.conv2d import Conv2d
from build_decoder.quant.layers.dense import Dense

__all__ = ["ConvolutionPlan"]


class ConvolutionPlan(LayerPlan):
    """Plan of a convolution: a dense layer, of which each position's window is a frame.

    Subclasses are frozen dataclasses.

    Attributes
    ----------
    layer : Conv2d
        The convolution.
    part : Part
        What of a window is multiplied in a cycle.
    neurons : DensePlan
        The dense layer that takes windows, block after block.
    lanes : int
        Outputs a transfer.
    order : str
        In words, the order of the weights' rows, which an image must have in common.
    """

    name = "conv2d"
    writable = True
    layer_type = Conv2d

    layer: Conv2d
    part: Part
    neurons: DensePlan
    lanes: int
    order: str

    @property
    def kernel(self) -> tuple[int, int]:
        """Columns and rows of a window."""
        return self.layer.weights.shape[:2]

    @property
    def before(self) -> tuple[int, int]:
        """Columns and rows of a window before its position."""
        columns, rows = self.kernel
        return (columns - 1) // 2, (rows - 1) // 2

    @property
    def multiplying(self) -> DensePlan:
        return self.neurons

    @property
    def output(self) -> Tensor:
        return Tensor(self.layer.output_shape, self.layer.output, self.lanes)

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
