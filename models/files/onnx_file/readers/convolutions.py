"""Convolutions of images and of time steps.

A tensor may be a part of a layer's output: a convolution without padding gives the inner part of
what ours gives, which pads.
"""

from collections.abc import Sequence

import numpy as np

from build_decoder.models.files.onnx_file.aligned import aligned
from build_decoder.models.files.onnx_file.draft import Graph, View
from build_decoder.models.files.onnx_file.image import image_of
from build_decoder.models.files.onnx_file.kernels import dilated, offset, padded, ungrouped
from build_decoder.models.files.onnx_file.operation import Operation
from build_decoder.models.files.onnx_file.padding import padding, same_zeros
from build_decoder.models.files.onnx_file.readers.products import matrix
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.stride import Stride

__all__ = ["READERS"]

Given = Sequence[View | np.ndarray | None]


def _convolution(graph: Graph, node: Operation, given: Given) -> View:
    node.only("auto_pad", "dilations", "group", "kernel_shape", "pads", "strides")
    image = image_of(graph, node, given[0])
    axes, channels = image.count, image.draft.shape[2]
    weights = matrix(node, given[1], axes + 2, "weights")
    filters, taken, *sizes = weights.shape
    strides = node.wholes("strides", axes, [1] * axes)
    if min(strides) < 1:
        raise node.error("strides from 1 up", str(strides))
    if node.wholes("kernel_shape", axes, sizes) != sizes:
        raise node.error(f"kernel_shape={sizes}", str(node.attributes["kernel_shape"]))
    groups = node.whole("group", 1)
    if taken * groups != channels:
        raise node.error(f"weights for {channels} channels", str(taken * groups))
    weights = ungrouped(node, weights, groups)
    weights = dilated(node, weights, node.wholes("dilations", axes, [1] * axes))
    sizes = list(weights.shape[2:])
    asked = padding(node, axes, same_zeros(given[0].places.shape[2:], sizes, strides))
    if min(map(min, asked)) < 0:
        raise node.error("pads from 0 up", str(asked))
    pads = []
    for axis, (low, high) in enumerate(asked):
        if low + high > sizes[axis] - 1:
            raise node.error(f"pads of at most {sizes[axis] - 1} together", f"{low} and {high}")
        window, zeros = padded(sizes[axis], low, high)
        weights = offset(weights, 2 + axis, window, zeros, node)
        pads.append((low + zeros, high + window - sizes[axis] - zeros))
    kernel = image.both(weights.shape[2:], 1)
    pads = image.both(pads, (0, 0))
    if image.axes == (1, 0):
        weights = weights.swapaxes(2, 3)
    arrays = {
        "weights": weights.reshape(filters, channels, *kernel).transpose(2, 3, 1, 0),
        "bias": np.zeros(filters),
    }
    if len(given) > 2 and given[2] is not None:
        arrays["bias"] = matrix(node, given[2], 1, "bias")
        if len(arrays["bias"]) != filters:
            raise node.error(f"{filters} biases", str(len(arrays["bias"])))
    layer = Conv2d(filters, (kernel[0], kernel[1]), "linear")
    made = graph.add(node, layer, [image.draft], arrays)
    parts = [
        _same_part(node, *each)
        for each in zip(
            image.draft.shape[:2], image.starts, image.sizes, kernel, pads, strict=True
        )
    ]
    view = image.result(graph, made, *zip(*parts, strict=True))
    return _strided(graph, node, view, strides) if max(strides) > 1 else view


def _strided(graph: Graph, node: Operation, view: View, strides: Sequence[int]) -> View:
    """Every so manieth position of a convolution that is made for all of them."""
    image = image_of(graph, node, view)
    steps = image.both(strides, 1)
    late = [start % step for start, step in zip(image.starts, steps, strict=True)]
    image = aligned(node, image, view, late)
    made = graph.add(node, Stride((steps[0], steps[1])), [image.draft], alone=True)
    starts = [start // step for start, step in zip(image.starts, steps, strict=True)]
    sizes = [-(-size // step) for size, step in zip(image.sizes, steps, strict=True)]
    return image.result(graph, made, starts, sizes)


def _same_part(
    node: Operation, length: int, start: int, size: int, window: int, pads: tuple[int, int]
) -> tuple[int, int]:
    """Where along an axis the outputs of a convolution begin in those of ours, and their count.

    Parameters
    ----------
    length:
        Of the values that ours takes.
    start, size:
        The part of them that the tensor is.
    """
    before = (window - 1) // 2
    low, high = pads
    at, count = start - low + before, size + low + high - window + 1
    # Beside the part there must be zeros, where the tensor has zeros beside it.
    outside = (low and start) or (high and start + size < length)
    if outside or count < 1:
        raise node.error(
            "zeros around a whole image, not around one cut out by a layer without pads (use "
            "padding='same' in all of these layers, or in none)",
            f"pads of {low} and {high} with a kernel of {window}",
        )
    return at, count


READERS = {"Conv": _convolution}
