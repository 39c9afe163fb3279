"""A decoder's synthesised netlist against its integer model."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from build_decoder.hdl.cells import Resources
from build_decoder.sim.decoder_bench import ExportedDecoder, decoder_bench
from build_decoder.sim.result import SimulationResult
from build_decoder.sim.synthesis import synthesise

__all__ = ["NetlistCheck", "check_netlist"]


@dataclass(frozen=True)
class NetlistCheck:
    """What was found on a netlist: its resources, a run back to back, and with stalls or None."""

    resources: Resources
    back_to_back: SimulationResult
    stalled: SimulationResult | None

    @property
    def runs(self) -> list[SimulationResult]:
        """The runs that were made."""
        return [run for run in (self.back_to_back, self.stalled) if run is not None]

    @property
    def vectors_checked(self) -> int:
        """Frames compared, in all runs."""
        return sum(run.vectors_checked for run in self.runs)

    @property
    def mismatches(self) -> int:
        """Mismatches of all runs."""
        return sum(run.mismatches for run in self.runs)

    @property
    def first_mismatch(self) -> str | None:
        """The first mismatch in words; None if there is none."""
        return next((run.first_mismatch for run in self.runs if run.first_mismatch), None)


def check_netlist(
    decoder: ExportedDecoder,
    x_raw: np.ndarray,
    y_raw: np.ndarray,
    work_dir: Path,
    *,
    stall_seed: int | None = None,
) -> NetlistCheck:
    """Synthesise a decoder for its family and simulate the netlist.

    Parameters
    ----------
    decoder
        Verilog of a decoder; its family is one of :data:`sim.synthesis.TARGETS`.
    x_raw, y_raw
        Raw int64 inputs (frames, inputs) and expected outputs (frames, outputs).
    work_dir
        Folder for everything that is made on the way.
    stall_seed
        A seed: once more, with random stalls of both streams. None: back to back only.

    Raises
    ------
    ToolError
        If Yosys or a simulator is missing, or stops with an error.
    CheckFailed
        If a simulation hangs, or its scoreboard and numpy do not agree.
    """
    synthesis = synthesise(decoder.source, decoder.family, work_dir / "synthesis")
    netlist = ExportedDecoder(synthesis.netlist_verilog, decoder.interface, decoder.family)
    bench = decoder_bench(netlist, work_dir / "bench", frames=len(x_raw), simulator="verilator")
    back_to_back = bench.run(x_raw, y_raw, work_dir / "back_to_back")
    stalled = None
    if stall_seed is not None:
        stalled = bench.run(x_raw, y_raw, work_dir / "stalled", stall_seed=stall_seed)
    return NetlistCheck(synthesis.resources, back_to_back, stalled)
