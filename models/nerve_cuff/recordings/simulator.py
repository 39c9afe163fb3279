"""Simulates recordings of a nerve cuff whose nCAPs are known.

Stands in for the recordings of the paper (Section 2.1), which are not public: stimuli of the
classes in turn, each of which makes its pathway fire; now and then any pathway fires by itself.
"""

from dataclasses import dataclass, field

import numpy as np

from build_decoder.models.nerve_cuff.cuff import NerveCuff
from build_decoder.models.nerve_cuff.recordings.nerve import Nerve
from build_decoder.models.nerve_cuff.recordings.noise import Noise
from build_decoder.models.nerve_cuff.recordings.processing import Processing, ring_trace
from build_decoder.models.nerve_cuff.recordings.recording import Recording

__all__ = ["CuffModel"]

_NCAP_SECONDS = 4e-3  # to either side of the middle; the slowest fibres need 1.8 ms to the end
_PEAK_SECONDS = 1e-4  # where the peak of an nCAP lies in its trace


@dataclass(frozen=True)
class CuffModel:
    """A cuff around a nerve, its noise, and how it is stimulated.

    Parameters
    ----------
    nerve, noise, cuff, processing:
        Its parts. The processing is what signal-to-noise ratios refer to.
    rate:
        Samples a second.
    snr_db:
        Median signal-to-noise ratio of the nCAPs, dB; see `record`.
    snr_spread_db:
        Standard deviation of an nCAP's size about it, dB. Its place in the nerve adds to that.
    ncap_rate:
        nCAPs a second of the pathway that is stimulated, on average.
    spontaneous_rate:
        nCAPs a second of each pathway without a stimulus, on average.
    dead_seconds:
        Least time between two nCAPs; the default is longer than a signature.
    own_peaks:
        Whether an nCAP's time and height are those of its own peak without noise or other nCAPs;
        else its time is the mean of its fibres', and its height that of the sum of all nCAPs there,
        which is the same where fibres fire at once and no nCAP overlaps another.
    stimulus_seconds, rest_seconds:
        Duration of a stimulus, and of the rest before it.
    microvolts_per_count:
        Resolution of the converter; the default is that of a usual amplifier chip for neural
        signals.
    """

    nerve: Nerve = field(default_factory=Nerve)
    noise: Noise = field(default_factory=Noise)
    cuff: NerveCuff = field(default_factory=NerveCuff)
    processing: Processing = field(default_factory=Processing)
    rate: float = 30_000.0
    snr_db: float = 18.0
    snr_spread_db: float = 2.5
    ncap_rate: float = 45.0
    spontaneous_rate: float = 2.0
    dead_seconds: float = 4e-3
    own_peaks: bool = False
    stimulus_seconds: float = 0.8
    rest_seconds: float = 0.2
    microvolts_per_count: float = 0.195

    def __post_init__(self):
        if len(self.nerve.pathways) != self.cuff.classes:
            raise ValueError(
                f"expected {self.cuff.classes} pathways as the cuff has classes, got "
                f"{len(self.nerve.pathways)}"
            )
        for name in ("rate", "ncap_rate", "stimulus_seconds", "microvolts_per_count"):
            if not getattr(self, name) > 0:
                raise ValueError(f"expected {name} above 0, got {getattr(self, name)}")
        for name in ("snr_spread_db", "spontaneous_rate", "dead_seconds", "rest_seconds"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"expected {name} of at least 0, got {getattr(self, name)}")

    def record(self, seconds: float, *, seed: int) -> Recording:
        """A recording of `seconds` seconds; the same seed gives the same one.

        The signal-to-noise ratio of an nCAP is the height of its peak in the trace that peaks are
        found in (`Processing.trace`), without noise, over the RMS of all noise in that trace.

        Raises
        ------
        ValueError
            No nCAP falls into so short a recording.
        """
        rng = np.random.default_rng([1, seed])
        samples = round(seconds * self.rate)
        spans, stimuli = self._stimuli(seconds)
        times, classes = self._events(seconds, spans, stimuli, rng)
        if not len(times):
            raise ValueError(f"expected time for an nCAP, got {seconds:g} s")
        ncaps, traces = self._ncaps(samples, times, classes, rng)
        noise = self.noise.record(samples, self.rate, self.cuff, self.nerve, rng)

        if self.own_peaks:
            heights, times = self._peaks(traces, times)
        else:
            heights = self._heights(ncaps, times)
        noise_rms = self.processing.trace(noise, self.cuff, self.rate).std()
        gain = 10 ** (self.snr_db / 20) * noise_rms / np.median(heights)
        ncaps *= np.float32(gain)
        ncaps += noise
        ncaps /= np.float32(self.microvolts_per_count)
        limits = np.iinfo(np.int16)
        return Recording(
            counts=np.clip(np.rint(ncaps), limits.min, limits.max).astype(np.int16),
            microvolts_per_count=self.microvolts_per_count,
            rate=self.rate,
            cuff=self.cuff,
            stimulus_spans=spans,
            stimulus_classes=stimuli,
            **self._known(times, classes, 20 * np.log10(gain * heights / noise_rms), seconds),
        )

    def _stimuli(self, seconds: float) -> tuple[np.ndarray, np.ndarray]:
        """Start and end of each stimulus, and its class; the last one ends with the recording."""
        period = self.rest_seconds + self.stimulus_seconds
        starts = np.arange(self.rest_seconds, seconds, period)
        ends = np.minimum(starts + self.stimulus_seconds, seconds)
        return np.stack([starts, ends], axis=1), np.arange(len(starts)) % self.cuff.classes

    def _events(
        self, seconds: float, spans: np.ndarray, stimuli: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Times and classes of the nCAPs: Poisson processes, thinned to the dead time."""
        rates = [self.ncap_rate * pathway.activity for pathway in self.nerve.pathways]
        trains = [
            (label, rng.uniform(start, end, rng.poisson(rates[label] * (end - start))))
            for (start, end), label in zip(spans, stimuli, strict=True)
        ]
        for label in range(self.cuff.classes):
            count = rng.poisson(self.spontaneous_rate * seconds)
            trains.append((label, rng.uniform(0, seconds, count)))
        times = np.concatenate([train for _, train in trains])
        classes = np.concatenate([np.full(len(train), label) for label, train in trains])
        order = np.argsort(times, kind="stable")
        kept, last = [], -np.inf
        for index in order:
            # None at the very ends, where not even its peak is whole.
            inside = _PEAK_SECONDS <= times[index] < seconds - 2 * _PEAK_SECONDS
            if inside and times[index] - last >= self.dead_seconds:
                kept.append(index)
                last = times[index]
        return times[kept], classes[kept].astype(np.int64)

    def _ncaps(
        self, samples: int, times: np.ndarray, classes: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Potentials of all nCAPs on a scale of their own, and each nCAP's trace, unfiltered.

        Returns
        -------
        Potentials, float32, (samples, channels), and traces, float64, (events, 2 * reach), whose
        column `reach` is at the nCAP's time.
        """
        volts = np.zeros((samples, self.cuff.channels), np.float32)
        sizes = 10 ** (rng.normal(0.0, self.snr_spread_db, len(times)) / 20)
        reach = round(_NCAP_SECONDS * self.rate)
        traces = np.empty((len(times), 2 * reach))
        for event, (time, label) in enumerate(zip(times, classes, strict=True)):
            middle = round(time * self.rate)
            rows = np.arange(middle - reach, middle + reach)
            pathway = self.nerve.pathways[label]
            ncap = self.nerve.ncap(pathway, rows / self.rate - time, self.cuff, rng)
            ncap *= sizes[event]
            inside = (rows >= 0) & (rows < samples)
            volts[rows[inside]] += ncap[inside]
            traces[event] = ring_trace(ncap, self.cuff)
        return volts, traces

    def _peaks(self, traces: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Height and time of the peak of each nCAP by itself, (events,) each."""
        filtered = self.processing.band(traces, self.rate)
        peaks = filtered.argmax(axis=1)
        middles = np.rint(times * self.rate)
        heights = np.maximum(filtered.max(axis=1), np.finfo(np.float64).tiny)
        return heights, (middles + peaks - traces.shape[1] // 2) / self.rate

    def _known(
        self, times: np.ndarray, classes: np.ndarray, snr_db: np.ndarray, seconds: float
    ) -> dict[str, np.ndarray]:
        """The events of a `Recording`: in order, those whose peak lies in it."""
        order = np.argsort(times, kind="stable")
        order = order[(times[order] >= 0) & (times[order] < seconds)]
        return {
            "event_times": times[order],
            "event_classes": classes[order],
            "event_snr_db": snr_db[order],
        }

    def _heights(self, ncaps: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Height of each nCAP's peak in the trace, (events,); never 0 or below."""
        trace = self.processing.trace(ncaps, self.cuff, self.rate)
        near = round(_PEAK_SECONDS * self.rate)
        rows = np.rint(times * self.rate).astype(int)[:, None] + np.arange(-near, near + 1)
        heights = trace[np.clip(rows, 0, len(trace) - 1)].max(axis=1)
        return np.maximum(heights, np.finfo(np.float64).tiny)
