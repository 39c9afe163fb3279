"""The layers of a ``config.json`` and the inputs of each."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.fields import Fields
from build_decoder.models.files.keras_file.calls import ends, sources_of
from build_decoder.models.files.keras_file.kinds import check_kinds
from build_decoder.models.files.keras_file.layer_config import INPUT, LayerConfig
from build_decoder.models.files.keras_file.order import in_order
from build_decoder.models.limits import MAX_LAYERS

__all__ = ["is_model", "read_layers"]

_MODELS = ("Sequential", "Functional")
_KERAS = ("keras.layers", "keras._legacy.layers")  # as Keras 3 saves its layers


def is_model(entry: dict[str, Any]) -> bool:
    """Whether an entry of ``config.json`` describes a Keras model rather than one layer."""
    return entry.get("class_name") in _MODELS and _module(entry).split(".")[0] == "keras"


def read_layers(path: Path, config: Any) -> tuple[LayerConfig, ...]:
    """The layers of a model: its inputs in their order, then each layer after its inputs.

    The last one gives the model's output. Layers of a model inside the model are among the others,
    with names such as ``encoder/dense``.

    Raises
    ------
    InputError
        The model is none of Keras's own, has several outputs, uses a layer twice, or has one of a
        kind that is not read.
    """
    found = _Found()
    output = _read_model(path, config, "", None, found)
    if not found.inputs:
        raise InputError.at(
            path,
            "input",
            expected="a fixed size (begin the model with keras.Input, or call it before saving)",
            got="none",
        )
    return in_order(found.layers, found.inputs, found.outputs, output)


@dataclass
class _Found:
    """The layers read so far; names are unique in the whole model.

    Parameters
    ----------
    layers:
        Layers of all models, in the order of the file.
    inputs:
        Names of the model's InputLayers, in the order of its inputs.
    outputs:
        Of each model inside, the layer that gives its output.
    """

    layers: list[LayerConfig] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)


def _read_model(
    path: Path, config: Any, prefix: str, given: tuple[str, ...] | None, found: _Found
) -> str:
    """Add a model's layers to `found`; gives the name of the layer that gives its output.

    Parameters
    ----------
    prefix:
        What the names of its layers begin with: empty, or ``outer/``.
    given:
        Names of the layers that a model inside another one takes.
    """
    model = Fields(config, path, "config.json")
    if not is_model(config):
        raise InputError.at(
            path,
            "",
            expected="a Sequential or functional model of one output",
            got=shown(f"{_module(config)}.{model.text('class_name')}"),
        )
    where = f"config.json: {prefix}config" if prefix else "config.json: config"
    fields = Fields(model.values.get("config"), path, where)
    entries = fields.items("layers")
    if len(found.layers) + len(entries) > MAX_LAYERS:
        raise fields.error("layers", f"at most {MAX_LAYERS} layers", str(len(entries)))
    layers = [_layer(path, entry, prefix) for entry in entries]
    check_kinds([x for x, entry in zip(layers, entries, strict=True) if not is_model(entry)])
    if config["class_name"] == "Sequential":
        inputs = [layer.name for layer in layers[:1] if layer.kind == INPUT]
        taken, output = _in_a_row(fields, layers, given)
    else:
        inputs = [prefix + name for name in ends(fields, "input_layers")]
        (output,) = (prefix + name for name in ends(fields, "output_layers", most=1))
        taken = [
            () if layer.kind == INPUT else sources_of(layer, entry, prefix)
            for layer, entry in zip(layers, entries, strict=True)
        ]
    _link_inputs(fields, layers, inputs, given, taken)
    if given is None:
        found.inputs += inputs
    for layer, entry, sources in zip(layers, entries, taken, strict=True):
        if is_model(entry):
            inner = _read_model(path, entry, f"{layer.name}/", sources, found)
            found.outputs[layer.name] = inner
        else:
            found.layers.append(layer.taking(sources))
    return output


def _layer(path: Path, entry: Any, prefix: str) -> LayerConfig:
    fields = Fields(entry, path, "config.json: a layer")
    kind, registered = fields.text("class_name"), entry.get("registered_name")
    settings = Fields(entry.get("config"), path, f"config.json: a layer of {shown(kind)}")
    name = settings.text("name")
    if "/" in name:  # it separates the names of models inside one another
        raise settings.error("name", "a name without '/', as Keras asks for", shown(name))
    if isinstance(registered, str) and registered.startswith("build_decoder>"):
        kind = registered
    # A class of the user's own may have the name of one of Keras's layers.
    elif entry.get("module") not in _KERAS or registered is not None:
        module = entry.get("module")
        kind = f"{module}.{kind}" if module else f"custom {registered}"
    return LayerConfig(path, prefix + name, kind, settings.values)


def _in_a_row(
    fields: Fields, layers: list[LayerConfig], given: tuple[str, ...] | None
) -> tuple[list[tuple[str, ...]], str]:
    """The inputs of each layer of a Sequential model, and the name of the last layer."""
    if not layers:
        raise fields.error("layers", "at least one layer", "none")
    first = () if layers[0].kind == INPUT else given or ()
    return [first, *((layer.name,) for layer in layers[:-1])], layers[-1].name


def _link_inputs(
    fields: Fields,
    layers: list[LayerConfig],
    inputs: list[str],
    given: tuple[str, ...] | None,
    taken: list[tuple[str, ...]],
) -> None:
    """Connect the InputLayers of a model inside another one to the inputs of that inner model."""
    kinds = {layer.name: layer.kind for layer in layers}
    for name in inputs:
        if kinds.get(name) != INPUT or inputs.count(name) > 1:
            raise fields.error("input_layers", "each InputLayer once", shown(name))
    if given is not None and inputs and len(inputs) != len(given):
        raise fields.error("input_layers", f"{len(given)} inputs", str(len(inputs)))
    for index, layer in enumerate(layers):
        if layer.kind != INPUT:
            continue
        if layer.name not in inputs:
            raise layer.error("a place among the inputs of its model", "none")
        if given is not None:
            taken[index] = (given[inputs.index(layer.name)],)


def _module(entry: Any) -> str:
    return str(entry.get("module"))
