"""The port by which a stage's memory is written and read back."""

from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.planning.writable import WORD_BITS, Writable

__all__ = ["MemoryPort"]


class MemoryPort(wiring.Signature):
    """A memory of two banks: one that the stage reads, and the other one, which is written.

    A row is written with ``write``. ``bank``, which the stage reads, changes under ``hold`` alone,
    and ``hold`` comes alone while the stage is at rest. From the end of a ``hold`` on, the stage
    reads rows as after a reset; states that it keeps from frame to frame stay. With ``roll``, under
    ``hold``, rows are read back bit by bit: ``read`` is the ``bit`` of row 0 from the second cycle
    of it on, and of the next row from the cycle after a ``step`` on.

    Parameters
    ----------
    memory
        Rows and width of a bank.

    Members
    -------
    bank, hold, roll, step, write : ``Out``, 1
    row : ``Out``, ``range(rows)``
    data : ``Out``, ``width`` bits
    bit : ``Out``, a number of a bit among all bits of a row's words
    read : ``In``, 1
    """

    def __init__(self, memory: Writable):
        self.memory = memory
        flags = {name: Out(1) for name in ("bank", "hold", "roll", "step", "write")}
        super().__init__(
            {
                **flags,
                "row": Out(range(memory.rows)),
                "data": Out(memory.width),
                "bit": Out(range(memory.row_words * WORD_BITS)),
                "read": In(1),
            }
        )
