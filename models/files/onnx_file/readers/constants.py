"""Constants, sizes of tensors among them, and checks of constants for other readers."""

import math
from collections.abc import Sequence

import numpy as np

from build_decoder.models.errors import shown
from build_decoder.models.files.onnx_file.draft import Graph, View
from build_decoder.models.files.onnx_file.operation import Operation
from build_decoder.models.limits import MAX_TENSOR_VALUES

__all__ = ["READERS", "bounded", "whole_numbers"]

Value = View | np.ndarray
Given = Sequence[Value | None]


def bounded(node: Operation, shape: Sequence[int]) -> None:
    """Raise `InputError` where a tensor of this shape would be too large."""
    if min(shape, default=0) < 0 or math.prod(shape) > MAX_TENSOR_VALUES:
        raise node.error(f"at most {MAX_TENSOR_VALUES} values", f"shape {shown(tuple(shape))}")


def whole_numbers(node: Operation, value: Value | None, what: str) -> list[int]:
    """A constant of whole numbers."""
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "iu" or value.ndim > 1:
        raise node.error(f"{what} of constant whole numbers", "others")
    return [int(each) for each in value.reshape(-1)]


def _shape(graph: Graph, node: Operation, given: Given) -> Value:
    node.only("start", "end")
    value = given[0]
    data = value.places if isinstance(value, View) else np.asarray(value)
    shape = np.array(data.shape, dtype=np.int64)
    return shape[node.whole("start", 0) : node.whole("end", data.ndim)]


def _constant(graph: Graph, node: Operation, given: Given) -> Value:
    keys = ("value", "value_float", "value_floats", "value_int", "value_ints")
    node.only(*keys)
    if len(node.attributes) != 1:
        raise node.error(f"one of {', '.join(keys)}", "others")
    ((key, value),) = node.attributes.items()
    if key == "value":
        return value
    return np.array(value, np.float64 if "float" in key else np.int64)


def _filled(graph: Graph, node: Operation, given: Given) -> Value:
    node.only("value")
    shape = whole_numbers(node, given[0], "a shape")
    bounded(node, shape)
    value = node.attributes.get("value", np.zeros(1))
    return np.full(shape, np.asarray(value).reshape(-1)[0])


READERS = {"Constant": _constant, "ConstantOfShape": _filled, "Shape": _shape}
