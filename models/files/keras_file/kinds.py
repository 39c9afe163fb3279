"""Kinds of Keras layers that are read."""

from collections.abc import Sequence

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
    read = [kind for kind in READERS if kind not in ("Dense", "Flatten", "Dropout")]
    more = [kind for kind in VIEWED if kind.isalnum() and kind not in (*READERS, *ACTIVATIONS)]
    more += [PADDING.format(axes=axes) for axes in (1, 2)]
    known = ["Flatten", "Dense", *ACTIVATIONS, *read, *sorted(more), REVERSAL]
    known += ["Dropout", "Identity"]
    kinds = {INPUT, *known, *PASSED, *VIEWED}
    others = [layer for layer in layers if layer.kind not in kinds]
    if others:
        # Before operations that Keras adds itself, such as those that make a mask.
        layer = min(others, key=lambda other: "." in other.kind)
        wanted = _INSTEAD.get(layer.kind, f"{', '.join(known[:-1])} or {known[-1]}")
        raise layer.error(wanted, layer.kind)
    for layer in layers:
        check_dtype(layer)
