"""Memories in ECP5's block RAMs, with their output registers (FPGA-TN-02204).

Without that register, data come 5.6 ns after the clock, and nothing behind them runs at more than
some 140 MHz. Synthesis does not use it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from amaranth import Cat, ClockSignal, Const, Instance, Module, Signal, Value

from build_decoder.hdl.families.ecp5 import FAMILY

__all__ = ["Dp16kdRom", "dp16kd_ram"]

_MODES = ((18, 1024), (9, 2048), (4, 4096), (2, 8192), (1, 16384))
"""Bits of a port's word, and words."""

_ADDRESS_BITS, _DATA_BITS = 14, 18
_HALF_BITS = 9
"""Of an address of half a block of the widest words."""

_BYTES, _BYTE = 2048, 9
_SLICES, _SLICE_WORDS, _SLICE_STEP = 64, 16, 20
_OFF, _ON = Const(0, 1), Const(1, 1)


@dataclass(frozen=True)
class Dp16kdRom:
    """A ROM whose rows come out of the blocks' output registers.

    Of up to 512 rows, both ports of a block are read, at either half of it.

    Parameters
    ----------
    width
        Bits of a row.
    mode
        Which of the modes a port has.
    ports
        Ports of a block that are read.
    """

    width: int
    mode: int
    ports: int

    @classmethod
    def of(cls, rows: int, width: int) -> Self | None:
        """The ROM of least blocks; None if there are too many rows for it, or if blocks beside each
        other with a selection behind them are fewer, which have no register behind that."""
        widest, deepest = _MODES[0]
        if rows <= deepest // 2 and width > widest:
            made = cls(width, 0, 2)
        else:
            fitting = (n for n, (_, deep) in enumerate(_MODES) if rows <= deep)
            mode = next(fitting, None)
            if mode is None:
                return None
            made = cls(width, mode, 1)
        return made if made.blocks <= FAMILY.memory.block_rams(rows, width) else None

    @property
    def blocks(self) -> int:
        """Blocks that it takes."""
        return -(-self.width // (self.ports * self._word))

    def read(self, m: Module, rows: Sequence[int], address: Value, enable: Value) -> Value:
        """The row at ``address``: with the first ``enable`` the blocks take the address, and with
        the second one the row goes into their output registers.

        Parameters
        ----------
        rows
            Bits of each row.
        """
        word, bits = self._word, []
        for low in range(0, self.width, word * self.ports):
            contents, made = 0, _port("B", self.mode, _OFF, enable=_OFF)
            for port, name in zip(range(self.ports), "AB", strict=False):
                part = [row >> low + word * port & (1 << word) - 1 for row in rows]
                contents |= _contents(part, word) << port * _BYTES // 2 * _BYTE
                # The second one reads the upper half.
                at = Cat(address, Const(0, _HALF_BITS - len(address)), _ON) if port else address
                bits.append(Signal(word, name=f"port_{name.lower()}"))
                made |= _port(name, self.mode, at, enable=enable, output=bits[-1])
            m.submodules += _instance(contents, made)
        return Cat(bits)[: self.width]

    @property
    def _word(self) -> int:
        return _MODES[self.mode][0]


def dp16kd_ram(
    m: Module,
    rows: Sequence[int],
    width: int,
    *,
    read_at: Value,
    write_at: Value,
    write: Value,
    data: Value,
) -> Value | None:
    """A memory whose output is what lay at ``read_at`` two cycles before, which must not have been
    written in that cycle; None if there are more rows than a block has.

    Parameters
    ----------
    rows
        Bits of each row at the start.
    width
        Bits of a row.
    write, data, write_at
        Whether ``data`` is written at ``write_at``.
    """
    modes = (n for n, (word, deep) in enumerate(_MODES) if word <= _BYTE and len(rows) <= deep)
    mode = next(modes, None)
    if mode is None:
        return None
    word, bits = _MODES[mode][0], []
    for low in range(0, width, word):
        output = Signal(word, name="port_b")
        writing = _port("A", mode, write_at, write=write, data=data[low : low + word])
        reading = _port("B", mode, read_at, output=output)
        part = _contents([row >> low & (1 << word) - 1 for row in rows], word)
        m.submodules += _instance(part, writing | reading)
        bits.append(output)
    return Cat(bits)[:width]


def _port(
    name: str,
    mode: int,
    address: Value,
    *,
    enable: Value = _ON,
    output: Value | None = None,
    write: Value = _OFF,
    data: Value = _OFF,
) -> dict:
    """Parameters and ports of an instance for the port ``name``."""
    # An address counts bits as if bytes had eight.
    place = Cat(Const(0, len(_MODES) - 1 - mode), address)
    place = Cat(place, Const(0, _ADDRESS_BITS - len(place)))
    data = Cat(data, Const(0, _DATA_BITS - len(data)))
    outputs = () if output is None else output
    return {
        **{f"i_AD{name}{n}": bit for n, bit in enumerate(place)},
        **{f"i_DI{name}{n}": bit for n, bit in enumerate(data)},
        **{f"o_DO{name}{n}": bit for n, bit in enumerate(outputs)},
        **{f"i_CS{name}{n}": _OFF for n in range(3)},
        f"i_CE{name}": enable, f"i_OCE{name}": enable,
        f"i_WE{name}": write, f"i_RST{name}": _OFF,
        f"i_CLK{name}": ClockSignal(), f"p_CLK{name}MUX": f"CLK{name}",
        f"p_DATA_WIDTH_{name}": _MODES[mode][0], f"p_REGMODE_{name}": "OUTREG",
        f"p_WRITEMODE_{name}": "NORMAL", f"p_CSDECODE_{name}": "0b000",
    }  # fmt: skip


def _instance(contents: int, ports: dict) -> Instance:
    """A block that starts with these bits."""
    return Instance(
        "DP16KD",
        p_RESETMODE="SYNC", p_ASYNC_RESET_RELEASE="SYNC", p_GSR="AUTO",
        **{
            f"p_INITVAL_{n:02X}": Const(_slice(contents, n), _SLICE_WORDS * _SLICE_STEP)
            for n in range(_SLICES)
        },
        **ports,
    )  # fmt: skip


def _contents(rows: Sequence[int], word: int) -> int:
    """Bits of a block's bytes of nine bits; narrow words lie in the low eight, one behind the
    other."""
    contents = 0
    for number, row in enumerate(rows):
        if word >= _BYTE:
            place = number * word
        else:
            byte, within = divmod(number * word, 8)
            place = byte * _BYTE + within
        contents |= row << place
    return contents


def _slice(memory: int, number: int) -> int:
    """One of the parameters that a block starts with: sixteen words, 20 bits apart."""
    words = memory >> number * _SLICE_WORDS * _DATA_BITS
    return sum(
        (words >> n * _DATA_BITS & (1 << _DATA_BITS) - 1) << n * _SLICE_STEP
        for n in range(_SLICE_WORDS)
    )
