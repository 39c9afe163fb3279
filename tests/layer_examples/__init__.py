"""Small layers of every type, for tests that go through all types that there are.

The module called like a type has ``EXAMPLES``: layers of it, each with the shapes of its inputs.
A type that is added brings its own.
"""

import importlib

from build_decoder.models import layers
from build_decoder.models.layer import Layer, Shape

__all__ = ["all_examples", "examples"]

Example = tuple[Layer, tuple[Shape, ...]]


def examples(name: str) -> tuple[Example, ...]:
    """Layers of the type called ``name``, and the shapes of their inputs."""
    return importlib.import_module(f"{__name__}.{name}").EXAMPLES


def all_examples() -> list[tuple[str, Layer, tuple[Shape, ...]]]:
    """The name of the type, the layer and its inputs' shapes, of all types."""
    return [(name, *example) for name in layers.names() for example in examples(name)]
