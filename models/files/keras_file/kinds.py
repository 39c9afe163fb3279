"""Kinds of Keras layers that are read."""

import difflib
import re
from collections.abc import Collection, Sequence

from build_decoder.models.files.keras_file.layer_config import INPUT, LayerConfig
from build_decoder.models.files.keras_file.readers import READERS
from build_decoder.models.files.keras_file.settings import check_dtype
from build_decoder.models.files.keras_file.views.readers import READERS as VIEWED

__all__ = ["ACTIVATIONS", "PADDING", "PASSED", "REVERSAL", "check_kinds"]

ACTIVATIONS = ("Activation", "ELU", "LeakyReLU", "ReLU", "Softmax")
PASSED = (
    "ActivityRegularization",
    "AlphaDropout",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
)
"""In use they hand on what they take."""
REVERSAL = "build_decoder>TimeReversal"
PADDING = "ZeroPadding{axes}D"
"""Part of the convolution behind it."""

_INSTEAD = {
    "Embedding": "its values as inputs, in its place",
    "GroupNormalization": "a BatchNormalization in its place",
    "Lambda": "an operation of keras.ops, or a layer of Keras, in its place",
    "LayerNormalization": "a BatchNormalization in its place",
    "Masking": "samples of one length, without it",
    "Multiply": "an Add or a Concatenate in its place (no layer multiplies two tensors)",
    "MultiHeadAttention": "an LSTM or GRU in its place",
    "SimpleRNN": "an LSTM or GRU in its place",
}
"""What to train with instead of a layer that is asked for often."""


def check_kinds(layers: Sequence[LayerConfig]) -> None:
    """Raise `InputError` unless each layer is of a kind that is read, and its numbers wide."""
    known = {*READERS, *VIEWED, *ACTIVATIONS, *PASSED, REVERSAL}
    known |= {PADDING.format(axes=axes) for axes in (1, 2)}
    kinds = {INPUT, *known}
    others = [layer for layer in layers if layer.kind not in kinds]
    if others:
        # Before operations that Keras adds itself, such as those that make a mask.
        layer = min(others, key=lambda other: "." in other.kind)
        raise layer.error(_INSTEAD.get(layer.kind) or _listed(layer.kind, known), layer.kind)
    for layer in layers:
        check_dtype(layer)


def _listed(kind: str, known: Collection[str]) -> str:
    """Where layers that are read are listed, and those of them with names like that of `kind`."""
    name = re.split("[.>]", kind)[-1]
    near = difflib.get_close_matches(name, sorted(each for each in known if each.isalnum()))
    return "a layer that docs/keras.md lists" + (f", such as {' or '.join(near)}" if near else "")
