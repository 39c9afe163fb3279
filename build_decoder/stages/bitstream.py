"""The bitstream stage: the build package in ``board/`` placed, routed and packed."""

from dataclasses import asdict

from build_decoder.boards import toolchain
from build_decoder.build_folder import BuildFolder
from build_decoder.exit_status import ExitStatus
from build_decoder.models.progress import Progress, silent
from build_decoder.stages.result import StageResult
from build_decoder.stages.synthesising import BoardBuild
from build_decoder.status_line import newest_log_line

__all__ = ["make_bitstream"]


def make_bitstream(
    build: BuildFolder, how: BoardBuild, *, progress: Progress = silent
) -> StageResult:
    """Make the bitstream, and tell whether the clock is met.

    Raises
    ------
    ToolError
        If a tool fails.
    """
    progress(newest_log_line(build.board))
    made = toolchain.place_and_route(how.board, build.board, shell=how.shell)
    figures = {
        "fmax_mhz": made.fmax_mhz,
        "fmax_untimed": made.untimed,
        "placed_resources": None if made.placed is None else asdict(made.placed),
        "toolchain": made.toolchain,
        "toolchain_version": made.version,
    }
    warnings = made.warnings
    if made.untimed is not None:
        warnings += (
            f"{made.toolchain} does not time paths {made.untimed}: that they keep up with the "
            f"clock is not checked, and exit status 5 does not tell of them",
        )
    told = {"figures": figures, "warnings": warnings}
    if made.missing:
        return StageResult.stopped(ExitStatus.TOOL_MISSING, made.missing, **told)
    figures["bitstream"] = str(made.bitstream.relative_to(build.path))
    if made.timing_met is False:
        return StageResult.stopped(
            ExitStatus.TIMING,
            f"expected a clock of {made.constraint_mhz:g} MHz, got at most {made.fmax_mhz:g} "
            f"MHz: ask for a slower one with --clock",
            **told,
        )
    return StageResult(**told)
