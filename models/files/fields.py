"""Typed, checked access to the fields of a JSON object."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from build_decoder.models.errors import InputError, shown

__all__ = ["Fields"]

_TEXT_LIMIT = 255  # what a file system takes as a name


@dataclass(frozen=True)
class Fields:
    """One JSON object, with the place that it came from for the error messages.

    Parameters
    ----------
    values:
        The decoded JSON value. Anything but an object is an error.
    source:
        File that it was read from.
    where:
        Place in the file, such as ``layer 2``; empty for the top level.
    """

    values: dict[str, Any]
    source: Path
    where: str = ""

    def __post_init__(self):
        if not isinstance(self.values, dict):
            raise InputError.at(
                self.source, self.where, expected="a JSON object", got=shown(self.values)
            )

    def place(self, key: str) -> str:
        """Where the field `key` is in the file."""
        return f"{self.where}: {key}" if self.where else key

    def error(self, key: str, expected: str, got: str) -> InputError:
        """An `InputError` about the field `key`."""
        return InputError.at(self.source, self.place(key), expected=expected, got=got)

    def only(self, *keys: str, optional: tuple[str, ...] = ()) -> None:
        """Raise unless every one of `keys` is there, and nothing else but those in `optional`."""
        self.require(*keys)
        for key in self.values:
            if key not in (*keys, *optional):
                raise InputError.at(
                    self.source,
                    self.where,
                    expected=f"only the keys {', '.join((*keys, *optional))}",
                    got=shown(key),
                )

    def require(self, *keys: str) -> None:
        """Raise unless every one of `keys` is there."""
        for key in keys:
            if key not in self.values:
                raise self.error(key, "this key", "an object without it")

    def text(self, key: str) -> str:
        """The field `key`, which must be a string of 1 to 255 characters."""
        value = self.values.get(key)
        if not isinstance(value, str) or not 1 <= len(value) <= _TEXT_LIMIT:
            raise self.error(key, f"a string of 1 to {_TEXT_LIMIT} characters", shown(value))
        return value

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        """The field `key`, which must be one of `choices`."""
        value = self.values.get(key)
        if not isinstance(value, str) or value not in choices:
            raise self.error(key, f"one of {', '.join(choices)}", shown(value))
        return value

    def items(self, key: str) -> list[Any]:
        """The field `key`, which must be a list."""
        value = self.values.get(key)
        if not isinstance(value, list):
            raise self.error(key, "a list", shown(value))
        return value

    def size(self, key: str, limit: int) -> int:
        """The field `key`, which must be a whole number from 1 to `limit`."""
        return self.check_size(key, self.values.get(key), limit)

    def check_size(self, key: str, value: Any, limit: int) -> int:
        """`value`, which must be a whole number from 1 to `limit`; `key` names it in the error."""
        # bool is an int to isinstance(), but true is no size.
        if type(value) is not int or not 1 <= value <= limit:
            raise self.error(key, f"a whole number from 1 to {limit}", shown(value))
        return value

    def sizes(self, key: str, count: int, limit: int) -> tuple[int, ...]:
        """The field `key`, which must be a list of `count` whole numbers from 1 to `limit`."""
        values = self.items(key)
        if len(values) != count:
            raise self.error(key, f"a list of {count} sizes", shown(values))
        return tuple(self.check_size(key, value, limit) for value in values)

    def integer(self, key: str, low: int, high: int) -> int:
        """The field `key`, which must be a whole number from `low` to `high`."""
        value = self.values.get(key)
        if type(value) is not int or not low <= value <= high:
            got = shown(value) if key in self.values else "none"
            raise self.error(key, f"a whole number from {low} to {high}", got)
        return value

    def whole(self, key: str, value: Any, limit: int) -> int:
        """`value`, which must be a whole number of at most `limit` in size, of either sign."""
        if type(value) is not int or abs(value) > limit:
            raise self.error(key, f"a whole number from {-limit} to {limit}", shown(value))
        return value

    def flag(self, key: str) -> bool:
        """The field `key`, which must be true or false."""
        value = self.values.get(key)
        if not isinstance(value, bool):
            raise self.error(key, "true or false", shown(value))
        return value

    def fraction(self, key: str) -> float:
        """The field `key`, which must be a number between 0 and 1, neither of them."""
        value = self.values.get(key)
        if not isinstance(value, float) or not 0 < value < 1:
            raise self.error(key, "a number between 0 and 1", shown(value))
        return value
