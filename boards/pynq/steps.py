"""Steps 3 to 9 of the self-test: those that need a decoder and golden frames alone."""

import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from build_decoder.boards.axi.packing import to_bytes
from build_decoder.boards.driver.errors import DeviceError
from build_decoder.boards.pynq.bus_decoder import BusDecoder
from build_decoder.boards.pynq.loading import Loading
from build_decoder.models.errors import InputError
from build_decoder.models.files.array_shape import ArrayShape
from build_decoder.models.files.numpy_file import npz_keys, read_npz
from build_decoder.models.limits import MAX_GOLDEN_VALUES

__all__ = ["GOLDEN_FILE", "OTHER_FILE", "Golden", "Step", "steps"]

GOLDEN_FILE = "golden.npz"
"""Raw inputs ``x_raw`` and outputs ``y_raw`` of the decoder as it was built."""

OTHER_FILE = "other_weights.npz"
"""Of a decoder that is reloadable: ``words`` of other weights, and their golden frames."""

_SCRATCH_BITS = 32
_TIMED_FRAMES = 1000
_ODD_COUNTS = (1, 2, 3, 5, 7, 63)


@dataclass(frozen=True)
class Golden:
    """Golden frames, and other weights with theirs if there are any.

    Parameters
    ----------
    x_raw, y_raw
        Raw inputs (samples, inputs) and outputs (samples, outputs), int64.
    words
        An image of weights that these outputs are of; None for the weights of the build.
    other
        Those of other weights.
    """

    x_raw: np.ndarray
    y_raw: np.ndarray
    words: np.ndarray | None = None
    other: "Golden | None" = None

    @classmethod
    def load(cls, folder: Path) -> "Golden":
        """Golden frames in ``folder``.

        Raises
        ------
        InputError
            If a file is missing or damaged.
        """
        other = folder / OTHER_FILE
        return cls._read(folder / GOLDEN_FILE, cls._read(other) if other.exists() else None)

    @classmethod
    def _read(cls, path: Path, other: "Golden | None" = None) -> "Golden":
        frames = ArrayShape((None, None), ("samples", "values"), MAX_GOLDEN_VALUES)
        flat = ArrayShape((None,), ("words",), MAX_GOLDEN_VALUES)
        arrays = [read_npz(path, key, frames, where=key) for key in ("x_raw", "y_raw")]
        words = read_npz(path, "words", flat, where="words") if "words" in npz_keys(path) else None
        return cls(*arrays, words, other)


@dataclass(frozen=True)
class Step:
    """A step.

    Parameters
    ----------
    number
        From 3 on.
    title
        What it is about.
    run
        ``run(decoder, golden)`` tells what was found in a line, or raises an error.
    """

    number: int
    title: str
    run: Callable[[BusDecoder, Golden], str]


def steps() -> tuple[Step, ...]:
    """The steps in their order."""
    return (
        Step(3, "identity", _identity),
        Step(4, "scratch", _scratch),
        Step(5, "windows", _windows),
        Step(6, "golden frames by words", _by_words),
        Step(7, "golden frames through memory", _through_memory),
        Step(8, "other weights", _other_weights),
        Step(9, "speed", _speed),
    )


def _compare(what: str, expected: np.ndarray, actual: np.ndarray) -> None:
    wrong = np.argwhere(expected != actual)
    if len(wrong):
        place = tuple(int(n) for n in wrong[0])
        raise DeviceError(
            f"{what}: expected {expected[place]} at {place}, got {actual[place]}; "
            f"{len(wrong)} of {expected.size} values differ"
        )


def _start(decoder: BusDecoder) -> None:
    """Have golden frames be the first steps of a sequence, of a continuous decoder."""
    if decoder.interface.continuous:
        decoder.reset()


def _identity(decoder: BusDecoder, golden: Golden) -> str:
    decoder.check()
    return f"{decoder.interface.name}, fingerprint {decoder.fingerprint:08x}"


def _scratch(decoder: BusDecoder, golden: Golden) -> str:
    patterns = [0, 0xFFFF_FFFF, *(1 << bit for bit in range(_SCRATCH_BITS))]
    for pattern in patterns:
        decoder.access.write("SCRATCH", pattern)
        actual = decoder.access.read("SCRATCH")
        if actual != pattern:
            raise DeviceError(f"SCRATCH: expected 0x{pattern:08x}, got 0x{actual:08x}")
    return f"{len(patterns)} patterns"


