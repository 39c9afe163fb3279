"""The layers of a ``config.json``, in the order in which a sample passes them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from build_decoder.models.errors import InputError, shown
from build_decoder.models.fields import Fields
from build_decoder.models.limits import MAX_LAYERS

__all__ = ["LayerConfig", "for_use", "read_layers"]

# What of a layer's entry Keras needs. Not "build_config": a size that need not be the layer's.
_NEEDED = ("module", "class_name", "config", "registered_name", "name", "inbound_nodes")
# Settings of a Dense layer that count in training alone, and what they become.
_TRAINING = {
    "kernel_initializer": "zeros",  # others take their time, and the weights are in the file
    "bias_initializer": "zeros",
    "kernel_regularizer": None,
    "bias_regularizer": None,
    "activity_regularizer": None,
    "kernel_constraint": None,
    "bias_constraint": None,
}


@dataclass(frozen=True)
class LayerConfig:
    """One layer as the file describes it.

    Parameters
    ----------
    path:
        The ``.keras`` file, for the error messages.
    name:
        Name of the layer in its model.
    kind:
        Its class, such as ``Dense``; with its module where that is none of Keras's layers.
    settings:
        Its configuration: what ``get_config()`` of the layer gives.
    """

    path: Path
    name: str
    kind: str
    settings: dict[str, Any]

    def error(self, expected: str, got: str) -> InputError:
        """An `InputError` about this layer."""
        return InputError.at(self.path, f"layer {self.name!r}", expected=expected, got=got)

    def setting(self, key: str) -> Any:
        """The setting `key`, which must be there."""
        if key not in self.settings:
            raise self.error(f"a setting {key!r}, as Keras 3 saves it", "none")
        return self.settings[key]


def read_layers(path: Path, config: Any) -> tuple[LayerConfig, ...]:
    """The layers of a model of one input and one output, its InputLayer first.

    Raises
    ------
    InputError
        The model is no chain: it has branches, a layer used twice, or several inputs or outputs.
    """
    model = Fields(config, path, "config.json")
    kind, module = model.text("class_name"), str(model.values.get("module"))
    if kind not in ("Sequential", "Functional") or module.split(".")[0] != "keras":
        raise InputError.at(
            path,
            "",
            expected="a Sequential or functional model of one input and one output",
            got=shown(f"{module}.{kind}"),
        )
    fields = Fields(model.values.get("config"), path, "config.json: config")
    entries = fields.items("layers")
    if len(entries) > MAX_LAYERS:
        raise fields.error("layers", f"at most {MAX_LAYERS} layers", str(len(entries)))
    layers = [_layer(path, entry) for entry in entries]
    if kind == "Functional":
        layers = _follow(fields, layers, entries)
    if not layers or layers[0].kind != "InputLayer":
        raise InputError.at(
            path,
            "input",
            expected="a fixed size (begin the model with keras.Input, or call it before saving)",
            got="none",
        )
    return tuple(layers)


def for_use(config: Any) -> Any:
    """A model's configuration, as `read_layers` takes it, without what counts in training alone.

    Regularisers and constraints may need code of the user's own to load.
    """
    layers = []
    for entry in config["config"]["layers"]:
        needed = {key: entry[key] for key in _NEEDED if key in entry}
        if entry["class_name"] == "Dense":
            needed["config"] = entry["config"] | _TRAINING
        layers.append(needed)
    model = {key: value for key, value in config["config"].items() if key != "build_input_shape"}
    return {key: config[key] for key in _NEEDED if key in config} | {
        "config": model | {"layers": layers}
    }


def _layer(path: Path, entry: Any) -> LayerConfig:
    fields = Fields(entry, path, "config.json: a layer")
    kind, module = fields.text("class_name"), entry.get("module")
    settings = Fields(entry.get("config"), path, f"config.json: a layer of {shown(kind)}")
    name = settings.text("name")
    # A class of the user's own may have the name of one of Keras's layers.
    if module != "keras.layers" or entry.get("registered_name") is not None:
        kind = f"{module}.{kind}" if module else f"custom {entry.get('registered_name')}"
    return LayerConfig(path, name, kind, settings.values)


def _follow(fields: Fields, layers: list[LayerConfig], entries: list[Any]) -> list[LayerConfig]:
    """The layers of a functional model from its input to its output."""
    start, end = (_end(fields, key) for key in ("input_layers", "output_layers"))
    by_source: dict[str, LayerConfig] = {}
    by_name: dict[str, LayerConfig] = {}
    for layer, entry in zip(layers, entries, strict=True):
        if layer.name in by_name:
            raise layer.error("a name of its own", "one that another layer has")
        by_name[layer.name] = layer
        if layer.kind != "InputLayer":
            source = _source(layer, Fields(entry, fields.source).items("inbound_nodes"))
            if source in by_source:
                raise layer.error("a chain of layers", "a branch")
            by_source[source] = layer
    if start not in by_name:
        raise fields.error("input_layers", "the name of a layer", shown(start))
    chain = [by_name[start]]
    while (layer := by_source.pop(chain[-1].name, None)) is not None:
        chain.append(layer)
    if by_source or chain[-1].name != end:
        stray = next(iter(by_source.values()), chain[-1])
        raise stray.error("a chain of layers that ends in the output", "a branch")
    return chain


def _end(fields: Fields, key: str) -> str:
    """Name of the one layer that `key` lists, as ``[name, 0, 0]`` or in a list of one."""
    value = fields.values.get(key)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    match value:
        case [str() as name, int(), int()]:
            return name
    raise InputError.at(
        fields.source,
        "",
        expected="a Sequential or functional model of one input and one output",
        got=f"{key} {shown(value)}",
    )


def _source(layer: LayerConfig, calls: list[Any]) -> str:
    """Name of the layer that gives `layer` its only input, in its only call."""
    if len(calls) != 1:
        raise layer.error("a chain of layers", f"a layer used {len(calls)} times")
    match calls[0]:
        case {
            "args": [
                {
                    "class_name": "__keras_tensor__",
                    "config": {"keras_history": [str() as source, 0, 0]},
                }
            ],
            "kwargs": dict() as kwargs,
        }:
            pass
        case _:
            got = f"{layer.kind} called otherwise"
            raise layer.error("a chain of layers, each called with the one before", got)
    # A dropout that is called with training=True acts in use as well.
    for key, value in kwargs.items():
        if value is not None and value is not False:
            raise layer.error("a call with its input alone", f"{key}={shown(value)} in its call")
    return source
