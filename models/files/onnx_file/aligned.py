"""Convolutions whose sums are moved, so that windows behind them begin where those of ours do."""

from collections.abc import Sequence
from dataclasses import replace

from build_decoder.models.files.onnx_file.draft import View
from build_decoder.models.files.onnx_file.image import Image
from build_decoder.models.files.onnx_file.kernels import earlier, offset
from build_decoder.models.files.onnx_file.operation import Operation
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.fixed_point import FixedPoint

__all__ = ["aligned"]


def aligned(node: Operation, image: Image, view: View, late: Sequence[int]) -> Image:
    """The image with its values so many places earlier along rows and columns, if that can be.

    A convolution that nothing else takes gives its sums some places earlier then. Any other image
    stays as it is.
    """
    draft, alone, passed = image.draft, view.alone, [image.draft]
    while alone and isinstance(draft.layer, FixedPoint):  # which rounds value by value
        alone, (draft,) = draft.alone, draft.taken
        passed.append(draft)
    layer = draft.layer
    beside = any(start < places for start, places in zip(image.starts, late, strict=True))
    if not any(late) or beside or not alone or not isinstance(layer, Conv2d):
        return image
    weights = draft.weights["weights"]
    for axis, places in enumerate(late):
        if places:
            size, zeros = earlier(layer.kernel[axis], places)
            weights = offset(weights, axis, size, zeros, node)
    draft.weights = {**draft.weights, "weights": weights}
    draft.layer = replace(layer, kernel=weights.shape[:2])
    for each in passed:
        each.tensors.clear()  # they were its values at other places
    rows, columns = (start - places for start, places in zip(image.starts, late, strict=True))
    return replace(image, starts=(rows, columns))
