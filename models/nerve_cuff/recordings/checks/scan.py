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
_END = 0.25  # of the RMS of a step, within which a sample lies at an end of the values
_JUMP = 10.0  # times the usual step of the mean of all contacts; at most 7 in good recordings
_BESIDE = 4.0  # times the steps beside it; at most 2.7 in good recordings, and 2 in filtered ones
_NEAR = 15  # samples to each side
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


def _ends(cut: np.ndarray, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Parts of the samples of `cut`, (windows, samples, channels), at its lower and upper end."""
    near = _END * level[:, None]
    low = cut <= cut.min(axis=1, keepdims=True) + near
    high = cut >= cut.max(axis=1, keepdims=True) - near
    return low.mean(axis=1, dtype=np.float32), high.mean(axis=1, dtype=np.float32)


def _bits(block: np.ndarray, before: np.ndarray | None) -> np.ndarray | None:
    """Bits that are set in all samples, and in any, (2, channels); of integers alone."""
    if block.dtype.kind not in "iu":
        return None
    bits = np.stack([
        np.bitwise_and.reduce(block, axis=0), np.bitwise_or.reduce(block, axis=0)
    ]).astype(np.int64)
    if before is None:
        return bits
    return np.stack([before[0] & bits[0], before[1] | bits[1]])


def _isolated(mean: np.ndarray, window: int) -> np.ndarray:
    """Steps of the mean of all contacts far larger than others and those beside them, int64.

    `mean` is (samples,); each window of so many tells its largest at most.
    """
    steps = np.abs(np.diff(mean))
    found = []
    for start in range(0, len(steps), window):
        here = steps[start : start + window]
        usual = max(np.median(here) / 0.6745, 0.1 * np.sqrt(np.square(here).mean()))
        at = start + int(here.argmax())
        beside = np.concatenate([steps[max(at - _NEAR, 0) : max(at - 1, 0)],
                                 steps[at + 2 : at + 1 + _NEAR]])
        if steps[at] > _JUMP * usual and steps[at] > _BESIDE * beside.max(initial=2 * usual):
            found.append(at + 1)
    return np.array(found, np.int64)


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
    largest:
        Largest step of each window, in counts, float32, (windows, channels).
    ends:
        Parts of each window that lie close to its least and its largest value, float32, likewise.
    isolated:
        Samples at which all contacts together make a step unlike those beside it, int64.
    bits:
        Bits that are set in all samples, and in any, (2, channels); None of other than integers.
    rails:
        At the upper and at the lower end.
    jumps:
        Steps from near one end of a contact's values to near the other, int64, (channels,).
    repeats:
        Runs of samples that occur a second time: first, after the last, and where they were.
    equal:
        Pairs of channels whose samples are the same.
    held:
        Samples of all contacts that are those before them.
    common:
        Mean of all contacts in steps of `common_step` seconds, float64.
    """

    level: np.ndarray
    still: np.ndarray
    quiet: np.ndarray
    window: float
    largest: np.ndarray
    ends: tuple[np.ndarray, np.ndarray]
    isolated: np.ndarray
    bits: np.ndarray | None
    rails: Sequence[Rails]
    jumps: np.ndarray
    repeats: list[tuple[int, int, int]]
    equal: list[tuple[int, int]]
    held: int
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
    largest, low, high, isolated = [], [], [], []
    bits = None
    rest, before = np.empty(0), None
    jumps = np.zeros(channels, np.int64)
    for start, _, _, block in blocks(recording.counts, unit=window):
        for side in rails:
            if len(block) > 1:
                side.add(start, block)
        finder.add(start, block)
        jumps += _jumps(block)
        bits = _bits(block, bits)
        mean = block.mean(axis=1, dtype=np.float64)
        isolated.append(_isolated(mean, window) + start)
        rest = np.concatenate([rest, mean])
        whole = len(rest) // step * step
        common.append(rest[:whole].reshape(-1, step).mean(axis=1))
        rest = rest[whole:]
        count = len(block) // window
        if count:
            cut = block[: count * window].astype(np.float32)
            # A step belongs to the window that it leads into.
            first = cut[:1] if before is None else before
            whole = np.diff(cut, axis=0, prepend=first).reshape(count, window, channels)
            largest.append(np.maximum(whole.max(axis=1), -whole.min(axis=1)))
            before = cut[-1:].copy()
            steps = whole[:, 1:]
            np.square(steps, out=steps)
            levels.append(np.sqrt(np.mean(steps, axis=1)))
            for parts, part in zip((low, high), _ends(
                cut.reshape(whole.shape), levels[-1]
            ), strict=True):
                parts.append(part)
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
        np.concatenate([empty, *largest]),
        (np.concatenate([empty, *low]), np.concatenate([empty, *high])),
        np.concatenate([np.empty(0, np.int64), *isolated]),
        bits,
        rails,
        jumps,
        finder.runs(),
        finder.equal_channels(),
        finder.held,
        np.concatenate(common),
        step / rate,
    )
