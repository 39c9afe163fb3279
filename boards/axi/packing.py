"""Frames as the words of a window, and as the bytes of DDR memory.

Each value has a slot of `slot_bits`, low ones first, and never lies in two words: a slot's width
divides a word's, or is two words. In a slot that is wider than its value, bits above the value are
ignored on the way in and repeat the sign (or are 0) on the way out. A frame ends with the word in
which its last value is; slots behind it are ignored on the way in and 0 on the way out.

Words have 32 bits in windows. In DDR a frame begins at a multiple of 8 bytes: its words have 64.
"""

import numpy as np

from build_decoder.quant.number_format import NumberFormat

__all__ = [
    "DDR_BITS",
    "WINDOW_BITS",
    "frame_bytes",
    "frame_words",
    "from_bytes",
    "from_words",
    "slot_bits",
    "to_bytes",
    "to_words",
]

WINDOW_BITS = 32
"""Bits of a word in a window."""

DDR_BITS = 64
"""Bits of a word in DDR."""


def slot_bits(format: NumberFormat) -> int:
    """Bits of a value's slot: the least power of two that is not below its width."""
    return 1 << (format.width - 1).bit_length()


def frame_words(format: NumberFormat, count: int, word_bits: int = WINDOW_BITS) -> int:
    """Words of a frame of ``count`` values."""
    return -(-count * slot_bits(format) // word_bits)


def frame_bytes(format: NumberFormat, count: int) -> int:
    """Bytes from one frame of ``count`` values in DDR to the next, a multiple of 8."""
    return frame_words(format, count, DDR_BITS) * DDR_BITS // 8


def to_words(raw, format: NumberFormat) -> np.ndarray:
    """Words, uint32 (samples, words) or (words,), of raw values (samples, count) or (count,)."""
    return _packed(raw, format, WINDOW_BITS).view("<u4").astype(np.uint32)


def from_words(words, format: NumberFormat, count: int) -> np.ndarray:
    """Raw int64 values (samples, count) or (count,) of words (samples, words) or (words,)."""
    words = np.ascontiguousarray(words, dtype="<u4")
    return _unpacked(words.view(np.uint8), format, count)


def to_bytes(raw, format: NumberFormat) -> np.ndarray:
    """Bytes in DDR, uint8 (samples, bytes) or (bytes,), of raw values (samples, count) or (count,).

    Frames follow one another without gaps: ``bytes`` is `frame_bytes`.
    """
    return _packed(raw, format, DDR_BITS)


def from_bytes(data, format: NumberFormat, count: int) -> np.ndarray:
    """Raw int64 values (samples, count) or (count,) of bytes in DDR, of a frame or of each."""
    return _unpacked(np.ascontiguousarray(data, dtype=np.uint8), format, count)


def _packed(raw, format: NumberFormat, word_bits: int) -> np.ndarray:
    raw = np.asarray(raw).astype(np.int64)
    slot, count = slot_bits(format), raw.shape[-1]
    slots = frame_words(format, count, word_bits) * word_bits // slot
    padded = np.zeros((*raw.shape[:-1], slots), np.int64)
    padded[..., :count] = raw
    if slot >= 8:
        return padded.astype(f"<u{slot // 8}").view(np.uint8)
    bits = padded[..., None] >> np.arange(slot) & 1
    flat = bits.astype(np.uint8).reshape(*raw.shape[:-1], slots * slot)
    return np.packbits(flat, axis=-1, bitorder="little")


def _unpacked(data: np.ndarray, format: NumberFormat, count: int) -> np.ndarray:
    slot, width = slot_bits(format), format.width
    if slot >= 8:
        raw = data.view(f"<u{slot // 8}")[..., :count].astype(np.uint64)
    else:
        bits = np.unpackbits(data, axis=-1, count=count * slot, bitorder="little")
        places = np.arange(slot, dtype=np.uint64)
        bits = bits.reshape(*data.shape[:-1], count, slot).astype(np.uint64)
        raw = (bits << places).sum(axis=-1, dtype=np.uint64)
    unused = np.uint64(64 - width)
    shifted = raw << unused
    return (shifted.view(np.int64) >> np.int64(unused) if format.signed else shifted >> unused
            ).astype(np.int64)  # fmt: skip
