"""The nerve inside the cuff: places of its pathways, and shapes of their nCAPs."""

from dataclasses import dataclass, field, replace

import numpy as np

from build_decoder.models.nerve_cuff.cuff import NerveCuff
from build_decoder.models.nerve_cuff.recordings.volley import Volley

__all__ = ["PATHWAYS", "SLOWEST", "Nerve", "Pathway"]

_SUBJECT_ANGLE_SPREAD = 25.0  # degrees between animals
_SUBJECT_VELOCITY_SPREAD = 0.08  # as a fraction
SLOWEST = 5.0  # m/s; no fibre of an nCAP is slower on average


@dataclass(frozen=True)
class Pathway:
    """Fibres that carry one kind of message.

    Parameters
    ----------
    name:
        The stimulus that makes them fire.
    angle:
        Direction from the nerve's axis to the middle of their fascicle, degrees; 0 is contact 0.
    radius:
        Distance of the middle of the fascicle from the nerve's axis, mm.
    spread:
        Standard deviation of the place of an nCAP in the cross-section, each way, mm.
    velocity:
        Mean conduction velocity, m/s.
    velocity_spread:
        Its standard deviation from nCAP to nCAP, m/s.
    width:
        Time constant of the action potential, ms: half the time between its zero crossings.
    asymmetry:
        How far it is biphasic: 0 is a symmetric triphasic shape.
    activity:
        How often it fires under its stimulus, relative to the others.
    """

    name: str
    angle: float
    radius: float
    spread: float
    velocity: float
    velocity_spread: float
    width: float
    asymmetry: float
    activity: float = 1.0


# The paper's classes (Section 2.1). Stretch receptors of the two muscle groups have alike fibres
# in two fascicles; touch has thinner and slower ones in a third, next to the second.
PATHWAYS = (
    Pathway("dorsiflexion", 60.0, 0.25, 0.15, 42.0, 9.0, 0.11, 0.20),
    Pathway("plantarflexion", 180.0, 0.22, 0.15, 40.0, 9.0, 0.11, 0.20),
    Pathway("heel prick", 270.0, 0.22, 0.15, 30.0, 8.0, 0.13, 0.30),
)


@dataclass(frozen=True)
class Nerve:
    """A nerve in a cuff.

    The potential of a travelling action potential at a contact is taken as the second derivative
    of a Gaussian in time, negative in the middle, with some of the first derivative; it passes a
    ring after the other at the conduction velocity. Its size falls with the distance d between
    fibre and contact as ``1 / sqrt(d**2 + insulation**2)``.

    Parameters
    ----------
    pathways:
        One for each class.
    volley:
        How the fibres of an nCAP differ, and nCAPs from one another.
    contact_radius:
        Distance of the contacts from the nerve's axis, mm.
    pitch:
        Distance from ring to ring, mm.
    insulation:
        Distance below which a fibre is not seen any better, mm: an insulating cuff evens out the
        potential in the cross-section.
    """

    pathways: tuple[Pathway, ...] = field(default=PATHWAYS)
    volley: Volley = field(default_factory=Volley)
    contact_radius: float = 0.6
    pitch: float = 3.0
    insulation: float = 0.3

    def __post_init__(self):
        if len(self.pathways) < 2:
            raise ValueError(f"expected at least 2 pathways, got {len(self.pathways)}")
        if min(self.contact_radius, self.pitch, self.insulation) <= 0:
            raise ValueError(
                "expected contact_radius, pitch and insulation above 0, got "
                f"{self.contact_radius}, {self.pitch} and {self.insulation}"
            )

    @classmethod
    def of_subject(cls, subject: int) -> "Nerve":
        """The nerve of a subject of the simple simulator: its pathways turned, faster or slower."""
        rng = np.random.default_rng([0, subject])
        return cls(
            tuple(
                replace(
                    pathway,
                    angle=pathway.angle + rng.normal(0.0, _SUBJECT_ANGLE_SPREAD),
                    velocity=pathway.velocity * (1 + rng.normal(0.0, _SUBJECT_VELOCITY_SPREAD)),
                )
                for pathway in PATHWAYS
            )
        )

    def ring_delays(self, velocity: np.ndarray, cuff: NerveCuff) -> np.ndarray:
        """Seconds from the middle ring to each ring at `velocity` (m/s, (n,)); (n, rings)."""
        metres = (np.arange(cuff.rings) - cuff.rings // 2) * self.pitch * 1e-3
        return metres / velocity[:, None]

    def gains(self, places: np.ndarray, cuff: NerveCuff) -> np.ndarray:
        """Size of the potential at each contact of a ring for fibres at `places`.

        Parameters
        ----------
        places:
            x and y in the cross-section, mm, (n, 2).

        Returns
        -------
        (n, contacts); 1 where a fibre touches a contact.
        """
        angles = 2 * np.pi * np.arange(cuff.contacts) / cuff.contacts
        contacts = self.contact_radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        squares = np.square(places[:, None] - contacts).sum(axis=2)
        return self.insulation / np.sqrt(squares + self.insulation**2)

    def ncap(
        self, pathway: Pathway, times: np.ndarray, cuff: NerveCuff, rng: np.random.Generator
    ) -> np.ndarray:
        """Potential of an nCAP that passes the middle ring at time 0, (times, channels).

        Some groups of fibres near one place fire at almost the same time, so the nCAP widens away
        from the middle ring.

        Parameters
        ----------
        times:
            Seconds, (times,).
        """
        volley = self.volley
        angle = np.deg2rad(pathway.angle)
        middle = pathway.radius * np.array([np.cos(angle), np.sin(angle)])
        place = middle + rng.normal(0.0, pathway.spread, 2)
        places = place + rng.normal(0.0, volley.place_spread, (volley.groups, 2))
        # Fibres lie inside the nerve.
        places /= np.maximum(np.hypot(*places.T) / (0.9 * self.contact_radius), 1)[:, None]
        mean = max(rng.normal(pathway.velocity, pathway.velocity_spread), SLOWEST)
        velocity = mean * np.exp(rng.normal(0.0, volley.velocity_spread, volley.groups))
        jitter = rng.normal(0.0, volley.jitter_ms * 1e-3, volley.groups)
        one = volley.shape(pathway.width, pathway.asymmetry, rng)
        delays = one.direction * self.ring_delays(velocity, cuff)
        delays += (jitter - jitter.mean())[:, None]
        phase = (times - delays[..., None]) / (one.width * 1e-3)
        shape = (phase**2 - 1 + one.asymmetry * phase) * np.exp(-(phase**2) / 2)
        potential = np.einsum("frt,fc->trc", shape, self.gains(places, cuff)) / volley.groups
        return potential.reshape(len(times), -1)
