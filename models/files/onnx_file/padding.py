"""Zeros that convolutions and pools of a file add around what they take."""

from collections.abc import Sequence

from build_decoder.models.files.onnx_file.operation import Operation

__all__ = ["padding", "same_zeros"]


def padding(node: Operation, axes: int, total: list[int]) -> list[tuple[int, int]]:
    """Zeros before and after each axis; `total` are those that ``same`` padding adds."""
    kind = node.attributes.get("auto_pad", "NOTSET")
    if kind == "NOTSET":
        pads = node.wholes("pads", 2 * axes, [0] * 2 * axes)
        return list(zip(pads[:axes], pads[axes:], strict=True))
    if kind == "VALID":
        return [(0, 0)] * axes
    if kind == "SAME_UPPER":
        return [(count // 2, count - count // 2) for count in total]
    if kind == "SAME_LOWER":
        return [(count - count // 2, count // 2) for count in total]
    raise node.error("auto_pad of NOTSET, VALID, SAME_UPPER or SAME_LOWER", str(kind))


def same_zeros(
    lengths: Sequence[int], window: Sequence[int], strides: Sequence[int]
) -> list[int]:
    """Zeros that ``same`` padding adds along each axis, before and after it together."""
    return [
        max((-(-length // step) - 1) * step + size - length, 0)
        for length, size, step in zip(lengths, window, strides, strict=True)
    ]
