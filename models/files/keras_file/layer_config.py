"""One layer as ``config.json`` describes it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from build_decoder.models.errors import InputError

__all__ = ["INPUT", "LayerConfig"]

INPUT = "InputLayer"
"""Kind of a layer that stands for an input of its model."""


@dataclass(frozen=True)
class LayerConfig:
    """One layer as the file describes it.

    Parameters
    ----------
    path:
        The ``.keras`` file, for the error messages.
    name:
        Name of the layer in its model, after the names of the models that this one is inside of.
    kind:
        Its class, such as ``Dense``; with its module where that is none of Keras's layers; the
        name that it is registered under where it is one of `models.keras_layers`.
    settings:
        Its configuration: what ``get_config()`` of the layer gives.
    sources:
        Names of the layers whose outputs it takes. The InputLayer of a model inside another one
        takes what the model takes.
    """

    path: Path
    name: str
    kind: str
    settings: dict[str, Any]
    sources: tuple[str, ...] = ()

    def error(self, expected: str, got: str) -> InputError:
        """An `InputError` about this layer."""
        return InputError.at(self.path, f"layer {self.name!r}", expected=expected, got=got)

    def setting(self, key: str) -> Any:
        """The setting `key`, which must be there."""
        if key not in self.settings:
            raise self.error(f"a setting {key!r}, as Keras 3 saves it", "none")
        return self.settings[key]

    def taking(self, sources: tuple[str, ...]) -> "LayerConfig":
        """The layer with these `sources`."""
        return replace(self, sources=sources)
