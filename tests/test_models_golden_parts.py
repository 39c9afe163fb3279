"""Samples that are held out have the answers of the others, or else it is told."""

import numpy as np
import pytest

from build_decoder.models import GoldenData, Kind, Task
from build_decoder.models.golden.parts import parts_warnings

SAMPLES = 200


def golden(x, y=None, *, kind=Kind.CLASSES, held_out=None, **more) -> GoldenData:
    x = np.asarray(x, dtype=float)
    y = np.random.default_rng(9).normal(size=(len(x), 3)) if y is None else y
    thresholds = (0.0,) * y.shape[1] if kind in (Kind.LABELS, Kind.BINARY) else ()
    held_out = np.arange(len(x)) % 4 == 0 if held_out is None else held_out
    return GoldenData(x, y, None, held_out, Task((kind,), thresholds, "tests"), **more)


def told(*given, **more) -> list[str]:
    return list(parts_warnings(golden(*given, **more)))


def test_nothing_is_told_where_nothing_is_held_out():
    assert told(np.ones((8, 2)), held_out=np.zeros(8, dtype=bool)) == []


def labelled(labels, held_out, **more) -> list[str]:
    """Warnings about random inputs with ``labels`` (samples,) of three classes."""
    y = np.eye(3)[labels] + 0.1
    x = np.random.default_rng(0).normal(size=(len(labels), 4))
    return told(x, y, held_out=held_out, **more)


@pytest.mark.parametrize(
    ("names", "name"), [((), "class 2"), (("a", "b", "rest"), "class 2 (rest)")]
)
def test_a_class_that_no_sample_held_out_has_is_told(names, name):
    labels = np.arange(SAMPLES) % 3
    held_out = (np.arange(SAMPLES) % 4 == 0) & (labels != 2)
    (warning,) = labelled(labels, held_out, class_names=names)
    assert warning == (
        f"none of 34 samples held out has {name}, as 66 of 166 searched on have: figures of "
        "samples held out say nothing of it"
    )


def test_a_rare_class_may_be_in_one_part_by_chance():
    labels = np.where(np.arange(SAMPLES) < 6, 2, np.arange(SAMPLES) // 4 % 2)
    held_out = (np.arange(SAMPLES) % 4 == 0) & (labels != 2)
    assert labelled(labels, held_out) == []


def test_a_label_that_is_never_on_among_those_held_out_is_told():
    rng = np.random.default_rng(0)
    y, held_out = rng.normal(size=(SAMPLES, 3)), np.arange(SAMPLES) % 4 == 0
    y[held_out, 1] = -1.0
    (warning,) = told(rng.normal(size=(SAMPLES, 4)), y, kind=Kind.LABELS, held_out=held_out)
    assert warning.startswith("none of 50 samples held out has label 1 on, as ")
