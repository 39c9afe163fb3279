"""One model from each training tool, built to a decoder that is simulated.

``python -m build_decoder.bench.tool_models`` makes models with Keras, PyTorch, scikit-learn and
Brevitas, as far as they are installed, and prints a row for each: the greatest difference of
outputs from the tool's own, in floats and in integers, frames simulated, and mismatches. Each has a
process of its own, since libraries of some tools break others'.
"""

import contextlib
import io
import json
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from build_decoder.__main__ import main as command
from build_decoder.model_file import load_model
from build_decoder.models import from_sklearn, from_torch, load_network
from build_decoder.models.tensorflow_import import import_tensorflow

__all__ = ["MAKERS", "Made", "main"]

_SAMPLES = 120
_SEED = 20260101


class Made(NamedTuple):
    """A model that a tool made: its file or folder, samples, and what the tool gives on them."""

    path: Path
    x: np.ndarray
    y: np.ndarray


def _samples(*shape: int) -> np.ndarray:
    rng = np.random.default_rng(_SEED)
    return (rng.normal(size=(_SAMPLES, *shape)) * 2 + 1).astype(np.float32)


def _keras_model(normalised: bool = True) -> tuple[Any, np.ndarray]:
    keras = import_tensorflow("bench.tool_models").keras
    keras.utils.set_random_seed(_SEED)
    x = _samples(12)
    scaling = keras.layers.Normalization()
    scaling.adapt(x)
    model = keras.Sequential(
        [
            keras.Input((12,)), *([scaling] if normalised else []), keras.layers.Dense(10),
            keras.layers.BatchNormalization(), keras.layers.ReLU(), keras.layers.Dense(3),
        ]
    )
    targets = np.stack([x[:, 0] * x[:, 1], x[:, 2] - x[:, 3], np.tanh(x[:, 4])], 1)
    model.compile("adam", "mse")
    model.fit(x, targets, epochs=20, verbose=0)
    return model, x


def _keras(folder: Path) -> Made:
    model, x = _keras_model()
    model.save(folder / "keras.keras")
    return Made(folder / "keras.keras", x, model.predict(x, verbose=0))


def _keras_onnx(folder: Path) -> Made:
    # Keras 3 exports the numbers of a Normalization as inputs that nothing gives.
    model, x = _keras_model(normalised=False)
    model.export(folder / "keras.onnx", format="onnx", verbose=False)
    return Made(folder / "keras.onnx", x, model.predict(x, verbose=0))


def _sklearn(folder: Path) -> Made:
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x = _samples(12)
    targets = np.stack([x[:, 0] * x[:, 1], x[:, 2] - x[:, 3]], 1)
    network = MLPRegressor(
        hidden_layer_sizes=(10,), solver="lbfgs", max_iter=300, random_state=0
    )
    model = make_pipeline(StandardScaler(), network).fit(x, targets)
    from_sklearn(model, folder / "sklearn")
    return Made(folder / "sklearn", x, model.predict(x))


