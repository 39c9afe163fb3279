"""Random codes of floating-point formats, at their extremes and amid them."""

import numpy as np

from build_decoder.quant.floating.float_format import FloatFormat

__all__ = ["any_codes", "codes_near", "finite_codes", "float_frames"]


def any_codes(random: np.random.Generator, format: FloatFormat, shape) -> np.ndarray:
    """Any codes, infinities and NaN among them."""
    return random.integers(0, 1 << format.width, shape)


def finite_codes(random: np.random.Generator, format: FloatFormat, shape) -> np.ndarray:
    """Codes of any numbers, not infinite."""
    return random.integers(0, format.infinity, shape) | _signs(random, format, shape)


def codes_near(
    random: np.random.Generator, format: FloatFormat, shape, *, size: float = 1.0, spread: int = 3
) -> np.ndarray:
    """Codes of numbers near ``size``, many of few bits: their sums cancel and tie."""
    middle = int(format.encode(size)) >> format.fraction
    fields = np.clip(
        middle + random.integers(-spread, spread, shape), 0, (1 << format.exponent) - 2
    )
    some, others = (random.integers(0, format.least_normal, shape) for _ in range(2))
    return fields << format.fraction | some & others | _signs(random, format, shape)


def float_frames(
    random: np.random.Generator, format: FloatFormat, greatest: float, shape: tuple[int, int]
) -> np.ndarray:
    """Frames (frames, inputs) for a layer that takes inputs up to ``greatest``.

    Most are near it, so that sums are large and cancel; of each six, one has any codes, one a
    special one somewhere, one is the greatest number throughout, and one is subnormal or zero.
    """
    frames = codes_near(random, format, shape, size=greatest)
    specials = [format.infinity, format.infinity | format.sign_bit, format.nan]
    for frame in range(len(frames)):
        kind, inputs = frame % 6, shape[1]
        if kind == 1:
            frames[frame] = any_codes(random, format, inputs)
        elif kind == 2:
            frames[frame, random.integers(inputs)] = random.choice(specials)
        elif kind == 3:
            code = int(format.encode(greatest))
            frames[frame] = code | _signs(random, format, inputs) * (frame % 4 > 1)
        elif kind == 4:
            tiny = random.integers(0, 2, inputs) * random.integers(0, format.least_normal, inputs)
            frames[frame] = tiny | _signs(random, format, inputs)
    return frames


def _signs(random: np.random.Generator, format: FloatFormat, shape) -> np.ndarray:
    return random.choice([0, format.sign_bit], shape)
