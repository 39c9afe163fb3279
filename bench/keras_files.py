"""Saves Keras models in the shapes that people use, reads them, and prints what came of each.

``python -m build_decoder.bench.keras_files`` prints a table in Markdown.
"""

import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from build_decoder.bench.keras_models import READ, REFUSED
from build_decoder.models import load_network
from build_decoder.models.errors import InputError
from build_decoder.models.network import Network
from build_decoder.models.tensorflow_import import import_tensorflow

__all__ = ["difference", "main", "saved"]

_SEED = 20260101
_SAMPLES = 8


def saved(keras: ModuleType, build: Any, path: Path) -> Any:
    """The model that `build` makes, with seeded weights and statistics, saved at `path`."""
    rng = np.random.default_rng(_SEED)
    keras.utils.set_random_seed(_SEED)
    model = build(keras)
    for variable in model.variables:
        value = variable.numpy()
        if variable.path.endswith("alpha"):  # one slope stays one
            value = np.full(value.shape, 0.25) if value.size < 2 else rng.uniform(0, 1, value.shape)
        elif value.dtype.kind == "f":
            value = value + rng.normal(0, 0.2, value.shape)
            value = np.abs(value) + 0.1 if "variance" in variable.path else value
        variable.assign(value)
    model.save(path)
    return model


def difference(model: Any, network: Network) -> float:
    """The greatest difference of outputs of the model, in its float32, and of the network."""
    rng = np.random.default_rng(_SEED)
    x = rng.normal(size=(_SAMPLES, *model.input_shape[1:])).astype(np.float32)
    wanted = model.predict(x, verbose=0).reshape(_SAMPLES, -1)
    got = network.forward(x.reshape(_SAMPLES, *network.given_inputs[0].shape))
    softmax = "softmax" in str(model.layers[-1].get_config().get("activation"))
    if softmax and network.is_dense_chain:  # a softmax at the end is left to the host
        got = np.exp(got - got.max(-1, keepdims=True))
        got = got / got.sum(-1, keepdims=True)
    return float(np.abs(got - wanted).max())


def main() -> None:
    """Print the table."""
    keras = import_tensorflow("bench.keras_files").keras
    print("| model | read as | greatest difference |\n|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="build_decoder_") as folder:
        path = Path(folder) / "model.keras"
        for name, build in READ.items():
            model = saved(keras, build, path)
            network = load_network(path)
            layers = ", ".join(_named(node.layer) for node in network.nodes)
            print(f"| {name} | {layers} | {difference(model, network):.1e} |")
        for name, (build, _) in REFUSED.items():
            saved(keras, build, path)
            try:
                load_network(path)
            except InputError as error:
                said = str(error).removeprefix(f"{path}: ")
                print(f"| {name} | refused: {said} | |")
            else:
                raise SystemExit(f"{name}: read, but not listed so")


def _named(layer: Any) -> str:
    kernel = getattr(layer, "kernel", None)
    name = type(layer).__name__.lower()
    return f"{name} {kernel[0]}x{kernel[1]}" if kernel else name


if __name__ == "__main__":
    main()
