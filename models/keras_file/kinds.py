"""Kinds of Keras layers that are read."""

from build_decoder.models.keras_file.layer_config import INPUT, LayerConfig
from build_decoder.models.keras_file.readers import READERS
from build_decoder.models.keras_file.settings import check_dtype

__all__ = ["ACTIVATIONS", "PASSED", "REVERSAL", "check_layers"]

ACTIVATIONS = ("Activation", "ELU", "LeakyReLU", "ReLU", "Softmax")
PASSED = (
    "ActivityRegularization",
    "AlphaDropout",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
)
"""They act in training only."""
REVERSAL = "build_decoder>TimeReversal"


def check_layers(layers: tuple[LayerConfig, ...]) -> None:
    """Raise `InputError` unless each layer is of a kind that is read, and its numbers wide."""
    read = [kind for kind in READERS if kind not in ("Dense", "Flatten", "Dropout")]
    known = ["Flatten", "Dense", *ACTIVATIONS, *read, REVERSAL, "Dropout"]
    for layer in layers:
        if layer.kind not in (INPUT, *known, *PASSED):
            raise layer.error(f"{', '.join(known[:-1])} or {known[-1]}", layer.kind)
        check_dtype(layer)
