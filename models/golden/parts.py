"""Warnings about how golden data is divided: what is held out must be new, and have all answers."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from build_decoder.models.golden.repeated import repeated_told
from build_decoder.models.task import Kind

if TYPE_CHECKING:
    from build_decoder.models.golden import GoldenData

__all__ = ["parts_warnings"]

_LACKING = 0.01
"""Probability that no sample held out has an answer, below which it is told."""

_NAMED = 5
"""Most answers that a warning names."""


def parts_warnings(golden: "GoldenData") -> Iterator[str]:
    """Warnings, one line each, where samples that are held out say little of new ones."""
    if not golden.held_out.any():
        return
    yield from repeated_told(golden)
    yield from _lacking(golden)


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
        return f"label {golden.told(number)} {'on' if answer else 'off'}"
    return f"class {golden.told(answer)}"
