"""Formats with room for weights that are trained later, on other days."""

import numpy as np

from build_decoder.models.network import Network
from build_decoder.quant.formats import NetworkFormats, NodeKey
from build_decoder.quant.layer import Kind
from build_decoder.quant.layers import quantiser_of
from build_decoder.quant.operations.union import union
from build_decoder.quant.qformat import QFormat

__all__ = ["HEADROOM", "with_spare_bits"]

HEADROOM = 2
"""How many times as far as the weights of today those of another day may reach, sum by sum."""

_SPARE = 1
"""Bits that are added at either end: weights of another day may be larger, and they and their sums
are rounded finer, since no formats were searched that make up for it."""

_MANY = 64
"""Weights of a sum from which on they are only rounded finer: a few of many can be cut without much
harm to the sum, and these are most of what is stored, in two banks."""

_OUTPUT, _ACCUMULATOR, _BIAS = "output", "accumulator", "bias"


def with_spare_bits(network: Network, formats: NetworkFormats) -> NetworkFormats:
    """``formats`` with a bit more at either end of weights, biases and sums that no activation
    follows yet; at the fine end alone of weights of which many go into a sum.

    A sum without its bias goes wherever the signs of its weights take it: the other way on another
    day, if neurons say no where they said yes. Biases, which bring it back, reach as far and are as
    fine. An activation's input needs no more integer bits, since the activation is flat beyond them
    or outputs keep to their range on any day. Layers that are not trained have the same weights on
    any day.
    """
    spared = dict(formats)
    for node in (node for node in network.nodes if node.layer.trained):
        quantiser = quantiser_of(node.layer)
        arrays = {role: node.weights[name] for name, role in quantiser.arrays.items()}
        around = {role for each in quantiser.activations(node.layer)
                  for role in (each.input, each.output)}
        for role in quantiser.roles(node.layer):
            if role.kind is Kind.WEIGHT or role.name not in (_OUTPUT, *around):
                key = NodeKey(node.name, role.name)
                found = formats[key]
                wider = 0 if _terms(arrays.get(role.name)) >= _MANY else _SPARE
                spared[key] = QFormat(
                    found.integer + wider, found.fraction + _SPARE, found.signed
                )
        accumulator, bias = (NodeKey(node.name, name) for name in (_ACCUMULATOR, _BIAS))
        if accumulator in spared and bias in spared:
            spared[bias] = union([spared[bias], spared[accumulator]])
    return spared


def _terms(array: np.ndarray | None) -> int:
    """Values of an array (..., units) that go into a sum; 0 if there is none."""
    return 0 if array is None else array.size // array.shape[-1]
