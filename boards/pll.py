"""Dividers of the FPGA families' phase-locked loops (PLLs)."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from build_decoder.models.errors import InputError

__all__ = ["PLL_LIMITS", "PLLDividers", "PLLLimits"]

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
    """What a family's PLL can do. Frequencies are (lowest, highest) in MHz.

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


PLL_LIMITS = {
    # Lattice FPGA-DS-02012 (ECP5 family data sheet), table "sysCLOCK PLL Timing".
    "ecp5": PLLLimits(
        oscillator=(8, 400),
        phase_detector=(10, 400),
        vco=(400, 800),
        output=(3.125, 400),
        reference=range(1, 129),
        feedback=range(1, 129),
        output_dividers=range(1, 129),
    ),
    # Lattice FPGA-DS-02008 (iCE40 UltraPlus family data sheet), table "sysCLOCK PLL Timing";
    # dividers of FPGA-TN-02052 with simple feedback: DIVR + 1, DIVF + 1, 2**DIVQ.
    "ice40": PLLLimits(
        oscillator=(10, 133),
        phase_detector=(10, 133),
        vco=(533, 1066),
        output=(16, 275),
        reference=range(1, 17),
        feedback=range(1, 129),
        output_dividers=[2**q for q in range(1, 7)],
    ),
    # Xilinx DS187 (Zynq-7020 data sheet), table "PLL Specification", speed grade -1; the output
    # through a BUFG of that grade, table "Global Clock Buffer Switching Characteristics".
    "xc7": PLLLimits(
        oscillator=(19, 800),
        phase_detector=(19, 450),
        vco=(800, 1600),
        output=(6.25, 464),
        reference=range(1, 57),
        feedback=range(2, 65),
        output_dividers=range(1, 129),
    ),
}
"""Limits of the PLL by family."""
