"""The driver of PYNQ boards, as it is, with a simulated shell for the logic beside the processor.

What it reads and writes become accesses of the processor's port; buffers lie in the memory that the
shell reaches. The driver waits in a thread of its own while the simulation goes on.
"""

import numpy as np
from cocotb.task import bridge, resume

from build_decoder.bench.axi.machine import Machine
from build_decoder.boards.driver_file import DriverFile
from build_decoder.boards.pynq.bus_decoder import BusDecoder
from build_decoder.boards.pynq.steps import Golden, steps

__all__ = [
    "Buffer",
    "Mmio",
    "by_driver",
    "by_loading",
    "by_self_test",
    "driver_of",
]

_WORD = 4
_PAGE = 4096
_CLOCK_MHZ = 100.0
_SECONDS = 600.0


class Mmio:
    """What pynq's ``MMIO`` is to a driver."""

    def __init__(self, machine: Machine):
        self.machine = machine
        self.accesses = 0
        """Words read and written."""

    def read(self, offset: int = 0) -> int:
        """A word."""
        self.accesses += 1
        return resume(self.machine.read_word)(offset)

    def write(self, offset: int, data: int | bytes) -> None:
        """Write a word, or one after the other."""
        data = data.to_bytes(_WORD, "little") if isinstance(data, int) else data
        for place in range(0, len(data), _WORD):
            self.accesses += 1
            word = int.from_bytes(data[place : place + _WORD], "little")
            resume(self.machine.write_word)(offset + place, word)


class _Clock:
    """The simulation's time: how fast it goes is no matter of the decoder's."""

    def __init__(self, machine: Machine):
        self._machine = machine

    def monotonic(self) -> float:
        """Seconds."""

        async def cycle() -> int:
            return self._machine.cycle

        return resume(cycle)() / (_CLOCK_MHZ * 1e6)


class Buffer(np.ndarray):
    """What pynq's buffer is: memory of the processor's caches, until it is flushed."""

    def __new__(cls, shape, dtype, *, machine: Machine, address: int):
        """A buffer of zeros at an address."""
        buffer = np.zeros(shape, dtype).view(cls)
        buffer.device_address = address
        buffer._memory = machine.memory
        return buffer

    def __array_finalize__(self, other):
        self.device_address = self._memory = None

    def flush(self) -> None:
        """Let the decoder see what the processor wrote."""
        self._memory.write(self.device_address, np.asarray(self).tobytes())

    def invalidate(self) -> None:
        """Let the processor see what the decoder wrote."""
        data = self._memory.read(self.device_address, self.nbytes)
        np.asarray(self)[:] = np.frombuffer(data, self.dtype)


def driver_of(machine: Machine, mmio: Mmio | None = None) -> BusDecoder:
    """The driver of the machine's decoder.

    Parameters
    ----------
    mmio
        What it reads and writes by; the machine's if None.
    """
    addresses = iter(range(16 * _PAGE, 1 << 24, 1 << 21))

    def allocate(shape, dtype):
        return Buffer(shape, dtype, machine=machine, address=next(addresses))

    known = DriverFile(
        interface=machine.interface, registers=machine.registers, clock_mhz=_CLOCK_MHZ
    )
    reaches = allocate if machine.memory is not None else None
    return BusDecoder(
        mmio or Mmio(machine), known, allocate=reaches, timeout=_SECONDS, clock=_Clock(machine)
    )


async def by_driver(machine: Machine) -> dict:
    """``arrays["x_raw"]`` through ``infer_raw``, in calls of ``settings["counts"]`` frames.

    Returns mismatches with ``arrays["y_raw"]``, cycles, words that the processor read and wrote,
    and counters.
    """
    mmio = Mmio(machine)
    decoder = driver_of(machine, mmio)
    x_raw, y_raw = machine.arrays["x_raw"], machine.arrays["y_raw"]
    found = np.empty_like(y_raw)
    start, first = machine.cycle, 0
    for count in machine.settings["counts"]:
        part = slice(first, first + count)
        found[part] = await bridge(decoder.infer_raw)(x_raw[part])
        first += count
    return {
        "frames": first,
        "mismatches": int((found != y_raw).any(axis=1).sum()),
        "cycles": machine.cycle - start,
        "accesses": mmio.accesses,
        **{name: await machine.read(name) for name in ("FRAMES_OUT", "ERRORS")},
    }


async def by_self_test(machine: Machine) -> dict:
    """Steps 3 to 8 of the self-test with golden frames ``arrays``; what each tells.

    Of a reloadable decoder, ``arrays`` has ``words`` of other weights, and ``other``, what they
    make of ``x_raw``.
    """
    decoder = driver_of(machine)
    arrays, other = machine.arrays, None
    if "words" in arrays:
        other = Golden(arrays["x_raw"], arrays["other"], arrays["words"])
    golden = Golden(arrays["x_raw"], arrays["y_raw"], other=other)
    told = [await bridge(step.run)(decoder, golden) for step in steps()[:6]]
    return {"told": told}


async def by_loading(machine: Machine) -> dict:
    """Images ``arrays["words_N"]`` loaded one after the other, frames before and after each.

    ``arrays["y_N"]`` is what the model of image N makes of ``x_raw``, ``y_raw`` what that of the
    build does. Returns mismatches of each, fingerprints that were read back, and cycles that each
    took to be loaded and committed.
    """
    decoder = driver_of(machine)
    arrays = machine.arrays
    mismatches, cycles, fingerprints = [], [], []

    async def infer(y_raw):
        found = await bridge(decoder.infer_raw)(arrays["x_raw"])
        mismatches.append(int((found != y_raw).any(axis=1).sum()))
        fingerprints.append(decoder.fingerprint)

    await infer(arrays["y_raw"])
    for number in range(machine.settings["images"]):
        start = machine.cycle
        await bridge(decoder.load_weights)(arrays[f"words_{number}"])
        cycles.append(machine.cycle - start)
        await bridge(decoder.verify_weights)()
        await infer(arrays[f"y_{number}"])
    return {"mismatches": mismatches, "cycles": cycles, "fingerprints": fingerprints}
