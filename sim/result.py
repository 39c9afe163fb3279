"""Result of a simulation."""

from dataclasses import dataclass

from build_decoder.hdl.planning.interface import Interface

__all__ = ["SimulationResult"]


@dataclass(frozen=True)
class SimulationResult:
    """What a run of a test bench found.

    Parameters
    ----------
    vectors_checked
        Frames all of whose outputs came and were compared.
    mismatches
        Output values that were wrong, missing or too many, and breaches of the stream's rules.
    latency_cycles
        Cycles from the first frame's first input transfer to its last output transfer; None if the
        run had stalls or mismatches.
    frame_cycles
        Cycles between the last output transfers of back-to-back frames, the longest of the run;
        None if the run had stalls or mismatches, or fewer than two frames.
    first_mismatch
        What was found first, in words; None if there are no mismatches.
    seconds
        Wall time of the run, without the compilation of the bench.
    """

    vectors_checked: int
    mismatches: int
    latency_cycles: int | None
    frame_cycles: int | None
    first_mismatch: str | None
    seconds: float

    def wrong_times(self, interface: Interface) -> list[str]:
        """What was measured and is not as ``interface`` documents it, in words; empty if all is."""
        times = (
            ("a latency", interface.latency_cycles, self.latency_cycles),
            ("a frame interval", interface.frame_cycles, self.frame_cycles),
        )
        return [
            f"expected {name} of {documented} cycles, got {measured}"
            for name, documented, measured in times
            if measured is not None and measured != documented
        ]
