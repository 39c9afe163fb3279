"""The processor and the memory around a shell, for scenarios that run inside the simulator."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from cocotb.triggers import ClockCycles, with_timeout
from cocotbext.axi import (
    AxiBus,
    AxiLiteBus,
    AxiLiteMaster,
    AxiMaster,
    AxiRam,
    AxiResp,
)

from build_decoder.boards.axi.registers import BASE_ADDRESS, RegisterMap
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.files.fields import Fields

__all__ = ["BusError", "Machine"]

_MEMORY_BYTES = 1 << 24
_DEADLINE_NS = 10_000_000


class BusError(Exception):
    """An access was answered with an error."""


class Machine:
    """Accesses of registers and windows, one after the other, and memory.

    Parameters
    ----------
    bench
        The bench in the simulator.
    job
        What `AxiSimulation` left for it.

    Attributes
    ----------
    registers : RegisterMap
    interface : Interface
    arrays : dict of arrays
    settings : dict
    random : np.random.Generator
    memory : AxiRam
        Memory that frames come from; None if there is none.
    axi : AxiMaster or AxiLiteMaster
        The processor's port.
    base : int
        Address of the first register.
    """

    def __init__(self, bench, job: dict):
        here = Path.cwd()
        self.bench = bench
        self.registers = RegisterMap.read(Fields(job["registers"], here / "job.json"))
        self.interface = Interface.read(Fields(job["interface"], here / "job.json"))
        with np.load(here / "arrays.npz") as arrays:
            self.arrays = dict(arrays)
        self.settings = job["settings"]
        self.random = np.random.default_rng(job["seed"])
        self.base = 0 if job["lite"] else BASE_ADDRESS
        if job["lite"]:
            bus = AxiLiteBus.from_prefix(bench, "s_axi")
            self.axi = AxiLiteMaster(bus, bench.clk, bench.rst)
        else:
            bus = AxiBus.from_prefix(bench, "s_axi")
            self.axi = AxiMaster(bus, bench.clk, bench.rst, max_burst_len=16)
        self.memory = None
        if self.registers.dma:
            bus = AxiBus.from_prefix(bench, "m_axi")
            self.memory = AxiRam(bus, bench.clk, bench.rst, size=_MEMORY_BYTES)
        if job["stalls"]:
            for channel in self.channels():
                channel.set_pause_generator(self._stalls())

    def channels(self) -> Iterator:
        """All channels that can be paused, those that the shell drives and those that drive it."""
        for port in filter(None, (self.axi, self.memory)):
            write, read = port.write_if, port.read_if
            yield from (write.aw_channel, write.w_channel, write.b_channel)
            yield from (read.ar_channel, read.r_channel)

    def _stalls(self) -> Iterator[bool]:
        """Epochs of random length: at full speed, with stalls of some probability, or a pause."""
        random = np.random.default_rng(int(self.random.integers(1 << 32)))
        while True:
            length = int(random.integers(1, 2 ** random.integers(3, 7)))
            probability = random.choice((0.0, 0.0, 0.25, 0.5, 0.9, 1.0))
            yield from (random.random(length) < probability).tolist()

    @property
    def cycle(self) -> int:
        """Cycles since the simulation began."""
        return int(self.bench.cycle.value)

    async def wait(self, cycles: int) -> None:
        """Do nothing for some cycles."""
        await ClockCycles(self.bench.clk, cycles)

    async def read_bytes(self, offset: int, count: int, **how) -> bytes:
        """Bytes at an offset from the base.

        Raises
        ------
        BusError
            If it was answered with an error.
        """
        access = self.axi.read(self.base + offset, count, **how)
        answer = await with_timeout(access, _DEADLINE_NS, "ns")
        if AxiResp(answer.resp) is not AxiResp.OKAY:
            raise BusError(f"read of {count} bytes at {offset:#x}")
        return bytes(answer.data)

    async def write_bytes(self, offset: int, data: bytes, **how) -> None:
        """Write bytes at an offset from the base.

        Raises
        ------
        BusError
            If it was answered with an error.
        """
        access = self.axi.write(self.base + offset, data, **how)
        answer = await with_timeout(access, _DEADLINE_NS, "ns")
        if AxiResp(answer.resp) is not AxiResp.OKAY:
            raise BusError(f"write of {len(data)} bytes at {offset:#x}")

    async def read_word(self, offset: int) -> int:
        """A word at an offset from the base."""
        return int.from_bytes(await self.read_bytes(offset, 4), "little")

    async def write_word(self, offset: int, value: int) -> None:
        """Write a word at an offset from the base."""
        await self.write_bytes(offset, int(value).to_bytes(4, "little"))

    async def read(self, name: str) -> int:
        """What a register reads."""
        return await self.read_word(self.registers.register(name).offset)

    async def write(self, name: str, value: int) -> None:
        """Write a register."""
        await self.write_word(self.registers.register(name).offset, value)

    async def status(self) -> dict[str, int]:
        """The bits of STATUS by their names."""
        value = await self.read("STATUS")
        fields = self.registers.register("STATUS").fields
        return {each.name: value >> each.low & 1 for each in fields}
