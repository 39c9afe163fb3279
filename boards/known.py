"""Where boards are found: modules of this package, entry points of packages, and users' files."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from build_decoder import boards
from build_decoder.boards.board import Board
from build_decoder.boards.users import is_file_name, load_entry_point, load_file
from build_decoder.models.discovery import discover
from build_decoder.models.errors import InputError

__all__ = ["GROUP", "Listed", "board_names", "get", "listed"]

GROUP = "build_decoder.boards"
"""Entry points of installed packages that are boards; each has the name of its board."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A board by its name alone, and where it comes from.

    Parameters
    ----------
    name
        What ``--board`` takes.
    origin
        ``build_decoder``, or the package with the entry point.
    board
        The board; None if it cannot be used.
    error
        Why it cannot be used.
    """

    name: str
    origin: str
    board: Board | None = None
    error: str | None = None


def _shipped() -> dict[str, Board]:
    return discover(boards.__name__, boards.__path__, "BOARD", in_each=False)


def _added() -> list[EntryPoint]:
    return sorted(entry_points(group=GROUP), key=lambda point: point.name)


def board_names() -> list[str]:
    """Names of the boards that are shipped, sorted."""
    return sorted(_shipped())


def listed() -> Iterator[Listed]:
    """All boards that have a name: those that are shipped, then those of entry points."""
    for name, board in sorted(_shipped().items()):
        yield Listed(name=name, origin="build_decoder", board=board)
    for point in _added():
        origin = _package(point)
        try:
            yield Listed(name=point.name, origin=origin, board=get(point.name))
        except InputError as error:
            yield Listed(name=point.name, origin=origin, error=str(error))


def get(name: str) -> Board:
    """The board that is called ``name``, or that the file of this name defines.

    Parameters
    ----------
    name
        Name of a board; or path of a user's file, with the ending ``.py`` or with a folder in it.

    Raises
    ------
    InputError
        If there is none, the message listing those that there are; if there are two; or if a
        user's file or package cannot be loaded or its board cannot be used.
    """
    shipped, added = _shipped(), _added()
    if is_file_name(name):
        board = load_file(name)
        taken = {each: "build_decoder" for each in shipped}
        taken |= {point.name: _package(point) for point in added}
        if board.name in taken:
            raise InputError.at(
                name, "BOARD.name", expected="a name that no other board has",
                got=f"{board.name!r}, a board of {taken[board.name]}",
            )
        return board
    named = [point for point in added if point.name == name]
    origins = ["build_decoder"] * (name in shipped) + [_package(point) for point in named]
    if not origins:
        known = sorted({*shipped, *(point.name for point in added)})
        raise InputError.at(
            "board", "", expected=f"one of {', '.join(known)}, or a file .py that defines BOARD",
            got=repr(name),
        )
    if len(origins) > 1:
        raise InputError.at(
            "board", "", expected=f"one board called {name!r}",
            got=f"one of each of {', '.join(origins)}: uninstall all but one",
        )
    return load_entry_point(named[0], _package(named[0])) if named else shipped[name]


def _package(point: EntryPoint) -> str:
    return point.value if point.dist is None else f"{point.dist.name} {point.dist.version}"
