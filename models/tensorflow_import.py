"""Imports TensorFlow when it is needed, and says what to install if it is missing."""

import os
from types import ModuleType

from build_decoder.models.errors import InputError

__all__ = ["import_tensorflow", "missing_tensorflow"]


def import_tensorflow(purpose: str) -> ModuleType:
    """The `tensorflow` module; `InputError` that says what to install where it is missing.

    TensorFlow is an extra: nothing from ``network.json`` to a bitstream needs it.
    """
    # It logs about its build options to the terminal otherwise.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    try:
        import tensorflow  # an extra, and slow to import
    except ImportError:
        raise missing_tensorflow(purpose) from None
    return tensorflow


def missing_tensorflow(purpose: str) -> InputError:
    """The error that says what to install."""
    return InputError.at(
        purpose,
        "",
        expected="TensorFlow (pip install build_decoder[train])",
        got="a Python without it",
    )
