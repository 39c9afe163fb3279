"""Cases of one layer, of any type: its examples, with formats and raw values drawn for them.

Whoever adds a type brings its examples, so that tests of all types have cases of it.
"""

from dataclasses import fields

import numpy as np

from build_decoder.quant import layers as integer_layers
from tests.fractions_of import any_format, any_raw
from tests.layer_examples import examples
from tests.random_layers import SAMPLES, Case, Node

__all__ = ["layer"]


def layer(type: str, number: int) -> Case:
    """Case ``number`` of a type, the same for the same arguments."""
    random = np.random.default_rng([number, *type.encode()])
    found = examples(type)
    example, shapes = found[number % len(found)]
    quantiser = integer_layers.get(type)
    inputs = {f"x{place}": any_format(random) for place in range(len(shapes))}
    roles = {
        role.name: any_format(random, signed=role.signed) for role in quantiser.roles(example)
    }
    node = Node(
        "y",
        type,
        tuple(inputs),
        {field.name: getattr(example, field.name) for field in fields(example)},
        roles,
        {
            name: any_raw(random, roles[quantiser.arrays[name]], shape)
            for name, shape in example.weight_shapes(shapes).items()
        },
    )
    samples = {
        name: any_raw(random, format, (SAMPLES, *shape))
        for (name, format), shape in zip(inputs.items(), shapes, strict=True)
    }
    return Case((node,), inputs, samples)
