"""Opens an ONNX file without trusting it: bounds first, arrays from the file or its own folder."""

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.onnx_file import quant
from build_decoder.models.files.onnx_file.operation import Operation
from build_decoder.models.layer import Shape
from build_decoder.models.limits import (
    MAX_GRAPH_WEIGHTS,
    MAX_ONNX_BYTES,
    MAX_ONNX_NODES,
    MAX_TENSOR_VALUES,
)

__all__ = ["OPSETS", "ModelFile", "ModelInput", "open_model"]

OPSETS = range(13, 22)
_FLOATS = ("FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16")
_ADVICE = "export with fixed sizes, and the first axis of samples alone free"


@dataclass(frozen=True)
class ModelInput:
    """An input of the graph that is no constant.

    Parameters
    ----------
    name:
        Of the tensor.
    shape:
        Of a sample.
    axis:
        The axis of samples, of all axes.
    free:
        Whether any number of samples may come; otherwise one.
    """

    name: str
    shape: Shape
    axis: int
    free: bool


@dataclass(frozen=True)
class ModelFile:
    """What is in an ONNX file.

    Parameters
    ----------
    path:
        The file.
    proto:
        As onnx decoded it.
    inputs:
        Those that are given.
    constants:
        Arrays by the names of their tensors, float64 where they are floats.
    operations:
        The nodes, each after its inputs.
    output:
        Name of the tensor that is the output.
    """

    path: Path
    proto: Any
    inputs: tuple[ModelInput, ...]
    constants: dict[str, np.ndarray]
    operations: tuple[Operation, ...]
    output: str


def open_model(onnx: ModuleType, path: Path) -> ModelFile:
    """The contents of an ONNX file; `InputError` where it is none, or none that is read."""
    try:
        size = path.stat().st_size
        if size > MAX_ONNX_BYTES:
            raise _error(path, "", f"at most {MAX_ONNX_BYTES} bytes", str(size))
        proto = onnx.load_model_from_string(path.read_bytes())
        if not proto.graph.node or not all(isinstance(name, str) for name in _names(proto.graph)):
            raise ValueError("no graph, or names that are no text")
    except InputError:
        raise
    except Exception:  # protobuf has errors of its own
        raise _error(path, "", "an ONNX model", "a damaged file or another kind") from None
    opset = _opset(path, proto)
    graph = proto.graph
    if len(graph.node) > MAX_ONNX_NODES:
        raise _error(path, "", f"at most {MAX_ONNX_NODES} nodes", str(len(graph.node)))
    if graph.sparse_initializer or proto.functions:
        raise _error(
            path, "", "dense weights and standard operators alone",
            "sparse weights or functions of its own (onnx.inliner takes functions out)",
        )
    reader = _Arrays(onnx, path)
    constants = {each.name: reader.read(each, shown(each.name)) for each in graph.initializer}
    if len(graph.output) != 1:
        raise _error(path, "", "a model of one output", f"{len(graph.output)} outputs")
    return ModelFile(
        path,
        proto,
        tuple(_input(onnx, path, each) for each in graph.input if each.name not in constants),
        constants,
        tuple(_operation(onnx, path, node, opset, reader) for node in graph.node),
        graph.output[0].name,
    )


def _names(graph: Any) -> Iterator[Any]:
    yield from (each.name for each in (*graph.initializer, *graph.input, *graph.output))
    for node in graph.node:
        yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
        yield from (each.name for each in node.attribute)


def _error(path: Path, where: str, expected: str, got: str) -> InputError:
    return InputError.at(path, where, expected=expected, got=got)


def _opset(path: Path, proto: Any) -> int:
    versions = {each.domain or "ai.onnx": each.version for each in proto.opset_import}
    version = versions.get("ai.onnx")
    if version not in OPSETS:
        raise _error(
            path, "", f"opset {OPSETS[0]} to {OPSETS[-1]} (export with opset_version=17)",
            f"opset {version}",
        )
    return version


