"""A simulated board's serial port, held open for a program outside of the simulator."""

import os
import time
from pathlib import Path

from build_decoder.bench.uart.board import Board

__all__ = ["hold"]

_LOOK_SECONDS = 0.05


def hold(board: Board) -> None:
    """Tell the port's name in the file ``settings["port"]``, and keep it until there is the file
    ``settings["stop"]``, or the process that asked for it is gone."""
    port, stop = Path(board.settings["port"]), Path(board.settings["stop"])
    part = port.with_suffix(".part")
    part.write_text(board.line.name)
    part.replace(port)
    asked = os.getppid()
    while not stop.exists() and os.getppid() == asked:
        time.sleep(_LOOK_SECONDS)
