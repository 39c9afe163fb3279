"""Products with constant matrices: dense layers, whose rows are put into the order of their input.

Along time steps, (samples, steps, channels), a product is a convolution of one step.
"""

import math
from collections.abc import Sequence

import numpy as np

from build_decoder.models.files.onnx_file.draft import Graph, View
from build_decoder.models.files.onnx_file.merging import scaled
from build_decoder.models.files.onnx_file.operation import Operation
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.limits import MAX_GRAPH_WEIGHTS, MAX_WIDTH

__all__ = ["READERS", "matrix"]


def matrix(node: Operation, value: View | np.ndarray | None, axes: int, what: str) -> np.ndarray:
    """A constant of floats that has so many axes."""
    if not isinstance(value, np.ndarray) or value.ndim != axes or value.dtype.kind != "f":
        got = "a tensor that depends on the input" if isinstance(value, View) else "others"
        raise node.error(f"{what}: constant floats of {axes} axes", got)
    return value


def _tensor(node: Operation, value: View | np.ndarray | None) -> View:
    if not isinstance(value, View):
        raise node.error("a first input that depends on that of the model", "a constant")
    return value


def _dense(graph: Graph, node: Operation, view: View, weights: np.ndarray, axis: int) -> View:
    """The product of a view, of one vector a sample, and (inputs, units)."""
    draft, places = graph.vector(node, view, axis)
    units = weights.shape[1]
    if len(places) != len(weights):
        raise node.error(f"{len(places)} rows of weights", str(len(weights)))
    if draft.count * units > MAX_GRAPH_WEIGHTS or not 1 <= units <= MAX_WIDTH:
        raise node.error(f"at most {MAX_GRAPH_WEIGHTS} weights", f"{draft.count} x {units}")
    rows = np.zeros((draft.count, units))
    np.add.at(rows, places, weights)
    arrays = {"weights": rows, "bias": np.zeros(units)}
    return graph.whole(graph.add(node, Dense(units, "linear"), [draft], arrays))


def _gemm(graph: Graph, node: Operation, given: Sequence[View | np.ndarray | None]) -> View:
    node.only("alpha", "beta", "transA", "transB")
    node.plain(transA=0)
    view = _tensor(node, given[0])
    weights = matrix(node, given[1], 2, "weights") * node.number("alpha", 1.0)
    if view.places.ndim != 2:
        raise node.error("an input of 2 axes", f"{view.places.shape}")
    if node.whole("transB", 0):
        weights = weights.T
    view = _dense(graph, node, view, weights, 0)
    if len(given) > 2 and given[2] is not None:
        if isinstance(given[2], View):
            raise node.error("a constant bias", "one that depends on the input")
        bias = given[2] * node.number("beta", 1.0)
        view = scaled(graph, node, view, np.ones(()), bias)
    return view


def _matmul(graph: Graph, node: Operation, given: Sequence[View | np.ndarray | None]) -> View:
    node.only()
    view = _tensor(node, given[0])
    weights = matrix(node, given[1], 2, "weights on the right")
    *others, _ = view.places.shape
    if math.prod(others) == graph.samples:
        axis = next((axis for axis, size in enumerate(others) if size == graph.samples), 0)
        if not others:
            raise node.error("an axis of samples", "none")
        product = _dense(graph, node, view, weights, axis)
        return product.moved(product.places.reshape(*others, -1))
    if len(others) != 2:
        raise node.error("one vector a sample, or one a time step", f"{view.places.shape}")
    # The step is a row of an image of one column.
    image = view.moved(view.places[:, :, None])
    draft, starts = graph.ordered(node, image, (1, 2, 3))
    if draft.shape[1:] != (1, len(weights)) or any(starts[1:]):
        raise node.error(f"steps of {len(weights)} values", f"{draft.shape}")
    layer = Conv2d(weights.shape[1], (1, 1), "linear")
    arrays = {"weights": weights[None, None], "bias": np.zeros(weights.shape[1])}
    product = graph.whole(graph.add(node, layer, [draft], arrays))
    steps = slice(starts[0], starts[0] + others[1])
    return product.moved(product.places[:, steps, 0])


READERS = {"Gemm": _gemm, "MatMul": _matmul}
