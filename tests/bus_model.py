"""A decoder on a bus, in Python: registers, windows, memory that it reaches, and images."""

import zlib
from dataclasses import replace

import numpy as np
from boards_rig import sums_model

from build_decoder.boards.axi.packing import (
    frame_bytes,
    from_bytes,
    from_words,
    to_bytes,
    to_words,
)
from build_decoder.boards.axi.registers import register_map
from build_decoder.boards.driver_file import DriverFile
from build_decoder.hdl.planning.interface import Interface

LAYOUT, IMAGE_WORDS = 0x1A70_0001, 6


class BusError(Exception):
    """An access that hardware answers with SLVERR, which ends a process on a board."""


class Buffer(np.ndarray):
    """As pynq's: what the processor sees, and what the decoder sees once it was flushed."""

    def __new__(cls, size, address):
        self = np.zeros(size, np.uint8).view(cls)
        self.device_address = address
        self.memory = np.zeros(size, np.uint8)
        self.freed = False
        return self

    def __array_finalize__(self, other):
        self.memory = None

    def flush(self):
        self.memory[:] = np.asarray(self)

    def invalidate(self):
        np.asarray(self)[:] = self.memory

    def freebuffer(self):
        self.freed = True


class BusModel:
    """What is behind `mmio`, for `sums_model`; other weights add a number to each output.

    ``polls`` is how many times STATUS says busy for a frame. Inputs come in the order of ``walk``.
    """

    def __init__(self, *, inputs=6, dma=True, reloadable=False, polls=2, walk=None, **more):
        self.model = sums_model(inputs=inputs, **more)
        self.interface = replace(
            Interface.of_model(self.model), input_lanes=1, latency_cycles=9, frame_cycles=8,
            input_walk=walk,
        )  # fmt: skip
        words = IMAGE_WORDS if reloadable else None
        self.map = register_map(self.interface, dma=dma, image_words=words)
        self.known = DriverFile(
            interface=self.interface, board="pynq_z1", clock_mhz=100.0, shell="axi",
            registers=self.map,
        )  # fmt: skip
        self.values = {r.name: r.reset or 0 for r in self.map.registers}
        self.values["LAYOUT"] = LAYOUT
        self.polls = polls
        self.buffers = []
        self._busy = 0
        # As pynq's MMIO has it: accesses of the array go to the decoder.
        self.array = np.zeros((1 << self.map.address_bits) // 4, np.uint32)
        self._input, self._output = (
            self.array[window.offset // 4 :][: window.words] for window in self.map.windows
        )
        self._banks = [(self.interface.fingerprint, 0), None]
        self._received = []

    def set_status(self, **bits):
        for name, value in bits.items():
            place = self.map.register("STATUS").field(name)
            self.values["STATUS"] &= ~(1 << place.low)
            self.values["STATUS"] |= value << place.low

    def compute(self, x_raw):
        format = self.interface.output_format
        y_raw = self.model.compute(x_raw) + self._banks[0][1]
        return (y_raw - format.min_raw) % (1 << format.width) + format.min_raw

    def _of_samples(self, came):
        """Values as samples have them, of values as they came."""
        return came[:, np.argsort(self.interface.in_order(np.arange(came.shape[1])))]

    # What pynq's MMIO does.

    def read(self, offset=0):
        for window, memory in (("INPUT", self._input), ("OUTPUT", self._output)):
            if self._inside(window, offset):
                return int(memory[(offset - self.map.window(window).offset) // 4])
        register = self._register(offset, "r")
        if register.name == "STATUS":
            self._tick()
        return self.values[register.name]

    def write(self, offset, data):
        if isinstance(data, bytes):
            assert len(data) % 4 == 0
            for n, word in enumerate(np.frombuffer(data, "<u4")):
                self.write(offset + 4 * n, int(word))
            return
        assert type(data) is int
        assert 0 <= data < 1 << 32
        if self._inside("INPUT", offset):
            self._input[(offset - self.map.window("INPUT").offset) // 4] = data
            return
        name = self._register(offset, "w").name
        if name == "CONTROL":
            self._control(data)
        elif name == "LOAD_DATA":
            self._received.append(data)
            self.values["LOAD_WORDS"] = len(self._received)
        elif name == "LOAD_COMMAND":
            self._command(data)
        else:
            self.values[name] = data

    def allocate(self, shape, dtype):
        assert dtype == np.uint8
        self.buffers.append(Buffer(shape, 0x1000_0000 + 0x100_0000 * len(self.buffers)))
        return self.buffers[-1]

    def _register(self, offset, access):
        for register in self.map.registers:
            if register.offset == offset and access in register.access:
                return register
        raise BusError(f"{access} 0x{offset:x}")

    def _inside(self, name, offset):
        window = self.map.window(name)
        inside = window.offset <= offset < window.offset + 4 * window.words
        if inside and self._busy:
            raise BusError(f"{name} while busy")
        return inside

    def _tick(self):
        if self._busy:
            self._busy -= 1
            if not self._busy:
                self.finish()

    def _control(self, data):
        if self._busy:
            self.set_status(REFUSED=1)
            return
        self._busy = self.polls
        if data == 1:
            self.finish = self._window_done
            self.set_status(REFUSED=0, BUSY=1, DONE=0)
        elif data == 2:
            self.finish = self._frames_done
            self.set_status(REFUSED=0, DMA_BUSY=1, DMA_ERROR=0)

    def _window_done(self):
        interface = self.interface
        x_raw = from_words(self._input, interface.input_format, interface.input_count)
        (y_raw,) = self.compute(self._of_samples(x_raw[None]))
        self._output[:] = to_words(y_raw, interface.output_format)
        self._count(1)
        self.values["CYCLES"] = interface.latency_cycles
        self.set_status(BUSY=0, DONE=1)

    def _frames_done(self):
        interface, count = self.interface, self.values["COUNT"]
        size = count * frame_bytes(interface.input_format, interface.input_count)
        data = self._memory("SRC", size)
        x_raw = from_bytes(data.reshape(count, -1), interface.input_format, interface.input_count)
        out = to_bytes(self.compute(self._of_samples(x_raw)), interface.output_format).reshape(-1)
        self._memory("DST", len(out))[:] = out
        self._count(count)
        self.set_status(DMA_BUSY=0)

    def _memory(self, name, size):
        address = self.values[name]
        assert address % 8 == 0
        for buffer in self.buffers:
            first = address - buffer.device_address
            if first >= 0 and first + size <= len(buffer):
                return buffer.memory[first : first + size]
        raise AssertionError(f"{name} 0x{address:x} lies in no buffer")

    def _count(self, frames):
        for name in ("FRAMES_IN", "FRAMES_OUT"):
            self.values[name] = (self.values[name] + frames) % (1 << 32)

    def _command(self, command):
        error = 0
        if command == 1:
            self._received = []
            self.values["LOAD_WORDS"] = 0
            self._banks[1] = None
        elif command == 2:
            error = self._commit()
        elif command == 3:
            error = 4 if self._banks[1] is None else 0
            if not error:
                self._banks.reverse()
        self.values["FINGERPRINT"] = self._banks[0][0]
        self.values["LOAD_STATUS"] = error << 8

    def _commit(self):
        words = np.array(self._received, np.uint32)
        if len(words) != IMAGE_WORDS:
            return 1
        if zlib.crc32(words[:-1].tobytes()) != words[-1]:
            return 2
        if words[1] != LAYOUT:
            return 3
        self._banks = [(int(words[2]), int(words[3])), self._banks[0]]
        return 0


def image(*, fingerprint=0xBEEF_0001, added=3, layout=LAYOUT):
    """Words of weights that add a number to each output."""
    words = np.array([0x4E44_4357, layout, fingerprint, added, 0], np.uint32)
    return np.append(words, np.uint32(zlib.crc32(words.tobytes())))
