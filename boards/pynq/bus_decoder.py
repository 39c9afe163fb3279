"""A decoder on a processor's bus, as a function of arrays."""

import time
import warnings

import numpy as np

from build_decoder.boards.axi.description import RegisterMap
from build_decoder.boards.axi.packing import from_words, to_words
from build_decoder.boards.driver.errors import DeviceError, SaturationWarning
from build_decoder.boards.driver.inputs import check_raw, quantised
from build_decoder.boards.driver_file import DriverFile
from build_decoder.boards.pynq.frames import Frames
from build_decoder.boards.pynq.loading import Loading
from build_decoder.boards.pynq.register_access import RegisterAccess
from build_decoder.models.errors import InputError

__all__ = ["BusDecoder"]

_FIXED = ("ID", "VERSION", "FEATURES", "SHAPE", "INPUT_FORMAT", "OUTPUT_FORMAT")
"""Registers that tell which decoder it is, whatever its weights."""


class BusDecoder:
    """A decoder whose registers and windows are on a processor's bus.

    Few frames go through the windows, word by word. Where the decoder can fetch frames itself,
    many go through buffers in memory.

    Parameters
    ----------
    mmio
        Reads and writes words; see `RegisterAccess`.
    known
        What ``driver.json`` says of the decoder; it has registers.
    allocate
        ``allocate(shape, dtype)`` makes buffers that the decoder reaches, as pynq's has them; None
        if there is no such memory.
    timeout
        Seconds that a frame, or the frames of a buffer, may take beyond their time in the decoder.
    clock
        Has ``monotonic()``, as the module `time` has.

    Attributes
    ----------
    fingerprint : int
        CRC-32 of the integer model that is expected to run: the build's, or that of the weights
        that were loaded last. Set it where other weights were loaded before and are meant.
    saturated : int
        Input values that were saturated so far, in all calls.

    Raises
    ------
    InputError
        If the build is not for a bus.
    """

    MANY = 8
    """From so many frames on, they go through memory."""

    def __init__(
        self, mmio, known: DriverFile, *, allocate=None, timeout: float = 1.0, clock=time
    ):
        if known.registers is None:
            raise InputError("driver.json: expected registers, got none: no build for a bus")
        self.known = known
        self.interface = known.interface
        self.fingerprint = known.interface.fingerprint
        self.saturated = 0
        self.timeout = timeout
        self.access = RegisterAccess(mmio, known.registers, clock=clock)
        self._allocate = allocate
        self._frames = None
        self._loading = Loading(self.access) if known.registers.reloadable else None

    @property
    def registers(self) -> RegisterMap:
        """The map."""
        return self.access.registers

    def check(self) -> None:
        """Make sure that what answers is the decoder that is expected.

        Raises
        ------
        DeviceError
            If it is not.
        """
        for name in _FIXED:
            expected, actual = self.registers.register(name).reset, self.access.read(name)
            if actual != expected:
                raise DeviceError(
                    f"expected decoder {self.interface.name!r} with {name} 0x{expected:08x}, got "
                    f"0x{actual:08x}: was another bitstream loaded?"
                )
        actual = self.access.read("FINGERPRINT")
        if actual != self.fingerprint:
            raise DeviceError(
                f"expected decoder {self.interface.name!r} with FINGERPRINT "
                f"0x{self.fingerprint:08x}, got 0x{actual:08x}: were other weights loaded? If they "
                f"are meant, set `fingerprint`"
            )

    def reset(self) -> None:
        """Bring the states of a continuous decoder to zero: the next step is a sequence's first.

        Raises
        ------
        InputError
            If it is none.
        LinkTimeout, DeviceError
            If something else is under way and does not end, or it refuses.
        """
        self._check_continuous()
        access = self.access
        for field in ("BUSY", *(("DMA_BUSY",) if self.registers.dma else ())):
            self._wait(field, frames=0)
        access.write("CONTROL", access.bit("CONTROL", "CLEAR"))
        self._wait("CLEARING", frames=0)
        if access.field("STATUS", "REFUSED"):
            raise DeviceError(
                "expected states to be cleared, got REFUSED: is another program using the decoder?"
            )

    def step(self, x) -> np.ndarray:
        """Real outputs (outputs,) of the next step of a continuous decoder, whose real inputs are
        ``x`` (inputs,).

        Raises
        ------
        InputError
            If the decoder is not continuous, or as of `infer`.
        LinkTimeout, DeviceError
            As of `infer_raw`: whether the step was taken is not known then, and `reset` is due.
        """
        self._check_continuous()
        x = np.asarray(x)
        if x.ndim != 1:
            raise InputError(f"inputs: expected one step (inputs,), got shape {x.shape}")
        return self.interface.output_format.to_real(self._infer(self._quantised(x)))

    def _check_continuous(self) -> None:
        if not self.interface.continuous:
            raise InputError(
                f"expected a continuous decoder, got {self.interface.name!r}, which keeps no states"
            )

    def infer(self, x) -> np.ndarray:
        """Real outputs (samples, outputs) of real inputs (samples, inputs), or of one sample.

        Inputs are quantised to the decoder's input format: rounded half up and saturated. One
        `SaturationWarning` a call tells of values that saturate, and `saturated` counts them.

        Raises
        ------
        InputError
            If the shape is wrong or a value is no finite number; nothing has been sent then.
        LinkTimeout, DeviceError
            As of `infer_raw`.
        """
        return self.interface.output_format.to_real(self._infer(self._quantised(x)))

    def decide(self, x) -> np.ndarray:
        """Classes, int64 (samples,), that real inputs (samples, inputs) are decided for, or that of
        one sample: of a decoder whose task is ``classes``, whether it answers with decisions or
        with scores.

        Raises
        ------
        InputError
            As of `infer`, or if the decoder has a single output that is no class.
        LinkTimeout, DeviceError
            As of `infer_raw`.
        """
        interface = self.interface
        interface.decided(np.zeros((1, interface.output_count), np.int64))
        return interface.decided(self._infer(self._quantised(x)))

    def infer_raw(self, x_raw) -> np.ndarray:
        """Raw int64 outputs (samples, outputs) of raw inputs (samples, inputs), or of one sample.

        Raises
        ------
        InputError
            If the shape is wrong, or values are not integers or do not fit the input format.
        LinkTimeout
            If the decoder does not finish in time.
        DeviceError
            If what answers is another decoder, or it tells of an error.
        """
        interface = self.interface
        return self._infer(check_raw(x_raw, interface.input_format, interface.input_count))

    def _quantised(self, x) -> np.ndarray:
        interface = self.interface
        x_raw, saturation = quantised(x, interface.input_format, interface.input_count)
        if saturation:
            self.saturated += saturation.count
            warnings.warn(str(saturation), SaturationWarning, stacklevel=3)
        return x_raw

    def _infer(self, x_raw: np.ndarray) -> np.ndarray:
        self.check()
        frames = np.atleast_2d(x_raw)
        many = len(frames) >= self.MANY and self.registers.dma and self._allocate is not None
        y_raw = self.through_memory(frames) if many else self.through_windows(frames)
        return y_raw[0] if x_raw.ndim == 1 else y_raw

    def through_windows(self, frames: np.ndarray) -> np.ndarray:
        """Raw outputs (samples, outputs) of raw inputs (samples, inputs), frame by frame.

        Raises
        ------
        LinkTimeout, DeviceError
            As of `infer_raw`.
        """
        interface = self.interface
        y_raw = np.empty((len(frames), interface.output_count), np.int64)
        ordered = interface.in_order(frames)
        for sample, words in enumerate(to_words(ordered, interface.input_format)):
            self.access.write_window("INPUT", words)
            self.run_window()
            words = self.access.read_window("OUTPUT")
            y_raw[sample] = from_words(words, interface.output_format, interface.output_count)
        return y_raw

    def run_window(self) -> None:
        """Infer the frame of the window INPUT.

        Raises
        ------
        LinkTimeout, DeviceError
            As of `infer_raw`.
        """
        access = self.access
        # While a frame is under way, windows answer with an error, which ends this process.
        self._wait("BUSY", frames=0)
        access.write("CONTROL", access.bit("CONTROL", "START"))
        self._wait("BUSY", frames=1)
        if access.field("STATUS", "REFUSED") or not access.field("STATUS", "DONE"):
            raise DeviceError(
                f"expected a frame in the window OUTPUT, got STATUS "
                f"0x{access.read('STATUS'):08x}: is another program using the decoder?"
            )

    def through_memory(self, x_raw: np.ndarray, *, skip: int = 0) -> np.ndarray:
        """Raw outputs (samples, outputs) of raw inputs (samples, inputs), a buffer at a time.

        Parameters
        ----------
        skip
            See `Frames.transfer`.

        Raises
        ------
        InputError
            If the decoder cannot fetch frames, or there is no memory for them.
        LinkTimeout, DeviceError
            As of `infer_raw`.
        """
        return self.frames.infer(x_raw, skip=skip)

    @property
    def frames(self) -> Frames:
        """The way through memory.

        Raises
        ------
        InputError
            If there is none.
        """
        if self._frames is None:
            if not self.registers.dma or self._allocate is None:
                raise InputError(
                    "frames through memory: expected a decoder that fetches them and memory that "
                    "it reaches, got none"
                )
            self._frames = Frames(self.access, self.interface, self._allocate, self._wait)
        return self._frames

    def _wait(self, field: str, *, frames: int) -> None:
        interface, clock_mhz = self.interface, self.known.clock_mhz
        cycles = (interface.latency_cycles or 0) + frames * (interface.frame_cycles or 0)
        # Twice: memory may be slower than the decoder.
        seconds = self.timeout + (2 * cycles / (clock_mhz * 1e6) if clock_mhz else 0.0)
        what = f"{frames} frames to be done" if frames else "nothing to be under way"
        self.access.wait("STATUS", field, seconds=seconds, what=what)

    def load_weights(self, path) -> None:
        """Load weights that ``build_decoder.reload`` has left, and run with them.

        Frames before it are inferred with the old weights, frames after it with the new ones. If
        it fails, the old weights go on.

        Parameters
        ----------
        path
            File ``.npz`` with an image ``words``, or the words (words,).

        Raises
        ------
        InputError
            If it is no image for a decoder that is built like this one; nothing was written then.
        LinkTimeout, DeviceError
            If the decoder refuses it, or does not run the model that the image has.
        """
        self.fingerprint = self._loader().load(path)

    def rollback(self) -> None:
        """Run with the weights from before the last `load_weights` again.

        Raises
        ------
        InputError
            If the decoder cannot be reloaded.
        LinkTimeout, DeviceError
            If it refuses, such as where there are none.
        """
        self.fingerprint = self._loader().rollback()

    def verify_weights(self) -> None:
        """Have the decoder read its weights, and compare them with what was loaded.

        Raises
        ------
        InputError, LinkTimeout, DeviceError
            As of `rollback`; `DeviceError` too if they differ.
        """
        self._loader().verify()

    def _loader(self) -> Loading:
        if self._loading is None:
            raise InputError("weights: expected a decoder built with --reloadable, got another")
        return self._loading

    def close(self) -> None:
        """Give buffers in memory back."""
        if self._frames is not None:
            self._frames.close()
            self._frames = None
