"""Keras layers with a layer of ours that computes the same, by their kind."""

from build_decoder.models.files.keras_file.readers import (
    attention,
    convolution,
    dense,
    moving,
    normalisation,
    pooling,
    recurrent,
)
from build_decoder.models.files.keras_file.reading import Reader

__all__ = ["READERS"]

READERS: dict[str, Reader] = {
    kind: reader
    for module in (dense, convolution, pooling, moving, recurrent, attention, normalisation)
    for kind, reader in module.READERS.items()
}
