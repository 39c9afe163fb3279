"""A node of an ONNX graph, and checks of its attributes for the readers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from build_decoder.models.errors import InputError, shown

__all__ = ["Operation"]


@dataclass(frozen=True)
class Operation:
    """A node as it stands in the file.

    Parameters
    ----------
    path:
        The file, for error messages.
    name:
        Of the node; where it has none, made from its first output.
    kind:
        Its operator, such as ``Gemm``.
    inputs, outputs:
        Names of tensors; empty for those left out.
    attributes:
        Decoded: numbers, texts, lists of them and arrays.
    opset:
        Version of the operators.
    """

    path: Path
    name: str
    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    opset: int

    def error(self, expected: str, got: str) -> InputError:
        """An `InputError` about this node."""
        where = f"node {shown(self.name)} ({self.kind})"
        return InputError.at(self.path, where, expected=expected, got=got)

    def only(self, *keys: str) -> None:
        """Raise `InputError` where it has an attribute that is none of `keys`."""
        for key in self.attributes:
            if key not in keys:
                raise self.error(f"only the attributes {', '.join(keys) or '(none)'}", shown(key))

    def plain(self, **values: Any) -> None:
        """Raise `InputError` where an attribute has another value than the given one."""
        for key, value in values.items():
            got = self.attributes.get(key, value)
            if got != value:
                raise self.error(f"{key}={value!r}", f"{key}={shown(got)}")

    def number(self, key: str, default: float) -> float:
        """The attribute `key`, a number."""
        value = self.attributes.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(f"a number {key}", shown(value))
        return value

    def whole(self, key: str, default: int | None = None) -> int:
        """The attribute `key`, a whole number."""
        value = self.attributes.get(key, default)
        if type(value) is not int:
            raise self.error(f"a whole number {key}", shown(value))
        return value

    def wholes(self, key: str, count: int, default: list[int] | None = None) -> list[int]:
        """The attribute `key`, a list of `count` whole numbers."""
        value = self.attributes.get(key, default)
        good = isinstance(value, list) and len(value) == count
        if not good or not all(type(each) is int for each in value):
            raise self.error(f"{key} of {count} whole numbers", shown(value))
        return value

    def texts(self, key: str) -> list[str]:
        """The attribute `key`, a list of texts; empty where it is missing."""
        value = self.attributes.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self.error(f"texts {key}", shown(value))
        return value

    def axis(self, axes: int, default: int | None = None) -> int:
        """The attribute ``axis`` of a tensor of `axes` axes, from 0 up."""
        return self.within(self.whole("axis", default), axes)

    def within(self, axis: int, axes: int) -> int:
        """An axis as ONNX counts it, of so many, as a number from 0 up."""
        if not -axes <= axis < axes:
            raise self.error(f"an axis of {axes}", f"axis={axis}")
        return axis % axes
