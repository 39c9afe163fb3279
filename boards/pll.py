"""Phase-locked loops (PLLs): what they can make, and the dividers for a clock."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from build_decoder.models.errors import InputError

__all__ = ["PLL", "PLLDividers", "PLLLimits"]

_TOLERANCE = Fraction(1, 100)
"""Largest accepted distance of the nearest frequency from the one asked for."""


@dataclass(frozen=True)
class PLLDividers:
    """Settings of a PLL, ``output = oscillator / reference * feedback / output_divider``, MHz."""

    reference: int
    feedback: int
    output_divider: int
    phase_detector_mhz: float
    vco_mhz: float
    mhz: float


@dataclass(frozen=True, kw_only=True)
class PLLLimits:
    """What a PLL can do. Frequencies are (lowest, highest) in MHz.

    Parameters
    ----------
    oscillator, phase_detector, vco, output
        Range of the input, of the phase detector's inputs, of the VCO, and of the output.
    reference, feedback, output_dividers
        Divider of the input, divider from VCO to phase detector, divider from VCO to output.
    """

    oscillator: tuple[float, float]
    phase_detector: tuple[float, float]
    vco: tuple[float, float]
    output: tuple[float, float]
    reference: Sequence[int]
    feedback: Sequence[int]
    output_dividers: Sequence[int]

    def dividers(self, oscillator_mhz: float, mhz: float) -> PLLDividers:
        """Settings for ``mhz``, exact if there are such, else the nearest.

        Of equals, those with the fastest phase detector, then the fastest VCO: least jitter.

        Raises
        ------
        InputError
            If nothing within 1 % of ``mhz`` can be made.
        """
        if not self.output[0] <= mhz <= self.output[1]:
            raise InputError(
                f"clock: expected {self.output[0]:g} to {self.output[1]:g} MHz, got {mhz:g} MHz"
            )
        oscillator, wanted = Fraction(oscillator_mhz), Fraction(mhz)
        found = []
        for reference in self.reference:
            detector = oscillator / reference
            if not self.phase_detector[0] <= detector <= self.phase_detector[1]:
                continue
            for feedback in self.feedback:
                vco = detector * feedback
                if not self.vco[0] <= vco <= self.vco[1]:
                    continue
                divider = min(self.output_dividers, key=lambda d: abs(vco / d - wanted))
                found.append(
                    (abs(vco / divider - wanted), -detector, -vco, reference, feedback, divider)
                )
        if not found:
            raise InputError(
                f"clock: expected an oscillator that the PLL can use, got {oscillator_mhz:g} MHz"
            )
        error, detector, vco, reference, feedback, divider = min(found)
        nearest = float(-vco / divider)
        if error > wanted * _TOLERANCE:
            raise InputError(
                f"clock: expected a frequency that the PLL makes from {oscillator_mhz:g} MHz "
                f"within 1 %, such as {nearest:g} MHz, got {mhz:g} MHz"
            )
        return PLLDividers(reference, feedback, divider, float(-detector), float(-vco), nearest)


@dataclass(frozen=True, kw_only=True)
class PLL:
    """A kind of PLL.

    Parameters
    ----------
    name
        What a family calls it.
    limits
        What it can do.
    connect
        ``connect(m, board, dividers, oscillator, clock, locked)`` puts it into a module: from the
        resource ``oscillator`` it makes the signal ``clock``, and ``locked``, which is high while
        that is as it should be.
    takes
        Which oscillators it takes, and what to use for others; None if it takes all.
    """

    name: str
    limits: PLLLimits
    connect: Callable[..., None]
    takes: str | None = None
