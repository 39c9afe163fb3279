"""One pass over all samples: what the checks of single contacts need, in bounded memory."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from build_decoder.models.nerve_cuff.recordings.checks.repeats import RepeatFinder
from build_decoder.models.nerve_cuff.recordings.recording import Recording
from build_decoder.models.nerve_cuff.recordings.samples import blocks

__all__ = ["WINDOW_SECONDS", "Rails", "Scan", "scan"]

WINDOW_SECONDS = 0.1
_STILL_SECONDS = 5e-4  # as long as this no live contact stays at one value
_STILLS = 200  # of these in a window
_COMMON_SECONDS = 1e-3
_QUIET = 0.15  # of the usual level
_WHOLE = 0.9  # of the span of a contact's values in a block: no live signal steps as far
_LEAST_SPAN = 32  # times the least step: the few values of a dead contact are near both ends


class Rails:
    """Samples that sit at the largest or smallest value of their contact, after one that does.

    One such value or two come by chance; a converter at its end gives many.
    """

    def __init__(self, channels: int, sign: int):
        self._sign = sign
        self.value = np.full(channels, -np.inf)
        self.count = np.zeros(channels, np.int64)
        self.first = np.zeros(channels, np.int64)
        self.last = np.zeros(channels, np.int64)

    def add(self, start: int, block: np.ndarray) -> None:
        """Take in the next samples, (samples, channels)."""
        extreme = block.max(axis=0) if self._sign > 0 else block.min(axis=0)
        signed = self._sign * extreme.astype(np.float64)
        at = block == extreme
        pairs = at[1:] & at[:-1]
        count = pairs.sum(axis=0)
        new, same = signed > self.value, signed == self.value
        self.first = np.where(
            new | (same & (self.count == 0)), start + pairs.argmax(axis=0), self.first
        )
        last = start + len(pairs) - pairs[::-1].argmax(axis=0)
        self.last = np.where((new | same) & (count > 0), last, self.last)
        self.count = np.where(new, count, self.count + np.where(same, count, 0))
        self.value = np.maximum(signed, self.value)


def _quiet(squares: np.ndarray, still: int) -> np.ndarray:
    """Part of each window in which `squares`, (windows, steps), are small for `still` samples.

    They are means over all contacts, so that there is no doubt of few samples.
    """
    parts = squares[:, : squares.shape[1] // still * still].reshape(len(squares), -1, still)
    level = np.sqrt(parts[..., :-1].mean(axis=2))
    return (level < _QUIET * np.median(level)).mean(axis=1, dtype=np.float32)


def _jumps(block: np.ndarray) -> np.ndarray:
    """Steps of each contact from near one end of its values to near the other, int64."""
    counts = np.zeros(block.shape[1], np.int64)
    for channel in range(block.shape[1]):  # one by one: float64 of all would be large
        values = block[:, channel].astype(np.float64)
        steps = np.abs(np.diff(values))
        span, least = np.ptp(values), steps[steps > 0].min(initial=np.inf)
        if span >= _LEAST_SPAN * least:
            counts[channel] = np.count_nonzero(steps > _WHOLE * span)
    return counts


@dataclass(frozen=True)
class Scan:
    """What one pass over a recording gives.

    Parameters
    ----------
    level:
        RMS of the step from sample to sample in each window of `WINDOW_SECONDS`, in counts,
        float32, (windows, channels). Mains and drift hardly count in it.
    still:
        Part of each window in which the contact stays at one value, float32, likewise.
    quiet:
        Part of each window in which all contacts together hardly move, float32, (windows,).
    window:
        Seconds of a window.
    rails:
        At the upper and at the lower end.
    jumps:
        Steps from near one end of a contact's values to near the other, int64, (channels,).
    repeats:
        Runs of samples that occur a second time: first, after the last, and where they were.
    equal:
        Pairs of channels whose samples are the same.
    common:
        Mean of all contacts in steps of `common_step` seconds, float64.
    """

    level: np.ndarray
    still: np.ndarray
    quiet: np.ndarray
    window: float
    rails: Sequence[Rails]
    jumps: np.ndarray
    repeats: list[tuple[int, int, int]]
    equal: list[tuple[int, int]]
    common: np.ndarray
    common_step: float


def scan(recording: Recording) -> Scan:
    """Pass over `recording`."""
    rate, channels = recording.rate, recording.cuff.channels
    still = max(round(_STILL_SECONDS * rate), 4)
    window = min(_STILLS * still, max(len(recording.counts) // still, 1) * still)
    step = max(round(_COMMON_SECONDS * rate), 1)
    rails = Rails(channels, 1), Rails(channels, -1)
    finder = RepeatFinder(channels)
    levels, stills, quiets, common = [], [], [], []
    rest = np.empty(0)
    jumps = np.zeros(channels, np.int64)
    for start, _, _, block in blocks(recording.counts, unit=window):
        for side in rails:
            if len(block) > 1:
                side.add(start, block)
        finder.add(start, block)
        jumps += _jumps(block)
        rest = np.concatenate([rest, block.mean(axis=1, dtype=np.float64)])
        whole = len(rest) // step * step
        common.append(rest[:whole].reshape(-1, step).mean(axis=1))
        rest = rest[whole:]
        count = len(block) // window
        if count:
            cut = block[: count * window].astype(np.float32)
            steps = np.diff(cut.reshape(count, window, channels), axis=1)
            np.square(steps, out=steps)
            levels.append(np.sqrt(np.mean(steps, axis=1)))
            quiets.append(_quiet(steps.mean(axis=2), still))
            parts = cut.reshape(count, window // still, still, channels)
            flat = parts.max(axis=2) == parts.min(axis=2)
            stills.append(flat.mean(axis=1, dtype=np.float32))
    empty = np.empty((0, channels), np.float32)
    return Scan(
        np.concatenate([empty, *levels]),
        np.concatenate([empty, *stills]),
        np.concatenate([empty[:, 0], *quiets]),
        window / rate,
        rails,
        jumps,
        finder.runs(),
        finder.equal_channels(),
        np.concatenate(common),
        step / rate,
    )
