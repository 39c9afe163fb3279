"""Prepares a checked ``config.json`` for Keras to load, and finds layers in the loaded model."""

from functools import reduce
from typing import Any

from build_decoder.models.files.keras_file.config import is_model

__all__ = ["find_layer", "for_use"]

# What of an entry Keras needs. Not "build_config": a size that need not be the layer's.
_NEEDED = ("module", "class_name", "config", "registered_name", "name", "inbound_nodes")
_OWN = "build_decoder>"
_OWN_MODULE = "build_decoder.models.keras_layers"
_INNER = ("layer", "backward_layer", "activation")  # settings that are layers


def for_use(config: Any, dtype: str | None = None) -> Any:
    """A model's configuration, as `read_layers` takes it, without what counts in training alone.

    Regularisers and constraints may need code of the user's own to load.

    Parameters
    ----------
    dtype:
        Of all layers, in place of their own.
    """
    needed = {key: config[key] for key in _NEEDED if key in config}
    if is_model(config):
        # Nor its "build_input_shape", which is as little the layer's size.
        settings = _settings(config["config"], dtype)
        settings.pop("build_input_shape", None)
        settings["layers"] = [for_use(entry, dtype) for entry in settings["layers"]]
    else:
        settings = _settings(config["config"], dtype)
        # The others are Keras's own; its operations are registered under their own names.
        if str(needed.get("registered_name")).startswith(_OWN):
            needed["module"] = _OWN_MODULE
    if "name" in needed:
        needed["name"] = settings["name"]
    return needed | {"config": settings}


def find_layer(model: Any, name: str) -> Any:
    """The layer of a Keras model that `read_layers` calls `name`."""
    return reduce(lambda found, part: found.get_layer(part), name.split("/"), model)


def _settings(settings: dict[str, Any], dtype: str | None) -> dict[str, Any]:
    used = {}
    for key, value in settings.items():
        if key.endswith("_initializer"):
            value = "zeros"  # others take their time, and the weights are in the file
        elif key.endswith(("_regularizer", "_constraint")):
            value = None
        elif key in _INNER and isinstance(value, dict):
            value = for_use(value, dtype)
        elif key == "dtype" and dtype is not None:
            value = dtype
        used[key] = value
    return used
