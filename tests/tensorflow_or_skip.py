"""TensorFlow for the tests that need it; the others skip with a reason."""

import importlib.util
import warnings

import pytest

__all__ = ["import_keras", "needs_tensorflow"]

needs_tensorflow = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None,
    reason="TensorFlow is not installed: pip install build_decoder[train]",
)


def import_keras():
    """Keras. Its own import warns of deprecations that are no concern of this project."""
    from build_decoder.models.tensorflow_import import import_tensorflow

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_tensorflow("tests").keras
