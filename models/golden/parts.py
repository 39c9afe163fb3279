"""Warnings about how golden data is divided: what is held out must be new, and have all answers."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from build_decoder.models.task import Kind

if TYPE_CHECKING:
    from build_decoder.models.golden import GoldenData

__all__ = ["parts_warnings"]

_MANY = 0.1
"""Part of the samples held out that others repeat, from which on it is told."""

_BY_CHANCE = 0.1
"""Part of these repetitions that chance may account for: inputs of a few values repeat anyway."""

_LACKING = 0.01
"""Probability that no sample held out has an answer, below which it is told."""

_NAMED = 5
"""Most answers that a warning names."""


def parts_warnings(golden: "GoldenData") -> Iterator[str]:
    """Warnings, one line each, where samples that are held out say little of new ones."""
    if not golden.held_out.any():
        return
    yield from _repeated(golden)
    yield from _lacking(golden)


def _repeated(golden: "GoldenData") -> Iterator[str]:
    """Samples that are held out, and searched on as well."""
    # A sequence is one sample: its steps follow from each other. Minus zero is zero.
    each = golden.steps or 1
    rows = golden.x.reshape(len(golden) // each, -1) + 0.0
    held_out = golden.held_out[::each]
    place: dict[bytes, int] = {}
    for row in np.flatnonzero(~held_out):
        place.setdefault(rows[row].tobytes(), int(row))
    # Rows of one value, such as those of a silence, are alike wherever they are from.
    told = held_out & (np.ptp(rows, axis=1) > 0)
    twice = [int(row) for row in np.flatnonzero(told) if rows[row].tobytes() in place]
    count = int(np.count_nonzero(held_out))
    if len(twice) < max(_MANY * count, 2):
        return
    if count * _chance_of_a_twin(rows[~held_out]) > _BY_CHANCE * len(twice):
        return
    what, first = "sequences" if golden.steps else "samples", twice[0]
    yield (
        f"{len(twice)} of {count} {what} held out have the same inputs as some that are searched "
        f"on, such as number {first} and number {place[rows[first].tobytes()]}: what is held out "
        "is to be new, and figures of it are no proof here; remove repeated ones, or hold all "
        "of a kind out together"
    )


def _chance_of_a_twin(rows: np.ndarray) -> float:
    """Probability, at the most, that a row is among ``rows`` (samples, inputs), had each input the
    values that it has there, drawn for itself."""
    log = math.log(len(rows))
    for column in rows.T:
        _, counts = np.unique(column, return_counts=True)
        log += math.log(float(np.square(counts / len(rows)).sum()))
    return min(math.exp(min(log, 0.0)), 1.0)


def _lacking(golden: "GoldenData") -> Iterator[str]:
    """Answers that no sample held out has, and many searched on have."""
    decisions = golden.task.decisions(golden.y)
    true = decisions if golden.labels is None else golden.labels
    seen, unseen = true[~golden.held_out], true[golden.held_out]
    for number, choices in enumerate(golden.task.choices(golden.y.shape[1])):
        given = np.bincount(seen[:, number], minlength=choices)
        absent = np.bincount(unseen[:, number], minlength=choices) == 0
        lacking = [
            int(answer) for answer in np.flatnonzero(absent)
            if _chance_of_none(int(given[answer]), len(unseen), len(golden)) < _LACKING
        ]  # fmt: skip
        if lacking:
            names = ", ".join(_name(golden, number, answer) for answer in lacking[:_NAMED])
            more = f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
            yield (
                f"none of {len(unseen)} samples held out has {names}{more}, as "
                f"{int(given[lacking].sum())} of {len(seen)} searched on have: figures of samples "
                "held out say nothing of it"
            )


def _chance_of_none(given: int, held_out: int, samples: int) -> float:
    """Probability that none of the ``given`` among ``samples`` is held out."""
    if given > samples - held_out:
        return 0.0
    parts = (1 - held_out / (samples - n) for n in range(given))
    return math.prod(parts)


def _name(golden: "GoldenData", number: int, answer: int) -> str:
    if golden.task.kind is Kind.LABELS:
        return f"label {number} {'on' if answer else 'off'}"
    name = f" ({golden.class_names[answer]})" if golden.class_names else ""
    return f"class {answer}{name}"
