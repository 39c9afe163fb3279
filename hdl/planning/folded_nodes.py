"""Folded nodes: the layers of a model that users may fold."""

from build_decoder.hdl.planning.choose_foldings import default_foldings
from build_decoder.hdl.planning.folding import Folding
from build_decoder.quant.convolution_shape import ConvolutionShape
from build_decoder.quant.dense_shape import DenseShape
from build_decoder.quant.integer_model import IntegerModel, ModelNode
from build_decoder.quant.recurrent import RecurrentLayer

__all__ = ["folded_nodes", "smallest_foldings"]


def folded_nodes(model: IntegerModel) -> tuple[ModelNode, ...]:
    """The nodes whose layers are folded, in order: dense and recurrent layers, and convolutions."""
    kinds = DenseShape | ConvolutionShape | RecurrentLayer
    return tuple(node for node in model.nodes if isinstance(node.layer, kinds))


def smallest_foldings(model: IntegerModel) -> list[Folding]:
    """One input a cycle into all neurons of dense layers, one product a cycle of others."""
    dense = iter(default_foldings(model))
    return [
        next(dense) if isinstance(node.layer, DenseShape) else Folding(1, 1)
        for node in folded_nodes(model)
    ]
