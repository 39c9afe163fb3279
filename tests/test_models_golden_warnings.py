"""Golden data that looks wrong is told of in words that are true of any decoder."""

from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import GoldenData, Kind, Task
from build_decoder.models.golden.warnings import golden_warnings
from tests.networks import dense, dense_chain

SAMPLES = 80


def told(x: np.ndarray, order=(0, 1, 2), class_names=()) -> list[str]:
    """Warnings about ``x``, whose labels are the decisions renamed by ``order``."""
    weights = np.random.default_rng(0).normal(size=(x.shape[1], 3))
    net = dense_chain("net", x.shape[1], (dense(3, "linear", weights, np.zeros(3)),))
    y = net.forward(x)
    labels = np.array(order)[np.argmax(y, axis=1)][:, None]
    task = Task((Kind.CLASSES,), (), "tests")
    golden = GoldenData(
        x, y, labels, np.arange(SAMPLES) % 4 == 0, task, class_names=class_names
    )
    return list(golden_warnings(net, golden, source=Path("golden.npz")))


@pytest.mark.parametrize(
    ("sample", "then"),
    [(3, "A decoder that holds it is larger"), (4, "It is held out: the decoder")],
)
def test_an_outlier_is_told_by_what_it_does_where_it_is(sample, then):
    x = np.random.default_rng(1).normal(size=(SAMPLES, 8))
    assert told(x) == []
    x[sample, 5] = 1e6
    (warning,) = told(x)
    assert warning.startswith(f"sample {sample} of golden data has 1e+06 for input 5, ")
    assert f": is that a mistake? {then}" in warning


def test_classes_that_are_numbered_otherwise_have_their_names():
    x = np.random.default_rng(1).normal(size=(SAMPLES, 8))
    (warning,) = told(x, order=(1, 2, 0))
    assert "class 0 is label 1, class 1 is label 2" in warning
    (warning,) = told(x, order=(1, 2, 0), class_names=("rest", "fist", "pinch"))
    assert "class 0 (rest) is label 1 (fist), class 1 (fist) is label 2 (pinch)" in warning
