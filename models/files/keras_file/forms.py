"""Whether time steps are (steps, channels) in a network, or an image of one column.

In Keras they are (steps, channels) to recurrent layers and to convolutions alike; in a network the
latter take (steps, 1, channels). Nothing there turns the one into the other, but an input can be
given in both forms.
"""

from collections.abc import Collection

from build_decoder.models.files.keras_file.part import Part
from build_decoder.models.files.keras_file.reading import Form

__all__ = ["input_forms"]

_OWNERS = {Form.SERIES: "recurrent layers and attention", Form.IMAGE: "convolutions and pools"}

Tensor = tuple[str, ...]  # a part's output, or an input and the part that takes it


def input_forms(parts: Collection[Part], inputs: Collection[str]) -> dict[tuple[str, str], Form]:
    """For each input and part that takes it as time steps, the form that it must have there.

    Raises
    ------
    InputError
        A part would have to take one form and is given the other.
    """
    groups = _Groups()
    taken = []
    for part in parts:
        reading, output = part.reading, (part.name,)
        for source, shape in zip(part.sources, part.shapes, strict=True):
            if len(shape) != 2:
                continue
            tensor: Tensor = (source,)
            if source in inputs:
                tensor = (source, part.name)
                taken.append(tensor)
            if reading.form is not None:
                groups.demand(tensor, reading.form, part)
            elif len(reading.shape) == 2:
                groups.join(tensor, output, part)
        if reading.form is not None and len(reading.shape) == 2:
            groups.demand(output, reading.form, part)
    return {tensor: groups.form_of(tensor) for tensor in taken}


class _Groups:
    """Tensors that have one form, whichever it is."""

    def __init__(self):
        self._members: dict[Tensor, list[Tensor]] = {}  # a list that all members share
        self._forms: dict[Tensor, Form] = {}

    def demand(self, tensor: Tensor, form: Form, part: Part) -> None:
        """Let the group of `tensor` have `form`."""
        other = self._forms.get(tensor, form)
        if other != form:
            raise part.config.error(
                f"samples {form}, as {_OWNERS[form]} have them",
                f"{other}, as {_OWNERS[other]} have them",
            )
        for member in self._members.setdefault(tensor, [tensor]):
            self._forms[member] = form

    def join(self, one: Tensor, other: Tensor, part: Part) -> None:
        """Let two tensors have the same form."""
        forms = [self._forms[tensor] for tensor in (one, other) if tensor in self._forms]
        members = self._members.setdefault(one, [one])
        more = self._members.setdefault(other, [other])
        if members is not more:
            members += more
            self._members |= dict.fromkeys(more, members)
        for form in forms:
            self.demand(one, form, part)

    def form_of(self, tensor: Tensor) -> Form:
        """The form of a tensor; (steps, channels) where either will do."""
        return self._forms.get(tensor, Form.SERIES)
