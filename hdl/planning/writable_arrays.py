"""Whether weights fit where others were built."""

from build_decoder.quant.operations.raw_array import RawArray

__all__ = ["check_writable"]


def check_writable(name: str, array: RawArray, built: RawArray) -> None:
    """Check that the weights of ``array`` may be written in place of those that were built.

    Raises
    ------
    ValueError
        If one is outside of its format, or a sum has no room for them; the message starts with the
        sum.
    """
    format = built.format
    outside = (array.matrix < format.min_raw) | (array.matrix > format.max_raw)
    if outside.any():
        number = int(outside.any(axis=0).argmax())
        value = int(array.matrix[outside[:, number].argmax(), number])
        raise ValueError(
            f"sum {number}: expected {name} in {format}, raw {format.min_raw} to {format.max_raw}, "
            f"got {value}"
        )
    excess = built.reach.excess(array.positive, array.negative)
    if excess is not None:
        number, text = excess
        raise ValueError(f"sum {number}: {name}: {text}")
