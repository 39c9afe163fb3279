"""Samples that are held out and repeat others are told of, unless chance brings them."""

import numpy as np
import pytest

from build_decoder.models import GoldenData, Kind, Task
from build_decoder.models.golden.repeated import repeated_told

SAMPLES = 200


def told(x, *, kind=Kind.CLASSES, held_out=None, **more) -> list[str]:
    x = np.asarray(x, dtype=float)
    thresholds = (0.0,) * 3 if kind is Kind.LABELS else ()
    held_out = np.arange(len(x)) % 4 == 0 if held_out is None else held_out
    task = Task((kind,), thresholds, "tests")
    y = np.random.default_rng(9).normal(size=(len(x), 3))
    return list(repeated_told(GoldenData(x, y, None, held_out, task, **more)))


def common_mode(most: int) -> np.ndarray:
    """What all inputs of a sample follow, whole numbers below ``most`` (samples, 1)."""
    return np.random.default_rng(0).integers(0, most, (SAMPLES, 1))


def slow_signal() -> np.ndarray:
    """A signal that seldom takes a step, 20 values a sample."""
    steps = np.random.default_rng(0).choice([-1, 0, 1], SAMPLES * 20, p=[0.01, 0.98, 0.01])
    return np.cumsum(steps)


@pytest.mark.parametrize("kind", [Kind.CLASSES, Kind.REGRESSION, Kind.LABELS], ids=str)
@pytest.mark.parametrize("times", [2, 4, 10])
def test_samples_that_are_in_both_parts_are_told(kind, times):
    rows = np.random.default_rng(0).integers(0, 16, (SAMPLES // times, 8))
    order = np.random.default_rng(1).permutation(SAMPLES)
    (warning,) = told(np.repeat(rows, times, axis=0)[order], kind=kind)
    assert "of 50 samples held out have the same inputs as some that are searched on" in warning
    assert int(warning.split()[0]) >= 30


def test_the_pair_that_is_named_is_one():
    x = np.random.default_rng(0).normal(size=(SAMPLES, 3))
    x[100:120] = x[1:21]
    (warning,) = told(x, held_out=np.arange(SAMPLES) >= 100)
    assert warning.startswith("20 of 100 samples held out have the same inputs")
    assert "such as number 100 and number 1:" in warning


@pytest.mark.parametrize(
    "x",
    [
        np.random.default_rng(0).normal(size=(SAMPLES, 2)),
        np.random.default_rng(0).integers(0, 4, (SAMPLES, 4)),  # 256 in all
        np.random.default_rng(0).integers(0, 2, (SAMPLES, 6)),
        np.random.default_rng(0).uniform(size=(SAMPLES, 60)) < 0.01,  # few spikes
        np.random.default_rng(0).uniform(size=(SAMPLES, 1)).round(2),
        np.eye(10)[np.random.default_rng(0).integers(0, 10, SAMPLES)],  # one of ten
        np.random.default_rng(0).normal(size=(SAMPLES, 40))
        * (np.random.default_rng(1).uniform(size=(SAMPLES, 1)) < 0.5),  # half of it at rest
        np.vstack([np.random.default_rng(0).normal(size=(SAMPLES - 2, 3)), np.ones((2, 3))]),
        np.where(
            np.random.default_rng(1).uniform(size=(SAMPLES, 1)) < 0.5,
            np.random.default_rng(0).normal(size=(SAMPLES, 40)), np.arange(40),
        ),
        np.repeat(common_mode(20), 8, axis=1),
        np.rint(common_mode(20) + np.random.default_rng(1).normal(size=(SAMPLES, 8)) / 5),
        np.rint(common_mode(20) * np.random.default_rng(1).uniform(0.5, 3, 8)),
        slow_signal().reshape(SAMPLES, 20),
        np.arange(20) < common_mode(21),  # a thermometer
    ],
    ids=[
        "normal", "of 4", "bits", "spikes", "one input", "one hot", "rest", "one pair",
        "scaled rest", "common mode", "common mode and noise", "gains", "windows", "thermometer",
    ],
)
def test_samples_that_are_alike_by_chance_are_no_matter(x):
    assert told(x) == []


def test_steps_that_are_alike_are_no_matter_but_whole_sequences_are():
    rng = np.random.default_rng(0)
    steps = rng.normal(size=(20, 3))[rng.integers(0, 20, SAMPLES)]
    held_out = np.repeat(np.arange(20) % 4 == 0, 10)
    how = {"kind": Kind.REGRESSION, "held_out": held_out, "steps": 10}
    assert told(steps, **how) == []
    (warning,) = told(np.tile(steps[:30], (7, 1))[:SAMPLES], **how)
    assert warning.startswith("5 of 5 sequences held out have the same inputs")


def copied(rows: np.ndarray, part: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """``rows`` (samples, inputs), the last quarter of which is held out and repeats ``part`` of
    itself from the first ones; and what is held out."""
    rows, count = np.array(rows, dtype=float), int(part * len(rows) / 4)
    rows[-count:] = rows[:count]
    return rows, np.arange(len(rows)) >= len(rows) * 3 // 4


@pytest.mark.parametrize("part", [0.3, 1.0])
@pytest.mark.parametrize("change", ["none", "noise", "float32"])
@pytest.mark.parametrize(
    "rows",
    [
        np.random.default_rng(0).normal(size=(400, 1)),
        1000 + np.random.default_rng(0).normal(size=(400, 3)),
        np.random.default_rng(0).normal(size=(400, 1)) * np.arange(1, 9),
        np.random.default_rng(0).normal(size=(400, 300)),
        np.random.default_rng(0).integers(-32768, 32768, (400, 8)),
        np.random.default_rng(0).poisson(3, (400, 40)),
    ],
    ids=["one", "offset", "common mode", "many", "16 bits", "counts"],
)
def test_a_copy_is_told_though_it_differs_by_rounding(rows, change, part):
    x, held_out = copied(rows, part)
    if change == "noise":
        x *= 1 + 1e-7 * np.random.default_rng(1).normal(size=x.shape)
    if change == "float32":
        x[held_out] = (x[held_out] / 3).astype(np.float32) * 3.0
    (warning,) = told(x, held_out=held_out)
    assert int(warning.split()[0]) == int(part * 100)


def test_samples_that_are_a_thousandth_apart_are_two():
    x, held_out = copied(np.random.default_rng(0).normal(size=(400, 8)))
    assert told(x + 1e-3 * np.random.default_rng(1).normal(size=x.shape), held_out=held_out) == []


def test_samples_of_which_there_are_few_accuse_nobody():
    rows = np.random.default_rng(0).normal(size=(5, 8))
    assert told(rows[np.random.default_rng(1).integers(0, 5, SAMPLES)]) == []


@pytest.mark.parametrize("size", [1e-307, 1e-200, 1e150])
def test_inputs_may_be_of_any_size(size):
    x, held_out = copied(np.random.default_rng(0).normal(size=(400, 8)))
    assert len(told(size * x, held_out=held_out)) == 1


def test_minus_zero_is_zero():
    x, held_out = copied(np.random.default_rng(0).poisson(0.5, (400, 40)))
    x[held_out] = np.where(x[held_out] == 0, -0.0, x[held_out])
    assert len(told(x, held_out=held_out)) == 1
