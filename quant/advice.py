"""What a user should know of a quantised decoder before building it, one line each."""

from collections.abc import Iterator

import numpy as np

from models.golden import GoldenData
from models.task import Kind
from quant.criterion import Criterion
from quant.quality import Quality
from quant.standard import Standard

__all__ = ["advice", "ranges_told"]

_FEW = 8
"""Samples searched on below which figures say little of others."""

_FAR = 2.0
"""How many times greater than asked for errors on held-out samples are that are told."""


def advice(
    golden: GoldenData,
    missing: list[str],
    standard: Standard,
    criterion: Criterion,
    seen: Quality,
    unseen: Quality | None,
    near_ties: int,
) -> Iterator[str]:
    """Warnings about a decoder that keeps to ``criterion``, or was meant to.

    Parameters
    ----------
    missing
        Answers that golden data searched on hardly ever gives.
    seen, unseen
        Quality on the samples searched on, and on those held out, None if there are none.
    near_ties
        Samples searched on whose decisions no formats that were tried keep.
    """
    searched = len(golden.search)
    if missing:
        taken = "taken as classes, " if golden.task.kind is Kind.REGRESSION else ""
        yield (
            f"{taken}golden data that is searched on has {'; '.join(missing)}: outputs are kept as "
            "values, also beyond golden data, and no neuron is left out; the decoder is larger "
            "for it"
        )
    if searched < _FEW:
        yield f"{searched} golden samples are searched on: figures say nothing of others"
    trained = [near for near in standard.near if near.looks_trained]
    if trained and not missing:
        yield max(trained, key=lambda near: near.even / near.counted).advice()
    if near_ties > standard.may_be_lost:
        yield (
            f"{near_ties} of {searched} samples searched on lie so near to a boundary that no "
            "formats that were tried keep their decisions: do outputs differ by enough?"
        )
    yield from _beyond(golden, criterion, seen, unseen)
    worst = min((r2 for r2 in seen.float_r2s if r2 is not None), default=1.0)
    if golden.task.kind is Kind.REGRESSION and worst < 0:
        yield (
            f"the float network has an R2 of {worst:.3g} with the targets of golden data, worse "
            "than a constant: are they in the same order and unit?"
        )


def _beyond(
    golden: GoldenData, criterion: Criterion, seen: Quality, unseen: Quality | None
) -> Iterator[str]:
    """Limits that are not kept: AHEAD's search has none, and held-out samples are not searched."""
    limit = criterion.max_error
    if seen.agreements and 1 - seen.agreement > 4 * criterion.max_flips:
        yield (
            f"{1 - seen.agreement:.1%} of decisions are not kept on the samples searched on: "
            "AHEAD's search weighs loss against width, the default one does not"
        )
    if limit is None or golden.task.kind is not Kind.REGRESSION:
        return
    if max(seen.errors) > 1.001 * limit:
        yield (
            f"an output has an error of {max(seen.errors):.3f} of its standard deviation on the "
            f"samples searched on, above {limit:g}: AHEAD's search knows no --max-error"
        )
    if unseen is not None and max(unseen.errors) > _FAR * limit:
        yield (
            f"an output has an error of {max(unseen.errors):.3f} of its standard deviation on the "
            f"samples held out, above {limit:g}: do they go beyond the samples searched on?"
        )


def ranges_told(golden: GoldenData) -> str:
    """Range and resolution of the inputs, for the error that no formats hold them."""
    x = golden.x
    sample, column = np.unravel_index(np.argmax(np.abs(x)), x.shape)
    spread = x.std(axis=0)
    varying = spread[spread > 0]
    return (
        f"inputs are {x.min():.6g} to {x.max():.6g} (the largest at sample {sample}, input "
        f"{column}) and vary by {varying.min() if len(varying) else 0:.3g} at least"
    )
