"""Compares a network with the file that it was read from, by an evaluator of the file's own tool.

The evaluator computes in float64 here, so that rounding hides nothing; the weights stay those of
the file. Seeded inputs of sizes from 0.3 to 300 go through both, and each tensor of the file that
is a layer's output must be that, in the file's own order. Then more samples go through at a time
than were followed, so that no constant has taken up their number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from build_decoder.models.errors import InputError
from build_decoder.models.files.onnx_file.draft import Draft, View
from build_decoder.models.files.onnx_file.follow import Followed
from build_decoder.models.files.onnx_file.model_file import ModelFile, ModelInput
from build_decoder.models.files.onnx_file.quant import evaluator_types
from build_decoder.models.network import Network

__all__ = ["Evaluator", "OnnxEvaluator", "ReadModel", "prove"]

_SEED = 20260101
_SIZES = (0.3, 3.0, 30.0, 300.0)  # standard deviations of the inputs
_ROWS = 4  # samples of each, where that is no work
_MOST_MACS = 2**24
_MORE = 3  # samples at a time, where any number may come
_TOLERANCE = 1e-6  # of a tensor's largest value: float32 slopes and factors are rounded
_LEAST_OPSET = 15  # all that is read means the same in 13 and 14
_GREATEST = float(np.finfo(np.float32).max)

Samples = Mapping[str, np.ndarray]


class Evaluator(Protocol):
    """Runs the model of a file."""

    called: str
    """Name of the tool, for error messages."""

    def run(self, x: Samples) -> Mapping[str, np.ndarray]:
        """Tensors of the file by their names, from samples of each input, in float64."""


@dataclass(frozen=True)
class ReadModel:
    """What the comparison has to know of a file.

    Parameters
    ----------
    path:
        The file, for error messages.
    inputs:
        Of its model.
    output:
        Name of the tensor that is the model's output.
    """

    path: Path
    inputs: Sequence[ModelInput]
    output: str


def prove(
    evaluator: Evaluator,
    model: ReadModel | ModelFile,
    followed: Followed,
    network: Network,
    drafts: Mapping[str, Draft],
) -> None:
    """Raise `InputError` unless `network` computes what the file does.

    Parameters
    ----------
    drafts:
        What each input and node of the network is made from.
    """
    rng = np.random.default_rng(_SEED)
    names = {draft: name for name, draft in drafts.items()}
    count = followed.graph.samples
    with np.errstate(all="ignore"):
        for size in np.repeat(_SIZES, max(_rows(network) // count, 1)):
            x = _samples(rng, model, count, size)
            wanted = evaluator.run(x)
            values = network.values(_given(network, model, followed, names, x))
            for name, draft in drafts.items():
                for tensor, view in draft.tensors:
                    if tensor in wanted:
                        where = model.path, name, tensor, evaluator.called
                        _compare(*where, wanted[tensor], values[name], view)
        if model.inputs[0].free:
            x = _samples(rng, model, _MORE, 1.0)
            wanted = evaluator.run(x)[model.output]
            values = network.forward(_given(network, model, followed, names, x))
            axis = _sample_axis(followed)
            wanted = np.moveaxis(wanted, axis, 0).reshape(_MORE, -1)
            if wanted.shape != values.shape or not _agree(values, wanted).all():
                raise InputError.at(
                    model.path, "", expected="a model that treats each sample alike", got="another"
                )


def _samples(
    rng: np.random.Generator, model: ReadModel | ModelFile, count: int, size: float
) -> Samples:
    """Samples of each input, (samples, \\*shape)."""
    return {item.name: rng.normal(0, size, (count, *item.shape)) for item in model.inputs}


def _rows(network: Network) -> int:
    """Samples of each size, where one takes so much work."""
    macs = sum(node.layer.cost(network.input_shapes(node)).macs for node in network.nodes)
    return _ROWS if macs <= _MOST_MACS else 1


def _given(
    network: Network,
    model: ReadModel | ModelFile,
    followed: Followed,
    names: Mapping[Draft, str],
    x: Samples,
) -> Samples:
    """The same by the names of the network's inputs, each sample a row."""
    return {
        names[draft]: x[item.name].reshape(len(x[item.name]), -1)
        for draft, item in zip(followed.inputs, model.inputs, strict=True)
    }


