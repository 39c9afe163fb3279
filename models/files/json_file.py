"""Reads JSON without trusting the file."""

import json
from pathlib import Path
from typing import Any

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.paths import require_file
from build_decoder.models.limits import MAX_JSON_BYTES, MAX_JSON_DEPTH

__all__ = ["parse_json", "read_json"]


def read_json(path: Path) -> Any:
    """The decoded JSON value; `InputError` where the file is missing, too large or not JSON."""
    require_file(path)
    try:
        size = path.stat().st_size
        if size > MAX_JSON_BYTES:
            raise InputError.at(path, "", expected=f"at most {MAX_JSON_BYTES} bytes", got=f"{size}")
        data = path.read_bytes()
    except OSError as error:
        raise InputError.at(path, "", expected="a readable file", got=str(error.strerror)) from None
    return parse_json(data, path)


def parse_json(data: bytes, path: Path, where: str = "") -> Any:
    """The JSON value in `data`, found at `where` in the file `path`; `InputError` if it is none."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError.at(path, where, expected="JSON text", got="binary data") from None

    def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = {}
        for key, value in pairs:
            if key in values:
                raise InputError.at(
                    path, where, expected="each key once", got=f"{shown(key)} twice"
                )
            values[key] = value
        return values

    try:
        value = json.loads(text, object_pairs_hook=no_duplicates)
    except json.JSONDecodeError as error:
        line = f"{where}: line {error.lineno}" if where else f"line {error.lineno}"
        raise InputError.at(path, line, expected="JSON", got=error.msg) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, nesting without end
        raise InputError.at(path, where, expected="JSON", got="absurd numbers or nesting") from None
    _check_depth(value, path, where)
    return value


def _check_depth(value: Any, path: Path, where: str) -> None:
    """Refuse values that are nested too deeply for recursive functions."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_JSON_DEPTH):
        inside = [item.values() if isinstance(item, dict) else item for item in level]
        level = [value for items in inside for value in items if isinstance(value, dict | list)]
        if not level:
            return
    raise InputError.at(path, where, expected="JSON", got="absurd numbers or nesting")
