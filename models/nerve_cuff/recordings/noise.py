"""Noise and interference that the contacts of a cuff record besides nCAPs."""

from dataclasses import dataclass

import numpy as np
from scipy import fft, signal

from build_decoder.models.nerve_cuff.cuff import NerveCuff
from build_decoder.models.nerve_cuff.recordings.nerve import Nerve

__all__ = ["Noise"]

_PINK_CORNER_HZ = 10.0  # 1/f noise does not grow below
_MAINS_HARMONICS = (1.0, 0.3, 0.2, 0.1)  # of the fundamental, its 2nd, 3rd and 4th
_EMG_BAND_HZ = (60.0, 1200.0)
_EMG_GRADIENT = 0.3  # change from the middle of the cuff to its ends, as a fraction
_BACKGROUND_GROUPS = 12  # of fibres that fire all the time
_BACKGROUND_WIDTH = 1.1e-4  # seconds; as `Pathway.width`
_BACKGROUND_VELOCITY = (10.0, 60.0)  # m/s


@dataclass(frozen=True)
class Noise:
    """Noise and interference of a cuff recording; RMS values over all frequencies.

    Parameters
    ----------
    thermal:
        White noise of each contact and its amplifier, microvolts RMS.
    pink:
        1/f noise of each contact, microvolts RMS.
    background:
        Fibres all over the nerve that fire asynchronously, at a contact, microvolts RMS. It
        travels along the nerve as nCAPs do, so no reference removes it.
    mains:
        Amplitude of the mains at all contacts alike, microvolts.
    mains_hz:
        Its frequency.
    common:
        White interference at all contacts alike, microvolts RMS.
    emg:
        Bursts of neighbouring muscles, microvolts RMS at the height of a burst. They reach all
        contacts of a ring alike and fall off along the cuff, which a tripole largely removes.
    emg_rate:
        Bursts a second.
    emg_seconds:
        Duration of a burst: the standard deviation of its Gaussian envelope.
    mismatch:
        Standard deviation of the contacts' gains, as a fraction: what is common then differs.
    """

    thermal: float = 2.0
    pink: float = 3.0
    background: float = 1.5
    mains: float = 40.0
    mains_hz: float = 60.0
    common: float = 5.0
    emg: float = 25.0
    emg_rate: float = 1.0
    emg_seconds: float = 0.05
    mismatch: float = 0.02

    def __post_init__(self):
        for name, value in vars(self).items():
            if not value >= 0:
                raise ValueError(f"expected {name} of at least 0, got {value}")
        if self.thermal == 0:
            raise ValueError("expected thermal above 0, got 0: no recording is without noise")

    def record(
        self, samples: int, rate: float, cuff: NerveCuff, nerve: Nerve, rng: np.random.Generator
    ) -> np.ndarray:
        """Noise of all contacts in microvolts, float32, (samples, channels)."""
        common = self._common(samples, rate, rng)
        emg = self._emg(samples, rate, rng)
        distance = np.linspace(-1, 1, cuff.rings) if cuff.rings > 1 else np.zeros(1)
        gains = rng.normal(1.0, self.mismatch, cuff.channels)
        volts = self._background(samples, rate, cuff, nerve, rng)
        for channel in range(cuff.channels):
            falling = 1 + _EMG_GRADIENT * distance[channel // cuff.contacts]
            volts[:, channel] += gains[channel] * (common + falling * emg)
            volts[:, channel] += self.thermal * rng.standard_normal(samples, np.float32)
            volts[:, channel] += self.pink * _pink(samples, rate, rng)
        return volts

    def _common(self, samples: int, rate: float, rng: np.random.Generator) -> np.ndarray:
        phase = 2 * np.pi * self.mains_hz * np.arange(samples) / rate
        mains = sum(
            share * np.sin(number * phase + rng.uniform(0, 2 * np.pi))
            for number, share in enumerate(_MAINS_HARMONICS, 1)
        )
        return self.mains * mains + self.common * rng.standard_normal(samples)

    def _emg(self, samples: int, rate: float, rng: np.random.Generator) -> np.ndarray:
        seconds = np.arange(samples) / rate
        envelope = np.zeros(samples)
        for centre in rng.uniform(0, samples / rate, rng.poisson(self.emg_rate * samples / rate)):
            envelope += np.exp(-(((seconds - centre) / self.emg_seconds) ** 2) / 2)
        band = signal.butter(2, _EMG_BAND_HZ, "bandpass", fs=rate, output="sos")
        carrier = signal.sosfilt(band, rng.standard_normal(samples))
        return self.emg * envelope * carrier / carrier.std()

    def _background(
        self, samples: int, rate: float, cuff: NerveCuff, nerve: Nerve, rng: np.random.Generator
    ) -> np.ndarray:
        radius = nerve.contact_radius * 0.9 * np.sqrt(rng.random(_BACKGROUND_GROUPS))
        angle = rng.uniform(0, 2 * np.pi, _BACKGROUND_GROUPS)
        places = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
        gains = nerve.gains(places, cuff)
        gains /= np.sqrt(np.square(gains).sum(axis=0).mean())
        velocity = rng.uniform(*_BACKGROUND_VELOCITY, _BACKGROUND_GROUPS)
        delays = np.rint(nerve.ring_delays(velocity, cuff) * rate).astype(int)
        margin = int(np.abs(delays).max())
        width = _BACKGROUND_WIDTH * rate
        phase = np.arange(-int(5 * width), int(5 * width) + 1) / width
        shape = (phase**2 - 1) * np.exp(-(phase**2) / 2)
        shape /= np.sqrt(np.square(shape).sum())
        # Column after column in memory, as it is filled.
        volts = np.zeros((samples, cuff.channels), np.float32, order="F")
        for group in range(_BACKGROUND_GROUPS):
            firing = rng.standard_normal(samples + 2 * margin + len(shape) - 1)
            source = self.background * signal.oaconvolve(firing, shape, mode="valid")
            for ring in range(cuff.rings):
                start = margin - delays[group, ring]
                columns = slice(ring * cuff.contacts, (ring + 1) * cuff.contacts)
                volts[:, columns] += np.multiply.outer(
                    source[start : start + samples], gains[group]
                )
        return volts


def _pink(samples: int, rate: float, rng: np.random.Generator) -> np.ndarray:
    """Noise whose power falls as 1/f, of unit RMS, (samples,)."""
    length = fft.next_fast_len(samples, real=True)
    spectrum = fft.rfft(rng.standard_normal(length))
    frequency = fft.rfftfreq(length, 1 / rate)
    spectrum /= np.sqrt(np.maximum(frequency, _PINK_CORNER_HZ))
    values = fft.irfft(spectrum, length)[:samples]
    return values / values.std()
