"""What a register, a window and a map of them is, and the JSON that says so."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from build_decoder.boards.axi.packing import WINDOW_BITS
from build_decoder.models.files.fields import Fields

__all__ = ["MAX_COUNT", "Field", "Register", "RegisterMap", "Window"]

MAX_COUNT = (1 << 16) - 1
"""Most values of a frame, at either end: register SHAPE counts them in 16 bits."""

_ACCESSES = ("r", "w", "rw")


@dataclass(frozen=True)
class Field:
    """Bits ``low`` to ``low + width - 1`` of a register."""

    name: str
    low: int
    width: int
    about: str


@dataclass(frozen=True)
class Register:
    """A register of 32 bits.

    Parameters
    ----------
    name
        In capitals.
    offset
        Bytes from the base address.
    access
        ``r``, ``w`` or ``rw``. Other accesses are answered with an error.
    reset
        What it reads after a reset; 0 if it is not read, None if the map does not tell.
    fields
        Its bits, from the lowest; none if all 32 are one number. Others read 0.
    about
        What it is, in a sentence.
    """

    name: str
    offset: int
    access: str
    reset: int | None
    fields: tuple[Field, ...]
    about: str

    def field(self, name: str) -> Field:
        """Its field called ``name``."""
        return next(field for field in self.fields if field.name == name)


@dataclass(frozen=True)
class Window:
    """A frame in memory, as words of 32 bits (see `boards.axi.packing`).

    Parameters
    ----------
    name
        ``INPUT`` or ``OUTPUT``.
    offset
        Bytes from the base address, a multiple of ``size_bytes``.
    size_bytes
        Bytes that are set aside, a power of two. Behind the last word, accesses are answered with
        an error.
    count
        Values of a frame.
    slot_bits
        Bits of a value's slot.
    access
        ``r`` or ``rw``.
    """

    name: str
    offset: int
    size_bytes: int
    count: int
    slot_bits: int
    access: str

    @property
    def words(self) -> int:
        """Words of 32 bits that a frame takes."""
        return -(-self.count * self.slot_bits // WINDOW_BITS)


@dataclass(frozen=True)
class RegisterMap:
    """All that a decoder has on a bus.

    Parameters
    ----------
    registers
        By rising offset.
    windows
        By rising offset.
    address_bits
        Bits of a byte offset: no more is needed of an address.
    """

    registers: tuple[Register, ...]
    windows: tuple[Window, ...]
    address_bits: int

    def __contains__(self, name: str) -> bool:
        return any(register.name == name for register in self.registers)

    def register(self, name: str) -> Register:
        """The register called ``name``."""
        return next(register for register in self.registers if register.name == name)

    def window(self, name: str) -> Window:
        """The window called ``name``."""
        return next(window for window in self.windows if window.name == name)

    @property
    def dma(self) -> bool:
        """Whether frames can come from memory and go there."""
        return "COUNT" in self

    @property
    def reloadable(self) -> bool:
        """Whether weights can be loaded."""
        return "LOAD_DATA" in self

    @property
    def continuous(self) -> bool:
        """Whether a frame is a step, and states can be cleared."""
        return any(field.name == "CLEAR" for field in self.register("CONTROL").fields)

    def as_json(self) -> dict:
        """The JSON object."""
        return asdict(self)

    @classmethod
    def read(cls, entries: Fields) -> "RegisterMap":
        """The map that `as_json` made an object of.

        Raises
        ------
        InputError
            If an entry is missing or makes no sense.
        """
        entries.only("registers", "windows", "address_bits")
        bits = entries.integer("address_bits", 1, 32)
        last = (1 << bits) - 1
        registers = tuple(_read_register(each, last) for each in _objects(entries, "registers"))
        windows = tuple(_read_window(each, last) for each in _objects(entries, "windows"))
        return cls(registers, windows, bits)


def _objects(entries: Fields, key: str) -> Iterator[Fields]:
    for number, value in enumerate(entries.items(key)):
        yield Fields(value, entries.source, f"{entries.place(key)} {number}")


def _read_field(entries: Fields) -> Field:
    entries.only("name", "low", "width", "about")
    low = entries.integer("low", 0, 31)
    width = entries.integer("width", 1, 32 - low)
    return Field(entries.text("name"), low, width, entries.text("about"))


def _read_register(entries: Fields, last: int) -> Register:
    entries.only("name", "offset", "access", "reset", "fields", "about")
    reset: Any = entries.values["reset"]
    return Register(
        name=entries.text("name"),
        offset=entries.integer("offset", 0, last),
        access=entries.choice("access", _ACCESSES),
        reset=None if reset is None else entries.integer("reset", 0, (1 << 32) - 1),
        fields=tuple(_read_field(each) for each in _objects(entries, "fields")),
        about=entries.text("about"),
    )


def _read_window(entries: Fields, last: int) -> Window:
    entries.only("name", "offset", "size_bytes", "count", "slot_bits", "access")
    return Window(
        name=entries.text("name"),
        offset=entries.integer("offset", 0, last),
        size_bytes=entries.size("size_bytes", last + 1),
        count=entries.size("count", MAX_COUNT),
        slot_bits=entries.size("slot_bits", 64),
        access=entries.choice("access", _ACCESSES),
    )
