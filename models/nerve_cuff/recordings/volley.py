"""The fibres that fire together in an nCAP, and how nCAPs of one pathway differ."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Shape", "Volley"]


@dataclass(frozen=True)
class Shape:
    """The action potentials of one nCAP.

    Parameters
    ----------
    width, asymmetry:
        As of `models.nerve_cuff.recordings.Pathway`, of this nCAP.
    direction:
        1 where it travels from the first ring to the last, -1 where it travels back.
    """

    width: float
    asymmetry: float
    direction: int


@dataclass(frozen=True)
class Volley:
    """How the fibres of an nCAP differ from one another, and nCAPs of a pathway too.

    The defaults are those of the simple simulator: fibres that fire nearly at once, with one shape
    of action potential for all nCAPs of a pathway.

    Parameters
    ----------
    groups:
        Groups of fibres that fire together.
    place_spread:
        Standard deviation of a group's place about that of the nCAP, each way, mm.
    velocity_spread:
        Of a group's velocity about that of the nCAP, as a fraction.
    jitter_ms:
        Of the times at which groups fire, ms.
    width_spread:
        Of the width of the action potential from nCAP to nCAP, as a fraction.
    asymmetry_spread:
        Of its asymmetry from nCAP to nCAP.
    reversed_share:
        Part of the nCAPs that travel from the last ring to the first.
    """

    groups: int = 6
    place_spread: float = 0.03
    velocity_spread: float = 0.05
    jitter_ms: float = 0.03
    width_spread: float = 0.0
    asymmetry_spread: float = 0.0
    reversed_share: float = 0.0

    def __post_init__(self):
        if self.groups < 1:
            raise ValueError(f"expected at least 1 group of fibres, got {self.groups}")
        for name, value in vars(self).items():
            if not value >= 0:
                raise ValueError(f"expected {name} of at least 0, got {value}")
        if self.reversed_share > 1:
            raise ValueError(f"expected reversed_share of at most 1, got {self.reversed_share}")

    def shape(self, width: float, asymmetry: float, rng: np.random.Generator) -> Shape:
        """Shape and direction of an nCAP of a pathway whose mean width and asymmetry are these.

        What does not vary takes nothing from `rng`.
        """
        if self.width_spread:
            width *= float(np.exp(rng.normal(0.0, self.width_spread)))
        if self.asymmetry_spread:
            asymmetry += rng.normal(0.0, self.asymmetry_spread)
        back = bool(self.reversed_share) and rng.random() < self.reversed_share
        return Shape(width, asymmetry, -1 if back else 1)
