"""``--pareto``: the front of latency against area, as ``pareto.json``, ``.svg`` and ``.png``."""

from collections.abc import Callable

from build_decoder.boards.board import Board
from build_decoder.build_folder import BuildFolder
from build_decoder.options import HardwareOptions
from build_decoder.pareto import FRONT_FILE, area_title, find_front, save_front, synthesise_some
from build_decoder.stages.result import StageResult

__all__ = ["find_pareto"]


def find_pareto(
    build: BuildFolder,
    options: HardwareOptions,
    *,
    board: Board,
    clock_mhz: float,
    announce: Callable[[str], None],
) -> StageResult:
    """Find the front within ``options`` and the board, measure it in part, and draw it.

    Raises
    ------
    InputError
        If nothing is within the limits.
    ToolError
        If Yosys is missing or fails; estimates are written then too.
    """
    # Where it is needed: matplotlib takes as long to import as all the rest.
    from build_decoder.pareto_figure import draw_front

    model = build.load_model()
    front = find_front(model, options, board, clock_mhz)
    try:
        front = synthesise_some(model, front, build.path, announce)
    finally:
        save_front(build.path / FRONT_FILE, model, front, board, clock_mhz)
        title = f"{model.name} ({model.topology}): latency against area"
        draw_front(front, title, area_title(board), clock_mhz, build.path)
    return StageResult()
