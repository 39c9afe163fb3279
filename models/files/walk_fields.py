"""Walks as JSON: ``{"loops": [[8, 100], [100, 1]], "start": 0}``."""

from typing import Any

from build_decoder.models.errors import shown
from build_decoder.models.files.fields import Fields
from build_decoder.models.limits import MAX_TENSOR_VALUES
from build_decoder.models.walk import Walk

__all__ = ["describe_walk", "read_walk"]

_MAX_LOOPS = 8


def describe_walk(walk: Walk) -> dict[str, Any]:
    """The JSON object; a start at 0 is left out."""
    described: dict[str, Any] = {"loops": walk.loops}
    if walk.start:
        described["start"] = walk.start
    return described


def read_walk(fields: Fields) -> Walk:
    """The walk that a JSON object has.

    Raises
    ------
    InputError
        If an entry is missing or makes no sense.
    """
    fields.only("loops", optional=("start",))
    loops = fields.items("loops")
    if not 1 <= len(loops) <= _MAX_LOOPS:
        raise fields.error("loops", f"1 to {_MAX_LOOPS} loops", str(len(loops)))
    for loop in loops:
        if not isinstance(loop, list) or len(loop) != 2:
            raise fields.error("loops", "pairs of a count and a stride", shown(loop))
        fields.check_size("loops", loop[0], MAX_TENSOR_VALUES)
        fields.whole("loops", loop[1], MAX_TENSOR_VALUES)
    start = fields.whole("start", fields.values.get("start", 0), MAX_TENSOR_VALUES)
    return Walk(tuple((count, stride) for count, stride in loops), start)
