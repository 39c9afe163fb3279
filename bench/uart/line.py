"""A serial port that programs open by its name, with a simulated board at its other end."""

import os
import select
import threading
import tty

from cocotb.triggers import Timer, ValueChange

from build_decoder.boards.protocol import PROTOCOL
from build_decoder.boards.uart import FRAME_BITS

__all__ = ["Line"]

_QUIET_BYTES = 2
"""Byte times behind an answer after which the simulation rests."""

_WAIT_BYTES = 2 * PROTOCOL.idle_byte_times + 16
"""Byte times without an answer after which it does: the board has dropped half a request then."""

_REST_SECONDS = 0.02
_CHUNK = 4096


class Line:
    """A pseudo-terminal at the UART of the bench of `bench.uart.wrapper`.

    Time goes on in the simulation while bytes are under way or an answer is waited for, so that it
    does not depend on how fast the programs are. They run in threads of their own: attributes and
    methods are for these.

    Parameters
    ----------
    bench
        The bench in the simulator.
    divisor
        Clock cycles a bit.
    period_ns
        Of the clock.

    Attributes
    ----------
    name : str
        Of the port; another one once the cable was out.
    cycle : int
        When the last byte came from the board.
    """

    def __init__(self, bench, *, divisor: int, period_ns: int):
        self._bench = bench
        self._byte_ns = FRAME_BITS * divisor * period_ns
        self._ends: tuple[int, ...] = ()
        self._left = None
        self._quiet, self._limit = 0, _QUIET_BYTES
        self._rests = threading.Event()
        self.cycle = 0
        self.name = ""
        self.plug_in()

    def plug_in(self) -> None:
        """Bring the port, once the board is done with what it got before."""
        if self.name:
            self._rests.wait()
        master, other = os.openpty()
        tty.setraw(other)
        # As long as this end of it is open too, programs may come and go.
        self._ends, self.name = (master, other), os.ttyname(other)

    def cut_after(self, count: int) -> None:
        """Take the cable out once ``count`` more bytes have gone to the board."""
        self._left = count

    def _plug_out(self) -> None:
        ends, self._ends = self._ends, ()
        self._rests.clear()
        for end in ends:
            os.close(end)

    async def to_board(self) -> None:
        """Bytes from programs to the board; runs until it is cancelled."""
        bench, level, waiting = self._bench, 0, bytearray()
        while True:
            if not waiting:
                waiting += self._written()
            if not waiting:
                await Timer(self._byte_ns, "ns")
                self._quiet += 1
                continue
            level ^= 1
            bench.byte_to_board.value = waiting.pop(0)
            bench.to_board.value = level
            await ValueChange(bench.sent)
            self._quiet, self._limit = 0, _WAIT_BYTES
            if self._left is not None:
                self._left -= 1
                if self._left <= 0:
                    self._left = None
                    waiting.clear()
                    self._plug_out()

    async def from_board(self) -> None:
        """Bytes from the board to programs; runs until it is cancelled."""
        bench = self._bench
        while True:
            await ValueChange(bench.received)
            self._quiet, self._limit = 0, _QUIET_BYTES
            self.cycle = int(bench.cycle.value)
            if self._ends:
                os.write(self._ends[0], bytes([int(bench.byte_from_board.value)]))

    def _written(self) -> bytes:
        """What programs have written, which is waited for where nothing is under way."""
        resting = self._quiet >= self._limit
        if resting:
            self._rests.set()
        else:
            self._rests.clear()
        ends = self._ends[:1]
        ready, _, _ = select.select(ends, [], [], _REST_SECONDS if resting else 0)
        return os.read(ends[0], _CHUNK) if ready else b""

    def close(self) -> None:
        """Take the port away."""
        self._plug_out()
