"""Labels of golden data that are names of classes, and the order of these names."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from build_decoder.models.class_names import distinct_names
from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.numpy_file import npz_shape, npz_type, read_npz_texts

__all__ = ["NAMES_KEY", "NamedLabels", "class_count", "read_class_names", "read_named_labels"]

NAMES_KEY = "class_names"
_LABELS = "labels"


@dataclass(frozen=True)
class NamedLabels:
    """Labels that were names.

    Parameters
    ----------
    labels:
        Index of each sample's class, float64, (samples,).
    names:
        Names of the classes, in the order of their indices.
    """

    labels: np.ndarray
    names: tuple[str, ...]


def class_count(outputs: int) -> int:
    """Classes that outputs tell apart: one output says yes or no."""
    return max(outputs, 2)


def read_class_names(path: Path, outputs: int) -> tuple[str, ...]:
    """The array ``class_names``: the name of each output's class, or of no and yes.

    Raises
    ------
    InputError
        There are more or fewer, or two that hardly differ.
    """
    names = read_npz_texts(path, NAMES_KEY)
    count = class_count(outputs)
    if len(names) != count or len(distinct_names(path, NAMES_KEY, names)) != count:
        what = "the names of no and yes" if outputs == 1 else f"{count} names, one for each output"
        raise InputError.at(path, NAMES_KEY, expected=what, got=shown(", ".join(names)))
    return names


def read_named_labels(
    path: Path, samples: int, outputs: int, names: tuple[str, ...]
) -> NamedLabels | None:
    """The array ``labels`` where it is text; None where it is numbers.

    Parameters
    ----------
    names:
        What ``class_names`` says; none for the order of the alphabet, as scikit-learn has it.

    Raises
    ------
    InputError
        There is not a name for each sample, one is none of ``names``, or there are no ``names`` and
        not all classes occur.
    """
    kind = npz_type(path, _LABELS)
    if kind.hasobject:
        raise InputError.at(
            path, _LABELS, expected="numbers or text (labels.astype(str))",
            got="pickled Python objects",
        )
    if kind.kind not in "US":
        return None
    labels = read_npz_texts(path, _LABELS)
    if len(labels) != samples:
        raise InputError.at(
            path, _LABELS, expected=f"{samples} names, one for each sample",
            got=f"shape {npz_shape(path, _LABELS)}",
        )
    found = distinct_names(path, _LABELS, labels)
    count = class_count(outputs)
    if not names and len(found) != count:
        raise InputError.at(
            path, _LABELS,
            expected=f"names of {count} classes, or {NAMES_KEY}, the name of each class in order",
            got=f"{len(found)} of them: {shown(', '.join(found))}",
        )
    names = names or found
    index = {name: float(number) for number, name in enumerate(names)}
    for sample, label in enumerate(labels):
        if label not in index:
            raise InputError.at(
                path, _LABELS, expected=f"one of {NAMES_KEY}, {shown(', '.join(names))}",
                got=f"{shown(label)} at sample {sample}",
            )
    return NamedLabels(np.array([index[label] for label in labels]), names)
