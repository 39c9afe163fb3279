"""Warnings about a decoder in floating point for its user, one line each."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network
from build_decoder.models.spread import varies
from build_decoder.quant.criterion import Criterion
from build_decoder.quant.exercise import missing_answers
from build_decoder.quant.floating.convert import float_model
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.held_out import held_out_told
from build_decoder.quant.quality import Quality, Reference

__all__ = ["float_advice"]

_MOST_EXPONENT = 8
"""Exponent bits of the format that is tried in the place of one that loses too much."""

_DROPPED = 0.01
"""The user is told if what inputs lose that are too small for the format is so large a part of all
inputs, by root mean square: some small ones among larger ones matter to nobody."""


def float_advice(
    network: Network,
    golden: GoldenData,
    format: FloatFormat,
    y: np.ndarray,
    seen: Quality,
    *,
    beyond: str | None = None,
    uniform_segments: int | None = None,
) -> Iterator[str]:
    """Warnings about a decoder of ``network`` in ``format``.

    Parameters
    ----------
    golden
        Samples; ranges are taken from those that are not held out.
    y
        Outputs (samples, outputs) of the decoder on all of them.
    seen
        Its quality on those that are not held out.
    beyond
        What is limited to the ranges, in words; None if nothing is.
    uniform_segments
        As for :func:`quant.quantise.quantise`.
    """
    searched = golden.search
    if missing := missing_answers(searched):
        yield (
            f"golden data that is searched on has {'; '.join(missing)}: it does not show what "
            f"{format} keeps of them"
        )
    limited = [] if beyond is None else [beyond]
    if over := list(_overflowing(format, y)):
        yield from limited
        yield from over
        return
    dropped = list(_dropped(format, searched.x, "searched on"))
    yield from dropped
    # Told once, if the same holds for both parts.
    if golden.held_out.any() and not dropped:
        limited += _dropped(format, golden.unseen.x, "held out")
    yield from held_out_told(golden, y, causes=limited)
    yield from _still(format, searched.y, y[~golden.held_out])
    yield from _lost(network, searched, format, seen, uniform_segments)


def _overflowing(format: FloatFormat, y: np.ndarray) -> Iterator[str]:
    """A warning where outputs ``y`` (samples, outputs) in ``format`` are no finite numbers."""
    found = np.count_nonzero(~np.isfinite(y).all(axis=1))
    if found:
        yield (
            f"outputs of {found} of {len(y)} golden samples are infinite or NaN: the greatest "
            f"number of {format} is {format.ends[1]:g}; a format with more exponent bits, or fixed "
            "point, holds more"
        )


def _dropped(format: FloatFormat, x: np.ndarray, part: str) -> Iterator[str]:
    """A warning where inputs ``x`` (samples, inputs), which are of the samples ``part``, are too
    small for ``format``."""
    small = format.underflows(x)
    lost = np.where(small, x - format.decode(format.encode(x)), 0.0)
    greatest = float(np.abs(x).max())
    # In parts of the greatest, since squares of the smallest numbers are zero in float64 too.
    if greatest and np.linalg.norm(lost / greatest) > _DROPPED * np.linalg.norm(x / greatest):
        yield (
            f"{np.count_nonzero(small)} of {np.count_nonzero(x)} inputs {part} that are not zero "
            f"are too small: {_exponents(format)}; the greatest is {greatest:.3g}; give "
            "inputs in a smaller unit, or take a format with more exponent bits (bf16 has 8)"
        )


def _still(format: FloatFormat, floats: np.ndarray, y: np.ndarray) -> Iterator[str]:
    """A warning where outputs vary in ``floats`` (samples, outputs), and not in the decoder's
    ``y``."""
    still = np.flatnonzero(varies(floats) & ~varies(y))
    if len(still):
        many = len(still) > 1
        yield (
            f"output{'s' * many} {', '.join(map(str, still[:5]))}"
            f"{f' and {len(still) - 5} more' if len(still) > 5 else ''} "
            f"{'are' if many else 'is'} constant in {format} on the samples searched on, and "
            f"{'vary' if many else 'varies'} in the network"
        )


def _lost(
    network: Network,
    searched: GoldenData,
    format: FloatFormat,
    seen: Quality,
    uniform_segments: int | None,
) -> Iterator[str]:
    """A warning where a decoder in ``format`` keeps less of the network's decisions or values on
    the samples that ranges are taken from, ``searched``, than a search for fixed-point formats
    must, with what the format lacks."""
    lost = list(_broken(searched, seen))
    if not lost:
        return
    # Whether numbers are too small for it, or too coarse, is tried: both may be so somewhere in
    # the network, and not matter.
    wider = replace(format, exponent=_MOST_EXPONENT)
    held = None
    if wider != format:
        model = float_model(network, searched.x, wider, uniform_segments=uniform_segments)
        held = Reference(searched).compare(model.predict(searched.x))
    has = f"{format.fraction} fraction bit{'s' * (format.fraction > 1)}"
    if held is None or not _better(held, seen):
        cause = f"{format} has {has}, and nothing is searched; a format with more, or fixed point,"
    elif any(_broken(searched, held)):
        cause = (
            f"{_exponents(format)}; and it has {has}; a format with more of both, or fixed point,"
        )
    else:
        flushed = "" if wider.subnormals else ",ftz"
        cause = (
            f"{_exponents(format)}; a format with more exponent bits, such as --arithmetic "
            f"{wider.exponent},{wider.fraction}{flushed}, or fixed point,"
        )
    yield f"on the samples searched on, {' and '.join(lost)}: {cause} may keep more"


def _broken(searched: GoldenData, seen: Quality) -> Iterator[str]:
    """What ``seen`` loses beyond what a search may."""
    criterion = Criterion.for_task(searched.task)
    changed = 1 - min(seen.agreements, default=1.0)
    if changed > max(2 * criterion.max_flips, 1 / seen.samples):
        yield f"{changed:.1%} of decisions are not kept"
    if criterion.max_error is not None and max(seen.errors) > criterion.max_error:
        yield f"an output has an error of {max(seen.errors):.3g} of its standard deviation"


def _better(wider: Quality, seen: Quality) -> bool:
    """Whether more exponent bits halve what is lost of decisions, or of values."""
    changed, now = (1 - min(found.agreements, default=1.0) for found in (seen, wider))
    return now < changed / 2 or max(wider.errors) < max(seen.errors) / 2


def _exponents(format: FloatFormat) -> str:
    """What the exponent bits of a format mean for numbers, in words."""
    least, zero = float(format.decode(format.least_normal)), 2.0 ** (format.least_exponent - 1)
    small = f"below {least:.2g} become zero"
    if format.subnormals:
        small = f"below {least:.2g} lose bits, below {zero:.2g} become zero"
    return (
        f"{format} has {format.exponent} exponent bits, so that numbers above {format.ends[1]:g} "
        f"overflow, and {small} (underflow)"
    )
