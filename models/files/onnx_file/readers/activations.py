"""Activation functions and softmax."""

from collections.abc import Sequence

import numpy as np

from build_decoder.models import activations
from build_decoder.models.files.onnx_file.draft import Graph, View
from build_decoder.models.files.onnx_file.merging import activated
from build_decoder.models.files.onnx_file.operation import Operation
from build_decoder.models.layers.softmax import Softmax

__all__ = ["GELU", "READERS", "SWISH"]

GELU, SWISH = "x * (1 + erf(x / sqrt(2))) / 2", "x * sigmoid(x)"  # several nodes in a file

_NAMES = {
    "Exp": "exp",
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Softplus": "softplus",
    "Tanh": "tanh",
    GELU: "gelu",
    SWISH: "swish",
}

Given = Sequence[View | np.ndarray | None]


def _tensor(node: Operation, given: Given) -> View:
    if not isinstance(given[0], View):
        raise node.error("a tensor that depends on the input", "a constant")
    return given[0]


def _plain(graph: Graph, node: Operation, given: Given) -> View:
    node.only()
    return activated(graph, node, _tensor(node, given), _NAMES[node.kind])


def _leaky(graph: Graph, node: Operation, given: Given) -> View:
    node.only("alpha")
    slope = node.number("alpha", 0.01)
    if node.kind == "PRelu":
        constant = given[1] if isinstance(given[1], np.ndarray) else np.zeros(0)
        slope = constant.flat[0] if constant.size and np.ptp(constant) == 0 else float("nan")
    name = "relu" if slope == 0 else _member(node, "leaky_relu", slope)
    return activated(graph, node, _tensor(node, given), name)


def _elu(graph: Graph, node: Operation, given: Given) -> View:
    node.only("alpha")
    name = _member(node, "elu", node.number("alpha", 1.0))
    return activated(graph, node, _tensor(node, given), name)


def _member(node: Operation, family: str, value: float) -> str:
    """Name of the activation of `family` that has the parameter `value`."""
    try:
        return activations.of_parameter(family, float(value))
    except KeyError:
        most = activations.get(family).parameter.most
        expected = f"a parameter above 0 and up to {most:g} that all values share"
        raise node.error(expected, f"{value:g}") from None


def _gelu(graph: Graph, node: Operation, given: Given) -> View:
    node.only("approximate")
    node.plain(approximate="none")
    return activated(graph, node, _tensor(node, given), "gelu")


def _clip(graph: Graph, node: Operation, given: Given) -> View:
    node.only()
    limits = [each for each in (*given[1:], None, None)[:2]]
    if any(isinstance(each, View) for each in limits):
        raise node.error("constant limits", "others")
    low, high = (None if each is None else float(each.reshape(-1)[0]) for each in limits)
    if low == 0 and (high is None or high >= np.finfo(np.float32).max):
        return activated(graph, node, _tensor(node, given), "relu")
    if low != 0:
        raise node.error("a lower limit of 0, as a ReLU has", f"limits {low} and {high}")
    return activated(graph, node, _tensor(node, given), _member(node, "relu", high))


def _softmax(graph: Graph, node: Operation, given: Given) -> View:
    node.only("axis")
    view = _tensor(node, given).known()
    size = view.draft.shape[-1]
    rows = np.moveaxis(view.places, node.axis(view.places.ndim, -1), -1)
    rows = np.sort(rows, -1)
    if rows.shape[-1] != size or np.any(rows % size != np.arange(size)):
        raise node.error(f"the axis of the {size} last values of a layer", f"{view.places.shape}")
    return View(graph.add(node, Softmax(), [view.draft]), view.places)


def _log_softmax(graph: Graph, node: Operation, given: Given) -> View:
    raise node.error(
        "softmax or nothing at the end (neither changes a decision)", "logarithms of a softmax"
    )


READERS = {
    **dict.fromkeys(_NAMES, _plain),
    "Clip": _clip,
    "Elu": _elu,
    "Gelu": _gelu,
    "LeakyRelu": _leaky,
    "LogSoftmax": _log_softmax,
    "PRelu": _leaky,
    "Softmax": _softmax,
}
