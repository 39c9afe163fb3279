"""Vector files: frames of raw values as the words of a stream, one a line, in hexadecimal."""

from pathlib import Path

import numpy as np

from build_decoder.hdl.planning.interface import Interface
from build_decoder.hdl.planning.tensor import Tensor

__all__ = [
    "expected_words",
    "input_words",
    "read_words",
    "stream_values",
    "word_integers",
    "write_words",
]

_HEX_PAIRS = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), np.uint8)


def input_words(interface: Interface, x_raw: np.ndarray, *, seed: int) -> np.ndarray:
    """Lanes of all input transfers, int64 (frames * input_beats, input_lanes).

    Lanes that the last transfer of a frame leaves over get random bits, as nothing may depend on
    them.

    Raises
    ------
    ValueError
        If ``x_raw`` is not (frames, input_count), or a value does not fit the input's width.
    """
    _check(x_raw, "x_raw", interface.input_count, interface.input_width, interface.input_signed)
    frames = len(x_raw)
    padding = interface.input_beats * interface.input_lanes - interface.input_count
    filler = np.random.default_rng(seed).integers(
        0, 1 << interface.input_width, size=(frames, padding)
    )
    filled = np.concatenate([interface.in_order(x_raw), filler], axis=1)
    return filled.reshape(-1, interface.input_lanes)


def expected_words(interface: Interface, y_raw: np.ndarray) -> np.ndarray:
    """Lanes of all output transfers, int64 (frames * output_beats, output_lanes).

    Raises
    ------
    ValueError
        If ``y_raw`` is not (frames, output_count), or a value does not fit the output's width.
    """
    _check(y_raw, "y_raw", interface.output_count, interface.output_width, interface.output_signed)
    return y_raw.reshape(-1, interface.output_lanes)


def write_words(path: Path, lanes: np.ndarray, width: int) -> None:
    """Write transfers, (transfers, lanes) of ``width`` bits a lane, as ``$readmemh`` reads them."""
    words = _word_bytes(lanes, width)[:, ::-1]
    text = np.empty((len(words), words.shape[1] * 2 + 1), np.uint8)
    text[:, :-1] = _HEX_PAIRS.reshape(256, 2)[words].reshape(len(words), -1)
    text[:, -1] = ord("\n")
    Path(path).write_bytes(text.tobytes())


def word_integers(lanes: np.ndarray, width: int) -> list[int]:
    """Transfers, (transfers, lanes) of ``width`` bits a lane, as one unsigned integer each."""
    return [int.from_bytes(word.tobytes(), "little") for word in _word_bytes(lanes, width)]


def stream_values(words: list[int], tensor: Tensor) -> np.ndarray:
    """Raw int64 values (frames, count) of transfers as :func:`word_integers` has them, without
    lanes that are left over, and without what is there of a frame that has not ended."""
    width = tensor.format.width
    words = words[: len(words) // tensor.beats * tensor.beats]
    lanes = [[word >> width * lane for lane in range(tensor.lanes)] for word in words]
    # Python's integers first: a transfer may be wider than any of numpy's.
    mask = (1 << width) - 1
    raw = np.array([[value & mask for value in values] for values in lanes], dtype=np.int64)
    if tensor.format.signed:
        raw -= raw >> (width - 1) << width
    steps = raw.reshape(-1, tensor.step_beats * tensor.lanes)
    return steps[:, : tensor.step_values].reshape(-1, tensor.count)


def read_words(path: Path, width: int, signed: bool, lanes: int = 1) -> list[int | None]:
    """Values of a file with one hexadecimal word of so many lanes a line, each of ``width`` bits;
    None for all of a word with unknown bits."""
    values = []
    mask, sign = (1 << width) - 1, 1 << (width - 1) if signed else 0
    for line in Path(path).read_text().split():
        try:
            value = int(line, 16)
        except ValueError:  # x or z, from a simulator with four states
            values += [None] * lanes
            continue
        parts = [value >> lane * width & mask for lane in range(lanes)]
        values += [(part ^ sign) - sign for part in parts]
    return values


def _word_bytes(lanes: np.ndarray, width: int) -> np.ndarray:
    """Bytes of transfers, uint8 (transfers, bytes), lowest first; lane 0 is in the low bits."""
    bits = np.empty((*lanes.shape, width), np.uint8)
    for bit in range(width):
        bits[:, :, bit] = (lanes >> bit) & 1
    return np.packbits(bits.reshape(len(lanes), -1), axis=1, bitorder="little")


def _check(raw: np.ndarray, name: str, count: int, width: int, signed: bool) -> None:
    if raw.ndim != 2 or raw.shape[1] != count or not len(raw):
        raise ValueError(f"expected {name} (frames, {count}) of at least one frame, "
                         f"got {raw.shape}")
    low, high = (-1 << (width - 1), (1 << (width - 1)) - 1) if signed else (0, (1 << width) - 1)
    if raw.min() < low or raw.max() > high:
        raise ValueError(f"expected {name} from {low} to {high}, got {raw.min()} to {raw.max()}")
