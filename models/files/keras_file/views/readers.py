"""What is read as views, by the kind of layer."""

from build_decoder.models.files.keras_file.views import (
    activations,
    arithmetic,
    convolutions,
    moves,
    pools,
    products,
    recurrent,
)
from build_decoder.models.files.keras_file.views.reading import Reader

__all__ = ["READERS"]

READERS: dict[str, Reader] = {
    kind: reader
    for module in (activations, arithmetic, convolutions, moves, pools, products, recurrent)
    for kind, reader in module.READERS.items()
}
