"""Writes ``docs/axi.md``: what a decoder has on a processor's bus, from what the code says of it.

``python -m build_decoder.bench.axi.page`` in a checkout. Nothing on the page is written by hand: to
change it, change `boards.axi.registers`, or docstrings in `boards.axi`.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from build_decoder.bench.docstring import Docstring, markdown
from build_decoder.boards.axi import core, packing
from build_decoder.boards.axi.axi3_front import Axi3Front
from build_decoder.boards.axi.axi4_lite_front import Axi4LiteFront
from build_decoder.boards.axi.core import Core
from build_decoder.boards.axi.description import Register, RegisterMap
from build_decoder.boards.axi.frame_mover import FrameMover
from build_decoder.boards.axi.frame_reader import FrameReader
from build_decoder.boards.axi.packer import ResultPacker
from build_decoder.boards.axi.register_file import RegisterFile
from build_decoder.boards.axi.registers import BASE_ADDRESS, register_map
from build_decoder.boards.axi.result_writer import ResultWriter
from build_decoder.boards.axi.unpacker import Unpacker
from build_decoder.boards.axi.windows import Windows
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.arguments import LineParser
from build_decoder.models.command import exit_status
from build_decoder.quant.qformat import QFormat

__all__ = ["FILE", "main", "page"]

FILE = Path(__file__).parents[2] / "docs" / "axi.md"
"""Where the page lies in a checkout."""

_EXAMPLE = Interface(
    name="example", input_count=800, output_count=2, input_format=QFormat(4, 0, False),
    output_format=QFormat(0, 3, False), fingerprint=0, continuous=True,
)  # fmt: skip
_EXAMPLE_WORDS = 840
_OF_THE_DECODER = ("FEATURES", "FINGERPRINT", "SHAPE", "INPUT_FORMAT", "OUTPUT_FORMAT")
_FRAME = """\
1. Write the frame into INPUT.
2. Write 1 to CONTROL.
3. Read STATUS until DONE is 1.
4. Read OUTPUT."""
_FRAMES = """\
1. Put the frames into memory, and make the caches write them.
2. Write SRC, DST and COUNT, and 2 to CONTROL.
3. Read STATUS until DMA_BUSY is 0. REFUSED or DMA_ERROR tell that there are no results.
4. Make the caches forget what they have of DST, and read the results."""
_WEIGHTS = """\
1. Write 1 (BEGIN) to LOAD_COMMAND, and each word of the image to LOAD_DATA.
2. Write 2 (COMMIT) to LOAD_COMMAND, and read LOAD_STATUS until BUSY is 0. ERROR tells how it went;
   with 0, FINGERPRINT is that of the new model."""

_STATES = """\
Of a continuous decoder each frame is a step, and states are kept from one to the next, from
windows and from memory alike. Write 4 (CLEAR) to CONTROL, and read STATUS until CLEARING is 0: the
next frame is a sequence's first step. A step after the first may take fewer cycles than the
documented latency, and CYCLES tells so."""


def page() -> str:
    """The page."""
    registers = register_map(_EXAMPLE, dma=True, image_words=_EXAMPLE_WORDS)
    parts = [
        "<!-- Written by python -m build_decoder.bench.axi.page, from the code. -->",
        "# On a processor's bus",
        markdown(Docstring.of(core).text),
        markdown(Docstring.of(Core).text),
        "`AxiShell` has it at AXI3, for the processor of a Zynq-7000, with the way to memory or "
        "without; `AxiLiteShell` has it at AXI4-Lite, without. A Zynq-7000's processor has the "
        f"first register at 0x{BASE_ADDRESS:08X}. In Verilog, ports are called `s_axi__awaddr`, "
        "`m_axi__araddr` and so on; besides there are `clk`, and `rst`, synchronous and high. "
        "Those of the core for designs of your own are in [axi_lite.md](axi_lite.md).",
        "## Registers",
        *_registers(registers),
        "## Windows",
        markdown(Docstring.of(packing).text),
        *_windows(registers),
        "## A frame",
        _FRAME,
        "## Frames from memory",
        _FRAMES,
        "## Weights",
        _WEIGHTS,
        "## States",
        _STATES,
        "## Answers and times",
        *_classes(RegisterFile, Axi3Front, Axi4LiteFront, Windows, Unpacker, ResultPacker),
        f"`BOUND` is {RegisterFile.BOUND} cycles, `PATIENCE` {RegisterFile.PATIENCE}: the longest "
        "are right after a reset, while registers are cleared, and where a word of an image waits.",
        "## The way to memory",
        *_classes(FrameMover, FrameReader, ResultWriter),
    ]
    return "\n\n".join(parts) + "\n"


def _registers(registers: RegisterMap) -> Iterator[str]:
    yield (
        "All have 32 bits. SRC, DST and COUNT are there with the way to memory, LOAD_DATA and what "
        "follows where weights can be loaded, CONTINUOUS, CLEAR and CLEARING in continuous "
        "decoders. `r` is read, `w` written; bits without a field are "
        f"read as 0. The example's image has {_EXAMPLE_WORDS} words."
    )
    yield from _table(
        ("offset", "register", "", "after reset", ""),
        [
            (f"0x{each.offset:03X}", each.name, each.access, _reset(each), each.about)
            for each in registers.registers
        ],
    )
    yield from _table(
        ("register", "bits", "field", ""),
        [
            (each.name, _bits(field.low, field.width), field.name, field.about)
            for each in registers.registers
            for field in each.fields
        ],
    )


def _reset(register: Register) -> str:
    if "r" not in register.access:
        return ""
    if register.reset is None or register.name in _OF_THE_DECODER:
        return "the decoder's"
    return f"0x{register.reset:X}" if register.reset > 9 else str(register.reset)


def _bits(low: int, width: int) -> str:
    return str(low) if width == 1 else f"{low + width - 1}:{low}"


def _windows(registers: RegisterMap) -> Iterator[str]:
    yield (
        "INPUT begins at a multiple of its size, a power of two and at least 0x1000, and OUTPUT "
        f"behind it likewise. With {_EXAMPLE.input_count} inputs of {_EXAMPLE.input_width} bits "
        f"and {_EXAMPLE.output_count} outputs of {_EXAMPLE.output_width}:"
    )
    yield from _table(
        ("offset", "window", "", "size", "values", "bits of a slot", "words"),
        [
            (
                f"0x{each.offset:X}", each.name, each.access, f"0x{each.size_bytes:X}",
                str(each.count), str(each.slot_bits), str(each.words),
            )
            for each in registers.windows
        ],
    )  # fmt: skip


def _classes(*classes: type) -> Iterator[str]:
    for cls in classes:
        yield f"### {cls.__name__}"
        yield markdown(Docstring.of(cls).text)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    lines = (head, ["---"] * len(head), *rows)
    yield "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = LineParser(
        prog="python -m build_decoder.bench.axi.page", description="Writes docs/axi.md."
    )
    parser.parse_args(arguments)
    FILE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(exit_status(main))
