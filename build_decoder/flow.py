"""The flow: one stage after the other, each from the files that those before it left.

Synthesis, place and route take nothing from the simulation, and run beside it: all mostly wait for
programs. What is not proven is not kept: if the simulation stops a build, none of them is begun any
more, and what they left is removed.
"""

import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from build_decoder.arguments import Arguments
from build_decoder.build_folder import BuildFolder
from build_decoder.exit_status import ExitStatus
from build_decoder.models.errors import InputError, ToolError
from build_decoder.models.progress import Progress, silent
from build_decoder.models.room import WORKING_ROOM, is_no_room, no_room, require_room, says_no_room
from build_decoder.report import Report
from build_decoder.sim.errors import CheckFailed
from build_decoder.stages import STAGES
from build_decoder.stages.bitstream import make_bitstream
from build_decoder.stages.importing import import_network
from build_decoder.stages.pareto import find_pareto
from build_decoder.stages.quantising import quantise_network
from build_decoder.stages.result import StageResult
from build_decoder.stages.rtl import Chip, write_rtl
from build_decoder.stages.simulating import simulate
from build_decoder.stages.synthesising import BoardBuild, synthesise_board

__all__ = ["Ended", "run_flow"]

Stage = Callable[[], StageResult]
Timed = tuple[StageResult, float]
"""What a stage told, and its seconds."""

_SOFTWARE = ("import", "quantise")
"""Last stages of builds that ask for no hardware."""

_PROOF = "simulate"
"""The stage that those after it run beside."""


@dataclass(frozen=True)
class Ended:
    """How a build ended: its figures, and what its last stage told."""

    report: Report
    last: StageResult


def run_flow(
    arguments: Arguments,
    folder: Path,
    announce: Callable[[str], None],
    progress: Progress = silent,
) -> Ended:
    """Run the stages that were asked for, as far as they come, and save the report.

    Parameters
    ----------
    arguments
        What the user asked for.
    folder
        Where products go.
    announce
        Called with the name of each stage as it starts.
    progress
        Called with what a stage is doing.

    Raises
    ------
    InputError
        If what the user gave is at fault.
    """
    board, shell, options = arguments.board, arguments.shell, arguments.design
    asked_mhz = arguments.clock_mhz or board.clock_mhz
    clock_mhz = shell.made_clock_mhz(board, asked_mhz)
    build = BuildFolder(folder)
    how = BoardBuild(
        board=board, clock_mhz=asked_mhz, seed=options.seed, shell=shell,
        max_lut=options.hardware.max_lut,
    )  # fmt: skip
    makes_hardware = arguments.pareto or arguments.stop_after not in _SOFTWARE
    stages: dict[str, Stage] = {
        "import": lambda: import_network(
            build,
            options.source,
            board=board,
            shell=shell,
            hardware=options.hardware if makes_hardware else None,
            answer=options.hardware.answer,
            search=options.search,
        ),
        "quantise": lambda: quantise_network(
            build,
            options.search,
            family=board.family,
            reloadable=options.hardware.reloadable,
            answer=options.hardware.answer,
            board=board,
            progress=progress,
        ),
        "rtl": lambda: write_rtl(build, options.hardware, Chip.of(board, clock_mhz)),
        "simulate": lambda: simulate(build, seed=options.seed, progress=progress),
        "synthesise": lambda: synthesise_board(build, how, progress=progress),
        "bitstream": lambda: make_bitstream(build, how, progress=progress),
        "pareto": lambda: find_pareto(
            build, options.hardware, board=board, clock_mhz=clock_mhz, announce=announce
        ),
    }
    names = STAGES[: STAGES.index(arguments.stop_after) + 1]
    if not shell.makes_bitstream:
        names = tuple(name for name in names if name != "bitstream")
    if arguments.pareto:
        names = ("import", "quantise", "pareto")
    report = Report(board=board.name, shell=shell.name, seed=options.seed, clock_mhz=clock_mhz)
    return _run({name: stages[name] for name in names}, folder, report, announce)


