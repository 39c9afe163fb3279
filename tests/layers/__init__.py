"""What tests need to know of each type of layer, in a module called like the type.

A module has

- ``EXAMPLES``: small layers of the type, each with the shapes of its inputs,

and, for a type with an integer layer in `quant.layers`,

- ``oracle(inputs, weights, formats, generated, **fields)``: the layer in exact fractions for one
  sample. ``inputs`` has an `exact.Tensor` for each input; ``weights`` raw integers, in nested
  lists, by the names of the arrays; ``formats`` a `QFormat` by role; ``generated(name, source,
  target)`` an activation from raw codes to raw codes; ``fields`` are those of the layer. The output
  is an `exact.Tensor`,
- ``CASES``: `drawn.Cases`, how random formats and fields of such a layer are drawn.

They are found by the names of the types: whoever adds a type adds a module here.
"""

import importlib
from collections.abc import Mapping
from types import ModuleType

import pytest

from build_decoder.models import layers
from build_decoder.models.layer import Layer, Shape
from build_decoder.quant import layers as integer_layers
from tests import exact
from tests.drawn import Cases

__all__ = ["all_examples", "cases", "examples", "network", "oracle"]

Example = tuple[Layer, tuple[Shape, ...]]

_NEEDED = ("EXAMPLES",)
_NEEDED_IN_INTEGERS = ("EXAMPLES", "oracle", "CASES")


def examples(kind: str) -> tuple[Example, ...]:
    """Layers of the type called `kind`, and the shapes of their inputs."""
    return _module(kind).EXAMPLES


def all_examples() -> list[tuple[str, Layer, tuple[Shape, ...]]]:
    """The name of the type, the layer and its inputs' shapes, of all types."""
    return [(name, *example) for name in layers.names() for example in examples(name)]


def oracle(kind: str):
    """The function that computes a layer of the type exactly."""
    return _module(kind).oracle


def cases(kind: str) -> Cases:
    """How random cases of the type are drawn."""
    return _module(kind).CASES


def _module(kind: str) -> ModuleType:
    """The module of the type; the test fails where it is missing or incomplete."""
    name = f"{__name__}.{kind}"
    needed = _NEEDED_IN_INTEGERS if kind in integer_layers.names() else _NEEDED
    expected = f"tests/layers/{kind}.py: expected {', '.join(needed)} (docs/adding_a_layer.md)"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        pytest.fail(f"{expected}, got no such file", pytrace=False)
    missing = [part for part in needed if not hasattr(module, part)]
    if missing:
        pytest.fail(f"{expected}, got no {', '.join(missing)}", pytrace=False)
    return module


def network(
    nodes, inputs: Mapping[str, exact.Tensor], generated: exact.Generated
) -> dict[str, exact.Tensor]:
    """Values of every input and node by name, for one sample.

    Each of `nodes`, in their order, has ``name``, ``type``, ``inputs`` (names of inputs or earlier
    nodes), ``fields``, ``formats`` and ``weights`` (arrays of raw codes).
    """
    values = dict(inputs)
    for node in nodes:
        taken = [values[name] for name in node.inputs]
        raw = {name: array.tolist() for name, array in node.weights.items()}
        layer = oracle(node.type)
        values[node.name] = layer(taken, raw, node.formats, generated, **node.fields)
    return values
