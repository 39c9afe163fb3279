"""The table of bench.peers."""

from dataclasses import dataclass

from build_decoder.hdl.cells import Resources

__all__ = ["HEAD", "Row"]

_COLUMNS = (
    "network", "tool", "LUT", "FF", "DSP", "RAMB36", "latency", "cycles a frame",
    "accuracy, held out", "frames equal to its model", "CPU s to generate",
)  # fmt: skip


def _line(cells) -> str:
    return f"| {' | '.join(cells)} |"


HEAD = "\n".join((_line(_COLUMNS), _line(["---"] * len(_COLUMNS))))


@dataclass(frozen=True)
class Row:
    """One design.

    Attributes
    ----------
    tool
        Name, version and options.
    accuracy
        Of the tool's own model, a fraction.
    frames, equal
        Frames that were simulated in Verilog, and those whose outputs are all the model's.
    seconds
        CPU time from the network to Verilog.
    """

    network: str
    tool: str
    resources: Resources
    latency_cycles: int
    frame_cycles: int
    accuracy: float
    frames: int
    equal: int
    seconds: float

    def __str__(self) -> str:
        found = self.resources
        return _line((
            self.network, self.tool, f"{found.lut:,}", f"{found.ff:,}", f"{found.dsp:,}",
            f"{found.bram:g}", f"{self.latency_cycles:,}", f"{self.frame_cycles:,}",
            f"{self.accuracy:.2%}", f"{self.equal:,} of {self.frames:,}", f"{self.seconds:.1f}",
        ))
