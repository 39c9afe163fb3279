"""Warnings about a quantised decoder for its user, one line each."""

from collections.abc import Iterator

import numpy as np

from build_decoder.models.golden import GoldenData
from build_decoder.models.spread import varies
from build_decoder.models.task import Kind
from build_decoder.quant.criterion import Criterion
from build_decoder.quant.quality import Quality
from build_decoder.quant.standard import Standard

__all__ = ["advice", "ranges_told"]

_FEW = 8
"""With fewer samples searched on, figures say little about other samples."""


def advice(
    golden: GoldenData,
    missing: list[str],
    standard: Standard,
    criterion: Criterion,
    seen: Quality,
    near_ties: int,
    search: str,
    *,
    kept: Quality | None = None,
    apart: float = 0.0,
    spare: bool = False,
) -> Iterator[str]:
    """Warnings about a decoder whose formats were searched with ``criterion``.

    Parameters
    ----------
    missing
        Answers that the golden data searched on hardly ever has.
    seen
        Quality on the samples searched on.
    near_ties
        How many samples searched on have decisions that no formats tried keep.
    search
        Name of the search.
    kept
        What a search with limits is to keep to: quality on the samples searched on, near ties
        counted as kept. None of one without limits.
    apart
        Median margin of near ties, in the standard deviation of all outputs.
    spare
        Whether formats have spare bits, which nothing was searched with.
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
            f"{near_ties} of {searched} samples searched on lie so near to a boundary, half of "
            f"them within {apart:.1g} of the outputs' standard deviation, that no formats that "
            "were tried keep their decisions: do outputs differ by enough, and is no input or "
            "weight far larger than the others?"
        )
    if search == "ahead":
        yield from _ahead(golden, criterion, seen)
    elif spare and _beyond(golden, criterion, seen):
        yield (
            f"with the spare bits of --reloadable, an output has an error of "
            f"{max(seen.errors):.3f} of its standard deviation on the samples searched on, above "
            f"{criterion.max_error:g}, which formats without them keep: say a smaller --max-error"
        )
    elif kept is not None and (broken := ", ".join(_broken(criterion, kept))):
        bits = " and the spare bits of --reloadable" if spare else ""
        yield (
            f"on the samples searched on, {broken}: with activations as they are built{bits}, no "
            "formats that were tried keep to that"
        )
    if golden.task.kind is Kind.REGRESSION:
        yield from _constants(golden, criterion, seen)
    worst = min((r2 for r2 in seen.float_r2s if r2 is not None), default=1.0)
    if golden.task.kind is Kind.REGRESSION and worst < 0:
        yield (
            f"the float network has an R2 of {worst:.3g} with the targets of golden data, worse "
            "than a constant: are they in the same order and unit?"
        )


def _broken(criterion: Criterion, kept: Quality) -> Iterator[str]:
    """What of a criterion is not kept to."""
    if kept.accuracy_lost > criterion.max_loss + 1e-12:
        yield (
            f"an accuracy of {kept.accuracy_lost:.2%} is lost, where {criterion.max_loss:.2%} may "
            "be (--max-loss)"
        )
    changed, most = 1 - min(kept.agreements, default=1.0), 2 * criterion.max_flips
    if changed > most:
        yield f"{changed:.2%} of decisions are not kept, where {most:.2%} may be lost or gained"
    if criterion.max_error is not None and max(kept.errors) > criterion.max_error:
        yield (
            f"an output has an error of {max(kept.errors):.3g} of its standard deviation, above "
            f"{criterion.max_error:g}"
        )
    if kept.output_error > criterion.max_output_error:
        yield (
            f"outputs have an error of {kept.output_error:.2g} of their standard deviation, above "
            f"{criterion.max_output_error:g}"
        )


def _constants(golden: GoldenData, criterion: Criterion, seen: Quality) -> Iterator[str]:
    """Outputs whose only value is lost: their errors are judged by how much the others vary."""
    values = golden.search.y
    constant = ~varies(values)
    if constant.all():
        return
    for output in np.flatnonzero(constant):
        value, error = float(values[0, output]), seen.greatest_errors[output]
        if error > criterion.max_error * abs(value):
            yield (
                f"output {output}, which is {value:g} in all golden data that is searched on, "
                f"comes out with an error of {error:.3g}: its unit of errors is the standard "
                "deviation of the outputs that vary; train without it, or scale it as these are"
            )


def _ahead(golden: GoldenData, criterion: Criterion, seen: Quality) -> Iterator[str]:
    """Limits that the search of AHEAD, which has none, does not keep."""
    changed = 1 - min(seen.agreements, default=1.0)
    if changed > max(4 * criterion.max_flips, 2 / seen.samples):
        yield (
            f"{changed:.1%} of decisions are not kept on the samples searched on: AHEAD's search "
            "weighs loss against width, the default one does not"
        )
    if _beyond(golden, criterion, seen):
        yield (
            f"an output has an error of {max(seen.errors):.3f} of its standard deviation on the "
            f"samples searched on, above {criterion.max_error:g}: AHEAD's search takes --max-error "
            "for enough, and does not keep to it"
        )


def _beyond(golden: GoldenData, criterion: Criterion, seen: Quality) -> bool:
    """Whether an output of a regression has a greater error than it may have."""
    kind = golden.task.kind
    return kind is Kind.REGRESSION and max(seen.errors) > 1.001 * criterion.max_error


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
