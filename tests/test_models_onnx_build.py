"""ONNX files go through the command, to decoders that are simulated."""

import json
from pathlib import Path

import numpy as np
import pytest

from build_decoder.__main__ import main
from tests.onnx_files import OnnxModel, evaluate, needs_onnx

pytestmark = needs_onnx
SAMPLES = 60


def mlp() -> tuple[OnnxModel, tuple[int, ...]]:
    model = OnnxModel(("x", ["batch", 6]))
    model.gemm(6, 5)
    model.add("Relu")
    model.gemm(5, 3)
    model.add("Softmax")
    return model, (6,)


def cnn() -> tuple[OnnxModel, tuple[int, ...]]:
    model = OnnxModel(("x", ["batch", 2, 6, 4]))
    model.add("Conv", model.weights(2, 2, 3, 3), model.weights(2), pads=[1] * 4)
    model.add("Relu")
    model.add("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    model.add("Flatten")
    model.gemm(12, 3)
    return model, (2, 6, 4)


def lstm() -> tuple[OnnxModel, tuple[int, ...]]:
    model = OnnxModel(("x", ["batch", 5, 3]))
    model.add("Transpose", perm=[1, 0, 2])
    arrays = [model.weights(1, 16, count, size=0.8) for count in (3, 4)]
    model.add("LSTM", *arrays, outputs=["y", "h"], hidden_size=4)
    model.add("Squeeze", model.whole(0), of="h")
    model.gemm(4, 3)
    return model, (5, 3)


def build(folder: Path, made, stage: str) -> dict:
    """The report of a build of a model up to a stage."""
    model, shape = made
    path = model.save(folder)
    x = np.random.default_rng(3).normal(size=(SAMPLES, *shape)).astype(np.float32)
    np.savez(folder / "golden.npz", x=x, y=evaluate(path, x), task="classes")
    arguments = ["--network", path, "--stop-after", stage, "--output", folder / "out"]
    assert main([*map(str, arguments), "--board", "ulx3s_85f"]) == 0
    return json.loads((folder / "out" / "report.json").read_text())


@pytest.mark.parametrize("make", [mlp, cnn, lstm])
def test_golden_data_in_the_order_of_the_file_are_taken(tmp_path, make):
    report = build(tmp_path, make(), "import")
    assert (report["network"], report["task"]) == ("net", "classes")


@pytest.mark.slow
@pytest.mark.parametrize("make", [mlp, cnn, lstm])
def test_decoders_are_simulated(tmp_path, make):
    report = build(tmp_path, make(), "simulate")
    assert report["vectors_checked"] > SAMPLES
    assert report["mismatches"] == 0