def _run(
    stages: Mapping[str, Stage], folder: Path, report: Report, announce: Callable[[str], None]
) -> Ended:
    names = list(stages)
    beside = names[names.index(_PROOF) + 1 :] if _PROOF in stages else []
    with ThreadPoolExecutor(1) as executor:
        proof = None
        for name in names[: len(names) - len(beside)]:
            announce(name)
            if name == _PROOF and beside:
                proof = executor.submit(_timed, stages[name], folder)
                continue
            result, seconds = _timed(stages[name], folder)
            report = report.after(name, result, seconds)
            if result.status is not ExitStatus.DONE:
                break
        if proof is not None:
            made = {}
            with _only_if_proven(proof, BuildFolder(folder)):
                made = _run_beside({name: stages[name] for name in beside}, proof, folder, announce)
            proven = proof.result()
            for name, (result, seconds) in {_PROOF: proven, **made}.items():
                report = report.after(name, result, seconds)
                if result.status is not ExitStatus.DONE:
                    break
    _in_room(lambda: report.save(folder) or result, folder)
    report = _with_page(report, folder)
    return Ended(report, result)


def _run_beside(
    stages: Mapping[str, Stage],
    proof: Future[Timed],
    folder: Path,
    announce: Callable[[str], None],
) -> dict[str, Timed]:
    """What stages told, up to the first one that stops the build, or until it is known that the
    simulation does."""
    made = {}
    for name, stage in stages.items():
        if proof.done() and proof.result()[0].status is not ExitStatus.DONE:
            break
        announce(name)
        made[name] = _timed(stage, folder)
        if made[name][0].status is not ExitStatus.DONE:
            break
    return made


def _with_page(report: Report, folder: Path) -> Report:
    """The report, once there is its page; with a warning, saved, where that failed.

    Nobody should lose a build of an hour to a drawing.
    """
    # Where it is needed: matplotlib takes as long to import as all the rest.
    from build_decoder.page import PAGE_FILE, write_page

    try:
        write_page(folder)
    except OSError as error:
        if is_no_room(error):
            raise no_room(error.filename or folder, error.strerror) from None
        raise
    except Exception as error:
        (folder / PAGE_FILE).unlink(missing_ok=True)
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        told = f"{PAGE_FILE} was not made, all else was: {reason}"
        report = replace(report, warnings=[*report.warnings, told])
        report.save(folder)
    return report


def _timed(stage: Stage, folder: Path) -> Timed:
    """What a stage told, and its seconds."""
    start = time.perf_counter()
    result = _in_room(stage, folder)
    return result, time.perf_counter() - start


@contextlib.contextmanager
def _only_if_proven(proof: Future[Timed], build: BuildFolder) -> Iterator[None]:
    """What is done in it counts if the simulation, when it has ended, stops nothing.

    Otherwise what it left is removed, and no error of it is raised: there would have been none.
    """
    try:
        yield
    except Exception:
        if proof.result()[0].status is ExitStatus.DONE:
            raise
    if proof.result()[0].status is not ExitStatus.DONE:
        for left in (build.board, build.synthesis):
            shutil.rmtree(left, ignore_errors=True)


def _in_room(stage: Stage, folder: Path) -> StageResult:
    """Run a stage, and tell a full disk from all else that it could be taken for."""
    try:
        result = _ended(stage)
    except InputError:
        _require_room(folder, 0)
        raise
    except Exception as error:
        # Whatever stumbles over a file that a tool could not write to its end.
        _require_room(folder, WORKING_ROOM)
        if isinstance(error, OSError) and is_no_room(error):
            raise no_room(error.filename or folder, error.strerror) from None
        raise
    failed = result.status is not ExitStatus.DONE
    _require_room(folder, WORKING_ROOM if failed else 0)
    if result.status is ExitStatus.TOOL_MISSING and (said := says_no_room(result.message)):
        raise no_room(folder, said)
    return result


def _ended(stage: Stage) -> StageResult:
    try:
        return stage()
    except CheckFailed as error:
        return StageResult.stopped(ExitStatus.MISMATCH, str(error))
    except ToolError as error:
        return StageResult.of_tool(error)


def _require_room(folder: Path, least: int) -> None:
    require_room(folder, Path(tempfile.gettempdir()), least=least)
