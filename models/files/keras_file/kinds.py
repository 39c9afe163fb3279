"""Kinds of Keras layers that are read."""

from collections.abc import Sequence

from build_decoder.models.files.keras_file.layer_config import INPUT, LayerConfig
from build_decoder.models.files.keras_file.readers import READERS
from build_decoder.models.files.keras_file.settings import check_dtype

__all__ = ["ACTIVATIONS", "PASSED", "REVERSAL", "check_kinds"]

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


def check_kinds(layers: Sequence[LayerConfig]) -> None:
    """Raise `InputError` unless each layer is of a kind that is read, and its numbers wide."""
    read = [kind for kind in READERS if kind not in ("Dense", "Flatten", "Dropout")]
    known = ["Flatten", "Dense", *ACTIVATIONS, *read, REVERSAL, "Dropout", "Identity"]
    others = [layer for layer in layers if layer.kind not in (INPUT, *known, *PASSED)]
    if others:
        # Before operations that Keras adds itself, such as those that make a mask.
        layer = min(others, key=lambda other: "." in other.kind)
        raise layer.error(f"{', '.join(known[:-1])} or {known[-1]}", layer.kind)
    for layer in layers:
        check_dtype(layer)
