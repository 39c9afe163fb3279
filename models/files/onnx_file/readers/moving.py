"""Operators that only move values, of tensors and of constants alike."""

import math
from collections.abc import Sequence

import numpy as np

from build_decoder.models.errors import shown
from build_decoder.models.files.onnx_file.draft import Graph, View
from build_decoder.models.files.onnx_file.operation import Operation
from build_decoder.models.files.onnx_file.readers.constants import bounded, whole_numbers
from build_decoder.models.layers.concat import Concat

__all__ = ["READERS"]

Value = View | np.ndarray
Given = Sequence[Value | None]

_FLOATS = (1, 10, 11, 16)  # TensorProto.DataType of float, float16, double and bfloat16
_WHOLE = (2, 3, 4, 5, 6, 7, 12, 13)
_TRUTH = 9


def _data(node: Operation, value: Value | None) -> np.ndarray:
    if value is None:
        raise node.error("an input", "none")
    return value.places if isinstance(value, View) else value


def _like(value: Value, moved: np.ndarray) -> Value:
    return value.moved(moved) if isinstance(value, View) else moved


def _identity(graph: Graph, node: Operation, given: Given) -> Value:
    node.only()
    _data(node, given[0])
    return given[0]


def _dropout(graph: Graph, node: Operation, given: Given) -> Value:
    node.only("seed")
    training = given[2] if len(given) > 2 else None
    if isinstance(training, View) or (training is not None and np.any(training)):
        raise node.error("training_mode=False", "True")
    return _identity_of(node, given[0])


def _identity_of(node: Operation, value: Value | None) -> Value:
    _data(node, value)
    return value


def _cast(graph: Graph, node: Operation, given: Given) -> Value:
    node.only("to", "saturate")
    to, data = node.whole("to"), _data(node, given[0])
    if isinstance(given[0], View):
        if to not in _FLOATS:
            raise node.error("a cast between floats", f"to={to}")
        return given[0]
    for kinds, kind in ((_FLOATS, np.float64), (_WHOLE, np.int64), ((_TRUTH,), np.bool_)):
        if to in kinds:
            return data.astype(kind)
    raise node.error("a cast to numbers", f"to={to}")


def _reshape(graph: Graph, node: Operation, given: Given) -> Value:
    node.only("allowzero")
    data = _data(node, given[0])
    wanted = whole_numbers(node, given[1], "a shape")
    if not node.whole("allowzero", 0):
        wanted = [
            data.shape[axis] if size == 0 and axis < data.ndim else size
            for axis, size in enumerate(wanted)
        ]
    try:
        return _like(given[0], data.reshape(wanted))
    except ValueError:
        raise node.error(f"a shape for {data.shape}", shown(tuple(wanted))) from None


def _flatten(graph: Graph, node: Operation, given: Given) -> Value:
    node.only("axis")
    data = _data(node, given[0])
    axis = node.whole("axis", 1)
    if axis != data.ndim:
        axis = node.within(axis, data.ndim)
    return _like(given[0], data.reshape(math.prod(data.shape[:axis]), -1))


def _transpose(graph: Graph, node: Operation, given: Given) -> Value:
    node.only("perm")
    data = _data(node, given[0])
    order = node.wholes("perm", data.ndim, [*range(data.ndim)][::-1])
    if sorted(order) != [*range(data.ndim)]:
        raise node.error(f"perm of {data.ndim} axes", shown(order))
    return _like(given[0], data.transpose(order))


def _squeeze(graph: Graph, node: Operation, given: Given) -> Value:
    node.only()
    data = _data(node, given[0])
    axes = [axis for axis, size in enumerate(data.shape) if size == 1]
    if len(given) > 1 and given[1] is not None:
        axes = [node.within(axis, data.ndim) for axis in whole_numbers(node, given[1], "axes")]
    elif isinstance(given[0], View):
        raise node.error("axes that are named", "none")  # that of the samples may be one
    if any(data.shape[axis] != 1 for axis in axes):
        raise node.error("axes of size 1", f"axes {axes} of {data.shape}")
    return _like(given[0], data.squeeze(tuple(axes)))


def _unsqueeze(graph: Graph, node: Operation, given: Given) -> Value:
    node.only()
    data = _data(node, given[0])
    axes = whole_numbers(node, given[1], "axes")
    axes = [node.within(axis, data.ndim + len(axes)) for axis in axes]
    if len(set(axes)) < len(axes):
        raise node.error("each axis once", shown(axes))
    return _like(given[0], np.expand_dims(data, tuple(axes)))


