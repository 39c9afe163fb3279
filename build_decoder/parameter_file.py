"""Frozen parameter objects as JSON that a person can read, and arrays beside it.

An object is written as its ``type``, the name of its class below `build_decoder`, and its fields by
their names. Whatever is added in `quant` or `models` is written and read without a change here.
Formats are as `quant.format_fields` tells them, such as ``{"integer": ..., "fraction": ...,
"signed": ...}``; arrays, and rows of more than 64 numbers, are in an ``.npz``, by their place in
the JSON: ``{"array": "nodes.0.layer.weights"}``.
"""

import importlib
import re
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.fields import Fields
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.format_fields import read_format, told
from build_decoder.quant.qformat import QFormat

__all__ = ["from_json", "to_json"]

_PACKAGE = "build_decoder"
_TYPE = re.compile(r"(quant|models)(\.[a-z][a-z0-9_]*)+\.[A-Z][A-Za-z0-9]*")
_FORMAT_KEYS = {"integer", "fraction", "signed"}, {"exponent", "fraction", "subnormals"}
_LONGEST_ROW = 64


def to_json(value: Any, place: str, arrays: dict[str, np.ndarray]) -> Any:
    """``value`` as what JSON has; its arrays are put into ``arrays``.

    Parameters
    ----------
    value
        A parameter object of `quant` or `models`: its fields are parameter objects, formats, int64
        arrays, tuples, texts, whole numbers, truth values and None.
    place
        Where it stands, such as ``nodes.0.layer``.

    Raises
    ------
    TypeError
        If it has something else in it.
    """
    if isinstance(value, QFormat | FloatFormat):
        return told(value)
    if is_dataclass(value) and _class_of(_name_of(type(value))) is type(value):
        inside = {
            name: to_json(getattr(value, name), _below(place, name), arrays)
            for name in _parameters(type(value))
        }
        return {"type": _name_of(type(value)), **inside}
    if isinstance(value, np.ndarray) and value.dtype == np.int64:
        arrays[place] = value
        return {"array": place}
    if type(value) is tuple:
        if len(value) > _LONGEST_ROW and all(type(item) is int for item in value):
            arrays[place] = np.array(value, dtype=np.int64)
            return {"row": place}
        return [to_json(item, _below(place, str(n)), arrays) for n, item in enumerate(value)]
    if value is None or type(value) in (bool, int, str):
        return value
    raise TypeError(f"{place}: expected parameters, got {shown(value)}")


def from_json(value: Any, arrays: dict[str, np.ndarray], source: Path, place: str) -> Any:
    """What :func:`to_json` made JSON and ``arrays`` of.

    Parameters
    ----------
    source, place
        File that ``value`` is in, and its place there, for error messages.

    Raises
    ------
    InputError
        If it is something else, or values do not fit each other.
    """
    if isinstance(value, list):
        return tuple(
            from_json(item, arrays, source, _below(place, str(n))) for n, item in enumerate(value)
        )
    if not isinstance(value, dict):
        return value
    if any(value.keys() >= keys for keys in _FORMAT_KEYS):
        *above, name = place.rsplit(".", 1)
        return read_format(Fields({name: value}, source, "".join(above)), name)
    inside = Fields(value, source, place)
    for kind in ("array", "row"):
        if kind in value:
            name = inside.text(kind)
            if name not in arrays:
                raise inside.error(kind, f"one of {', '.join(arrays)}", shown(name))
            return arrays[name] if kind == "array" else tuple(arrays[name].ravel().tolist())
    return _object(inside, arrays)


def _object(entries: Fields, arrays: dict[str, np.ndarray]) -> Any:
    name, place = entries.text("type"), entries.where
    kind = _class_of(name)
    if kind is None:
        raise entries.error("type", "parameters that this version knows", shown(name))
    # What later versions added has a default, which says what there was before.
    optional = tuple(f.name for f in fields(kind) if f.init and f.default is not MISSING)
    required = (name for name in _parameters(kind) if name not in optional)
    entries.only("type", *required, optional=optional)
    given = {
        key: from_json(value, arrays, entries.source, _below(place, key))
        for key, value in entries.values.items()
        if key != "type"
    }
    try:
        return kind(**given)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # What a class says of values that do not fit, and what values of a wrong kind do to it.
        raise InputError.at(
            entries.source, place, expected=f"parameters of {name}", got=str(error)
        ) from None


def _parameters(kind: type) -> list[str]:
    # What a class works out for itself is no parameter.
    return [field.name for field in fields(kind) if field.init]


def _name_of(kind: type) -> str:
    return f"{kind.__module__.removeprefix(f'{_PACKAGE}.')}.{kind.__qualname__}"


def _class_of(name: str) -> type | None:
    if not _TYPE.fullmatch(name):
        return None
    module, _, attribute = name.rpartition(".")
    try:
        kind = getattr(importlib.import_module(f"{_PACKAGE}.{module}"), attribute, None)
    except ImportError:
        return None
    ours = isinstance(kind, type) and is_dataclass(kind) and _name_of(kind) == name
    return kind if ours else None


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
