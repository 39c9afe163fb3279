"""Convolutions, pools and means over positions, of images and of time steps.

A tensor may be a part of a layer's output: a convolution without padding gives the inner part of
what ours gives, which pads.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from build_decoder.models.files.onnx_file.draft import Draft, Graph, View
from build_decoder.models.files.onnx_file.operation import Operation
from build_decoder.models.files.onnx_file.readers.constants import whole_numbers
from build_decoder.models.files.onnx_file.readers.products import matrix
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.global_average_pool import GlobalAveragePool
from build_decoder.models.layers.max_pool import MaxPool

__all__ = ["READERS"]

Given = Sequence[View | np.ndarray | None]

_POOL = (
    "auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides",
)


def _image(graph: Graph, node: Operation, given: Given) -> tuple[Draft, list[int], list[int]]:
    """What a node takes as (rows, columns, channels), where that begins there, and its sizes."""
    view = given[0]
    if not isinstance(view, View) or view.places.ndim not in (3, 4):
        wanted = "(samples, channels, steps) or (samples, channels, rows, columns)"
        raise node.error(wanted, "others")
    if view.places.ndim == 3:  # an image of one column
        view = view.moved(view.places[..., None])
    draft, starts = graph.ordered(node, view, (2, 3, 1))
    if draft.shape[2] != view.places.shape[1]:
        raise node.error(f"{draft.shape[2]} channels", str(view.places.shape[1]))
    return draft, list(starts[:2]), list(view.places.shape[2:])


def _axes(given: Given) -> int:
    return given[0].places.ndim - 2


def _result(graph: Graph, given: Given, draft: Draft, starts: list[int], sizes: list[int]) -> View:
    """The tensor that is a part of an image, channels first."""
    places = graph.whole(draft).places.transpose(0, 3, 1, 2)
    rows, columns = (slice(at, at + size) for at, size in zip(starts, sizes, strict=True))
    places = places[:, :, rows, columns]
    return View(draft, places[..., 0] if _axes(given) == 1 else places)


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
    draft, starts, sizes = _image(graph, node, given)
    axes = _axes(given)
    weights = matrix(node, given[1], axes + 2, "weights")
    for key, why in (("strides", "put a max pool behind it"), ("dilations", "a larger kernel")):
        if node.wholes(key, axes, [1] * axes) != [1] * axes:
            raise node.error(f"{key} of 1 ({why})", f"{key}={node.attributes[key]}")
    if node.whole("group", 1) != 1:
        raise node.error("one group (a full convolution)", f"group={node.attributes['group']}")
    kernel = [*weights.shape[2:], *[1] * (2 - axes)]
    if node.wholes("kernel_shape", axes, kernel[:axes]) != kernel[:axes]:
        raise node.error(f"kernel_shape={kernel[:axes]}", str(node.attributes["kernel_shape"]))
    if weights.shape[1] != draft.shape[2]:
        raise node.error(f"weights for {draft.shape[2]} channels", str(weights.shape[1]))
    pads = _padding(node, axes, [size - 1 for size in kernel[:axes]]) + [(0, 0)] * (2 - axes)
    filters = len(weights)
    arrays = {
        "weights": weights.reshape(filters, -1, *kernel).transpose(2, 3, 1, 0),
        "bias": np.zeros(filters),
    }
    if len(given) > 2 and given[2] is not None:
        arrays["bias"] = matrix(node, given[2], 1, "bias")
    layer = Conv2d(filters, (kernel[0], kernel[1]), "linear")
    made = graph.add(node, layer, [draft], arrays)
    ends = []
    for axis in range(2):
        at, size = _same_part(
            node, draft.shape[axis], starts[axis], sizes[axis], kernel[axis], pads[axis]
        )
        ends.append(size)
        starts[axis] = at
    return _result(graph, given, made, starts, ends)


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
    if not 0 <= low <= before or not 0 <= high <= window - 1 - before or outside or count < 1:
        raise node.error(
            f"pads of 0, or {before} before and {window - 1 - before} after (padding='same')"
            + (" of a whole image, not of one cut out by a layer without pads" if outside else ""),
            f"pads of {low} and {high} with a kernel of {window}",
        )
    return at, count


def _max_pool(graph: Graph, node: Operation, given: Given) -> View:
    node.only(*_POOL)
    draft, starts, sizes = _image(graph, node, given)
    axes = _axes(given)
    window = node.wholes("kernel_shape", axes)
    if min(window) < 1 or node.wholes("dilations", axes, [1] * axes) != [1] * axes:
        raise node.error("windows from 1 up, without dilations", str(window))
    strides = node.wholes("strides", axes, [1] * axes)
    total = [-size % each for size, each in zip(sizes, window, strict=False)]
    pads = _padding(node, axes, total) + [(0, 0)] * (2 - axes)
    window, strides = ([*each, *[1] * (2 - axes)] for each in (window, strides))
    made = graph.add(node, MaxPool((window[0], window[1])), [draft], alone=given[0].alone)
    ends = []
    for axis in range(2):
        low, high = pads[axis]
        room = sizes[axis] + low + high - window[axis]
        if room < 0 or strides[axis] < 1:
            raise node.error(f"windows that fit in {sizes}", f"{window}")
        up = strides[axis] - 1 if node.whole("ceil_mode", 0) else 0
        count = (room + up) // strides[axis] + 1
        if up and (count - 1) * strides[axis] >= sizes[axis] + low:
            count -= 1  # windows that begin beside the values are left out
        wanted = list(_windows(-low, strides[axis], window[axis], count, sizes[axis]))
        wanted = [(a + starts[axis], b + starts[axis]) for a, b in wanted]
        length = draft.shape[axis]
        missing = -length % window[axis]
        own = list(
            _windows(-(missing // 2), window[axis], window[axis], made.shape[axis], length)
        )
        at = own.index(wanted[0]) if wanted[0] in own else 0
        if own[at : at + count] != wanted:
            raise node.error(
                f"windows side by side that begin where those of ours do (strides={window}, "
                "sizes that are multiples of it, padding='same' of the convolutions before it)",
                f"strides={strides}, pads={pads} of {sizes}",
            )
        starts[axis] = at
        ends.append(count)
    return _result(graph, given, made, starts, ends)


def _windows(
    start: int, stride: int, window: int, count: int, length: int
) -> Iterator[tuple[int, int]]:
    """The values of so many windows that lie in 0 to `length`: the first one, and the end."""
    for each in range(count):
        low = start + each * stride
        yield max(low, 0), min(low + window, length)


def _average(graph: Graph, node: Operation, given: Given) -> View:
    node.only()
    draft, starts, sizes = _image(graph, node, given)
    if any(starts) or tuple(sizes) != draft.shape[:2]:
        raise node.error(
            f"all of {draft.shape[:2]} positions (padding='same' of the convolutions before it)",
            f"{tuple(sizes)} of them",
        )
    made = graph.whole(graph.add(node, GlobalAveragePool(), [draft]))
    return made.moved(made.places.reshape(*made.places.shape, *[1] * _axes(given)))


def _largest(graph: Graph, node: Operation, given: Given) -> View:
    node.only()
    draft, starts, sizes = _image(graph, node, given)
    if any(starts) or tuple(sizes) != draft.shape[:2]:
        raise node.error(f"all of {draft.shape[:2]} positions", f"{tuple(sizes)} of them")
    made = graph.add(node, MaxPool(draft.shape[:2]), [draft], alone=given[0].alone)
    return _result(graph, given, made, [0, 0], [1, 1])


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
    bare = Operation(node.path, node.name, node.kind, (), (), {}, node.opset)
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
