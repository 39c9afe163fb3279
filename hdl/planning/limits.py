"""What a decoder is chosen for."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from build_decoder.hdl.planning.area import Area
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.models.errors import InputError

__all__ = ["INTERVAL", "LATENCY", "Limits", "OutOfReach", "nearest"]

INTERVAL, LATENCY = "an interval", "a latency"
"""What of a decoder's time can be limited."""


class OutOfReach(InputError):
    """Decoders of some kind cannot be as fast as is asked for.

    Parameters
    ----------
    model
        Name of the model.
    what
        What is limited: :data:`INTERVAL` or :data:`LATENCY`.
    least
        The least number of cycles.
    asked
        The most that were asked for.
    of
        The layer that decides, where one does.
    together
        Whether each layer alone can be as fast.
    beside
        What else there is to tell.
    """

    def __init__(
        self,
        model: str,
        what: str,
        least: float,
        asked: int,
        *,
        of: str = "",
        together: bool = False,
        beside: str = "",
    ):
        self.what, self.least = what, least
        place, all_of = f" for {of}" if of else "", " together" * together
        super().__init__(
            f"{model}: expected {what} that its layers{all_of} can reach, which is {least} cycles "
            f"or more{place}, got {asked}{beside}"
        )


def nearest(errors: Iterable[OutOfReach]) -> OutOfReach:
    """Of errors of several kinds of decoders for the same limits, that of the nearest: one that
    keeps to an interval, and answers too late, is nearer than one that does not."""
    return min(
        errors, key=lambda each: (not math.isfinite(each.least), each.what == INTERVAL, each.least)
    )


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a decoder is chosen for; None for no limit.

    Parameters
    ----------
    interval_cycles
        Most cycles between frames.
    latency_cycles
        Most cycles until the last output of a frame: from the first value of its last time step on,
        where steps come evenly, a frame each ``interval_cycles``; without these, a frame comes at
        once, and its first value counts.
    max_lut
        Most LUTs, by estimate.
    max_blocks
        Most DSP blocks.
    """

    interval_cycles: int | None = None
    latency_cycles: int | None = None
    max_lut: int | None = None
    max_blocks: int | None = None

    @property
    def targeted(self) -> bool:
        """Whether there is one that hardware is chosen for, which blocks alone are not."""
        limits = (self.interval_cycles, self.latency_cycles, self.max_lut)
        return any(limit is not None for limit in limits)

    @property
    def timed(self) -> bool:
        """Whether there is one of time."""
        return self.interval_cycles is not None or self.latency_cycles is not None

    def in_time(self, plan: DecoderPlan) -> bool:
        """Whether a decoder is within those of interval and latency."""
        if self.interval_cycles is not None and plan.frame_cycles > self.interval_cycles:
            return False
        return self.latency_cycles is None or self.latency(plan) <= self.latency_cycles

    def latency(self, plan: DecoderPlan) -> float:
        """The latency of a decoder that is limited; infinite of one that takes frames too
        slowly."""
        if self.interval_cycles is None:
            return plan.latency_cycles
        if plan.frame_cycles > self.interval_cycles:
            return math.inf
        return plan.latency_at_pace(self.interval_cycles)

    def hold(self, area: Area) -> bool:
        """Whether an estimated area is within those of LUTs and DSP blocks."""
        pairs = ((area.lut, self.max_lut), (area.dsp, self.max_blocks))
        return all(limit is None or amount <= limit for amount, limit in pairs)

    def check(self, area: Area, name: str) -> None:
        """Raise `InputError` unless they :meth:`hold` the area of the model ``name``."""
        if not self.hold(area):
            raise self.too_large(area, name)

    def too_large(self, area: Area, name: str) -> InputError:
        """That they do not :meth:`hold` the area of the model ``name``."""
        if self.max_blocks is not None and area.dsp > self.max_blocks:
            return InputError(
                f"{name}: expected at most {self.max_blocks} DSP blocks, got {area.dsp} at the "
                "least with the datapaths asked for"
            )
        return InputError(
            f"{name}: expected at most {self.max_lut} LUTs, got {math.ceil(area.lut)} (estimated)"
        )
