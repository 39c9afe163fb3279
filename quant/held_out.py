"""What is told of golden samples that are held out, beside those that formats were searched on.

Held-out samples stand for all that a decoder is to meet. Where they are not like the others, a
decoder that is good on these may be bad on them: their inputs may lie beyond the input's format,
which limits them in silence, and decisions may be lost.
"""

import math
from collections.abc import Iterator

import numpy as np

from build_decoder.models.golden import GoldenData
from build_decoder.models.task import Kind
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.number_format import NumberFormat

__all__ = ["limited_told", "lost_told", "samples_limited"]

_CHANCE = 0.001
"""Probability below which samples are no longer taken for ones of the same kind as the others."""

_FAR = 4.0
"""A single sample tells that held-out ones are of another kind if it reaches so many times as far
as all that were searched on."""

_CHANGED = 0.006
"""Part of the decisions on any samples that a search may change: twice what it is to expect, as of
:class:`quant.criterion.Criterion`."""


def samples_limited(format: NumberFormat, golden: GoldenData) -> int:
    """How many samples of ``golden`` have an input beyond ``format``, which limits it."""
    return int(np.count_nonzero(format.outside(golden.x).any(axis=1)))


def limited_told(model: IntegerModel, golden: GoldenData) -> Iterator[str]:
    """A warning where inputs of ``golden`` that are held out lie beyond the input's format of a
    fixed-point ``model`` and beyond all that was searched on, and more of them or farther than
    chance brings."""
    if not golden.held_out.any():
        return
    format, searched, held_out = model.input_format, golden.search.x, golden.unseen.x
    low, high = float(searched.min()), float(searched.max())
    beyond = format.outside(held_out) & ((held_out < low) | (held_out > high))
    rows = np.flatnonzero(beyond.any(axis=1))
    if not len(rows):
        return
    sizes = np.where(beyond, np.abs(held_out), -1.0)
    row, column = np.unravel_index(np.argmax(sizes), sizes.shape)
    # Steps of one sequence are as one sample: what is large in one is large in the next.
    each = golden.steps or 1
    found, of, samples = len(np.unique(rows // each)), len(held_out) // each, len(golden) // each
    far = sizes[row, column] > _FAR * max(abs(low), abs(high))
    if not far and _chance_of_farthest(found, of, samples) > _CHANCE:
        return
    sample = int(np.flatnonzero(golden.held_out)[row])
    least, greatest = format.ends
    yield (
        f"{len(rows)} of {len(held_out)} samples held out have inputs beyond the input's format, "
        f"{format} of {least:g} to {greatest:g}, and are limited to it: the farthest is "
        f"{held_out[row, column]:.6g}, input {column} of sample {sample}, where those searched on "
        f"are {low:.6g} to {high:.6g}; search on samples of the whole range"
    )


def _chance_of_farthest(found: int, held_out: int, samples: int) -> float:
    """Probability that the ``found`` greatest, or the ``found`` least, of ``samples`` that are all
    of one kind are among the ``held_out``."""
    if not found:
        return 1.0
    chosen = sum(math.log((held_out - n) / (samples - n)) for n in range(found))
    return min(2 * math.exp(chosen), 1.0)


def lost_told(golden: GoldenData, y: np.ndarray) -> Iterator[str]:
    """A warning where clearly fewer decisions are kept on samples held out than on those searched
    on: fewer than chance and what a search may change account for.

    Parameters
    ----------
    golden
        Samples, with outputs and decisions of the network in floats.
    y
        Outputs (samples, outputs) of the model on all of them.
    """
    held_out = golden.held_out
    if not held_out.any():
        return
    changed = golden.task.decisions(y) != golden.task.decisions(golden.y)
    seen, unseen = np.count_nonzero(~held_out), np.count_nonzero(held_out)
    worse = []
    for number, column in enumerate(changed.T):
        before, now = np.count_nonzero(column[~held_out]), np.count_nonzero(column[held_out])
        # One more than was seen: none of a few samples says little of others.
        usual = max(_CHANGED, (before + 1) / (seen + 1))
        if changed.shape[1] * _chance_of(now, unseen, usual) < _CHANCE:
            worse.append((now, before, number))
    if worse:
        now, before, number = max(worse)
        which = f" of label {number}" if golden.task.kind is Kind.LABELS else ""
        yield (
            f"{1 - now / unseen:.2%} of {unseen} decisions{which} are kept on samples held out, "
            f"{1 - before / seen:.2%} of {seen} on those searched on: are both of one kind, "
            "and are there enough of the latter?"
        )


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
