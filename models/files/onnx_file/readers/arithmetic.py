"""Sums, products with constants and batch normalisation."""

from collections.abc import Sequence

import numpy as np

from build_decoder.models.files.onnx_file.draft import Graph, View
from build_decoder.models.files.onnx_file.merging import scaled
from build_decoder.models.files.onnx_file.operation import Operation
from build_decoder.models.files.onnx_file.readers.constants import bounded
from build_decoder.models.files.onnx_file.readers.products import matrix
from build_decoder.models.layers.add import Add

__all__ = ["READERS"]

Value = View | np.ndarray
Given = Sequence[Value | None]

_ONE, _ZERO = np.ones(()), np.zeros(())
_SIGNS = {"Add": 1.0, "Sub": -1.0}


def _two(node: Operation, given: Given) -> tuple[Value, Value]:
    node.only()
    if len(given) != 2 or given[0] is None or given[1] is None:
        raise node.error("two inputs", str(len(given)))
    return given[0], given[1]


def _constants(node: Operation, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    try:
        bounded(node, np.broadcast_shapes(left.shape, right.shape))
    except ValueError:
        raise node.error("constants that broadcast", f"{left.shape} and {right.shape}") from None
    whole = left.dtype.kind in "iu"
    operations = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply}
    with np.errstate(all="ignore"):
        if node.kind == "Div":
            return np.floor_divide(left, right) if whole else left / right
        return operations[node.kind](left, right)


def _sum(graph: Graph, node: Operation, given: Given) -> Value:
    left, right = _two(node, given)
    sign = np.array(_SIGNS[node.kind])
    match left, right:
        case np.ndarray(), np.ndarray():
            return _constants(node, left, right)
        case View(), np.ndarray():
            return scaled(graph, node, left, _ONE, sign * right)
        case np.ndarray(), View():
            return scaled(graph, node, right, sign, left)
    if node.kind == "Sub":
        right = scaled(graph, node, right, sign, _ZERO)
    return _added(graph, node, left.known(), right.known())


def _added(graph: Graph, node: Operation, left: View, right: View) -> View:
    if left.places.shape != right.places.shape:
        raise node.error(
            "tensors of one shape", f"{left.places.shape} and {right.places.shape}"
        )
    drafts = [left.draft, right.draft]
    for first, second in ((left, right), (right, left)):
        if first.draft.is_given and not _alike(first, second):
            # An input may be taken in the order of the other one.
            order = np.full(second.draft.count, -1)
            inside = second.places < second.draft.count
            order[second.places[inside]] = first.places[inside]
            if np.any(order < 0):
                break
            draft, _ = graph.in_order(node, first.draft, order.reshape(second.draft.shape))
            drafts = [draft, second.draft]
            return View(graph.add(node, Add(), drafts), second.places)
    if not np.array_equal(left.places, right.places):
        raise node.error("tensors that lie in one order", "others")
    if drafts[0].shape != drafts[1].shape:
        drafts = [graph.flat(node, draft) for draft in drafts]
    return View(graph.add(node, Add(), drafts), left.places)


def _alike(left: View, right: View) -> bool:
    same = left.draft.shape == right.draft.shape
    return same and np.array_equal(left.places, right.places)


def _product(graph: Graph, node: Operation, given: Given) -> Value:
    left, right = _two(node, given)
    match left, right:
        case np.ndarray(), np.ndarray():
            return _constants(node, left, right)
        case View(), np.ndarray():
            with np.errstate(all="ignore"):
                factor = 1 / right if node.kind == "Div" else right
            return scaled(graph, node, left, np.asarray(factor), _ZERO)
        case np.ndarray(), View() if node.kind == "Mul":
            return scaled(graph, node, right, left, _ZERO)
    raise node.error("a constant factor", "a tensor that depends on the input")


def _negative(graph: Graph, node: Operation, given: Given) -> Value:
    node.only()
    if isinstance(given[0], View):
        return scaled(graph, node, given[0], -_ONE, _ZERO)
    return -given[0]


def _batch_normalisation(graph: Graph, node: Operation, given: Given) -> View:
    node.only("epsilon", "momentum", "training_mode")
    node.plain(training_mode=0)
    view = given[0]
    if not isinstance(view, View) or len(given) != 5:
        raise node.error("a tensor and four constants", "others")
    factor, term, mean, variance = (
        matrix(node, each, 1, name)
        for each, name in zip(given[1:], ("scale", "B", "mean", "var"), strict=True)
    )
    with np.errstate(all="ignore"):
        scale = factor / np.sqrt(variance + node.number("epsilon", 1e-5))
    shape = (-1, *[1] * (view.places.ndim - 2))
    shift = term - mean * scale
    return scaled(graph, node, view, scale.reshape(shape), shift.reshape(shape))


READERS = {
    "Add": _sum,
    "BatchNormalization": _batch_normalisation,
    "Div": _product,
    "Mul": _product,
    "Neg": _negative,
    "Sub": _sum,
}
