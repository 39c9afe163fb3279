"""The simulate stage: Verilog must give what the integer model gave, at the times documented."""

from build_decoder.build_folder import BuildFolder
from build_decoder.exit_status import ExitStatus
from build_decoder.models.progress import Progress, silent
from build_decoder.sim.decoder_bench import decoder_bench
from build_decoder.stages.result import StageResult

__all__ = ["STALLED_FRAMES", "simulate"]

STALLED_FRAMES = 32
"""Frames that are simulated a second time, with random stalls of both streams."""


def simulate(build: BuildFolder, *, seed: int, progress: Progress = silent) -> StageResult:
    """Simulate ``rtl/decoder.v`` on ``expected.npz``, and leave what was found in ``sim/``.

    Parameters
    ----------
    seed
        Of the stalls.

    Raises
    ------
    InputError
        If the files do not belong together.
    ToolError
        If there is no simulator, or it fails.
    CheckFailed
        If a simulation hangs, or its scoreboard and numpy do not agree.
    """
    design = build.load_design()
    x_raw, y_raw = build.load_expected(design.interface)
    folder = build.sim
    bench = decoder_bench(build.exported(design), folder, frames=len(x_raw), progress=progress)
    few = slice(STALLED_FRAMES)
    runs = [
        bench.run(x_raw, y_raw, folder / "back_to_back"),
        bench.run(x_raw[few], y_raw[few], folder / "stalled", stall_seed=seed),
    ]
    figures = {
        "vectors_checked": sum(run.vectors_checked for run in runs),
        "mismatches": sum(run.mismatches for run in runs),
        "latency_cycles": runs[0].latency_cycles,
        "frame_cycles": runs[0].frame_cycles,
    }
    wrong = [f"Verilog differs from the model: {r.first_mismatch}" for r in runs if r.mismatches]
    if message := next(iter(wrong), None) or "; ".join(runs[0].wrong_times(design.interface)):
        return StageResult.stopped(ExitStatus.MISMATCH, message, figures=figures)
    return StageResult(figures=figures)
