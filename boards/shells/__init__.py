"""What may be around a decoder: one module for each shell, which defines ``SHELL``."""

from build_decoder.boards.board import Board
from build_decoder.boards.shells.kind import ShellKind
from build_decoder.models.discovery import discover
from build_decoder.models.errors import InputError

__all__ = ["SHELLS", "shell_of"]

SHELLS: dict[str, ShellKind] = discover(__name__, __path__, "SHELL", in_each=False)
"""By their names on the command line."""


def shell_of(board: Board, name: str | None = None) -> ShellKind:
    """A shell of a board; its own if ``name`` is None.

    Raises
    ------
    InputError
        If the board does not have it.
    """
    unknown = [each for each in board.shells if each not in SHELLS]
    if unknown or not board.shells:
        raise InputError.at(
            f"board {board.name}", "shells", expected=f"some of {', '.join(SHELLS)}",
            got=", ".join(unknown) or "none",
        )
    name = board.shells[0] if name is None else name
    if name not in board.shells:
        raise InputError.at(
            "--shell", "", expected=f"one that {board.name} has, which are "
            f"{', '.join(board.shells)}",
            got=name,
        )
    return SHELLS[name]
