"""ONNX models as training tools export them, made with onnx's own helpers."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import Network

__all__ = ["OnnxModel", "check_same", "evaluate", "needs_onnx"]

needs_onnx = pytest.mark.skipif(
    importlib.util.find_spec("onnx") is None,
    reason="onnx is not installed: pip install build_decoder[onnx]",
)


class OnnxModel:
    """A graph that grows node by node, with seeded weights."""

    def __init__(self, *inputs: tuple[str, list], opset: int = 17, seed: int = 0):
        from onnx import TensorProto, helper

        self._helper, self._kind = helper, TensorProto.FLOAT
        self.opset = opset
        self.rng = np.random.default_rng(seed)
        self.inputs = [
            helper.make_tensor_value_info(name, self._kind, shape) for name, shape in inputs
        ]
        self.nodes, self.arrays, self.last = [], {}, inputs[0][0]

    def weights(self, *shape: int, size: float | None = None) -> str:
        """The name of a seeded array."""
        size = size or 1 / np.sqrt(np.prod(shape[1:]) or 1)
        return self.array(self.rng.normal(0, size, shape).astype(np.float32))

    def array(self, values, kind=None) -> str:
        """The name of a constant."""
        name = f"c{len(self.arrays)}"
        self.arrays[name] = np.asarray(values, dtype=kind)
        return name

    def whole(self, *values: int) -> str:
        """The name of a row of whole numbers."""
        return self.array(values, np.int64)

    def add(self, kind: str, *more: str, of: str | None = None, outputs=None, **attributes) -> str:
        """Add a node that takes the last output, or `of`, and `more`; the name of its output."""
        given = [self.last if of is None else of, *more]
        outputs = outputs or [f"t{len(self.nodes)}"]
        name = attributes.pop("name", f"/{kind.lower()}_{len(self.nodes)}/{kind}")
        domain = attributes.pop("domain", None)
        node = self._helper.make_node(kind, given, outputs, name=name, domain=domain, **attributes)
        self.nodes.append(node)
        self.last = outputs[0]
        return self.last

    def gemm(self, inputs: int, units: int) -> str:
        """A dense layer as PyTorch exports it."""
        return self.add("Gemm", self.weights(units, inputs), self.weights(units), transB=1)

    def proto(self, shape: list | None = None):
        """The model."""
        from onnx import numpy_helper

        output = self._helper.make_tensor_value_info(self.last, self._kind, shape)
        graph = self._helper.make_graph(
            self.nodes,
            "graph",
            self.inputs,
            [output],
            [numpy_helper.from_array(array, name) for name, array in self.arrays.items()],
        )
        opsets = [self._helper.make_opsetid("", self.opset)]
        domains = sorted({node.domain for node in self.nodes} - {""})
        opsets += [self._helper.make_opsetid(domain, 1) for domain in domains]
        return self._helper.make_model(graph, opset_imports=opsets, ir_version=8)

    def save(self, folder: Path, name: str = "net") -> Path:
        """The file."""
        path = folder / f"{name}.onnx"
        path.write_bytes(self.proto().SerializeToString())
        return path


def evaluate(path: Path, *given: np.ndarray) -> np.ndarray:
    """Outputs of the file by onnxruntime, or without it by onnx's evaluator, (samples, outputs)."""
    import onnx

    given = [array.astype(np.float32) for array in given]
    model = onnx.load(path)
    names = {each.name for each in model.graph.initializer}
    inputs = [each.name for each in model.graph.input if each.name not in names]
    feeds = dict(zip(inputs, given, strict=True))
    if importlib.util.find_spec("onnxruntime") is not None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return session.run(None, feeds)[0]
    from onnx.reference import ReferenceEvaluator

    return ReferenceEvaluator(model).run(None, feeds)[0]


def check_same(path: Path, network: Network, samples: int = 5, axis: int = 0) -> None:
    """Assert that a network gives what its file gives, on samples in the file's own order."""
    import onnx

    rng = np.random.default_rng(1)
    model = onnx.load(path)
    arrays = {each.name for each in model.graph.initializer}
    given, rows = [], []
    for each in model.graph.input:
        if each.name in arrays:
            continue
        shape = [dim.dim_value for dim in each.type.tensor_type.shape.dim]
        del shape[axis]
        x = rng.normal(size=(samples, *shape)).astype(np.float32)
        given.append(np.moveaxis(x, 0, axis))
        rows.append(x.reshape(samples, -1))
    if model.graph.input[0].type.tensor_type.shape.dim[axis].dim_value == 1:
        parts = [
            evaluate(path, *(np.take(array, [row], axis) for array in given))
            for row in range(samples)
        ]
        wanted = np.stack([part.reshape(-1) for part in parts])
    else:
        wanted = evaluate(path, *given).reshape(samples, -1)
    got = network.forward(np.concatenate(rows, axis=1))
    assert got.shape == wanted.shape
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5)