def _windows(decoder: BusDecoder, golden: Golden) -> str:
    window = decoder.registers.window("INPUT")
    words = np.random.default_rng(1).integers(0, 1 << 32, (2, window.words), dtype=np.uint32)
    decoder.access.write_window("INPUT", words[0])
    _compare("window INPUT by words", words[0], decoder.access.read_window("INPUT"))
    # A slice of the mapped array is one copy, which a processor may make bursts of.
    mapped = decoder.access.mapped("INPUT")
    if mapped is None:
        return f"{window.words} words by words; not mapped, so none by bursts"
    mapped[:] = words[1]
    _compare("window INPUT by bursts", words[1], np.array(mapped))
    _compare("window INPUT after bursts", words[1], decoder.access.read_window("INPUT"))
    return f"{window.words} words by words and by bursts"


def _by_words(decoder: BusDecoder, golden: Golden) -> str:
    _start(decoder)
    _compare("golden frames", golden.y_raw, decoder.through_windows(golden.x_raw))
    if decoder.interface.continuous:
        return f"{len(golden.x_raw)} steps, 0 mismatches"
    cycles, expected = decoder.access.read("CYCLES"), decoder.interface.latency_cycles
    if expected is not None and cycles != expected:
        raise DeviceError(f"CYCLES: expected the latency of {expected}, got {cycles}")
    return f"{len(golden.x_raw)} frames, 0 mismatches; {cycles} cycles a frame, as documented"


def _through_memory(decoder: BusDecoder, golden: Golden) -> str:
    if not decoder.registers.dma:
        return "left out: this decoder fetches no frames"
    frames = 0
    for count in (*_ODD_COUNTS, len(golden.x_raw)):
        x_raw, y_raw = golden.x_raw[:count], golden.y_raw[:count]
        _start(decoder)
        _compare(f"{count} frames", y_raw, decoder.through_memory(x_raw))
        frames += len(x_raw)
    # 8 bytes before a 4 KiB page ends, and others, so that frames lie across it.
    for skip in (8, 4096 - 8, 4096 - 16):
        _start(decoder)
        _compare(f"{skip} bytes on", golden.y_raw, decoder.through_memory(golden.x_raw, skip=skip))
        frames += len(golden.x_raw)
    return f"{frames} frames, 0 mismatches"


def _other_weights(decoder: BusDecoder, golden: Golden) -> str:
    if not decoder.registers.reloadable:
        return "left out: this decoder was built without --reloadable"
    other = golden.other
    if other is None or other.words is None:
        raise InputError(f"expected {OTHER_FILE} of a reloadable decoder, got none")
    words = other.words.astype(np.uint32)
    wrong = words.copy()
    wrong[-1] ^= 1
    loading = Loading(decoder.access)
    loading.send(wrong)
    try:
        loading.commit()
    except DeviceError:
        pass
    else:
        raise DeviceError("COMMIT: expected a wrong CRC to be refused, got it accepted")
    _start(decoder)
    _compare("frames after a refusal", golden.y_raw, decoder.infer_raw(golden.x_raw))
    before = decoder.fingerprint
    decoder.load_weights(words)
    _start(decoder)
    _compare("frames of other weights", other.y_raw, decoder.infer_raw(other.x_raw))
    decoder.rollback()
    if decoder.fingerprint != before:
        raise DeviceError(
            f"ROLLBACK: expected FINGERPRINT 0x{before:08x}, got 0x{decoder.fingerprint:08x}"
        )
    _start(decoder)
    _compare("frames after ROLLBACK", golden.y_raw, decoder.infer_raw(golden.x_raw))
    crc = zlib.crc32(words.astype("<u4").tobytes())
    return f"{len(words)} words (CRC-32 {crc:08x}) refused, committed and rolled back"


def _speed(decoder: BusDecoder, golden: Golden) -> str:
    x_raw = np.resize(golden.x_raw, (_TIMED_FRAMES, golden.x_raw.shape[1]))
    told = [_rate(len(golden.x_raw), "by words", lambda: decoder.through_windows(golden.x_raw))]
    if decoder.registers.dma:
        data = to_bytes(x_raw[: decoder.frames.frames], decoder.interface.input_format)
        told.append(_rate(len(data), "through memory", lambda: decoder.frames.transfer(data)))
        told.append(_rate(len(x_raw), "with `infer_raw`", lambda: decoder.infer_raw(x_raw)))
    return "frames a second: " + ", ".join(told)


def _rate(frames: int, how: str, run: Callable[[], object]) -> str:
    start = time.perf_counter()
    run()
    return f"{frames / (time.perf_counter() - start):,.0f} {how}"
