"""A decoder at the other end of a port, as a function of arrays."""

import contextlib
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np

from build_decoder.boards.driver.errors import DeviceError, LinkError, PortError, SaturationWarning
from build_decoder.boards.driver.exchange import Exchange
from build_decoder.boards.driver.inputs import Saturation, check_raw, quantised
from build_decoder.boards.driver.weights import Weights
from build_decoder.boards.protocol import (
    PROTOCOL,
    Command,
    Info,
    LoadState,
    Protocol,
    check_frame,
    element_bytes,
)
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.errors import InputError, shown

__all__ = ["DEFAULT_BAUD", "Decoder"]

DEFAULT_BAUD = 1_000_000

_LOAD_COMMANDS = (
    Command.LOAD, Command.COMMIT, Command.ROLLBACK, Command.VERIFY, Command.STATUS,
)  # fmt: skip
_VERIFY_SECONDS = 34e-6  # of a word, at 1 MHz

Progress = Callable[[int, int], object]
"""Called after each sample with the number of samples that are done, and of all."""


class Decoder:
    """A decoder at the other end of a port.

    Threads may share it: each request and its answer is one unit, whichever method it comes from.

    Parameters
    ----------
    port
        Object with ``write(bytes)`` and ``read(count)``; a read returns fewer bytes, or none, once
        its time-out is over. Where it has ``reset_input_buffer`` and ``close``, they are used;
        where it has ``timeout`` and ``write_timeout``, as pySerial's ports have, they are set.
    interface
        What the decoder is expected to be.
    protocol
        Protocol constants.
    baud
        Rate of the port, bits a second. Time for the bytes on the line follows from it.
    decoder_seconds
        Time that the decoder needs for a frame.
    timeout
        Seconds that a reply may take beyond those of the line and of the decoder.
    clock
        Has ``monotonic()`` and ``sleep(seconds)``, as the module `time` has.

    Raises
    ------
    InputError
        If frames do not fit the protocol, or another decoder uses the port.
    """

    def __init__(
        self,
        port,
        interface: Interface,
        *,
        protocol: Protocol = PROTOCOL,
        baud: int = DEFAULT_BAUD,
        decoder_seconds: float = 0.0,
        timeout: float = 1.0,
        clock=time,
    ):
        check_frame(interface)
        self.interface = interface
        self.saturated = 0
        """Input values that were saturated so far, in all calls."""
        self._protocol = protocol
        self._counting = threading.Lock()
        output_bytes = interface.output_count * element_bytes(interface.output_format)
        payload_bytes = {Command.INFO: Info.LAYOUT.size, Command.INFER: output_bytes}
        if interface.continuous:
            payload_bytes[Command.RESET] = 0
        if interface.reloadable:
            payload_bytes |= dict.fromkeys(_LOAD_COMMANDS, LoadState.LAYOUT.size)
            # VERIFY reads all words.
            decoder_seconds = max(decoder_seconds, _VERIFY_SECONDS * interface.image_words)
        self._exchange = Exchange(
            port,
            payload_bytes,
            protocol=protocol,
            baud=baud,
            decoder_seconds=decoder_seconds,
            timeout=timeout,
            clock=clock,
        )
        self._weights = Weights(self._exchange, interface)
        self._states_known = True

    def __enter__(self) -> "Decoder":
        return self

    def __exit__(self, kind, *exception) -> None:
        # An error on the way out would hide the one that led there, and its results.
        with contextlib.suppress(PortError) if kind else contextlib.nullcontext():
            self.close()

    def close(self) -> None:
        """Close the port, once the request that is under way has ended."""
        self._exchange.close()

    def info(self) -> Info:
        """What the board says of its decoder.

        Raises
        ------
        LinkTimeout, LinkError
            If there is no valid reply to two requests.
        DeviceError
            If the reply is of another protocol version or describes no decoder.
        """
        return self._exchange.call(Command.INFO, b"", _info)

    def check(self) -> None:
        """Make sure that the board runs the expected decoder.

        Raises
        ------
        DeviceError
            If it runs another one, or speaks another version of the protocol.
        LinkTimeout, LinkError
            If it does not answer.
        """
        expected, actual = Info.of(self.interface), self.info()
        seen = actual
        if self.interface.reloadable:
            # Which weights run is for whoever loads them.
            seen = replace(actual, fingerprint=expected.fingerprint)
        elif self.interface.input_lanes is None:
            # An integer model alone does not tell whether others can be loaded.
            seen = replace(actual, layout_id=None)
        if seen != expected:
            raise DeviceError(
                f"expected decoder {self.interface.name!r} ({_described(expected)}) on the board, "
                f"got {_described(actual)}: was another bitstream loaded?"
            )

    def load_weights(self, image) -> None:
        """Write an image and commit it: from the next frame on, the decoder computes its model.

        Until then it computes the old one, and goes on with that if anything fails.

        Parameters
        ----------
        image
            uint32 (words,), of `hdl.planning.image.ImageLayout.image` or of
            ``python -m build_decoder.reload``.

        Raises
        ------
        InputError
            If it is no image for this decoder, or the decoder's weights are constants; nothing has
            been sent then.
        LinkTimeout, LinkError
            If there is no valid reply to two requests, or the image did not arrive whole.
        """
        self._weights.load(image)

    def rollback(self) -> None:
        """Compute with the weights before those that were loaded last.

        Raises
        ------
        DeviceError
            If there are none.
        LinkTimeout, LinkError
            If there is no valid reply to two requests.
        """
        self._weights.rollback()

    def verify(self) -> None:
        """Have the decoder read the weights in use back and compare their CRC with the image's.

        It takes no frame meanwhile, and forgets words of an image that was not committed.

        Raises
        ------
        DeviceError
            If they differ.
        LinkTimeout, LinkError
            If there is no valid reply to two requests.
        """
        self._weights.verify()

    def status(self) -> LoadState:
        """What the decoder says of the weights that it has.

        Raises
        ------
        InputError
            If they are constants.
        LinkTimeout, LinkError
            If there is no valid reply to two requests.
        """
        return self._weights.call(Command.STATUS)

    def reset(self) -> None:
        """Bring the states of a continuous decoder to zero: the next step is a sequence's first.

        Raises
        ------
        InputError
            If it is none.
        LinkTimeout, LinkError
            If there is no valid reply to two requests.
        """
        self._check_continuous()
        self._exchange.call(Command.RESET, b"", lambda payload: None)
        self._states_known = True

    def step(self, x) -> np.ndarray:
        """Real outputs (outputs,) of the next step of a continuous decoder.

        Parameters
        ----------
        x
            Its real inputs (inputs,).

        Raises
        ------
        InputError
            If the decoder is not continuous, or as of `infer`.
        LinkTimeout, LinkError
            If there is no valid reply. The request is not repeated, since the decoder may have
            taken the step: its states are not known then, and all steps fail until `reset`.
        """
        self._check_continuous()
        x = np.asarray(x)
        if x.ndim != 1:
            raise InputError(f"inputs: expected one step (inputs,), got shape {x.shape}")
        return self._collect(self._quantised(x), None, self.interface.output_format.to_real)

    def _check_continuous(self) -> None:
        if not self.interface.continuous:
            raise InputError(
                f"expected a continuous decoder, got {self.interface.name!r}, which keeps no states"
            )

    def infer(self, x, *, progress: Progress | None = None) -> np.ndarray:
        """Real outputs (samples, outputs) of real inputs (samples, inputs), or of one sample.

        Inputs are quantised to the decoder's input format: rounded half up and saturated. One
        `SaturationWarning` a call tells of values that saturate, and `saturated` counts them. Of a
        continuous decoder, samples are its next steps, as of `step`.

        Raises
        ------
        InputError
            If the shape is wrong or a value is no finite number; nothing has been sent then.
        LinkTimeout, LinkError
            As of `infer_raw`; ``results`` are real.
        """
        x_raw = self._quantised(x)
        return self._collect(x_raw, progress, self.interface.output_format.to_real)

    def decide(self, x, *, progress: Progress | None = None) -> np.ndarray:
        """Classes, int64 (samples,), that real inputs (samples, inputs) are decided for, or that of
        one sample: of a decoder whose task is ``classes``, whether it answers with decisions or
        with scores.

        Raises
        ------
        InputError
            As of `infer`, or if the decoder has a single output that is no class.
        LinkTimeout, LinkError
            As of `infer_raw`; ``results`` are classes.
        """
        interface = self.interface
        interface.decided(np.zeros((1, interface.output_count), np.int64))
        return self._collect(self._quantised(x), progress, interface.decided)

    def infer_iter(self, x: Iterable) -> Iterator[np.ndarray]:
        """Real outputs (outputs,) of each frame of real inputs, as they come.

        A frame is taken from ``x`` and sent once its outputs are asked for. Between frames other
        calls and threads may use the decoder.

        Parameters
        ----------
        x
            Array (samples, inputs), which is checked as a whole before anything is sent, or another
            iterable of frames (inputs,), each of which is checked when it is taken. Of the latter
            the first frame that saturates is told by a `SaturationWarning`, all are counted.

        Raises
        ------
        InputError
            As of `infer`.
        LinkTimeout, LinkError
            As of `infer`, without ``results``.
        """
        if hasattr(x, "__array__"):
            frames = iter(np.atleast_2d(self._quantised(x)))
        else:
            try:
                frames = self._quantised_frames(iter(x))
            except TypeError:
                raise InputError(f"inputs: expected frames, got {shown(x)}") from None
        return map(self.interface.output_format.to_real, self._answers(frames))

    def infer_raw(self, x_raw, *, progress: Progress | None = None) -> np.ndarray:
        """Raw int64 outputs (samples, outputs) of raw inputs (samples, inputs), or of one sample.

        Raises
        ------
        InputError
            If the shape is wrong, or values are not integers or do not fit the input format.
        LinkTimeout, LinkError
            If there is no valid reply to two requests; ``results`` has the outputs until then.
        """
        interface = self.interface
        x_raw = check_raw(x_raw, interface.input_format, interface.input_count)
        return self._collect(x_raw, progress, lambda y_raw: y_raw)

    def quantise(self, x) -> np.ndarray:
        """Raw int64 inputs of real ones, in the same shape, as `infer` sends them.

        Values that saturate are told and counted as by `infer`.

        Raises
        ------
        InputError
            As of `infer`.
        """
        return self._quantised(x)

    def _quantised(self, x) -> np.ndarray:
        raw, saturation = quantised(x, self.interface.input_format, self.interface.input_count)
        if saturation:
            self._count(saturation)
            warnings.warn(str(saturation), SaturationWarning, stacklevel=3)
        return raw

    def _quantised_frames(self, frames: Iterator) -> Iterator[np.ndarray]:
        interface, told = self.interface, False
        for sample, frame in enumerate(frames):
            raw, saturation = quantised(
                frame, interface.input_format, interface.input_count, sample=sample
            )
            if saturation:
                self._count(saturation)
                if not told:
                    warnings.warn(str(saturation), SaturationWarning, stacklevel=3)
                told = True
            yield raw

    def _count(self, saturation: Saturation) -> None:
        with self._counting:
            self.saturated += saturation.count

    def _collect(
        self,
        x_raw: np.ndarray,
        progress: Progress | None,
        converted: Callable[[np.ndarray], np.ndarray],
    ) -> np.ndarray:
        frames = np.atleast_2d(x_raw)
        y_raw = np.empty((len(frames), self.interface.output_count), np.int64)
        done = 0
        try:
            for answer in self._answers(iter(frames)):
                y_raw[done] = answer
                done += 1
                if progress:
                    progress(done, len(frames))
        except LinkError as error:
            before = f"; the {done} answers before it are in `results`" if done else ""
            kept = type(error)(f"{error}{before}")
            kept.results = converted(y_raw[:done])
            raise kept from error
        return converted(y_raw[0] if x_raw.ndim == 1 else y_raw)

    def _answers(self, frames: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        """Raw outputs (outputs,) of each frame of raw inputs."""
        for sample, frame in enumerate(frames):
            ordered = self.interface.in_order(frame)
            payload = self._protocol.pack_values(ordered, self.interface.input_format)
            try:
                yield self._answer(payload)
            except LinkError as error:
                raise type(error)(f"sample {sample}: {error}") from error

    def _answer(self, payload: bytes) -> np.ndarray:
        """Raw outputs (outputs,) of a frame of bytes."""
        if not self.interface.continuous:
            return self._exchange.call(Command.INFER, payload, self._outputs)
        if not self._states_known:
            raise LinkError(
                "expected states that are known, got those after a step that was not answered: "
                "`reset` first"
            )
        try:
            return self._exchange.call(Command.INFER, payload, self._outputs, again=False)
        except BaseException:
            self._states_known = False
            raise

    def _outputs(self, payload: bytes) -> np.ndarray:
        format = self.interface.output_format
        y_raw = self._protocol.unpack_values(payload, format)
        # The decoder extends its outputs to whole bytes: one check more than the CRC.
        if (y_raw < format.min_raw).any() or (y_raw > format.max_raw).any():
            raise LinkError(
                f"expected raw outputs of {format.min_raw} to {format.max_raw} ({format}), got "
                f"{y_raw.min()} to {y_raw.max()}"
            )
        return y_raw


def _info(payload: bytes) -> Info:
    try:
        return Info.unpack(payload)
    except ValueError as error:
        raise DeviceError(f"board: {error}") from None


def _described(info: Info) -> str:
    return (
        f"{info.input_count} x {info.input_format} -> {info.output_count} x {info.output_format}, "
        f"fingerprint {info.fingerprint:08x}"
    )
