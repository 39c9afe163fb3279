"""How the layers of a functional model call each other, in ``config.json``."""

from typing import Any

from build_decoder.models.errors import shown
from build_decoder.models.files.fields import Fields
from build_decoder.models.files.keras_file.layer_config import LayerConfig

__all__ = ["ends", "sources_of"]


def ends(fields: Fields, key: str, most: int | None = None) -> list[str]:
    """Names of the layers that `key` lists: ``[name, 0, 0]``, or a list of such lists."""
    value = fields.values.get(key)
    if isinstance(value, list) and not isinstance(next(iter(value), None), list):
        value = [value]
    names = []
    for item in value if isinstance(value, list) else ():
        match item:
            case [str() as name, int(), int()]:
                names.append(name)
    if not names or len(names) != len(value) or (most is not None and len(names) > most):
        wanted = "one output" if most == 1 else "inputs in a list"
        raise fields.error(key, f"a model of {wanted}", shown(fields.values.get(key)))
    return names


def sources_of(layer: LayerConfig, entry: Any, prefix: str) -> tuple[str, ...]:
    """Names of the layers that `layer` takes, in its only call."""
    calls = Fields(entry, layer.path).items("inbound_nodes")
    if len(calls) != 1:
        raise layer.error("a layer that is used once", f"a layer used {len(calls)} times")
    tensors, kwargs = [], {}
    match calls[0]:
        case {"args": [list() as listed], "kwargs": dict() as kwargs}:
            tensors = listed
        case {"args": [only], "kwargs": dict() as kwargs}:
            tensors = [only]
    names = [_source(tensor) for tensor in tensors]
    if not names or None in names:
        got = f"{layer.kind} called otherwise"
        raise layer.error("a call with outputs of other layers, or with a list of them", got)
    # A dropout that is called with training=True acts in use as well.
    for key, value in kwargs.items():
        if value is not None and value is not False:
            raise layer.error("a call with its input alone", f"{key}={shown(value)} in its call")
    return tuple(prefix + name for name in names)


def _source(tensor: Any) -> str | None:
    """Name of the layer that gives `tensor` as its only output, in its only call."""
    match tensor:
        case {
            "class_name": "__keras_tensor__",
            "config": {"keras_history": [str() as source, 0, 0]},
        }:
            return source
    return None
