"""The registers and windows of a decoder on a bus: one description for hardware and software.

`register_map` makes it. Hardware, ``driver.json``, ``decoder.hwh``, ``component.xml`` and
``docs/axi.md`` follow from it. Nothing here needs Amaranth.
"""

from build_decoder.boards.axi.description import MAX_COUNT, Field, Register, RegisterMap, Window
from build_decoder.boards.axi.packing import frame_words, slot_bits
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.errors import InputError
from build_decoder.quant.format_fields import format_word
from build_decoder.quant.number_format import NumberFormat

__all__ = [
    "BASE_ADDRESS",
    "ID",
    "VERSION",
    "Field",
    "Register",
    "RegisterMap",
    "Window",
    "check_count",
    "register_map",
]

BASE_ADDRESS = 0x4000_0000
"""Where the processor of a Zynq-7000 has the first address of its port M_AXI_GP0."""

ID = 0x4E444543
"""What register ID reads: NDEC."""

VERSION = 1
"""What register VERSION reads."""

_LEAST_WINDOW = 0x1000


def register_map(
    interface: Interface, *, dma: bool, image_words: int | None = None
) -> RegisterMap:
    """The map of a decoder.

    Parameters
    ----------
    interface
        The decoder's: counts, formats, fingerprint.
    dma
        Whether frames can come from memory and go there.
    image_words
        Words of a weight image; None for a decoder that is not reloadable.

    Raises
    ------
    InputError
        If a frame has more than 65,535 values at either end.
    """
    for end, count in (("input", interface.input_count), ("output", interface.output_count)):
        check_count(interface.name, end, count)
    continuous = bool(interface.continuous)
    registers = [
        *_description(interface, dma, image_words is not None), *_work(dma, continuous)
    ]
    if dma:
        registers += _DMA
    if image_words is not None:
        registers += _loading(image_words)
    inputs = _window("INPUT", _LEAST_WINDOW, interface.input_format, interface.input_count, "rw")
    outputs = _window(
        "OUTPUT", inputs.offset + inputs.size_bytes,
        interface.output_format, interface.output_count, "r",
    )
    bits = (outputs.offset + outputs.size_bytes - 1).bit_length()
    return RegisterMap(tuple(registers), (inputs, outputs), bits)


def check_count(name: str, end: str, count: int) -> None:
    """Make sure that ``count`` values can be told at an ``end``, ``input`` or ``output``.

    Raises
    ------
    InputError
        If not.
    """
    if count > MAX_COUNT:
        raise InputError(
            f"{name}: expected at most {MAX_COUNT} {end}s a frame, which register SHAPE counts in "
            f"16 bits, got {count}"
        )


