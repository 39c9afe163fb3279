"""Runs a Keras model in float64, for a comparison with what was read."""

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from build_decoder.models.errors import InputError

__all__ = ["KerasEvaluator"]


class KerasEvaluator:
    """Runs a model and gives the tensors of its layers.

    Parameters
    ----------
    path:
        The file, for error messages.
    model:
        Loaded so that it computes in float64.
    inputs:
        Names of the layers that are its inputs, in its order.
    output:
        Name of the layer that gives its output.
    """

    called = "Keras"

    def __init__(
        self, path: Path, keras: ModuleType, model: Any, inputs: list[str], output: str
    ):
        self._path, self._keras, self._inputs = path, keras, inputs
        # Of layers alone: a model inside has the tensors of its own inputs.
        names = [
            layer.name
            for layer in model.layers
            if not hasattr(layer, "layers") and layer.name not in inputs
        ]
        self._names = [*names, output]
        outputs = [model.get_layer(name).output for name in names]
        self._model = keras.Model(model.inputs, [*outputs, model.outputs[0]])

    def run(self, x: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """All tensors by the names of their layers, (samples, ...)."""
        keras = self._keras
        given = [keras.ops.convert_to_tensor(x[name], dtype="float64") for name in self._inputs]
        try:
            with keras.device("cpu:0"):
                found = self._model(given if len(given) > 1 else given[0])
                arrays = [np.asarray(keras.ops.convert_to_numpy(each)) for each in found]
        except Exception as error:  # Keras raises whatever it meets
            raise InputError.at(
                self._path,
                "",
                expected="a model that Keras can run, to compare what was read with it",
                got=f"{type(error).__name__}: {str(error)[:300]}",
            ) from None
        return dict(zip(self._names, arrays, strict=True))
