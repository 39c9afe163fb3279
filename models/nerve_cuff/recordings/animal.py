"""The default simulator: animals that differ, and nCAPs that spread and overlap."""

from dataclasses import replace

import numpy as np

from build_decoder.models.nerve_cuff.recordings.nerve import PATHWAYS, Nerve
from build_decoder.models.nerve_cuff.recordings.simulator import CuffModel
from build_decoder.models.nerve_cuff.recordings.volley import Volley

__all__ = ["animal_model"]

_VOLLEY = Volley(
    velocity_spread=0.2,
    jitter_ms=0.2,
    width_spread=0.25,
    asymmetry_spread=0.4,
    reversed_share=0.15,
)
_VELOCITY_SPREAD = 1.5  # of nCAPs of a pathway, times that of the simple simulator
_TURN = 60.0  # degrees, most
_APART = (0.7, 1.7)  # factor on the distance of fascicles from the nerve's axis
_ANIMAL_VELOCITY = 0.12  # as a fraction, all pathways of an animal alike
_PATHWAY_VELOCITY = 0.08  # as a fraction, each by itself
_ACTIVITY = 0.4  # standard deviation of its natural logarithm
_SNR_DB = (14.0, 5.0)  # mean and standard deviation over animals
_SNR_LIMITS_DB = (6.0, 24.0)


def animal_model(animal: int, *, snr_db: float | None = None) -> CuffModel:
    """A cuff on the nerve of an animal, which `animal` numbers from 0.

    Parameters
    ----------
    snr_db:
        Median signal-to-noise ratio of its nCAPs; the animal's own if not given.

    Notes
    -----
    What differs from the simple simulator, and where it is from. "Chosen" is what no source was
    found for: the value makes classifiers differ, and animals differ as much, as is published.

    =========================  ======================  =========================================
    what                       value                   source
    =========================  ======================  =========================================
    time and height of an      of its own peak         overlapping nCAPs have no others
    nCAP
    least time between nCAPs   0                       Poisson trains; nothing in a nerve keeps
                                                       its pathways apart
    groups of fibres fire      sd 0.2 ms               chosen: natural stimuli do not start
    within                                             fibres together, as shocks do; 0.03 ms in
                                                       the simple simulator
    velocity in an nCAP        sd 20 %                 chosen, below the spread between nCAPs
    velocity between nCAPs     sd 12 to 13.5 m/s       myelinated afferents of a rat's leg are
                                                       spread over some 15 to 60 m/s; means of
                                                       38.8 and 60 m/s in small and large rats
                                                       (Stanley, Exp. Neurol. 1981)
    width of the action        sd 25 %                 duration goes with velocity ** -0.5
    potential                                          (J. Neurol. Neurosurg. Psychiatry 1981,
                                                       44, 476): 17 % of the spread above; the
                                                       rest chosen
    asymmetry                  sd 0.4                  chosen: shapes from diphasic to triphasic
    nCAPs that travel back     15 %                    motor axons are 21 % of the rat sciatic
                                                       nerve's myelinated ones (Schmalbruch,
                                                       Anat. Rec. 1986), and fire in reflexes
    fascicles of an animal     turned by up to 60      chosen: a cuff is closed around the nerve
                               degrees, each           at no particular angle, and fascicles are
                                                       told apart but not always in the same
                                                       place
    fascicles of an animal     0.7 to 1.7 times as     the rat sciatic nerve splits into two and
                               far from the axis       then four fascicles 5 to 7 mm below where
                                                       it is one (Schmalbruch 1986): how far they
                                                       are apart depends on the place of the cuff
    velocity of an animal      sd 12 %, and 8 % for    10 to 15 % between rats of one size
                               each pathway            (Stanley 1981)
    activity of a pathway      sd 0.4 of the           0.55 to 0.70 between animals in the paper
                               logarithm               (Section 2.1: 3,898 +- 2,175 and so on),
                                                       of which a half of the variance is taken
                                                       as the animal's, so of no class
    signal-to-noise ratio      N(14, 5) dB, from 6     chosen: F1 from 0.4 to 0.9 and a deviation
    of an animal               to 24 dB                of 0.11 to 0.13 between animals, as in the
                                                       paper (Section 4.3, Table 1)
    =========================  ======================  =========================================

    All else is as in `CuffModel`, `Nerve` and `Noise`.
    """
    rng = np.random.default_rng([5, animal])
    own_snr_db = float(np.clip(rng.normal(*_SNR_DB), *_SNR_LIMITS_DB))
    velocity = 1 + rng.normal(0.0, _ANIMAL_VELOCITY)
    apart = rng.uniform(*_APART)
    pathways = tuple(
        replace(
            pathway,
            angle=pathway.angle + rng.uniform(-_TURN, _TURN),
            radius=pathway.radius * apart,
            velocity=pathway.velocity * velocity * (1 + rng.normal(0.0, _PATHWAY_VELOCITY)),
            velocity_spread=pathway.velocity_spread * _VELOCITY_SPREAD,
            activity=float(np.exp(rng.normal(0.0, _ACTIVITY))),
        )
        for pathway in PATHWAYS
    )
    return CuffModel(
        nerve=Nerve(pathways, _VOLLEY),
        snr_db=own_snr_db if snr_db is None else snr_db,
        dead_seconds=0.0,
        own_peaks=True,
    )
