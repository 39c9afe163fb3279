"""Waveforms as an FST file, the compact form that GTKWave and Surfer read.

Verilator writes FST itself where the headers of two compression libraries are installed, and VCD
everywhere. So it writes VCD here, and that becomes FST.
"""

from collections.abc import Iterator
from pathlib import Path

from build_decoder.models.errors import ToolMissing

__all__ = ["fst_from_vcd", "require_fst"]


def require_fst() -> None:
    """Check that FST files can be written.

    Raises
    ------
    ToolMissing
        If the package that writes them is not installed.
    """
    try:
        import pylibfst  # noqa: F401
    except ImportError:
        raise ToolMissing(
            "waves: expected the Python package pylibfst, which writes FST files, got none "
            "(pip install 'build_decoder[waves]')"
        ) from None


def fst_from_vcd(vcd: Path, fst: Path) -> None:
    """Write the signals of ``vcd``, as Verilator writes it, into ``fst``, with the same names.

    Values are bits alone, as a simulator of two states gives them; a time stands ahead of all that
    changes at it.

    Raises
    ------
    ToolMissing
        If the package that writes FST files is not installed.
    """
    require_fst()
    from pylibfst import lib

    writer = lib.fstWriterCreate(str(fst).encode(), 1)
    lib.fstWriterSetPackType(writer, lib.FST_WR_PT_LZ4)
    try:
        with open(vcd, "rb") as lines:
            handles = _declare(writer, lines)
            _emit(writer, lines, handles)
    finally:
        lib.fstWriterClose(writer)


def _declare(writer, lines: Iterator[bytes]) -> dict[bytes, tuple[int, int]]:
    """Declare scopes and signals; handle and width of each by its short name in the VCD file."""
    from pylibfst import ffi, lib

    handles: dict[bytes, tuple[int, int]] = {}
    for line in lines:
        words = line.split()
        match words:
            case [b"$timescale", scale, b"$end"]:
                lib.fstWriterSetTimescaleFromString(writer, scale)
            case [b"$scope", _, name, b"$end"]:
                lib.fstWriterSetScope(writer, lib.FST_ST_VCD_MODULE, name, ffi.NULL)
            case [b"$upscope", b"$end"]:
                lib.fstWriterSetUpscope(writer)
            case [b"$var", _, width, short, *name, b"$end"]:
                same, bits = handles.get(short, (0, int(width)))
                handle = lib.fstWriterCreateVar(
                    writer, lib.FST_VT_VCD_WIRE, lib.FST_VD_IMPLICIT, bits, b" ".join(name), same
                )
                handles.setdefault(short, (handle, bits))
            case [b"$enddefinitions", *_]:
                break
    return handles


def _emit(writer, lines: Iterator[bytes], handles: dict[bytes, tuple[int, int]]) -> None:
    """Pass on what changes, time after time."""
    from pylibfst import lib

    change = lib.fstWriterEmitValueChange
    for line in lines:
        first = line[:1]
        if first == b"b":
            value, short = line[1:].split()
            handle, width = handles[short]
            change(writer, handle, value.rjust(width, b"0"))
        elif first == b"#":
            lib.fstWriterEmitTimeChange(writer, int(line[1:]))
        elif first in (b"0", b"1"):
            change(writer, handles[line[1:].strip()][0], first)
