"""The simulators of recordings, by name."""

from build_decoder.models.nerve_cuff.recordings.animal import animal_model
from build_decoder.models.nerve_cuff.recordings.nerve import Nerve
from build_decoder.models.nerve_cuff.recordings.simulator import CuffModel

__all__ = ["SIMULATORS", "cuff_model"]

SIMULATORS = ("animal", "simple")
"""The default comes first."""


def cuff_model(simulator: str, subject: int, *, snr_db: float | None = None) -> CuffModel:
    """The cuff and the nerve of a subject.

    Parameters
    ----------
    simulator:
        ``animal``: `animal_model`; ``simple``: synchronous nCAPs that never overlap, of subjects
        that are much alike, all at one signal-to-noise ratio.
    subject:
        Its number.
    snr_db:
        Median signal-to-noise ratio of the nCAPs; the simulator's own if not given.
    """
    match simulator:
        case "animal":
            return animal_model(subject, snr_db=snr_db)
        case "simple":
            level = CuffModel.snr_db if snr_db is None else snr_db
            return CuffModel(nerve=Nerve.of_subject(subject), snr_db=level)
        case _:
            raise ValueError(f"expected one of {', '.join(SIMULATORS)}, got {simulator!r}")
