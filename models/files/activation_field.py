"""The name of an activation function in a file."""

from build_decoder.models import activations
from build_decoder.models.errors import shown
from build_decoder.models.files.fields import Fields

__all__ = ["activation_field"]


def activation_field(fields: Fields) -> str:
    """The field ``activation``, which must name one of `models.activations`."""
    value = fields.values.get("activation")
    if not isinstance(value, str) or not activations.is_known(value):
        raise fields.error("activation", f"one of {activations.choices()}", shown(value))
    return value
