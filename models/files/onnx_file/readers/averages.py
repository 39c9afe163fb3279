"""Means of windows and over all positions, of images and of time steps."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from build_decoder.models.files.onnx_file.aligned import aligned
from build_decoder.models.files.onnx_file.draft import Graph, View
from build_decoder.models.files.onnx_file.image import Image, image_of
from build_decoder.models.files.onnx_file.kernels import bounded
from build_decoder.models.files.onnx_file.operation import Operation
from build_decoder.models.files.onnx_file.padding import padding, same_zeros
from build_decoder.models.files.onnx_file.readers.constants import whole_numbers
from build_decoder.models.files.onnx_file.readers.convolutions import READERS as CONVOLUTIONS
from build_decoder.models.files.onnx_file.readers.products import READERS as PRODUCTS
from build_decoder.models.layers.average_pool import AveragePool
from build_decoder.models.layers.global_average_pool import GlobalAveragePool

__all__ = ["READERS"]

Given = Sequence[View | np.ndarray | None]

_POOL = (
    "auto_pad", "ceil_mode", "count_include_pad", "dilations", "kernel_shape", "pads", "strides",
)


def _average_pool(graph: Graph, node: Operation, given: Given) -> View:
    node.only(*_POOL)
    image = image_of(graph, node, given[0])
    window, strides = _windows(node, given[0].places.shape[2:])
    if any(size % step for size, step in zip(window, strides, strict=True)):
        return _means_at_all(graph, node, given[0], window, strides)
    steps = image.both(strides, 1)
    late = [start % step for start, step in zip(image.starts, steps, strict=True)]
    image = aligned(node, image, given[0], late)
    if any(start % step for start, step in zip(image.starts, steps, strict=True)):
        return _means_at_all(graph, node, given[0], window, strides)
    # Windows that reach into each other are means of some that lie side by side.
    view = _side_by_side(graph, node, image, steps)
    factors = [size // step for size, step in zip(window, strides, strict=True)]
    return _means(graph, node, view, factors) if max(factors) > 1 else view


def _windows(node: Operation, lengths: Sequence[int]) -> tuple[list[int], list[int]]:
    """Sizes of windows and places from one to the next, along each axis of the tensor."""
    axes = len(lengths)
    ones = [1] * axes
    window, strides = node.wholes("kernel_shape", axes), node.wholes("strides", axes, ones)
    if min(window + strides) < 1 or node.wholes("dilations", axes, ones) != ones:
        raise node.error("windows and strides from 1 up, without dilations", f"{window}, {strides}")
    each = list(zip(lengths, window, strides, strict=True))
    pads = padding(node, axes, same_zeros(lengths, window, strides))
    if any(map(any, pads)):
        raise node.error("windows without padding, or lengths that they divide", f"pads={pads}")
    if any(size > length for length, size, _ in each):
        raise node.error(f"windows that fit in {tuple(lengths)}", f"{window}")
    if node.whole("ceil_mode", 0) and any((length - size) % step for length, size, step in each):
        raise node.error("ceil_mode=0, or lengths that windows divide", f"{tuple(lengths)}")
    return window, strides


def _side_by_side(graph: Graph, node: Operation, image: Image, steps: Sequence[int]) -> View:
    """Means of windows that lie side by side and begin where those of the image's draft do."""
    made = graph.add(node, AveragePool((steps[0], steps[1])), [image.draft])
    starts = [start // step for start, step in zip(image.starts, steps, strict=True)]
    sizes = [size // step for size, step in zip(image.sizes, steps, strict=True)]
    return image.result(graph, made, starts, sizes)


def _means(graph: Graph, node: Operation, view: View, window: Sequence[int]) -> View:
    """Means of the windows at all positions, as a convolution with one number."""
    channels = view.places.shape[1]
    weights = np.full((channels, 1, *window), 1 / math.prod(window))
    bare = replace(node, attributes={"group": channels})
    return CONVOLUTIONS["Conv"](graph, bare, [view, weights])


def _means_at_all(
    graph: Graph, node: Operation, view: View, window: Sequence[int], strides: Sequence[int]
) -> View:
    """Means at all positions, of which some are left out."""
    found = _means(graph, node, view, window)
    places = (slice(None, None, step) for step in strides)
    return found.moved(found.places[(slice(None), slice(None), *places)])


def _average(graph: Graph, node: Operation, given: Given) -> View:
    node.only()
    image = image_of(graph, node, given[0])
    if image.is_whole:
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
    "AveragePool": _average_pool, "GlobalAveragePool": _average, "ReduceMean": _mean
}
