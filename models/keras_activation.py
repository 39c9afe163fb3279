"""Names of activation functions in Keras."""

from build_decoder.models import activations
from build_decoder.models.layer import Mismatch

__all__ = ["keras_activation"]


def keras_activation(name: str) -> str:
    """Keras's name of the activation called `name`; `Mismatch` where Keras has none."""
    keras_name = activations.get(name).keras
    if keras_name is None:
        raise Mismatch("an activation that Keras has", repr(name))
    return keras_name
