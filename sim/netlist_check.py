"""A decoder's synthesised netlist against its integer model."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from build_decoder.hdl.cells import Resources
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.quant.other_weights import with_other_weights
from build_decoder.sim.decoder_bench import ExportedDecoder, decoder_bench
from build_decoder.sim.reload_run import reload_frames, run_reloads
from build_decoder.sim.result import SimulationResult
from build_decoder.sim.synthesis import synthesise

__all__ = ["NetlistCheck", "check_netlist"]


@dataclass(frozen=True)
class NetlistCheck:
    """What was found on a netlist: its resources, a run back to back, and others or None: with
    stalls, and with weights that are loaded while frames run."""

    resources: Resources
    back_to_back: SimulationResult
    stalled: SimulationResult | None
    reloaded: SimulationResult | None = None

    @property
    def runs(self) -> list[SimulationResult]:
        """The runs that were made."""
        runs = (self.back_to_back, self.stalled, self.reloaded)
        return [run for run in runs if run is not None]

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
    plan: DecoderPlan | None = None,
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
    plan
        The decoder's: if it is reloadable, other weights are loaded while frames run as well.

    Raises
    ------
    ToolError
        If Yosys or a simulator is missing, or stops with an error.
    CheckFailed
        If a simulation hangs, or its scoreboard and numpy do not agree.
    """
    synthesis = synthesise(decoder.source, decoder.family, work_dir / "synthesis")
    netlist = ExportedDecoder(synthesis.netlist_verilog, decoder.interface, decoder.family)
    reloads = plan is not None and plan.reloadable
    frames = len(x_raw)
    if reloads:
        frames = max(frames, reload_frames(decoder.interface, 2))
    bench = decoder_bench(netlist, work_dir / "bench", frames=frames, simulator="verilator")
    back_to_back = bench.run(x_raw, y_raw, work_dir / "back_to_back")
    stalled = None
    if stall_seed is not None:
        stalled = bench.run(x_raw, y_raw, work_dir / "stalled", stall_seed=stall_seed)
    reloaded = None
    if reloads:
        reloaded = run_reloads(
            bench, plan.image_layout, (plan.model, with_other_weights(plan.model)), x_raw,
            work_dir / "reloads", stall_seed=stall_seed,
        )  # fmt: skip
    return NetlistCheck(synthesis.resources, back_to_back, stalled, reloaded)
