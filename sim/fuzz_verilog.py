"""What random decoders give as exported Verilog, and what a check of one found."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.planning.interface import Interface
from build_decoder.hdl.reloadable_decoder import ReloadableDecoder
from build_decoder.quant.other_weights import with_other_weights
from build_decoder.sim.errors import CheckFailed
from build_decoder.sim.reload_run import reload_frames, run_reloads
from build_decoder.sim.testbench import TestBench

__all__ = ["Check", "mode_of", "run_verilog", "timed"]

_CLEARED = 2
"""Steps between two resets of a continuous decoder's states, in a run of their own."""


@dataclass(frozen=True)
class Check:
    """What was found on a network: frames compared, mismatches, in words the first of them, the
    smallest part of the network that fails, and the folder that it is kept in."""

    frames: int
    mismatches: int
    finding: str | None
    smallest: str | None = None
    kept: Path | None = None


def run_verilog(decoder, x_raw: np.ndarray, stall_seed: int) -> list[Check]:
    """What an exported decoder gives, and its times, without stalls and with; of a continuous one,
    with states cleared as well; of a reloadable one, while other weights are loaded."""
    model = decoder.model
    checks, y_raw, interface = [], model.compute(x_raw), Interface.of(decoder)
    frames = len(x_raw)
    if interface.reloadable:
        frames = max(frames, reload_frames(interface, 2))
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        source = folder / "decoder.v"
        source.write_text(to_verilog(decoder, name="decoder"))
        bench = TestBench([source], "decoder", interface, folder, frames=frames)
        for stalls in (None, stall_seed):
            result = bench.run(x_raw, y_raw, folder / "run", stall_seed=stalls)
            finding = result.first_mismatch and f"{mode_of(stalls)}: {result.first_mismatch}"
            checks.append(Check(result.vectors_checked, result.mismatches, finding))
            if stalls is None and not result.mismatches:
                checks.extend(timed(decoder, result.latency_cycles, result.frame_cycles))
        if model.continuous:
            whole = x_raw[: len(x_raw) // _CLEARED * _CLEARED]
            y_raw = model.compute(whole, steps=_CLEARED)
            result = bench.run(
                whole, y_raw, folder / "run", stall_seed=stall_seed, clear_every=_CLEARED
            )
            finding = result.first_mismatch and f"states cleared: {result.first_mismatch}"
            checks.append(Check(result.vectors_checked, result.mismatches, finding))
        if interface.reloadable:
            for stalls in (None, stall_seed):
                checks.append(_reloaded(bench, decoder, x_raw, folder / "run", stalls))
    return checks


def _reloaded(
    bench: TestBench, decoder: ReloadableDecoder, x_raw: np.ndarray, folder: Path,
    stalls: int | None,
) -> Check:
    """What comes of other weights that are loaded while frames run."""
    models = decoder.model, with_other_weights(decoder.model)
    where = f"other weights, {mode_of(stalls)}"
    try:
        result = run_reloads(bench, decoder.images, models, x_raw, folder, stall_seed=stalls)
    except CheckFailed as error:
        return Check(0, 1, f"{where}: {error}")
    finding = result.first_mismatch and f"{where}: {result.first_mismatch}"
    return Check(result.vectors_checked, result.mismatches, finding)


def timed(decoder, latency: int, interval: int | None) -> list[Check]:
    """A check for each documented time that was not the measured one."""
    pairs = [("latency", decoder.latency_cycles, latency)]
    if interval is not None:
        pairs.append(("frame interval", decoder.frame_cycles, interval))
    return [
        Check(0, 1, f"{name}: documented {documented} cycles, measured {measured}")
        for name, documented, measured in pairs
        if documented != measured
    ]


def mode_of(stalls: int | None) -> str:
    """A run, by its seed of stalls, in words."""
    return "back to back" if stalls is None else f"stalls {stalls}"
