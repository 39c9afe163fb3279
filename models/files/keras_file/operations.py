"""Operations in a functional model, as of ``keras.ops.relu(x)`` or ``x + y``, as layers.

Keras saves them among the layers, by their classes. Those that a layer of Keras computes as well
are written as that layer, which has the same name and takes the same. Others that are read are
described to `models.files.keras_file.views` as layers of a kind such as ``keras.ops.Reshape``.
"""

from collections.abc import Callable
from typing import Any

from build_decoder.models.files.keras_file.config import is_model

__all__ = ["as_kinds", "as_layers"]

Settings = dict[str, Any]


def _function(name: str) -> Callable[[Settings], tuple[str, Settings]]:
    return lambda settings: ("Activation", {"activation": name})


def _relu(settings: Settings) -> tuple[str, Settings]:
    return "ReLU", {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}


def _leaky_relu(settings: Settings) -> tuple[str, Settings]:
    return "LeakyReLU", {"negative_slope": settings.get("negative_slope", 0.2)}


def _elu(settings: Settings) -> tuple[str, Settings]:
    return "ELU", {"alpha": settings.get("alpha", 1.0)}


def _softmax(settings: Settings) -> tuple[str, Settings]:
    return "Softmax", {"axis": settings.get("axis", -1)}


def _gelu(settings: Settings) -> tuple[str, Settings] | None:
    return _function("gelu")(settings) if settings.get("approximate") is False else None


def _add(settings: Settings) -> tuple[str, Settings]:
    return "Add", {}


_NN, _NUMPY = "keras.src.ops.nn", "keras.src.ops.numpy"
_LAYERS: dict[tuple[str, str], Callable[[Settings], tuple[str, Settings] | None]] = {
    (_NN, "Relu"): _relu,
    (_NN, "Relu6"): _function("relu6"),
    (_NN, "LeakyRelu"): _leaky_relu,
    (_NN, "Elu"): _elu,
    (_NN, "Gelu"): _gelu,
    (_NN, "Sigmoid"): _function("sigmoid"),
    (_NN, "Silu"): _function("silu"),
    (_NN, "Softmax"): _softmax,
    (_NN, "Softplus"): _function("softplus"),
    (_NUMPY, "Add"): _add,
    (_NUMPY, "Subtract"): lambda settings: ("Subtract", {}),
    (_NUMPY, "Exp"): _function("exponential"),
    (_NUMPY, "Tanh"): _function("tanh"),
}


_TWO = ("Add", "Subtract", "Multiply", "Divide", "TrueDivide")
_MOVES = (
    "Concatenate", "ExpandDims", "Flip", "GetItem", "Max", "Mean", "Negative", "Reshape", "Squeeze",
    "Transpose",
)  # fmt: skip


def as_layers(config: Any) -> Any:
    """A model's configuration with such layers in place of its operations; others stay."""
    if not isinstance(config, dict) or not is_model(config):
        return _as_layer(config)
    settings = config.get("config")
    if not isinstance(settings, dict) or not isinstance(settings.get("layers"), list):
        return config
    layers = [as_layers(entry) for entry in settings["layers"]]
    return config | {"config": settings | {"layers": layers}}


def _as_layer(entry: Any) -> Any:
    match entry:
        case {
            "module": str() as module,
            "class_name": str() as called,
            "config": {"name": str() as name, **settings},
        } if (module, called) in _LAYERS:
            made = _LAYERS[module, called](settings)
            if made is None or (called in _TWO and _constant_of(entry) is not None):
                return entry
            kind, wanted = made
            layer = {"module": "keras.layers", "class_name": kind, "registered_name": None}
            common = {"name": name, "trainable": True, "dtype": "float32"}
            return entry | layer | {"config": common | wanted} | _calls(entry, kind)
    return entry


def as_kinds(config: Any) -> Any:
    """A model's configuration as it is read: other operations as layers of a kind of their own.

    Numbers in their calls are settings. Keras does not load this one.
    """
    if not isinstance(config, dict) or not is_model(config):
        return _as_kind(config)
    settings = config.get("config")
    if not isinstance(settings, dict) or not isinstance(settings.get("layers"), list):
        return config
    layers = [as_kinds(entry) for entry in settings["layers"]]
    return config | {"config": settings | {"layers": layers}}


def _as_kind(entry: Any) -> Any:
    match entry:
        case {
            "module": "keras.src.ops.numpy",
            "class_name": str() as called,
            "config": {"name": str(), **settings},
            "inbound_nodes": [{"args": list() as args, "kwargs": dict() as kwargs}],
        }:
            pass
        case _:
            return entry
    if called == "GetItem" and len(args) == 2:
        settings, args = settings | {"keys": args[1]}, args[:1]
    elif called in _TWO:
        constant = _constant_of(entry)
        if constant is None:
            return entry
        first = args[0] == constant
        settings = settings | {"constant": constant, "constant_first": first}
        called = f"{called.removeprefix('True')} constant"
        args = args[1:] if first else args[:1]
    elif called not in _MOVES:
        return entry
    kind = {"module": "keras.layers", "class_name": f"keras.ops.{called}", "registered_name": None}
    calls = {"inbound_nodes": [{"args": args, "kwargs": kwargs}]}
    named = {"dtype": "float32", **settings, "name": entry["config"]["name"]}
    return entry | kind | calls | {"config": named}


def _constant_of(entry: Any) -> float | None:
    """The number that an operation of two takes beside a tensor; None if it takes another thing."""
    match entry.get("inbound_nodes"):
        case [{"args": [dict(), int() | float() as constant]}]:
            return constant
        case [{"args": [int() | float() as constant, dict()]}]:
            return constant
    return None


def _calls(entry: dict[str, Any], kind: str) -> dict[str, Any]:
    """The calls of an operation as those of its layer, which takes several tensors in a list."""
    calls = entry.get("inbound_nodes")
    if kind not in _TWO or not isinstance(calls, list):
        return {}
    return {"inbound_nodes": [_in_a_list(call) for call in calls]}


def _in_a_list(call: Any) -> Any:
    match call:
        case {"args": [dict() as one, dict() as other], **others}:
            return {**others, "args": [[one, other]]}
    return call
