"""Boards of users: a file that defines ``BOARD``, or an entry point that names one."""

import os
import sys
import traceback
import types
from collections.abc import Callable
from importlib.metadata import EntryPoint
from importlib.util import decode_source
from pathlib import Path
from typing import Any

from build_decoder.boards.board import Board
from build_decoder.models.errors import InputError

__all__ = ["is_file_name", "load_entry_point", "load_file"]

_ENDING = ".py"
_MODULE = "build_decoder_users_board"
"""What a user's file is called as a module: no other has that name."""
_MOST_SHOWN = 200


def is_file_name(name: str) -> bool:
    """Whether ``name`` is that of a file, not of a board."""
    return name.endswith(_ENDING) or os.path.basename(name) != name


def load_file(path: str) -> Board:
    """The board that a user's file defines.

    Nothing is written beside the file, and it need not lie in a package.

    Raises
    ------
    InputError
        If there is no such file, it cannot be run, or what it defines cannot be used; the message
        has file and line.
    """
    try:
        source = decode_source(Path(path).read_bytes())
    except (OSError, UnicodeError, SyntaxError) as error:
        got = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise InputError.at(
            "board", path, expected="a Python file that defines BOARD", got=got
        ) from None
    module = types.ModuleType(_MODULE)
    module.__file__ = os.path.abspath(path)
    # Where dataclasses look for the module of a class.
    sys.modules[_MODULE] = module
    _run(path, lambda: exec(compile(source, path, "exec"), module.__dict__), path)
    if not hasattr(module, "BOARD"):
        raise InputError.at(
            path, "", expected="a file that defines BOARD, a build_decoder.boards.board.Board",
            got="one without",
        )
    return _checked(path, module.BOARD)


def load_entry_point(point: EntryPoint, package: str) -> Board:
    """The board that an installed package has.

    Raises
    ------
    InputError
        If it cannot be loaded or used.
    """
    source = f"{package}: {point.value}"
    board = _checked(source, _run(source, point.load, None))
    if board.name != point.name:
        raise InputError.at(
            source, "BOARD.name", expected=f"{point.name!r}, the entry point's name",
            got=repr(board.name),
        )
    return board


def _checked(source: str, board: object) -> Board:
    # The command line's help and the host driver do without Amaranth.
    from build_decoder.boards.check_board import check_board

    check_board(board, source)
    return board


def _run(source: str, action: Callable[[], Any], path: str | None) -> Any:
    """What ``action``, which is a user's code, returns.

    Raises
    ------
    InputError
        If it raises anything but what ends a program: with the line, the one in ``path`` if that
        is given.
    """
    try:
        return action()
    except SyntaxError as error:
        file = "" if error.filename in (path, None) else f"{error.filename}, "
        place = f"{file}line {error.lineno or 1}"
        got = f"a syntax error: {error.msg}"
    except (Exception, SystemExit) as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if frame.filename == path]
        last = (own or frames)[-1]
        place = f"line {last.lineno}" if own else f"{last.filename}, line {last.lineno}"
        got = f"{type(error).__name__}: {error}"
    raise InputError.at(source, place, expected="code that runs", got=_cut(got))


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "..."
