"""``network.json`` of format 1: a chain of dense layers, each array in a file of its own::

{"format": 1, "name": "small", "inputs": [800],
 "layers": [{"type": "dense", "units": 20, "activation": "sigmoid",
             "weights": "layer1_weights.npy", "bias": "layer1_bias.npy"}, ...]}

``"bias": "last_row"`` says that the array of the weights has it as one row more.
"""

from pathlib import Path

import numpy as np

from build_decoder.models.errors import shown
from build_decoder.models.files.activation_field import activation_field
from build_decoder.models.files.array_shape import ArrayShape
from build_decoder.models.files.arrays import read_array, reference_inside
from build_decoder.models.files.fields import Fields
from build_decoder.models.layers.dense import Dense
from build_decoder.models.limits import MAX_LAYERS, MAX_WEIGHTS, MAX_WIDTH
from build_decoder.models.network import Network

__all__ = ["read_chain"]

_LAST_ROW = "last_row"


def read_chain(fields: Fields, name: str, folder: Path) -> Network:
    """The network of that name that `fields` describe; its arrays are in `folder`."""
    sizes = fields.items("inputs")
    if len(sizes) != 1:
        raise fields.error("inputs", "a list of one size", shown(sizes))
    inputs = fields.check_size("inputs", sizes[0], MAX_WIDTH)
    entries = fields.items("layers")
    if not 1 <= len(entries) <= MAX_LAYERS:
        raise fields.error("layers", f"1 to {MAX_LAYERS} layers", str(len(entries)))
    layers, count = [], inputs
    for number, entry in enumerate(entries, 1):
        layers.append(_read_dense(Fields(entry, fields.source, f"layer {number}"), count, folder))
        count = layers[-1][0].units
    return Network.chain(name, inputs, layers)


def _read_dense(fields: Fields, inputs: int, folder: Path) -> tuple[Dense, dict[str, np.ndarray]]:
    fields.choice("type", ("dense",))
    fields.only("type", "units", "activation", "weights", "bias")
    units = fields.size("units", MAX_WIDTH)
    activation = activation_field(fields)
    if inputs * units > MAX_WEIGHTS:
        raise fields.error(
            "units", f"at most {MAX_WEIGHTS} weights", f"{inputs} inputs x {units} units"
        )
    weights_text, bias_text = fields.text("weights"), fields.text("bias")

    def read(key: str, text: str, sizes: tuple[int, ...], axes: tuple[str, ...]) -> np.ndarray:
        where = f"{fields.where}: {key}"
        reference = reference_inside(folder, text, source=fields.source, where=where)
        # One more row than MAX_WEIGHTS allows, where the bias is the last one.
        shape = ArrayShape(sizes, axes, max_values=MAX_WEIGHTS + MAX_WIDTH)
        return read_array(reference, shape, where=where)

    if bias_text == _LAST_ROW:
        axes = ("inputs and bias row", "units")
        rows = read("weights", weights_text, (inputs + 1, units), axes)
        weights, bias = rows[:-1], rows[-1]
    else:
        weights = read("weights", weights_text, (inputs, units), ("inputs", "units"))
        bias = read("bias", bias_text, (units,), ("units",))
    return Dense(units, activation), {"weights": weights, "bias": bias}
