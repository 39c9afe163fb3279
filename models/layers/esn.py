"""Echo state network: a fixed random reservoir of leaky units."""

from dataclasses import dataclass

from build_decoder.models import activations
from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import LayerType, Mismatch, require
from build_decoder.models.recurrent import RecurrentLayer, read_recurrent

__all__ = ["LAYER_TYPE", "MOST_LEAK_BITS", "Esn"]

MOST_LEAK_BITS = 8
"""Slowest leak: 1/256 of the way a step."""


@dataclass(frozen=True)
class Esn(RecurrentLayer):
    """Leaky tanh units whose weights are not trained; a dense layer behind them reads them out.

    From (steps, channels) to (units), or to (steps, units) if ``sequences``. The state is zero
    before the first step. Then ``g = tanh(x @ weights + h @ recurrent + bias)`` and
    ``h' = h + (g - h) * 2**-leak_bits``: a leak that is a power of two is no product in hardware.

    Parameters
    ----------
    leak_bits:
        From 0, where ``h' = g``, to 8. Default: 0.

    Arrays
    ------
    weights:
        (channels, units)
    recurrent:
        (units, units)
    bias:
        (units)

    Examples
    --------
    For an input of (100, 56)::

        {"name": "r", "inputs": ["x"], "type": "esn", "units": 100, "sequences": false,
         "leak_bits": 2, "weights": "w.npz:w", "recurrent": "w.npz:r", "bias": "w.npz:b"}
    """

    leak_bits: int = 0

    trained = False
    gates = 1
    states = 1
    bias_rows = 1
    step_extra = 4  # bias; a difference, its part and a sum

    def __post_init__(self):
        super().__post_init__()
        most = f"0 to {MOST_LEAK_BITS} leak_bits"
        require(0 <= self.leak_bits <= MOST_LEAK_BITS, most, self.leak_bits)

    def step(self, x, state, weights):
        (h,) = state
        sums = x @ weights["weights"] + h @ weights["recurrent"] + weights["bias"]
        g = activations.get("tanh").function(sums)
        return (h + (g - h) * 2.0**-self.leak_bits,)

    def to_keras(self, keras, name):
        raise Mismatch("a layer that Keras trains", "an ESN, whose reservoir is not trained")


def _read(fields: Fields) -> Esn:
    plain = read_recurrent(Esn, fields)
    if "leak_bits" not in fields.values:
        return plain
    leak_bits = fields.integer("leak_bits", 0, MOST_LEAK_BITS)
    return Esn(plain.units, plain.sequences, plain.backward, leak_bits)


LAYER_TYPE = LayerType("esn", Esn, _read)