def _sample_axis(followed: Followed) -> int:
    """The axis of samples of the output."""
    places, count = followed.output.places, followed.graph.samples
    steps = [
        axis
        for axis, size in enumerate(places.shape)
        if size == count
        and np.all(np.diff(places, axis=axis) == followed.output.draft.count)
    ]
    return steps[0]


def _agree(values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    # What a float32 cannot hold is infinite to the file's own types.
    values, wanted = (np.clip(array, -_GREATEST, _GREATEST) for array in (values, wanted))
    largest = np.nanmax(np.abs(wanted), initial=0.0)
    return np.isclose(values, wanted, rtol=0, atol=_TOLERANCE * (1 + largest), equal_nan=True)


def _compare(
    path: Path,
    name: str,
    tensor: str,
    called: str,
    wanted: np.ndarray,
    values: np.ndarray,
    view: View,
) -> None:
    got = values.reshape(-1)[view.places]
    if got.shape == wanted.shape:
        agree = _agree(got, wanted)
        if agree.all():
            return
        place = tuple(np.argwhere(~agree)[0])
        expected, found = f"{wanted[place]:.7g}, as {called} computes", f"{got[place]:.7g}"
    else:
        expected, found = f"shape {wanted.shape}, as {called} computes", f"{got.shape}"
    raise InputError.at(
        path, f"tensor {tensor!r}", expected=expected, got=f"{found} from the layer {name!r}"
    )


class OnnxEvaluator:
    """Runs an ONNX file's graph in float64 by onnx's reference evaluator."""

    called = "onnx"

    def __init__(self, onnx: ModuleType, model: ModelFile):
        self._model = model
        try:
            self._session = onnx.reference.ReferenceEvaluator(
                _in_float64(onnx, model), new_ops=evaluator_types(onnx)
            )
        except Exception as error:  # it raises whatever it meets
            raise self._failed(error) from None

    def run(self, x: Samples) -> dict[str, np.ndarray]:
        """All tensors by their names."""
        feeds = {
            item.name: np.moveaxis(x[item.name], 0, item.axis) for item in self._model.inputs
        }
        try:
            found = self._session.run(None, feeds, intermediate=True)
        except Exception as error:  # it raises whatever it meets
            raise self._failed(error) from None
        return {name: np.asarray(value) for name, value in found.items() if name}

    def _failed(self, error: Exception) -> InputError:
        return InputError.at(
            self._model.path,
            "",
            expected="a model that onnx can run, to compare what was read with it",
            got=f"{type(error).__name__}: {str(error)[:300]}",
        )


def _in_float64(onnx: ModuleType, model: ModelFile) -> Any:
    """The model with all of its floats as float64."""
    proto = onnx.ModelProto()
    proto.CopyFrom(model.proto)
    kinds = onnx.TensorProto
    floats = (kinds.FLOAT, kinds.FLOAT16, kinds.BFLOAT16)
    for each in proto.opset_import:  # of an older batch normalisation it runs the training
        each.version = max(each.version, _LEAST_OPSET)
    graph = proto.graph
    del graph.initializer[:], graph.value_info[:]
    for name, array in model.constants.items():
        graph.initializer.append(onnx.numpy_helper.from_array(array, name))
    for value in (*graph.input, *graph.output):
        if value.type.tensor_type.elem_type in floats:
            value.type.tensor_type.elem_type = kinds.DOUBLE
    for node, operation in zip(graph.node, model.operations, strict=True):
        for each in node.attribute:
            if each.type == each.TENSOR and each.t.data_type in floats:
                array = operation.attributes[each.name]
                each.t.CopyFrom(onnx.numpy_helper.from_array(array))
            elif node.op_type == "Cast" and each.name == "to" and each.i in floats:
                each.i = kinds.DOUBLE
            elif node.op_type == "Constant" and each.name in ("value_float", "value_floats"):
                array = np.array(operation.attributes[each.name], np.float64)
                each.Clear()
                each.name, each.type = "value", each.TENSOR
                each.t.CopyFrom(onnx.numpy_helper.from_array(array))
    return proto
