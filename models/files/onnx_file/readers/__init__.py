"""Operators of ONNX by their kind.

A reader gets the graph, the node and what it takes: a view, a constant, or None where it is left
out. It gives what the node gives, a list where that may be more.
"""

from build_decoder.models.files.onnx_file.readers import (
    activations,
    arithmetic,
    averages,
    constants,
    convolutions,
    moving,
    pools,
    products,
    quant,
    recurrent,
)

__all__ = ["READERS"]

READERS = {
    kind: reader
    for module in (
        activations, arithmetic, averages, constants, convolutions, moving, pools, products, quant,
        recurrent,
    )
    for kind, reader in module.READERS.items()
}
