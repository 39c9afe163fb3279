"""A recording of a nerve cuff, with the stimuli and, where they are known, its nCAPs."""

from dataclasses import dataclass, field

import numpy as np

from build_decoder.models.nerve_cuff.cuff import NerveCuff
from build_decoder.models.nerve_cuff.recordings.samples import Samples

__all__ = ["Recording"]


def _none_known() -> np.ndarray:
    return np.empty(0)


def _no_classes() -> np.ndarray:
    return np.empty(0, np.int64)


@dataclass(frozen=True)
class Recording:
    """Signals of all contacts, as the converter gave them (Section 2.1).

    Parameters
    ----------
    counts:
        Whole numbers or float microvolts, (samples, channels), ring by ring: column
        ``ring * contacts + contact``. Long recordings stay in their file: `Samples`.
    microvolts_per_count:
        Microvolts of one count; 1 where they are microvolts.
    rate:
        Samples a second; 30 kHz in the paper.
    cuff:
        Geometry of the contacts, length of a signature and number of classes.
    stimulus_spans:
        Start and end of each stimulus in seconds, float64, (stimuli, 2), in order; none where
        nCAPs are but searched for.
    stimulus_classes:
        Class of each stimulus, int64, (stimuli,). A signature is labelled by the stimulus during
        which it was recorded.
    event_times:
        Seconds at which an nCAP passes the middle ring, float64, (events,), in order. Known of
        simulated recordings alone; empty otherwise.
    event_classes:
        Pathway of each nCAP, int64, (events,).
    event_snr_db:
        Signal-to-noise ratio of each nCAP in dB, float64, (events,); see `CuffModel.record`.
    class_names:
        Name of each class, where the stimuli are labelled by names; empty otherwise.
    zero_count:
        Count that stands for 0 microvolts.
    """

    counts: np.ndarray | Samples
    microvolts_per_count: float
    rate: float
    cuff: NerveCuff
    stimulus_spans: np.ndarray
    stimulus_classes: np.ndarray
    event_times: np.ndarray = field(default_factory=_none_known)
    event_classes: np.ndarray = field(default_factory=_no_classes)
    event_snr_db: np.ndarray = field(default_factory=_none_known)
    class_names: tuple[str, ...] = ()
    zero_count: float = 0.0

    @property
    def seconds(self) -> float:
        """Length of the recording."""
        return len(self.counts) / self.rate

    def label(self, times: np.ndarray) -> np.ndarray:
        """Class of the stimulus at each of `times` (seconds), -1 where there is none, int64."""
        if not len(self.stimulus_spans):
            return np.full(len(times), -1)
        starts, ends = self.stimulus_spans.T
        index = np.searchsorted(starts, times, side="right") - 1
        during = (index >= 0) & (times < ends[index])
        return np.where(during, self.stimulus_classes[index], -1)
