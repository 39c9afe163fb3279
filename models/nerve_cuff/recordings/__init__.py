"""Recordings of a nerve cuff: simulated, stored, searched for nCAPs and cut into signatures.

After Section 2.1 of the paper that `models.nerve_cuff` names. It needs SciPy, which comes with the
extra ``train``. The way from a recording to training data:

    recording = read_recording(path), or cuff_model("animal", 1).record(60, seed=1)
    measured = signatures(recording, Detector())
    noise = quiet_windows(recording, Detector(), windows=1000, seed=1)
    spatial, labels = augment(measured.spatial, measured.labels, noise, per_class=10_000, seed=1)
    temporal = spatial[:, recording.cuff.temporal_order()]
"""

try:
    import scipy  # noqa: F401
except ImportError:
    raise ImportError(
        "models.nerve_cuff.recordings: expected SciPy (pip install build_decoder[train]), "
        "got a Python without it"
    ) from None

from build_decoder.models.nerve_cuff.recordings.augmentation import augment
from build_decoder.models.nerve_cuff.recordings.baseline import cross_validated_f1
from build_decoder.models.nerve_cuff.recordings.causal import CausalDetector, CausalProcessing
from build_decoder.models.nerve_cuff.recordings.detection import Detector, compare
from build_decoder.models.nerve_cuff.recordings.files import read_recording, save_recording
from build_decoder.models.nerve_cuff.recordings.nerve import Nerve, Pathway
from build_decoder.models.nerve_cuff.recordings.noise import Noise
from build_decoder.models.nerve_cuff.recordings.processing import Processing
from build_decoder.models.nerve_cuff.recordings.recording import Recording
from build_decoder.models.nerve_cuff.recordings.signature_files import (
    read_signatures,
    save_signatures,
)
from build_decoder.models.nerve_cuff.recordings.signatures import (
    Signatures,
    quiet_windows,
    signatures,
)
from build_decoder.models.nerve_cuff.recordings.simulator import CuffModel
from build_decoder.models.nerve_cuff.recordings.simulators import SIMULATORS, cuff_model
from build_decoder.models.nerve_cuff.recordings.volley import Volley

__all__ = [
    "SIMULATORS",
    "CausalDetector",
    "CausalProcessing",
    "CuffModel",
    "Detector",
    "Nerve",
    "Noise",
    "Pathway",
    "Processing",
    "Recording",
    "Signatures",
    "Volley",
    "augment",
    "compare",
    "cross_validated_f1",
    "cuff_model",
    "quiet_windows",
    "read_recording",
    "read_signatures",
    "save_recording",
    "save_signatures",
    "signatures",
]
