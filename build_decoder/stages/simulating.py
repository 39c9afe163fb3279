"""The simulate stage: Verilog must give what the integer model gave, at the times documented.

Into a reloadable decoder other weights are loaded while frames run, too.
"""

from build_decoder.build_folder import BuildFolder
from build_decoder.exit_status import ExitStatus
from build_decoder.models.progress import Progress, silent
from build_decoder.quant.other_weights import with_other_weights
from build_decoder.sim.decoder_bench import decoder_bench
from build_decoder.sim.reload_run import reload_frames, run_reloads
from build_decoder.stages.result import StageResult

__all__ = ["STALLED_FRAMES", "simulate"]

STALLED_FRAMES = 32
"""Frames that are simulated a second time, with random stalls of both streams."""

_SHORT_SEQUENCE = 4
"""Frames after which states are cleared where streams stall."""

_RELOAD_VECTORS = 64
"""Different frames of those that run while weights are loaded."""


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
    design, plan = build.load_plan()
    x_raw, y_raw = build.load_expected(design.interface)
    folder = build.sim
    frames = len(x_raw)
    if plan.reloadable:
        frames = max(frames, reload_frames(design.interface, 2))
    bench = decoder_bench(build.exported(design), folder, frames=frames, progress=progress)
    few = slice(STALLED_FRAMES)
    runs = [
        bench.run(x_raw, y_raw, folder / "back_to_back"),
        bench.run(x_raw[few], y_raw[few], folder / "stalled", stall_seed=seed),
    ]
    if plan.model.continuous:
        # As golden data has them: states are cleared before each sequence.
        for name, stalls, frames, steps in _sequences(build, len(x_raw), seed):
            part = x_raw[:frames]
            runs.append(
                bench.run(
                    part, plan.model.compute(part, steps=steps), folder / name, stall_seed=stalls,
                    clear_every=steps,
                )
            )
    reloads = []
    if plan.reloadable:
        models = plan.model, with_other_weights(plan.model)
        for name, stalls in (("reloads", None), ("reloads_stalled", seed)):
            reloads.append(
                run_reloads(
                    bench, plan.image_layout, models, x_raw[:_RELOAD_VECTORS], folder / name,
                    stall_seed=stalls,
                )
            )
    runs += reloads
    figures = {
        "vectors_checked": sum(run.vectors_checked for run in runs),
        "mismatches": sum(run.mismatches for run in runs),
        "latency_cycles": runs[0].latency_cycles,
        "frame_cycles": runs[0].frame_cycles,
        "frames_while_reloading": (
            sum(run.vectors_checked for run in reloads) if plan.reloadable else None
        ),
    }
    wrong = [f"Verilog differs from the model: {r.first_mismatch}" for r in runs if r.mismatches]
    if message := next(iter(wrong), None) or "; ".join(runs[0].wrong_times(design.interface)):
        return StageResult.stopped(ExitStatus.MISMATCH, message, figures=figures)
    return StageResult(figures=figures)


def _sequences(
    build: BuildFolder, frames: int, seed: int
) -> list[tuple[str, int | None, int, int]]:
    """Name, seed of stalls, frames and frames of a sequence of runs that clear states."""
    steps = build.load_golden(build.load_network()).steps
    short = _SHORT_SEQUENCE
    few = min(STALLED_FRAMES, frames) // short * short
    runs = [("sequences", None, frames, steps), ("sequences_stalled", seed, few, short)]
    return [run for run in runs if run[2]]
