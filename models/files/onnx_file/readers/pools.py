"""Pools of images and of time steps, whose windows lie side by side."""

from collections.abc import Iterator, Sequence

import numpy as np

from build_decoder.models.files.onnx_file.aligned import aligned
from build_decoder.models.files.onnx_file.draft import Graph, View
from build_decoder.models.files.onnx_file.image import Image, image_of
from build_decoder.models.files.onnx_file.operation import Operation
from build_decoder.models.files.onnx_file.padding import padding
from build_decoder.models.layers.max_pool import MaxPool

__all__ = ["READERS"]

Given = Sequence[View | np.ndarray | None]

_POOL = (
    "auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides",
)


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
    pads = image.both(padding(node, axes, total), (0, 0))
    window = image.both(window, 1)
    late = [
        (start + (-length % step) // 2) % step
        for start, length, step in zip(image.starts, image.draft.shape[:2], window, strict=True)
    ]
    image = aligned(node, image, given[0], late)
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
    if not image.is_whole:
        raise node.error(
            f"all of {image.draft.shape[:2]} positions (padding='same' of the convolutions before "
            "it)",
            f"{tuple(image.sizes)} of them",
        )
    return image


READERS = {"GlobalMaxPool": _largest, "MaxPool": _max_pool}
