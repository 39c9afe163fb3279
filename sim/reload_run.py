"""Weights loaded while frames run: each frame must be all the old model's or all the new one's."""

import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from build_decoder.hdl.parts.weight_loader import Command, Error
from build_decoder.hdl.planning.image import ImageLayout
from build_decoder.hdl.planning.interface import Interface
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.switched import compute_switched
from build_decoder.sim.errors import CheckFailed
from build_decoder.sim.load_script import (
    LoadStep,
    check_commands,
    cycles_of,
    image_step,
)
from build_decoder.sim.result import SimulationResult
from build_decoder.sim.testbench import TestBench
from build_decoder.sim.vectors import read_words

__all__ = ["reload_frames", "run_reloads"]

_FRAMES_BESIDE = 24
"""Frames of a run beside those that come while words are loaded."""


def reload_frames(interface: Interface, models: int) -> int:
    """Frames of a run of :func:`run_reloads` with so many models."""
    nothing = np.zeros(interface.image_words, dtype=np.uint32)
    script = _script([nothing] * models)
    return cycles_of(script, interface) // interface.frame_cycles + _FRAMES_BESIDE + 4 * models


def run_reloads(
    bench: TestBench,
    layout: ImageLayout,
    models: Sequence[IntegerModel],
    x_raw: np.ndarray,
    run_dir: Path,
    *,
    stall_seed: int | None = None,
) -> SimulationResult:
    """Simulate frames while images are loaded: a damaged one, which must be refused; one for each
    of ``models`` but the first, which is the one that was built; then VERIFY, and ROLLBACK; half of
    an image, and that is all of it; and the last one again.

    Every frame up to a COMMIT must be as the model before computes it, and every one after it as
    the new model does. Frames are those of ``x_raw``, again and again: of a continuous decoder,
    steps of one sequence, whose states stay.

    Raises
    ------
    ValueError
        If the bench has too few frames for it: :func:`reload_frames`.
    InputError
        If a model is not of this layout.
    CheckFailed
        If the simulation hangs, or a command does not end as it must.
    """
    start = time.perf_counter()
    interface = bench.interface
    frames = reload_frames(interface, len(models))
    if frames > bench.frames:
        raise ValueError(f"expected a bench of {frames} frames, got {bench.frames}")
    script = _script([layout.image(model) for model in models])
    first = models[0].compute(x_raw[:1])
    bench.simulate(x_raw, first, run_dir, frames=frames, stall_seed=stall_seed, script=script)
    # The model behind each command, by number.
    last = len(models) - 1
    behind = [0, 0, *range(1, len(models)), last, last - 1, last - 1, last]
    starts = [0]
    for number, (fingerprint, frame) in enumerate(check_commands(interface, script, run_dir)):
        if fingerprint != models[behind[number]].fingerprint():
            raise CheckFailed(
                f"loading weights: expected the fingerprint of {models[behind[number]].name} "
                f"behind command {number}, got {fingerprint:#x} ({run_dir})"
            )
        starts.append(frame)
    if starts[-1] >= frames:
        raise CheckFailed(f"loading weights took all of {frames} frames ({run_dir})")
    given = np.arange(frames)
    which = np.array([0, *behind])[np.searchsorted(starts, given, side="right") - 1]
    if models[0].continuous:
        expected = compute_switched(models, which, x_raw[given % len(x_raw)])
    else:
        # A frame is the same whenever it comes.
        y_raw = np.stack([model.compute(x_raw) for model in models])
        expected = y_raw[which, given % len(x_raw)]
    return _judged(interface, expected.ravel(), run_dir, time.perf_counter() - start)


def _script(images: Sequence[np.ndarray]) -> list[LoadStep]:
    damaged, nothing = images[1].copy(), images[1][:0]
    damaged[len(damaged) // 2] ^= 1
    return [
        LoadStep(damaged, Command.COMMIT, Error.CRC),
        LoadStep(nothing, Command.BEGIN),
        *[image_step(image) for image in images[1:]],
        LoadStep(nothing, Command.VERIFY),
        LoadStep(nothing, Command.ROLLBACK),
        LoadStep(images[0][: len(damaged) // 2], Command.BEGIN),
        image_step(images[-1]),
    ]


def _judged(
    interface: Interface, expected: np.ndarray, run_dir: Path, seconds: float
) -> SimulationResult:
    """Recorded outputs beside those expected, (values,)."""
    counters = json.loads((Path(run_dir) / "counters.json").read_text())
    if not counters["done"]:
        raise CheckFailed(f"the simulation did not end within its deadline ({run_dir})")
    outputs = read_words(
        Path(run_dir) / "outputs.hex", interface.output_width, interface.output_signed
    )
    wrong = [n for n, got in enumerate(outputs) if got != expected[n]]
    missing = len(expected) - len(outputs)
    first = None
    if wrong or missing:
        n = wrong[0] if wrong else len(outputs)
        frame, output = divmod(n, interface.output_count)
        got = outputs[n] if wrong else "nothing"
        first = f"frame {frame}, output {output}: expected {expected[n]}, got {got}"
    elif counters["extra"] or counters["unheld"]:
        first = f"{counters['extra']} outputs too many, {counters['unheld']} not held until taken"
    return SimulationResult(
        vectors_checked=len(outputs) // interface.output_count,
        mismatches=len(wrong) + missing + counters["extra"] + counters["unheld"],
        latency_cycles=None,
        frame_cycles=None,
        first_mismatch=first,
        seconds=seconds,
    )
