"""The synthesise stage: from integer model and design to the build package of a board."""

from dataclasses import dataclass

from build_decoder.boards import toolchain
from build_decoder.boards.board import Board
from build_decoder.boards.shells.kind import ShellKind
from build_decoder.build_folder import BuildFolder, blocks_of
from build_decoder.exit_status import ExitStatus
from build_decoder.hdl.heap.stages import with_single_outputs
from build_decoder.hdl.planning.area.plans import decoder_area
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.reloadable_decoder import decoder_of
from build_decoder.models.errors import ToolError
from build_decoder.models.progress import Progress, silent
from build_decoder.sim.synthesis import synthesise
from build_decoder.stages.result import StageResult
from build_decoder.status_line import newest_log_line

__all__ = ["BoardBuild", "synthesise_board"]


@dataclass(frozen=True, kw_only=True)
class BoardBuild:
    """How a board is built.

    Parameters
    ----------
    board
        The board.
    clock_mhz
        Requested clock of the decoder, MHz.
    seed
        Of the placer.
    shell
        What is around the decoder.
    max_lut
        Most LUTs that the decoder without the board's shell was to take; None for no limit.
    """

    board: Board
    clock_mhz: float
    seed: int
    shell: ShellKind
    max_lut: int | None = None


def synthesise_board(
    build: BuildFolder, how: BoardBuild, *, progress: Progress = silent
) -> StageResult:
    """Write the build package into ``board/`` and synthesise it.

    Raises
    ------
    InputError
        If the files do not belong together, or the FPGA is too small.
    ToolError
        If Yosys fails.
    """
    design, plan = build.load_plan()
    x_raw, _ = build.load_expected(design.interface)
    progress(newest_log_line(build.board))
    # Hosts take outputs one by one.
    decoder = decoder_of(with_single_outputs(plan))
    made = toolchain.synthesise(
        how.board, decoder, build.board, how.clock_mhz, seed=how.seed, shell=how.shell,
        x_raw=x_raw,
    )  # fmt: skip
    figures, warnings = {}, ()
    if made.resources is not None:
        figures["resources"] = made.resources.as_dict()
        if how.max_lut is not None:
            try:
                luts = _decoder_luts(build, how, plan, made.resources.lut, progress)
            except ToolError as error:
                return StageResult.of_tool(error, figures=figures)
            figures["decoder_lut"] = luts
            warnings = _warnings(luts, how.board)
    if made.missing:
        return StageResult.stopped(
            ExitStatus.TOOL_MISSING, made.missing, figures=figures, warnings=warnings
        )
    return StageResult(figures=figures, warnings=warnings)


def _decoder_luts(
    build: BuildFolder, how: BoardBuild, plan: DecoderPlan, all_luts: int, progress: Progress
) -> dict[str, int]:
    """The limit, and LUTs of the decoder alone; with the shell where they cannot be told apart."""
    luts, family = all_luts, blocks_of(how.board.family)
    if family is not None:
        progress(newest_log_line(build.synthesis))
        luts = synthesise(build.verilog, family, build.synthesis).resources.lut
    estimated = round(decoder_area(plan, how.board.family).lut)
    return {"limit": how.max_lut, "estimated": estimated, "synthesised": luts}


def _warnings(luts: dict[str, int], board: Board) -> tuple[str, ...]:
    limit, taken = luts["limit"], luts["synthesised"]
    if taken <= limit:
        return ()
    what = "with the board's shell" if blocks_of(board.family) is None else "alone"
    # No error: an estimate that is too low for one limit is so for the next one too.
    return (
        f"--max-lut {limit}: the decoder was estimated at {luts['estimated']} LUTs and takes "
        f"{taken} on {board.family}, {what}: ask for about {limit * limit // taken}",
    )
