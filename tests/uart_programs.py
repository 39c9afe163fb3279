"""Programs at a simulated board's serial port; they run inside the simulator's process."""

from build_decoder.bench.uart.board import Board
from build_decoder.boards.driver import connect
from build_decoder.reload import main


def _infer(board: Board) -> list:
    with connect(board.line.name, board.settings["build"]) as decoder:
        return decoder.infer_raw(board.arrays["x_raw"]).tolist()


def reloaded(board: Board) -> dict:
    """Frames, ``python -m build_decoder.reload`` with ``settings["options"]``, and frames."""
    before = _infer(board)
    status = main([*board.settings["options"], "--port", board.line.name])
    return {"before": before, "status": status, "after": _infer(board)}


def unplugged(board: Board) -> dict:
    """The same, the cable being out after ``settings["cut"]`` bytes of the command, and in again
    for the frames behind it; and the command once more, and frames."""
    board.line.cut_after(board.settings["cut"])
    status = main([*board.settings["options"], "--port", board.line.name])
    board.line.plug_in()
    return {"broken": status, "between": _infer(board), **reloaded(board)}
