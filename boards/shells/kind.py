"""What a shell decides of a build."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from build_decoder.boards.board import Board

__all__ = ["ShellKind"]


@dataclass(frozen=True, kw_only=True)
class ShellKind:
    """A shell: what is around a decoder, and what its host needs.

    Parameters
    ----------
    name
        Name on the command line.
    about
        What it is, in a few words.
    made_clock_mhz
        ``made_clock_mhz(board, mhz)`` is the decoder clock that is made for ``mhz``, or an
        `InputError`.
    check_frame
        ``check_frame(name, end, count)`` makes sure, before there are formats, that the frames of a
        network can pass: ``count`` values at ``end``, ``input`` or ``output``.
    top
        ``top(board, decoder, mhz)`` is the whole design, with ``clock_mhz``.
    write_host
        ``write_host(board, decoder, top, build_dir, x_raw)`` writes what the host needs;
        ``x_raw`` are raw inputs (samples, inputs) to try, None for any.
    readme
        ``readme(board, decoder, top, instructions)`` is the text of the build package's
        ``README.txt``.
    toolchain
        Name of what builds it, `boards.toolchain`; None for the family's own.
    makes_bitstream
        Whether it is all that an FPGA needs.
    """

    name: str
    about: str
    made_clock_mhz: Callable[[Board, float], float]
    check_frame: Callable[[str, str, int], None]
    top: Callable
    write_host: Callable[[Board, object, object, Path, object], None]
    readme: Callable[[Board, object, object, str], str]
    toolchain: str | None = None
    makes_bitstream: bool = True
