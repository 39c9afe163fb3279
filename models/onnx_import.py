"""Imports onnx when it is needed, and says what to install if it is missing."""

import importlib
from types import ModuleType

from build_decoder.models.errors import InputError

__all__ = ["import_onnx"]


def import_onnx(purpose: str) -> ModuleType:
    """The `onnx` module with its evaluator; `InputError` that says what to install without it."""
    try:
        onnx = importlib.import_module("onnx")
        importlib.import_module("onnx.reference")
    except ImportError:
        raise InputError.at(
            purpose,
            "",
            expected="the package onnx (pip install 'build_decoder[onnx]')",
            got="a Python without it",
        ) from None
    return onnx
