"""Activation functions in Keras."""

from typing import Any

from build_decoder.models import activations
from build_decoder.models.layer import Mismatch

__all__ = ["keras_activation"]


def keras_activation(keras: Any, name: str) -> Any:
    """What Keras takes as the activation called `name`: its name, or a layer with its parameter.

    `Mismatch` where Keras has none.
    """
    activation = activations.get(name)
    if activation.keras is not None:
        return activation.keras
    if activation.keras_layer is None:
        raise Mismatch("an activation that Keras has", repr(name))
    value = float(name[name.index("(") + 1 : -1])
    return getattr(keras.layers, activation.keras_layer)(
        **{activation.parameter.setting: value}
    )
