"""Writes ``docs/layers/TYPE.md`` for every type of layer, from what the code says of it.

``python -m build_decoder.bench.layer_pages`` in a checkout. A page has the type's docstring in
`models.layers`, its entry in ``network.json`` with figures, roles and formula of its integer layer,
the rewrites that change it, and what is documented of its hardware, if there is any. Nothing on a
page is written by hand: to change it, change the docstring.
"""

import importlib
import json
import math
import re
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import get_type_hints

from build_decoder.bench.docstring import Docstring, markdown
from build_decoder.hdl import layers as hardware_layers
from build_decoder.hdl.decoder import component_type
from build_decoder.models import layers
from build_decoder.models.arguments import LineParser
from build_decoder.models.command import exit_status
from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Layer, Shape
from build_decoder.models.rewrites import REWRITES
from build_decoder.quant import layers as integer_layers
from build_decoder.quant.layer import IntegerLayer

__all__ = ["FOLDER", "main", "page"]

_OPERATIONS = "build_decoder.quant.operations."
_HARDWARE = ("build_decoder.hdl.layers.", "build_decoder.hdl.adapters.")

FOLDER = Path(__file__).parents[1] / "docs" / "layers"
"""Where the pages lie in a checkout."""


def page(kind: str) -> str:
    """The page of the layer type called `kind`.

    Raises
    ------
    ValueError
        If its docstring has no example of the entry in ``network.json``.
    """
    note = "<!-- Written by python -m build_decoder.bench.layer_pages, from the code. -->"
    parts = [note, f"# {kind}"]
    parts += [*_floats(kind), *_integers(kind), *_rewrites(kind), *_hardware(kind)]
    return "\n\n".join(parts) + "\n"


def _example(kind: str) -> tuple[str, list[Shape], str]:
    """Of the docstring: what the example takes in words, its shapes, and its entry as JSON."""
    cls = layers.get(kind).layer
    given, _, entry = Docstring.of(cls).sections.get("Examples", "").partition("::\n\n")
    shapes = [tuple(map(int, shape.split(", "))) for shape in re.findall(r"\(([\d, ]+)\)", given)]
    if not shapes or not entry:
        raise ValueError(
            f"docstring of {cls.__qualname__}: expected a section Examples, \"For an input of "
            f"(SHAPE)::\" and an entry of network.json, got {given!r}"
        )
    return given, shapes, textwrap.dedent(entry)


def _layer(kind: str) -> Layer:
    _, _, entry = _example(kind)
    return layers.get(kind).read(Fields(json.loads(entry), FOLDER / f"{kind}.md"))


def _floats(kind: str) -> Iterator[str]:
    layer_type = layers.get(kind)
    document = Docstring.of(layer_type.layer)
    yield markdown(document.text)
    described = {}
    for cls in reversed(layer_type.layer.__mro__):
        described |= Docstring.of(cls).entries("Parameters")
    fields = [field.name for field in dataclass_fields(layer_type.layer)]
    yield from _table(("field", ""), [(f"`{name}`", described[name]) for name in fields])
    arrays = document.entries("Arrays")
    yield from _table(("array", "shape"), [(f"`{name}`", text) for name, text in arrays.items()])
    given, shapes, entry = _example(kind)
    layer = _layer(kind)
    cost = layer.cost(shapes)
    weights = sum(map(math.prod, layer.weight_shapes(shapes).values()))
    yield f"```json\n{entry}\n```"
    yield (
        f"{given}, this one gives {_text(layer.output_shape(shapes))} and has {weights:,} weights, "
        f"{cost.macs:,} MACs and {cost.flops:,} FLOPs."
    )


def _integers(kind: str) -> Iterator[str]:
    yield "## In integers"
    if kind not in integer_layers.names():
        yield "None of its own: a rewrite makes other layers of it."
        return
    module = importlib.import_module(f"{integer_layers.__name__}.{kind}")
    (cls,) = (thing for thing in _classes_of(module) if issubclass(thing, IntegerLayer))
    yield markdown(Docstring.of(cls).text)
    for operation in get_type_hints(cls).values():
        if getattr(operation, "__module__", "").startswith((_OPERATIONS, module.__name__)):
            yield markdown(Docstring.of(operation).text)
    quantiser = integer_layers.get(kind)
    rows = [
        (f"`{role.name}`", role.kind.value, _sign(role.signed))
        for role in quantiser.roles(_layer(kind))
    ]
    if not rows:
        yield "No format is searched: the output has the formats of the inputs, or their union."
    yield from _table(("role", "kind", "sign"), rows)


def _rewrites(kind: str) -> Iterator[str]:
    cls = layers.get(kind).layer
    found = [f"- `{each.name}`: {each.title}" for each in REWRITES if cls in each.types]
    if found:
        yield "## Rewrites"
        yield "\n".join(found)


def _hardware(kind: str) -> Iterator[str]:
    yield "## Hardware"
    if kind not in hardware_layers.names():
        yield "None yet: networks that have it are taken as far as `--stop-after quantise`."
        return
    plan = hardware_layers.get(kind)
    if not plan.wires:
        yield markdown(Docstring.of(component_type(plan)).text)
    own = [cls for cls in plan.__mro__ if cls.__module__.startswith(_HARDWARE)]
    for cls in own:
        yield markdown(Docstring.of(cls).text)
    yield from _table((f"`{plan.__name__}`", ""), [
        (f"`{name}`", markdown(Docstring.of(member).text))
        for cls in reversed(own)
        for name, member in vars(cls).items()
        if isinstance(member, property) and member.__doc__ and not name.startswith("_")
    ])  # fmt: skip


def _classes_of(module) -> list[type]:
    """Public classes that a module defines."""
    things = {name: getattr(module, name) for name in module.__all__}
    return [
        thing
        for name, thing in things.items()
        if isinstance(thing, type)
        and (thing.__module__, thing.__name__) == (module.__name__, name)
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table, unless it has no rows."""
    if rows:
        lines = (head, ["---"] * len(head), *rows)
        yield "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)


def _sign(signed: bool | None) -> str:
    return {True: "signed", False: "unsigned", None: "as its values are"}[signed]


def _text(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))})"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = LineParser(
        prog="python -m build_decoder.bench.layer_pages",
        description="Writes docs/layers/TYPE.md of every type of layer.",
    )
    parser.parse_args(arguments)
    FOLDER.mkdir(exist_ok=True)
    for kind in layers.names():
        (FOLDER / f"{kind}.md").write_text(page(kind))
    return 0


if __name__ == "__main__":
    sys.exit(exit_status(main))