class _LastStep:
    """What PyTorch's modules need to be found late: the module that this makes takes an LSTM."""

    @staticmethod
    def of(torch: Any, inputs: int, units: int, outputs: int) -> Any:
        class Last(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.cell = torch.nn.LSTM(inputs, units, batch_first=True)
                self.head = torch.nn.Linear(units, outputs)

            def forward(self, x):
                steps, _ = self.cell(x)
                return self.head(steps[:, -1])

        return Last()


def _torch_module(kind: str) -> tuple[Any, Any, np.ndarray]:
    import torch

    torch.manual_seed(_SEED)
    nn = torch.nn
    if kind == "lstm":
        return torch, _LastStep.of(torch, 4, 6, 3).eval(), _samples(8, 4)
    if kind == "cnn":
        layers = [
            nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(3 * 3 * 4, 3),
        ]
        return torch, nn.Sequential(*layers).eval(), _samples(2, 8, 10)
    layers = [nn.Linear(12, 10), nn.BatchNorm1d(10), nn.ReLU(), nn.Linear(10, 3)]
    return torch, nn.Sequential(*layers).eval(), _samples(12)


def _outputs(torch: Any, module: Any, x: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return module(torch.from_numpy(x)).numpy()


def _torch(folder: Path) -> Made:
    torch, module, x = _torch_module("mlp")
    from_torch(module, torch.from_numpy(x[:1]), folder / "torch")
    return Made(folder / "torch", x, _outputs(torch, module, x))


def _torch_onnx(kind: str) -> Callable[[Path], Made]:
    def make(folder: Path) -> Made:
        torch, module, x = _torch_module(kind)
        path = folder / f"torch_{kind}.onnx"
        torch.onnx.export(module, (torch.from_numpy(x[:1]),), str(path), opset_version=17,
                          dynamo=False, input_names=["x"], dynamic_axes={"x": {0: "n"}})
        return Made(path, x, _outputs(torch, module, x))

    return make


def _brevitas(folder: Path) -> Made:
    import brevitas.nn as qnn
    import torch
    from brevitas.core.restrict_val import RestrictValueType
    from brevitas.export import export_qonnx
    from brevitas.quant import (
        Int8ActPerTensorFixedPoint,
        Int8WeightPerTensorFixedPoint,
        Uint8ActPerTensorFixedPoint,
    )

    torch.manual_seed(_SEED)
    weights = {"weight_quant": Int8WeightPerTensorFixedPoint, "weight_bit_width": 5, "bias": False}
    power = {"restrict_scaling_type": RestrictValueType.POWER_OF_TWO}
    signed = {"act_quant": Int8ActPerTensorFixedPoint, "bit_width": 6, **power}
    module = torch.nn.Sequential(
        qnn.QuantIdentity(**signed),
        qnn.QuantLinear(12, 10, **weights),
        qnn.QuantReLU(act_quant=Uint8ActPerTensorFixedPoint, bit_width=4, **power),
        qnn.QuantLinear(10, 3, **weights),
        qnn.QuantIdentity(**signed),
    )
    x = _samples(12)
    with torch.no_grad():  # its quantisers learn their ranges from samples
        for _ in range(40):
            module(torch.from_numpy(x))
    module.eval()
    path = folder / "brevitas.onnx"
    export_qonnx(module, args=torch.from_numpy(x[:1]), export_path=str(path), opset_version=17)
    return Made(path, x, _outputs(torch, module, x))


MAKERS: dict[str, Callable[[Path], Made]] = {
    "Keras: Normalization, BatchNormalization": _keras,
    "Keras: BatchNormalization, by ONNX": _keras_onnx,
    "scikit-learn: StandardScaler, MLPRegressor": _sklearn,
    "PyTorch: BatchNorm1d": _torch,
    "the same MLP by ONNX": _torch_onnx("mlp"),
    "PyTorch: LSTM by ONNX": _torch_onnx("lstm"),
    "PyTorch: CNN without padding, by ONNX": _torch_onnx("cnn"),
    "Brevitas by QONNX": _brevitas,
}
"""What makes each model, in a folder that it is given."""


def row(name: str) -> str:
    """The row of the table for the model called ``name``."""
    with tempfile.TemporaryDirectory(prefix="build_decoder_") as folder:
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                made = MAKERS[name](Path(folder))
        except ImportError as error:
            return f"| {name} | not installed: {error.name or error} | | | | |"
        return f"| {name} | {_built(made, Path(folder))} |"


def _built(made: Made, folder: Path) -> str:
    network = load_network(made.path)
    y = made.y.reshape(len(made.y), -1)
    floats = network.forward(made.x.reshape(len(made.x), *network.given_inputs[0].shape))
    golden = folder / "golden.npz"
    np.savez(golden, x=made.x, y=y, task="regression")
    arguments = ["--network", made.path, "--golden", golden, "--stop-after", "simulate"]
    arguments += ["--output", folder / "out", "--board", "ulx3s_85f"]
    with contextlib.redirect_stdout(io.StringIO()):
        status = command([*map(str, arguments)])
    if status:
        raise SystemExit(f"{made.path}: expected exit status 0, got {status}")
    report = json.loads((folder / "out" / "report.json").read_text())
    outputs = load_model(folder / "out").dequantise_output(
        np.load(folder / "out" / "expected.npz")["y_raw"]
    )
    figures = " | ".join(f"{np.abs(each - y).max():.1e}" for each in (floats, outputs))
    frames = f"{report['vectors_checked']} | {report['mismatches']}"
    return f"{figures} | {frames} | {report['search']}"


def main() -> None:
    """Print the table."""
    print("| model | floats | integers | frames | mismatches | formats |")
    print("|---|---|---|---|---|---|")
    for name in MAKERS:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            try:
                print(pool.submit(row, name).result(), flush=True)
            except BrokenProcessPool:
                raise SystemExit(f"{name}: the process that makes it broke off") from None


if __name__ == "__main__":
    main()