def _gather(graph: Graph, node: Operation, given: Given) -> Value:
    node.only("axis")
    data, which = _data(node, given[0]), given[1]
    if not isinstance(which, np.ndarray) or which.dtype.kind not in "iu" or not data.ndim:
        raise node.error("constant indices", "others")
    axis = node.axis(data.ndim, 0)
    size = data.shape[axis]
    if np.any(which < -size) or np.any(which >= size):
        raise node.error(f"indices of {size} values", "others")
    bounded(node, [data.size // max(size, 1), which.size])
    return _like(given[0], np.take(data, which, axis))


def _slice(graph: Graph, node: Operation, given: Given) -> Value:
    node.only()
    data = _data(node, given[0])
    starts, ends = (whole_numbers(node, each, "starts and ends") for each in given[1:3])
    named = [
        whole_numbers(node, given[place], "axes and steps")
        if len(given) > place and given[place] is not None
        else default
        for place, default in ((3, [*range(len(starts))]), (4, [1] * len(starts)))
    ]
    if {len(each) for each in (ends, *named)} != {len(starts)} or 0 in named[1]:
        raise node.error("as many starts, ends, axes and steps, no step 0", "others")
    cut = [slice(None)] * data.ndim
    for start, end, axis, step in zip(starts, ends, *named, strict=True):
        axis = node.within(axis, data.ndim)
        before = step < 0 and end < -data.shape[axis]
        cut[axis] = slice(start, None if before else end, step)
    return _like(given[0], data[tuple(cut)])


def _split(graph: Graph, node: Operation, given: Given) -> list[Value]:
    node.only("axis", "num_outputs")
    data = _data(node, given[0])
    axis, count = node.axis(data.ndim, 0), len(node.outputs)
    size = -(-data.shape[axis] // count)
    sizes = [size] * (count - 1) + [data.shape[axis] - size * (count - 1)]
    if len(given) > 1 and given[1] is not None:
        sizes = whole_numbers(node, given[1], "sizes")
    if len(sizes) != count or min(sizes) < 0 or sum(sizes) != data.shape[axis]:
        raise node.error(f"{count} sizes that add up to {data.shape[axis]}", shown(sizes))
    return [_like(given[0], part) for part in np.split(data, np.cumsum(sizes)[:-1], axis)]


def _expand(graph: Graph, node: Operation, given: Given) -> Value:
    node.only()
    data = _data(node, given[0])
    shape = whole_numbers(node, given[1], "a shape")
    bounded(node, shape)
    try:
        shape = np.broadcast_shapes(data.shape, tuple(shape))
    except ValueError:
        raise node.error(f"a shape that {data.shape} broadcasts to", shown(shape)) from None
    bounded(node, shape)
    return _like(given[0], np.broadcast_to(data, shape))


def _concat(graph: Graph, node: Operation, given: Given) -> Value:
    node.only("axis")
    arrays = [_data(node, each) for each in given]
    axis = node.axis(arrays[0].ndim)
    if len({(*each.shape[:axis], -1, *each.shape[axis + 1 :]) for each in arrays}) > 1:
        shapes = shown([each.shape for each in arrays])
        raise node.error(f"inputs that differ in axis {axis} alone", shapes)
    bounded(node, [sum(each.size for each in arrays)])
    views = [each.known() for each in given if isinstance(each, View)]
    if not views:
        return np.concatenate(arrays, axis)
    if len(views) < len(arrays):
        raise node.error("tensors that depend on the input, or constants", "both")
    if len(views) == 1:
        return views[0]
    drafts = [view.draft for view in views]
    if len({draft.shape[:-1] for draft in drafts}) > 1:
        drafts = [graph.flat(node, draft) for draft in drafts]
    draft = graph.add(node, Concat(), drafts)
    places = graph.whole(draft).places.reshape(graph.samples, *draft.shape)
    ends = np.cumsum([each.shape[-1] for each in drafts])[:-1]
    parts = [part.reshape(-1) for part in np.split(places, ends, -1)]
    moved = [part[view.places] for part, view in zip(parts, views, strict=True)]
    return View(draft, np.concatenate(moved, axis))


READERS = {
    "Cast": _cast,
    "Concat": _concat,
    "Dropout": _dropout,
    "Expand": _expand,
    "Flatten": _flatten,
    "Gather": _gather,
    "Identity": _identity,
    "Reshape": _reshape,
    "Slice": _slice,
    "Split": _split,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
