"""Sorts a model's layers so that each comes after its inputs."""

from graphlib import CycleError, TopologicalSorter

from build_decoder.models.errors import shown
from build_decoder.models.files.keras_file.layer_config import LayerConfig

__all__ = ["in_order"]


def in_order(
    layers: list[LayerConfig], inputs: list[str], outputs: dict[str, str], output: str
) -> tuple[LayerConfig, ...]:
    """The inputs, then the other layers, each after its own inputs, and `output` last.

    Parameters
    ----------
    inputs:
        Names of the model's InputLayers.
    outputs:
        The layer that gives the output of each model inside: `layers` may take the one for the
        other.
    """
    by_name: dict[str, LayerConfig] = {}
    for layer in layers:
        if layer.name in by_name or layer.name in outputs:
            raise layer.error("a name of its own", "one that another layer has")
        by_name[layer.name] = layer
    for name, layer in by_name.items():
        sources = tuple(_giver(layer, source, outputs, by_name) for source in layer.sources)
        by_name[name] = layer.taking(sources)
    # In the order of the file as far as that is one.
    sorter = TopologicalSorter({name: layer.sources for name, layer in by_name.items()})
    try:
        names = [name for name in sorter.static_order() if name not in inputs]
    except CycleError as error:
        layer = by_name[error.args[1][0]]
        raise layer.error("layers that do not take their own outputs", "a circle") from None
    output = _giver(layers[-1], output, outputs, by_name)
    taken = {source for layer in by_name.values() for source in layer.sources}
    for name in (*inputs, *names):
        if name not in taken and name != output:
            raise by_name[name].error("a way from it to the output of the model", "none")
    return tuple(by_name[name] for name in (*inputs, *names))


def _giver(
    layer: LayerConfig, name: str, outputs: dict[str, str], by_name: dict[str, LayerConfig]
) -> str:
    """The layer whose output `layer` takes from `name`, which may be a model."""
    while name in outputs:
        name = outputs[name]
    if name not in by_name:
        raise layer.error("the name of a layer to take", shown(name))
    return name