def _input(onnx: ModuleType, path: Path, proto: Any) -> ModelInput:
    where = f"input {shown(proto.name)}"
    tensor = proto.type.tensor_type
    kinds = {getattr(onnx.TensorProto, name) for name in _FLOATS}
    if tensor.elem_type not in kinds:
        raise _error(path, where, "a tensor of floats", f"values of type {tensor.elem_type}")
    sizes = [dim.dim_value for dim in tensor.shape.dim]
    if not 2 <= len(sizes) <= 5:
        raise _error(path, where, "an axis of samples and 1 to 4 others", f"{len(sizes)} axes")
    free = [axis for axis, size in enumerate(sizes) if size < 1]
    if len(free) > 1:
        got = ", ".join(dim.dim_param or str(dim.dim_value or "?") for dim in tensor.shape.dim)
        raise _error(path, where, f"one free axis, that of samples ({_ADVICE})", f"({got})")
    if not free and 1 not in sizes[:2]:
        raise _error(path, where, f"samples one at a time or any number ({_ADVICE})", str(sizes))
    axis = free[0] if free else sizes.index(1)
    shape = (*sizes[:axis], *sizes[axis + 1 :])
    if math.prod(shape) > MAX_TENSOR_VALUES // 8:
        raise _error(path, where, f"at most {MAX_TENSOR_VALUES // 8} values", str(sizes))
    return ModelInput(proto.name, shape, axis, bool(free))


def _operation(
    onnx: ModuleType, path: Path, node: Any, opset: int, reader: "_Arrays"
) -> Operation:
    outputs = tuple(node.output)
    name = node.name or f"{node.op_type}_{next(filter(None, outputs), '')}"
    bare = Operation(path, name, node.op_type, tuple(node.input), outputs, {}, opset)
    known = node.domain in quant.DOMAINS and node.op_type in quant.KINDS
    if node.domain not in ("", "ai.onnx") and not known:
        raise bare.error(
            "an operator of ONNX itself (models.from_sklearn reads scikit-learn's estimators)",
            f"one of {shown(node.domain)}",
        )
    attributes = {}
    for each in node.attribute:
        plain = (each.FLOAT, each.INT, each.STRING, each.FLOATS, each.INTS, each.STRINGS)
        if each.ref_attr_name or each.type not in (*plain, each.TENSOR):
            raise bare.error(
                "an operator without graphs inside (LSTM or GRU in place of a loop; .keras files "
                "are read as they are)", shown(each.name),
            )
        value = onnx.helper.get_attribute_value(each)
        if each.type == each.TENSOR:
            value = reader.read(value, f"node {shown(name)}")
        elif isinstance(value, bytes):
            value = value.decode(errors="replace")
        elif not isinstance(value, int | float):
            value = [
                item.decode(errors="replace") if isinstance(item, bytes) else item
                for item in value
            ]
        attributes[each.name] = value
    return Operation(path, name, node.op_type, bare.inputs, outputs, attributes, opset)


class _Arrays:
    """Reads the arrays of a file, of all of which it bounds the size."""

    def __init__(self, onnx: ModuleType, path: Path):
        self._onnx, self._path, self._left = onnx, path, MAX_GRAPH_WEIGHTS

    def read(self, tensor: Any, where: str) -> np.ndarray:
        """The array of a tensor, float64 if it has floats; `where` is for error messages."""
        dims = list(tensor.dims)
        count = math.prod(dims)
        if min(dims, default=0) < 0 or count > self._left:
            expected = f"at most {MAX_GRAPH_WEIGHTS} weights in all"
            raise _error(self._path, where, expected, f"shape {shown(dims)}")
        self._left -= count
        try:
            if tensor.data_location == tensor.EXTERNAL:
                array = self._outside(tensor, where, count)
            else:
                array = np.array(self._onnx.numpy_helper.to_array(tensor))
        except InputError:
            raise
        except Exception:  # of many kinds, where values are missing or of a strange type
            expected = "values of its shape and type"
            raise _error(self._path, where, expected, "others or none") from None
        if tensor.data_type in {getattr(tensor, name) for name in _FLOATS}:
            array = array.astype(np.float64)
        if array.dtype.kind not in "fiub":
            raise _error(self._path, where, "numbers", str(array.dtype))
        return array

    def _outside(self, tensor: Any, where: str, count: int) -> np.ndarray:
        """Values from a file beside the model, as exporters write them for large models."""
        entries = {each.key: each.value for each in tensor.external_data}
        folder = self._path.parent.resolve()
        file = folder / entries.get("location", "")
        plain = os.path.isfile(file) and file.resolve().is_relative_to(folder)
        if not plain or os.path.islink(file):
            raise _error(
                self._path, where, "weights in a file of the model's folder",
                shown(entries.get("location", "")),
            )
        kind = self._onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
        offset, size = int(entries.get("offset", 0)), count * kind.itemsize
        if int(entries.get("length", size)) != size or offset < 0:
            raise _error(self._path, where, f"{size} bytes", shown(entries.get("length")))
        with open(file, "rb") as stream:
            stream.seek(offset)
            data = stream.read(size)
        return np.frombuffer(data, kind.newbyteorder("<")).reshape(tuple(tensor.dims))
