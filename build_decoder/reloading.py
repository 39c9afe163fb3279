"""New weights for a built decoder: recalibrated, made an image, proven on its Verilog, written."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from threadpoolctl import threadpool_limits

from build_decoder.boards.driver import LinkError, connect
from build_decoder.build_folder import BuildFolder
from build_decoder.design_file import Design
from build_decoder.exit_status import ExitStatus
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.models.class_names import check_same_classes
from build_decoder.models.command import say
from build_decoder.models.errors import InputError
from build_decoder.models.golden import GoldenData
from build_decoder.options import SourceOptions
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.recalibration import Recalibrated, recalibrate
from build_decoder.readable_json import write_json
from build_decoder.reload_report import reload_figures, reload_table
from build_decoder.sim.decoder_bench import ExportedDecoder, decoder_bench
from build_decoder.sim.errors import CheckFailed
from build_decoder.sim.load_script import check_commands, image_step
from build_decoder.sim.result import SimulationResult
from build_decoder.stages.importing import understood
from build_decoder.stages.simulating import STALLED_FRAMES

__all__ = ["PROVEN_FRAMES", "Reload", "image_of", "prove", "reload"]

PROVEN_FRAMES = 256
"""Golden samples that an image is proven on, at even distances, besides those with stalls; of a
continuous decoder, steps from the first one on."""


@dataclass(frozen=True, kw_only=True)
class Reload:
    """What the command is asked for; attributes are called as the options are."""

    build: Path
    network: str
    golden: str | None = None
    max_loss: float
    simulated: bool = True
    port: str | None = None
    output: Path


@dataclass
class _Clock:
    """Seconds of each stage, in order."""

    seconds: dict[str, float] = field(default_factory=dict)

    def run(self, stage: str, action: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = action()
        self.seconds[stage] = round(time.perf_counter() - start, 2)
        return result


def reload(asked: Reload) -> ExitStatus:
    """Do what is asked for, and show what came of it.

    Raises
    ------
    InputError
        If the build is not whole or not reloadable, or the network is refused.
    ToolError
        If there is no simulator, or it fails.
    """
    if asked.output.suffix != ".npz":
        raise InputError.at("--output", "", expected="a file .npz", got=str(asked.output))
    clock, build = _Clock(), BuildFolder(asked.build)
    design, plan = clock.run("build", lambda: _reloadable(build))
    found, golden = clock.run("recalibrate", lambda: _recalibrated(build, plan.model, asked))
    image = clock.run("image", lambda: plan.image_layout.image(found.model))
    results = None
    if asked.simulated:
        try:
            results = clock.run(
                "simulate",
                lambda: prove(build.exported(design), found.model, image, golden.x),
            )
        except CheckFailed as error:
            return _not_bit_true(str(error))
        if wrong := next((r.first_mismatch for r in results if r.mismatches), None):
            return _not_bit_true(f"Verilog differs from the model: {wrong}")
    figures = reload_figures(
        asked, plan, found, image, results, clock.seconds, warnings=golden.warnings
    )
    _save(asked.output, figures, image)
    if asked.port is not None:
        fingerprint = clock.run("write", lambda: _write(asked, image))
        if fingerprint != found.model.fingerprint():
            return _not_bit_true(
                f"{asked.port}: expected the fingerprint {found.model.fingerprint():08x} of the "
                f"new weights, got {fingerprint:08x}"
            )
        figures = figures | {"port": asked.port, "stage_seconds": clock.seconds}
        _save(asked.output, figures, image)
    Console(highlight=False).print(reload_table(figures, asked.output))
    for warning in golden.warnings:
        say(f"warning: {warning}")
    return ExitStatus.DONE


def _not_bit_true(message: str) -> ExitStatus:
    say(f"error: {message}")
    return ExitStatus.MISMATCH


def _reloadable(build: BuildFolder) -> tuple[Design, DecoderPlan]:
    build.check()
    design, plan = build.load_plan()
    if not plan.reloadable:
        raise InputError.at(
            build.path, "", expected="a build with --reloadable", got="one with constant weights"
        )
    return design, plan


def _recalibrated(
    build: BuildFolder, model: IntegerModel, asked: Reload
) -> tuple[Recalibrated, GoldenData]:
    origin = build.load_network()
    built = build.load_golden(origin)
    task = built.task
    (source,) = SourceOptions(network="", golden="", also=(asked.network,)).others(task)
    if asked.golden is not None:
        source = replace(source, golden=asked.golden)
    rewritten, golden = understood(source)
    check_same_classes(
        built.class_names, golden.class_names, f"golden data of {rewritten.network.name}"
    )
    # With all that was kept when the formats were searched.
    golden = replace(golden, task=task)
    # Threads of small products wait for each other longer than they compute.
    with threadpool_limits(limits=1, user_api="blas"):
        found = recalibrate(
            model, origin, rewritten.network, golden, max_loss=asked.max_loss
        )
    return found, golden


def prove(
    exported: ExportedDecoder, model: IntegerModel, image: np.ndarray, x: np.ndarray
) -> list[SimulationResult]:
    """Simulate the Verilog of a build after ``image`` was loaded through its port: frames back to
    back, and with random stalls.

    Parameters
    ----------
    x
        Real inputs (samples, inputs), of which some are taken: of a continuous model, the first.

    Raises
    ------
    ToolError
        If there is no simulator, or it fails.
    CheckFailed
        If a simulation hangs, the image is refused, or another model runs then.
    """
    frames = min(len(x), PROVEN_FRAMES)
    rows = np.linspace(0, len(x) - 1, frames).round().astype(int)
    if model.continuous:
        rows = np.arange(frames)
    x_raw = model.quantise_input(x[rows])
    y_raw = model.compute(x_raw)
    runs = [("back_to_back", slice(None), None), ("stalled", slice(STALLED_FRAMES), 0)]
    with tempfile.TemporaryDirectory() as folder:
        bench = decoder_bench(exported, Path(folder), frames=frames)
        results = []
        for name, part, stalls in runs:
            results.append(
                bench.run(
                    x_raw[part], y_raw[part], Path(folder, name), stall_seed=stalls, image=image
                )
            )
            ((fingerprint, _),) = check_commands(
                exported.interface, [image_step(image)], Path(folder, name)
            )
            if fingerprint != model.fingerprint():
                raise CheckFailed(
                    f"expected the fingerprint {model.fingerprint():08x} behind the image, got "
                    f"{fingerprint:08x}"
                )
    return results


def _write(asked: Reload, image: np.ndarray) -> int:
    """Write, commit and read back: the fingerprint that the decoder then has."""
    try:
        with connect(asked.port, asked.build) as decoder:
            decoder.load_weights(image)
            return decoder.info().fingerprint
    except LinkError as error:
        raise InputError(f"{asked.port}: {error}") from error


def image_of(path: Path) -> np.ndarray:
    """The words, uint32, of an image that the command left."""
    with np.load(path) as arrays:
        return arrays["words"]


def _save(path: Path, figures: dict, image: np.ndarray) -> None:
    """Write the image, and the report beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as stream:
        np.savez_compressed(
            stream,
            words=image,
            fingerprint=np.array(figures["fingerprint"]),
            layout_id=np.array(figures["layout_id"]),
        )
    part.replace(path)
    write_json(path.with_suffix(".json"), figures)
