"""What is told of golden samples that are held out, beside those that formats were searched on.

Held-out samples stand for all that a decoder is to meet. Where they are not like the others, a
decoder that is good on these may be bad on them: their inputs may lie beyond the input's format,
which limits them in silence, and decisions may be lost. One drift of a recording does all that at
once: it is told once, with what follows from it.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from build_decoder.models.golden import GoldenData
from build_decoder.models.task import Kind
from build_decoder.quant.number_format import NumberFormat
from build_decoder.quant.quality import Quality, Reference

__all__ = ["held_out_told", "samples_limited"]

_CHANCE = 0.001
"""Probability below which samples are no longer taken for ones of the same kind as the others."""

_FAR = 4.0
"""A single sample tells that held-out ones are of another kind if it reaches so many times as far
as all that were searched on."""

_FAR_ERROR = 2.0
"""The user is told of errors on held-out samples that are so many times the allowed error."""

_R2_LOST = 0.05
"""The user is told if more R2 than this is lost on held-out samples."""

_CHANGED = 0.006
"""Part of the decisions on any samples that a search may change: twice what it is to expect, as of
:class:`quant.criterion.Criterion`."""


def samples_limited(format: NumberFormat, golden: GoldenData) -> int:
    """How many samples of ``golden`` have an input beyond ``format``, which limits it."""
    return int(np.count_nonzero(format.outside(golden.x).any(axis=1)))


def held_out_told(
    golden: GoldenData,
    y: np.ndarray,
    *,
    format: NumberFormat | None = None,
    causes: Sequence[str] = (),
    max_error: float | None = None,
    scale: GoldenData | None = None,
) -> Iterator[str]:
    """Warnings where samples of ``golden`` that are held out are not like those searched on. What
    follows from a cause is told with it, in one line.

    Parameters
    ----------
    golden
        Samples, with outputs and decisions of the network in floats.
    y
        Outputs (samples, outputs) of the model on all of them.
    format
        The input's format, which limits inputs in fixed point; None where nothing is told of that.
    causes
        Warnings about samples held out that were found before, each of which may be why decisions
        are lost. They are given back, the last one with what is lost.
    max_error
        Error that each output of a regression may have, in its standard deviation; None for no
        warning of errors.
    scale
        As for :class:`quant.quality.Reference`. Default: the samples searched on.
    """
    held_out = golden.held_out
    if not held_out.any():
        yield from causes
        return
    how = {"max_error": max_error, "scale": scale or golden.search}
    limited = None if format is None else _limited(format, golden)
    if limited is not None:
        which = _whole(golden, held_out & format.outside(golden.x).any(axis=1))
        lost = _lost(golden, y, which, "those limited", **how)
        yield f"{limited}{_also_told(lost)}; search on samples of the whole range"
        # Only what the others lose has a cause of its own.
        others = held_out & ~which
        lost = _lost(golden, y, others, "the others held out", **how) if others.any() else []
    else:
        lost = _lost(golden, y, held_out, "samples held out", **how)
    if causes:
        yield from causes[:-1]
        yield f"{causes[-1]}{_also_told(lost)}"
    elif lost:
        question = "are both of one kind, and are there enough of the latter"
        if golden.task.kind is Kind.REGRESSION:
            question = (
                "do they go beyond the samples searched on, or do outliers among these hide what "
                "the others vary by"
            )
        yield f"{' and '.join(lost)}: {question}?"


def _also_told(lost: list[str]) -> str:
    return "".join(f"; {text}" for text in lost)


def _whole(golden: GoldenData, which: np.ndarray) -> np.ndarray:
    """The samples ``which``, bool (samples,), with all others of their sequences."""
    each = golden.steps or 1
    return np.repeat(which.reshape(-1, each).any(axis=1), each)


def _limited(format: NumberFormat, golden: GoldenData) -> str | None:
    """What is limited by the input's ``format``, where inputs of ``golden`` that are held out lie
    beyond it and beyond all that was searched on, and more of them or farther than chance
    brings."""
    searched, held_out = golden.search.x, golden.unseen.x
    low, high = float(searched.min()), float(searched.max())
    beyond = format.outside(held_out) & ((held_out < low) | (held_out > high))
    rows = np.flatnonzero(beyond.any(axis=1))
    if not len(rows):
        return None
    sizes = np.where(beyond, np.abs(held_out), -1.0)
    row, column = np.unravel_index(np.argmax(sizes), sizes.shape)
    # Steps of one sequence are as one sample: what is large in one is large in the next.
    each = golden.steps or 1
    found, of, samples = len(np.unique(rows // each)), len(held_out) // each, len(golden) // each
    far = sizes[row, column] > _FAR * max(abs(low), abs(high))
    if not far and _chance_of_farthest(found, of, samples) > _CHANCE:
        return None
    sample = int(np.flatnonzero(golden.held_out)[row])
    least, greatest = format.ends
    # As the report counts them: also those that are limited within the range searched on.
    before = samples_limited(format, golden.search)
    of_searched = f", as are {before} of {len(searched)} searched on" if before else ""
    return (
        f"{samples_limited(format, golden.unseen)} of {len(held_out)} samples held out have inputs "
        f"beyond the input's format, {format} of {least:g} to {greatest:g}, and are limited to "
        f"it{of_searched}: the farthest is {held_out[row, column]:.6g}, input {column} of sample "
        f"{sample}, where inputs searched on are {low:.6g} to {high:.6g}"
    )


def _chance_of_farthest(found: int, held_out: int, samples: int) -> float:
    """Probability that the ``found`` greatest, or the ``found`` least, of ``samples`` that are all
    of one kind are among the ``held_out``."""
    if not found:
        return 1.0
    chosen = sum(math.log((held_out - n) / (samples - n)) for n in range(found))
    return min(2 * math.exp(chosen), 1.0)


def _lost(
    golden: GoldenData,
    y: np.ndarray,
    which: np.ndarray,
    where: str,
    *,
    max_error: float | None,
    scale: GoldenData,
) -> list[str]:
    """What is clearly worse on samples held out than on those searched on.

    Parameters
    ----------
    which
        Those of them that are looked at, bool (samples,).
    where
        What these are called.
    """
    lost = [*_decisions_lost(golden, y, which, where)]
    if max_error is not None and golden.task.kind is Kind.REGRESSION:
        found = Reference(golden.select(which), scale=scale).compare(y[which])
        lost += _values_lost(found, max_error, where)
    return lost


def _decisions_lost(
    golden: GoldenData, y: np.ndarray, which: np.ndarray, where: str
) -> Iterator[str]:
    """Whether fewer decisions are kept than chance and what a search may change account for."""
    searched = ~golden.held_out
    changed = golden.task.decisions(y) != golden.task.decisions(golden.y)
    seen, unseen = np.count_nonzero(searched), np.count_nonzero(which)
    worse = []
    for number, column in enumerate(changed.T):
        before, now = np.count_nonzero(column[searched]), np.count_nonzero(column[which])
        # One more than was seen: none of a few samples says little of others.
        usual = max(_CHANGED, (before + 1) / (seen + 1))
        if changed.shape[1] * _chance_of(now, unseen, usual) < _CHANCE:
            worse.append((now, before, number))
    if worse:
        now, before, number = max(worse)
        of_label = f" of label {golden.told(number)}" if golden.task.kind is Kind.LABELS else ""
        yield (
            f"{1 - now / unseen:.2%} of {unseen} decisions{of_label} are kept on {where}, "
            f"{1 - before / seen:.2%} of {seen} on those searched on"
        )


def _values_lost(found: Quality, max_error: float, where: str) -> Iterator[str]:
    """Whether outputs of a regression have errors far above ``max_error``, or R2 is lost."""
    error, lost = max(found.errors), found.r2_lost
    if error > _FAR_ERROR * max_error or (lost is not None and lost > _R2_LOST):
        of_r2 = f" and lost {lost:.3g} of its R2" if lost is not None and lost > 0 else ""
        yield f"an output has an error of {error:.3g} of its standard deviation{of_r2} on {where}"


def _chance_of(found: int, samples: int, part: float) -> float:
    """Probability of ``found`` or more of ``samples``, each of which is one with probability
    ``part``."""
    if found == 0 or part >= 1:
        return 1.0
    logs = [
        math.lgamma(samples + 1) - math.lgamma(n + 1) - math.lgamma(samples - n + 1)
        + n * math.log(part) + (samples - n) * math.log1p(-part)
        for n in range(found, samples + 1)
    ]  # fmt: skip
    return min(math.fsum(map(math.exp, logs)), 1.0)
