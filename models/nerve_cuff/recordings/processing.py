"""Filters the signals of the contacts, so that nCAPs can be found (Section 2.1, Figure 1)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import signal

from build_decoder.models.nerve_cuff.cuff import NerveCuff
from build_decoder.models.nerve_cuff.recordings.samples import Samples, blocks

__all__ = ["Processing", "ring_trace", "tripole_shares"]

_FORGOTTEN = 1e-16  # of what came before: less than float64 resolves


@dataclass(frozen=True)
class Processing:
    """Band-pass filter and tripole reference.

    The paper says that signals are filtered and tripole referenced, and no more. The rest is this
    project's choice: a Butterworth filter, run forwards and backwards so that it moves no peak,
    over the band of an nCAP; and as the reference of a line of contacts along the nerve the mean
    of its two outermost contacts. What reaches all contacts alike cancels, and so does what falls
    off evenly along the nerve, at its middle. Of an even number of rings none lies in the middle:
    the one after it is taken, and the outermost contacts are weighted so that what falls off
    evenly cancels there (`tripole_shares`).

    Parameters
    ----------
    low_hz, high_hz:
        Band that passes; -6 dB at its edges, as it is filtered twice.
    order:
        Order of the filter in each direction.
    """

    low_hz: float = 300.0
    high_hz: float = 5000.0
    order: int = 2

    def __post_init__(self):
        if not 0 < self.low_hz < self.high_hz or self.order < 1:
            raise ValueError(
                "expected 0 < low_hz < high_hz and an order from 1, got "
                f"{self.low_hz}, {self.high_hz} and {self.order}"
            )

    def signals(self, counts: np.ndarray, cuff: NerveCuff, rate: float) -> np.ndarray:
        """Filtered and referenced signals of all contacts, float32, (samples, channels).

        Parameters
        ----------
        counts:
            (samples, channels), ring by ring.
        rate:
            Samples a second, above twice `high_hz`.
        """
        filtered = np.empty(counts.shape, np.float32)
        for channel in range(cuff.channels):  # one by one: float64 of all would be large
            filtered[:, channel] = self.band(counts[:, channel], rate)
        rings = filtered.reshape(-1, cuff.rings, cuff.contacts)
        first, last = tripole_shares(cuff)
        rings -= (first * rings[:, 0] + last * rings[:, -1])[:, None, :]
        return filtered

    def trace(self, counts: np.ndarray | Samples, cuff: NerveCuff, rate: float) -> np.ndarray:
        """Trace in which peaks are found, float64, (samples,): minus the mean of the middle ring.

        It is that of `signals`, but filters one signal alone, as all steps are linear. Minus,
        because an nCAP that passes a contact outside of the fibres makes it negative.
        """
        return np.concatenate([part for _, part in self.trace_blocks(counts, cuff, rate)])

    def trace_blocks(
        self, counts: np.ndarray | Samples, cuff: NerveCuff, rate: float
    ) -> Iterator[tuple[int, np.ndarray]]:
        """`trace` a block at a time: the first sample of each, and its values."""
        for start, stop, first, values in blocks(counts, margin=self.settling(rate)):
            trace = self.band(ring_trace(values, cuff), rate)
            yield start, trace[start - first : stop - first]

    def delay(self, rate: float) -> float:
        """Seconds by which a peak comes later in `trace` than in the nerve: none."""
        return 0.0

    def settling(self, rate: float) -> int:
        """Samples after which the filter has forgotten what came before."""
        _, poles, _ = signal.sos2zpk(self._sections(rate))
        return int(np.ceil(np.log(_FORGOTTEN) / np.log(np.abs(poles).max())))

    def response(self, frequency: np.ndarray, rate: float) -> np.ndarray:
        """Magnitude with which `frequency` (Hz) passes, forwards and backwards."""
        _, once = signal.sosfreqz(self._sections(rate), worN=frequency, fs=rate)
        return np.square(np.abs(once))

    def _sections(self, rate: float) -> np.ndarray:
        if rate <= 2 * self.high_hz:
            raise ValueError(f"expected a rate above {2 * self.high_hz:g} Hz, got {rate:g}")
        return signal.butter(
            self.order, (self.low_hz, self.high_hz), "bandpass", fs=rate, output="sos"
        )

    def band(self, values: np.ndarray, rate: float) -> np.ndarray:
        """What passes of `values`, (..., samples), float64.

        Raises
        ------
        ValueError
            `rate` is not above twice `high_hz`, or there are too few samples.
        """
        sections = self._sections(rate)
        least = 3 * (2 * len(sections) + 1)  # what the filter continues a signal by at its ends
        if np.shape(values)[-1] <= least:
            raise ValueError(f"expected more than {least} samples, got {np.shape(values)[-1]}")
        return self._run(sections, values, least)

    def _run(self, sections: np.ndarray, values: np.ndarray, least: int) -> np.ndarray:
        return signal.sosfiltfilt(sections, values, padlen=least)


def ring_trace(counts: np.ndarray, cuff: NerveCuff) -> np.ndarray:
    """Minus the mean of the middle ring's referenced signals, unfiltered, float64, (...,).

    Parameters
    ----------
    counts:
        (..., channels), ring by ring.
    """

    def mean(ring: int) -> np.ndarray:
        columns = counts[..., ring * cuff.contacts : (ring + 1) * cuff.contacts]
        return columns.mean(axis=-1, dtype=np.float64)

    first, last = tripole_shares(cuff)
    return first * mean(0) + last * mean(cuff.rings - 1) - mean(middle_ring(cuff))


def tripole_shares(cuff: NerveCuff) -> tuple[float, float]:
    """Shares of the first and the last ring in the reference; they make 1.

    What changes evenly from ring to ring has no trace at the middle ring: a half each where the
    number of rings is odd.
    """
    last = cuff.rings - 1
    middle = middle_ring(cuff)
    return (last - middle) / last, middle / last


def middle_ring(cuff: NerveCuff) -> int:
    """Number of the middle ring, the later one of two; `ValueError` where a tripole has none."""
    if cuff.rings < 3:
        raise ValueError(f"expected at least 3 rings for a tripole, got {cuff.rings}")
    return cuff.rings // 2
