"""Frames through buffers in memory, which the decoder fetches and fills by itself."""

from collections.abc import Callable

import numpy as np

from build_decoder.boards.axi.packing import frame_bytes, from_bytes, to_bytes
from build_decoder.boards.driver.errors import DeviceError
from build_decoder.boards.pynq.register_access import RegisterAccess
from build_decoder.hdl.planning.interface import Interface

__all__ = ["BUFFER_BYTES", "MOST_SKIPPED", "Frames"]

BUFFER_BYTES = 1 << 22
"""Most bytes of a buffer, unless one frame has more."""

MOST_SKIPPED = 4096
"""Bytes that a pair of buffers has beyond those of its frames."""

_ALIGNMENT = 8
_ADDRESSES = 1 << 32


class Frames:
    """Buffers for frames in and out, and the way through them.

    They are made when they are needed first, and kept.

    Parameters
    ----------
    access
        The decoder's registers.
    interface
        The decoder's.
    allocate
        Makes buffers: arrays with ``device_address``, ``flush()`` and ``invalidate()``.
    wait
        ``wait(field, frames=n)`` waits until a field of STATUS is 0.
    """

    def __init__(
        self,
        access: RegisterAccess,
        interface: Interface,
        allocate: Callable,
        wait: Callable,
    ):
        self._access = access
        self._interface = interface
        self._allocate = allocate
        self._wait = wait
        self._sizes = (
            frame_bytes(interface.input_format, interface.input_count),
            frame_bytes(interface.output_format, interface.output_count),
        )
        self.frames = max(1, BUFFER_BYTES // max(self._sizes))
        """Frames that a pair of buffers has room for."""
        self._buffers = None

    def infer(self, x_raw: np.ndarray, *, skip: int = 0) -> np.ndarray:
        """Raw outputs (samples, outputs) of raw inputs (samples, inputs).

        Parameters
        ----------
        skip
            See `transfer`.

        Raises
        ------
        LinkTimeout
            If the decoder does not finish in time.
        DeviceError
            If it tells of an error.
        """
        interface = self._interface
        y_raw = np.empty((len(x_raw), interface.output_count), np.int64)
        for first in range(0, len(x_raw), self.frames):
            part = interface.in_order(x_raw[first : first + self.frames])
            data = self.transfer(to_bytes(part, interface.input_format), skip=skip)
            y_raw[first : first + len(part)] = from_bytes(
                data, interface.output_format, interface.output_count
            )
        return y_raw

    def transfer(self, data: np.ndarray, *, skip: int = 0) -> np.ndarray:
        """Bytes out (frames, bytes) of bytes in (frames, bytes).

        Parameters
        ----------
        skip
            Bytes of both buffers that are left out at their beginnings, a multiple of 8 of at
            most `MOST_SKIPPED`.

        Raises
        ------
        LinkTimeout, DeviceError
            As of `infer`.
        """
        access, count = self._access, len(data)
        source, target = self._made()
        end_in, end_out = (skip + count * size for size in self._sizes)
        source[skip:end_in] = data.reshape(-1)
        source.flush()
        # No line of it that the processor still has may be written back over the results.
        target[skip:end_out] = 0
        target.flush()
        before = access.read("FRAMES_OUT")
        self._wait("DMA_BUSY", frames=0)
        access.write("SRC", self._address(source) + skip)
        access.write("DST", self._address(target) + skip)
        access.write("COUNT", count)
        access.write("CONTROL", access.bit("CONTROL", "DMA_START"))
        self._wait("DMA_BUSY", frames=count)
        given = (access.read("FRAMES_OUT") - before) % (1 << 32)
        failed = [name for name in ("DMA_ERROR", "REFUSED") if access.field("STATUS", name)]
        if failed or given != count:
            raise DeviceError(
                f"expected {count} frames through memory, got {' and '.join([str(given), *failed])}"
            )
        target.invalidate()
        return np.array(target[skip:end_out]).reshape(count, -1)

    def _made(self):
        if self._buffers is None:
            sizes = [self.frames * size + MOST_SKIPPED for size in self._sizes]
            self._buffers = tuple(self._allocate((size,), dtype=np.uint8) for size in sizes)
        return self._buffers

    @staticmethod
    def _address(buffer) -> int:
        address = int(buffer.device_address)
        if address % _ALIGNMENT or not 0 <= address < _ADDRESSES - buffer.nbytes:
            raise DeviceError(
                f"expected a buffer below 4 GiB at a multiple of {_ALIGNMENT}, got one at "
                f"0x{address:x}"
            )
        return address

    def close(self) -> None:
        """Give the buffers back."""
        for buffer in self._buffers or ():
            if hasattr(buffer, "freebuffer"):
                buffer.freebuffer()
        self._buffers = None
