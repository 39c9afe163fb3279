"""What plans of a convolution have in common, whichever form or arithmetic it is of."""

from build_decoder.hdl.layers.conv2d.part import Part
from build_decoder.hdl.layers.dense.neurons_plan import NeuronsPlan
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.quant.convolution_shape import ConvolutionShape

__all__ = ["ConvolutionPlan"]


class ConvolutionPlan(LayerPlan):
    """Plan of a convolution: a dense layer, of which each position's window is a frame.

    Subclasses are frozen dataclasses.

    Attributes
    ----------
    layer : ConvolutionShape
        The convolution.
    part : Part
        What of a window is multiplied in a cycle.
    neurons : NeuronsPlan
        The dense layer that takes windows, block after block.
    lanes : int
        Outputs a transfer.
    """

    layer: ConvolutionShape
    part: Part
    neurons: NeuronsPlan
    lanes: int

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
    def multiplying(self) -> NeuronsPlan:
        return self.neurons

    @property
    def output(self) -> Tensor:
        return Tensor(self.layer.output_shape, self.layer.output, self.lanes)
