"""Names of activation functions in Keras."""

from types import ModuleType

from models.graph.layer import Mismatch

__all__ = ["keras_activation"]

_OTHER_NAMES = {"exp": "exponential"}


def keras_activation(keras: ModuleType, name: str) -> str:
    """Keras's name of the activation called `name`; `Mismatch` where Keras has none."""
    name = _OTHER_NAMES.get(name, name)
    try:
        keras.activations.get(name)
    except ValueError:
        raise Mismatch("an activation that Keras has", repr(name)) from None
    return name
