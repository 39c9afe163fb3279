"""What a simulation of a tool's Verilog found."""

from dataclasses import dataclass

__all__ = ["Simulated"]


@dataclass(frozen=True)
class Simulated:
    """What a simulation found.

    Attributes
    ----------
    frames
        Simulated.
    equal
        Of these, those whose outputs are bit for bit those of the tool's own model.
    latency_cycles, frame_cycles
        As they are documented or, where they are not, as they were seen.
    """

    frames: int
    equal: int
    latency_cycles: int
    frame_cycles: int
