"""Convolutions, pools and means over positions, of images and of time steps.

A tensor may be a part of a layer's output: a convolution without padding gives the inner part of
what ours gives, which pads.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from build_decoder.models.files.onnx_file.draft import Graph, View
from build_decoder.models.files.onnx_file.image import Image, image_of
from build_decoder.models.files.onnx_file.kernels import (
    bounded,
    dilated,
    earlier,
    offset,
    padded,
    ungrouped,
)
from build_decoder.models.files.onnx_file.operation import Operation
from build_decoder.models.files.onnx_file.readers.constants import whole_numbers
from build_decoder.models.files.onnx_file.readers.products import READERS as PRODUCTS
from build_decoder.models.files.onnx_file.readers.products import matrix
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.fixed_point import FixedPoint
from build_decoder.models.layers.global_average_pool import GlobalAveragePool
from build_decoder.models.layers.max_pool import MaxPool

__all__ = ["READERS"]

Given = Sequence[View | np.ndarray | None]

_POOL = (
    "auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides",
)


def _padding(node: Operation, axes: int, total: list[int]) -> list[tuple[int, int]]:
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


def _convolution(graph: Graph, node: Operation, given: Given) -> View:
    node.only("auto_pad", "dilations", "group", "kernel_shape", "pads", "strides")
    image = image_of(graph, node, given[0])
    axes, channels = image.count, image.draft.shape[2]
    weights = matrix(node, given[1], axes + 2, "weights")
    filters, taken, *sizes = weights.shape
    if node.wholes("strides", axes, [1] * axes) != [1] * axes:
        raise node.error(
            "strides of 1 (put a max pool behind it)", f"strides={node.attributes['strides']}"
        )
    if node.wholes("kernel_shape", axes, sizes) != sizes:
        raise node.error(f"kernel_shape={sizes}", str(node.attributes["kernel_shape"]))
    groups = node.whole("group", 1)
    if taken * groups != channels:
        raise node.error(f"weights for {channels} channels", str(taken * groups))
    weights = ungrouped(node, weights, groups)
    weights = dilated(node, weights, node.wholes("dilations", axes, [1] * axes))
    sizes = list(weights.shape[2:])
    asked = _padding(node, axes, [size - 1 for size in sizes])
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
    return image.result(graph, made, *zip(*parts, strict=True))


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


def _max_pool(graph: Graph, node: Operation, given: Given) -> View:
    node.only(*_POOL)
    image = image_of(graph, node, given[0])
    axes = image.count
    window = node.wholes("kernel_shape", axes)
    if min(window) < 1 or node.wholes("dilations", axes, [1] * axes) != [1] * axes:
        raise node.error("windows from 1 up, without dilations", str(window))
    strides = image.both(node.wholes("strides", axes, [1] * axes), 1)
    sizes = given[0].places.shape[2:]
    total = [-size % each for size, each in zip(sizes, window, strict=True)]
    pads = image.both(_padding(node, axes, total), (0, 0))
    window = image.both(window, 1)
    image = _aligned(node, image, given[0], window)
    layer = MaxPool((window[0], window[1]))
    made = graph.add(node, layer, [image.draft], alone=given[0].alone)
    parts = []
    for axis in range(2):
        wanted = _pooled(node, image.sizes[axis], window[axis], strides[axis], pads[axis])
        start, length = image.starts[axis], image.draft.shape[axis]
        wanted = [(low + start, high + start) for low, high in wanted]
        before = (-length % window[axis]) // 2
        own = list(_windows(-before, window[axis], window[axis], made.shape[axis], length))
        at = own.index(wanted[0]) if wanted[0] in own else 0
        if own[at : at + len(wanted)] != wanted:
            raise node.error(
                f"windows side by side that begin where those of ours do (strides={window}, "
                "sizes that are multiples of it, padding='same' of the convolutions before it)",
                f"strides={strides}, pads={pads} of {image.sizes}",
            )
        parts.append((at, len(wanted)))
    return image.result(graph, made, *zip(*parts, strict=True))


def _aligned(node: Operation, image: Image, view: View, window: list[int]) -> Image:
    """The image so that windows of ours begin where it does.

    A convolution that nothing else takes gives its sums some places earlier then.
    """
    late = [
        (start + (-length % step) // 2) % step
        for start, length, step in zip(image.starts, image.draft.shape[:2], window, strict=True)
    ]
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


def _pooled(
    node: Operation, size: int, window: int, stride: int, pads: tuple[int, int]
) -> list[tuple[int, int]]:
    """The values of each window of a pool along an axis: the first one, and the end."""
    room = size + sum(pads) - window
    if room < 0 or min(pads) < 0 or stride < 1:
        raise node.error(f"windows that fit in {size} values", f"{window}")
    up = stride - 1 if node.whole("ceil_mode", 0) else 0
    count = (room + up) // stride + 1
    if up and (count - 1) * stride >= size + pads[0]:
        count -= 1  # windows that begin beside the values are left out
    return list(_windows(-pads[0], stride, window, count, size))


def _windows(
    start: int, stride: int, window: int, count: int, length: int
) -> Iterator[tuple[int, int]]:
    """The values of so many windows that lie in 0 to `length`: the first one, and the end."""
    for each in range(count):
        low = start + each * stride
        yield max(low, 0), min(low + window, length)


def _average(graph: Graph, node: Operation, given: Given) -> View:
    node.only()
    image = image_of(graph, node, given[0])
    if _is_whole(image):
        made = graph.whole(graph.add(node, GlobalAveragePool(), [image.draft]))
    else:
        made = _mean_of_part(graph, node, given[0].known())
    return made.moved(made.places.reshape(*made.places.shape, *[1] * image.count))


def _mean_of_part(graph: Graph, node: Operation, view: View) -> View:
    """The mean of each channel of a part of an image, as a product with constants."""
    channels = view.places.shape[1]
    places = view.places.reshape(len(view.places), channels, -1)
    count = places.shape[2]
    bounded(node, places, (view.draft.count, channels))
    weights = np.repeat(np.eye(channels) / count, count, axis=0)
    return PRODUCTS["MatMul"](
        graph, replace(node, kind="MatMul", attributes={}),
        [view.moved(places.reshape(len(places), -1)), weights],
    )


def _largest(graph: Graph, node: Operation, given: Given) -> View:
    node.only()
    if isinstance(given[0], View) and given[0].places.ndim != 4:  # that onnx does not evaluate
        raise node.error("an image (a MaxPool over all steps)", f"{given[0].places.shape}")
    image = _whole_image(graph, node, given)
    layer = MaxPool(image.draft.shape[:2])
    made = graph.add(node, layer, [image.draft], alone=given[0].alone)
    return image.result(graph, made, [0, 0], [1, 1])


def _whole_image(graph: Graph, node: Operation, given: Given) -> Image:
    image = image_of(graph, node, given[0])
    if not _is_whole(image):
        raise node.error(
            f"all of {image.draft.shape[:2]} positions (padding='same' of the convolutions before "
            "it)",
            f"{tuple(image.sizes)} of them",
        )
    return image


def _is_whole(image: Image) -> bool:
    return not any(image.starts) and tuple(image.sizes) == image.draft.shape[:2]


def _mean(graph: Graph, node: Operation, given: Given) -> View:
    node.only("axes", "keepdims", "noop_with_empty_axes")
    if not isinstance(given[0], View) or given[0].places.ndim not in (3, 4):
        raise node.error("a mean over all positions of an image", "another one")
    count = given[0].places.ndim
    axes = node.attributes.get("axes")
    if len(given) > 1 and given[1] is not None:
        axes = whole_numbers(node, given[1], "axes")
    axes = sorted(node.within(axis, count) for axis in axes or ())
    view = given[0]
    if axes == [*range(1, count - 1)]:  # channels last, as TensorFlow has them
        order = (0, count - 1, *axes)
        view = view.moved(view.places.transpose(order))
    elif axes != [*range(2, count)]:
        raise node.error("a mean over all positions of an image", f"one over axes {axes}")
    bare = replace(node, attributes={})
    mean = _average(graph, bare, [view])
    places = mean.places.reshape(*mean.places.shape[:2])
    if node.whole("keepdims", 1):
        places = np.expand_dims(places, tuple(axes))
    return mean.moved(places)


READERS = {
    "Conv": _convolution,
    "GlobalAveragePool": _average,
    "GlobalMaxPool": _largest,
    "MaxPool": _max_pool,
    "ReduceMean": _mean,
}