def _window(name: str, after: int, format: NumberFormat, count: int, access: str) -> Window:
    used = 4 * frame_words(format, count)
    size = max(_LEAST_WINDOW, 1 << (used - 1).bit_length())
    return Window(name, -(-after // size) * size, size, count, slot_bits(format), access)


def _flags(*flags: tuple[str, str]) -> tuple[Field, ...]:
    return tuple(Field(name, low, 1, about) for low, (name, about) in enumerate(flags))


def _format(name: str, offset: int, end: str, format: NumberFormat) -> Register:
    fields = (
        Field("WIDTH", 0, 8, "bits of a value"),
        Field("SIGNED", 8, 1, "whether it is two's complement"),
        Field("FLOATING", 9, 1, "whether it is floating point, as IEEE 754 lays it out"),
        Field("FLUSHED", 10, 1, "whether subnormals are zero there"),
        Field("FRACTION", 16, 16, "fraction bits, two's complement"),
    )
    width, flags, fraction = format_word(format)
    value = width | flags << 8 | (fraction & 0xFFFF) << 16
    return Register(name, offset, "r", value, fields, f"format of the {end}")


def _description(interface: Interface, dma: bool, reloadable: bool) -> list[Register]:
    features = _flags(("DMA", "SRC, DST and COUNT are there"), ("RELOADABLE", "LOAD_... are there"))
    value = dma | reloadable << 1
    if interface.continuous:
        features += (Field("CONTINUOUS", 2, 1, "a frame is a step, and CONTROL has CLEAR"),)
        value |= 1 << 2
    shape = (
        Field("INPUTS", 0, 16, "values of a frame in"),
        Field("OUTPUTS", 16, 16, "values of a frame out"),
    )
    counts = interface.input_count | interface.output_count << 16
    return [
        Register("ID", 0x000, "r", ID, (), "tells that this is a decoder: NDEC"),
        Register("VERSION", 0x004, "r", VERSION, (), "of this map"),
        Register("FEATURES", 0x008, "r", value, features, "what there is"),
        Register(
            "FINGERPRINT", 0x00C, "r", interface.fingerprint, (),
            "CRC-32 of the integer model that runs",
        ),
        Register("SHAPE", 0x010, "r", counts, shape, "size of a frame"),
        _format("INPUT_FORMAT", 0x014, "inputs", interface.input_format),
        _format("OUTPUT_FORMAT", 0x018, "outputs", interface.output_format),
        Register("SCRATCH", 0x01C, "rw", 0, (), "keeps what is written, and does nothing"),
    ]  # fmt: skip


def _work(dma: bool, continuous: bool) -> list[Register]:
    control = [("START", "1 infers the frame in the window INPUT")]
    status = [
        ("BUSY", "the frame of the windows is under way"),
        ("DONE", "the window OUTPUT has its outputs"),
    ]
    if dma:
        control.append(("DMA_START", "1 infers COUNT frames from SRC to DST"))
        status += [
            ("DMA_BUSY", "frames from memory are under way"),
            ("DMA_ERROR", "memory answered the last of them with an error; they were broken off"),
        ]
    refused = Field(
        "REFUSED", 4, 1, "the last START or DMA_START was refused: something was under way, or "
        "SRC or DST is no multiple of 8",
    )  # fmt: skip
    acts, told = _flags(*control), (*_flags(*status), refused)
    if continuous:
        acts += (
            Field("CLEAR", 2, 1, "1 alone brings states to zero; refused as a START is"),
        )
        told += (Field("CLEARING", 5, 1, "states are not zero yet"),)
    return [
        Register("CONTROL", 0x020, "w", 0, acts, "begins work"),
        Register("STATUS", 0x024, "r", 0, told, "what is going on"),
        Register("FRAMES_IN", 0x028, "r", 0, (), "frames that the decoder took; wraps"),
        Register("FRAMES_OUT", 0x02C, "r", 0, (), "frames that it gave; wraps"),
        Register("ERRORS", 0x030, "r", 0, (), "accesses answered with an error; wraps"),
        Register(
            "CYCLES", 0x034, "r", 0, (),
            "cycles of the last frame of the windows, from its first transfer into the decoder to "
            "its last one out",
        ),
    ]  # fmt: skip


_DMA = (
    Register("SRC", 0x040, "rw", 0, (), "address of the first frame in, a multiple of 8"),
    Register("DST", 0x044, "rw", 0, (), "address of the first frame out, a multiple of 8"),
    Register("COUNT", 0x048, "rw", 0, (), "frames"),
)

_COMMANDS = "1 BEGIN, 2 COMMIT, 3 ROLLBACK, 4 VERIFY"
_ERRORS = (
    "0 none, 1 wrong count of words, 2 wrong CRC, 3 wrong magic or layout, 4 nothing to roll back, "
    "5 memories differ from what was loaded"
)


def _loading(image_words: int) -> list[Register]:
    status = (
        *_flags(
            ("BUSY", "a command is under way"),
            ("STAGED", "words were taken that are not committed"),
            ("BANK", "the bank that runs"),
            ("CAN_ROLL_BACK", "the other bank has the weights from before"),
        ),
        Field("ERROR", 8, 4, f"of the last command: {_ERRORS}"),
    )
    return [
        Register(
            "LOAD_DATA", 0x080, "w", 0, (),
            f"next of the {image_words} words of a weight image",
        ),
        Register("LOAD_COMMAND", 0x084, "w", 0, (Field("COMMAND", 0, 3, _COMMANDS),), "command"),
        Register("LOAD_STATUS", 0x088, "r", 0, status, "what loading is at"),
        Register("LOAD_WORDS", 0x08C, "r", 0, (), "words taken since BEGIN"),
        Register("LAYOUT", 0x090, "r", None, (), "CRC-32 that identifies the layout of an image"),
    ]  # fmt: skip
