"""Random ONNX graphs: each is read as what onnxruntime computes, or refused by a node's name.

That the reader misread a node must never happen, not even where the proof would find it.
"""

import numpy as np
import pytest

from build_decoder.models import InputError, load_network
from tests.onnx_files import OnnxModel, check_same, needs_onnx

pytestmark = needs_onnx


class Drawn:
    """A graph that is drawn node by node; `shapes` are those of one sample, in the file's axes."""

    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)
        axes = int(self.rng.integers(1, 4))
        self.shape = tuple(int(each) for each in self.rng.integers(2, 7, axes))
        batch = [1, "batch"][self.rng.integers(2)]
        opset = int(self.rng.choice([13, 17, 21]))
        self.model = OnnxModel(("x", [batch, *self.shape]), opset=opset, seed=seed)
        self.before = [("x", self.shape)]
        for _ in range(int(self.rng.integers(2, 9))):
            self.step()
            self.before.append((self.model.last, self.shape))
        if len(self.shape) > 1:
            self.model.add("Flatten")
            self.shape = (int(np.prod(self.shape)),)
        self.model.gemm(self.shape[0], 3)

    def step(self):
        kinds = ["activate", "scale", "reshape", "turn", "cut", "branch", "normalise", "identity"]
        kinds += {1: ["dense"] * 4, 2: ["conv", "pool", "recurrent"] * 2 + ["matmul"],
                  3: ["conv", "pool", "mean"] * 2}.get(len(self.shape), [])
        getattr(self, str(self.rng.choice(kinds)))()

    def activate(self):
        self.model.add(str(self.rng.choice(["Relu", "Tanh", "Sigmoid", "Softplus", "Elu"])))

    def identity(self):
        self.model.add("Identity")

    def scale(self):
        shape = [int(size) if self.rng.random() < 0.5 else 1 for size in self.shape]
        kind = str(self.rng.choice(["Add", "Sub", "Mul"]))
        self.model.add(kind, self.model.weights(1, *shape, size=1.0))

    def normalise(self):
        channels = self.shape[0]
        arrays = [self.model.weights(channels, size=1.0) for _ in range(3)]
        variance = self.model.array(self.rng.uniform(0.5, 2, channels).astype(np.float32))
        self.model.add("BatchNormalization", *arrays, variance)

    def reshape(self):
        count = int(np.prod(self.shape))
        sizes = [size for size in range(1, count + 1) if count % size == 0]
        first = int(self.rng.choice(sizes))
        self.shape = (first, count // first) if self.rng.random() < 0.5 else (count,)
        self.model.add("Reshape", self.model.whole(-1, *self.shape))

    def turn(self):
        order = self.rng.permutation(len(self.shape))
        self.model.add("Transpose", perm=[0, *(int(axis) + 1 for axis in order)])
        self.shape = tuple(self.shape[axis] for axis in order)

    def cut(self):
        axis = int(self.rng.integers(len(self.shape)))
        if self.shape[axis] < 3:
            return
        arrays = (self.model.whole(each) for each in (1, self.shape[axis], axis + 1))
        self.model.add("Slice", *arrays)
        self.shape = tuple(size - (at == axis) for at, size in enumerate(self.shape))

    def branch(self):
        same = [name for name, shape in self.before if shape == self.shape]
        if not same:
            return
        other = str(self.rng.choice(same))
        if self.rng.random() < 0.5:
            self.model.add("Add", other)
        else:
            self.model.add("Concat", other, axis=1)
            self.shape = (2 * self.shape[0], *self.shape[1:])

    def dense(self):
        units = int(self.rng.integers(1, 7))
        self.model.gemm(self.shape[0], units)
        self.shape = (units,)

    def matmul(self):
        self.model.add("MatMul", self.model.weights(self.shape[-1], 3))
        self.shape = (*self.shape[:-1], 3)

    def conv(self):
        filters, *sizes = int(self.rng.integers(1, 5)), *self.shape[1:]
        kernel = [int(self.rng.integers(1, min(size, 4) + 1)) for size in sizes]
        pads = [(size - 1) // 2 for size in kernel], [size // 2 for size in kernel]
        if self.rng.random() < 0.3:
            pads = [0] * len(kernel), [0] * len(kernel)
        weights = self.model.weights(filters, self.shape[0], *kernel)
        self.model.add("Conv", weights, self.model.weights(filters), pads=[*pads[0], *pads[1]])
        made = (
            size + low + high - window + 1
            for size, low, high, window in zip(sizes, *pads, kernel, strict=True)
        )
        self.shape = (filters, *made)

    def pool(self):
        window = [int(self.rng.integers(1, min(size, 3) + 1)) for size in self.shape[1:]]
        self.model.add("MaxPool", kernel_shape=window, strides=window)
        sizes = (size // each for size, each in zip(self.shape[1:], window, strict=True))
        self.shape = (self.shape[0], *sizes)

    def mean(self):
        self.model.add("GlobalAveragePool")
        self.model.add("Flatten")
        self.shape = self.shape[:1]

    def recurrent(self):
        """Steps come as the first axis of a sample."""
        kind = str(self.rng.choice(["LSTM", "GRU"]))
        direction = str(self.rng.choice(["forward", "reverse", "bidirectional"]))
        steps, channels = self.shape
        ways, gates, units = 1 + (direction == "bidirectional"), {"LSTM": 4, "GRU": 3}[kind], 3
        more = {"linear_before_reset": 1} if kind == "GRU" else {}
        self.model.add("Transpose", perm=[1, 0, 2])
        number = len(self.model.nodes)
        self.model.add(
            kind,
            self.model.weights(ways, gates * units, channels, size=0.5),
            self.model.weights(ways, gates * units, units, size=0.5),
            self.model.weights(ways, 2 * gates * units, size=0.3),
            outputs=[f"y{number}", f"h{number}"],
            hidden_size=units, direction=direction, **more,
        )
        if self.rng.random() < 0.5:
            self.model.add("Transpose", of=f"h{number}", perm=[1, 0, 2])
            self.shape = (ways * units,)
        else:
            self.model.add("Transpose", of=f"y{number}", perm=[2, 0, 1, 3])
            self.shape = (steps, ways * units)
        self.model.add("Reshape", self.model.whole(-1, *self.shape))


@pytest.mark.parametrize("start", range(0, 120, 20))
def test_random_graphs(tmp_path, start):
    same = 0
    for seed in range(start, start + 20):
        path = Drawn(seed).model.save(tmp_path, f"net{seed}")
        try:
            network = load_network(path)
        except InputError as error:
            text = str(error)
            assert " node '" in text or " output: " in text, text
            continue
        check_same(path, network)
        same += 1
    assert same > 4


def damaged(rng: np.random.Generator, proto) -> bytes:
    """A model with some bytes, or some of its nodes and arrays, changed."""
    if rng.random() < 0.3:
        content = bytearray(proto.SerializeToString())
        for place in rng.integers(len(content), size=3):
            content[place] = rng.integers(256)
        return bytes(content)
    graph = proto.graph
    node = graph.node[rng.integers(len(graph.node))]
    array = graph.initializer[rng.integers(len(graph.initializer))]
    match rng.integers(6):
        case 0 if node.input:
            node.input.pop()
        case 1 if node.input:
            other = graph.node[rng.integers(len(graph.node))]
            node.input[rng.integers(len(node.input))] = other.output[0]
        case 2:
            others = "Slice Split Expand Gather LSTM Softmax Clip Erf Conv"
            node.op_type = str(rng.choice(others.split()))
        case 3 if node.attribute:
            attribute = node.attribute[rng.integers(len(node.attribute))]
            attribute.ints[:] = [int(each) for each in rng.choice([-(2**62), -1, 0, 2, 2**40], 3)]
            attribute.type = attribute.INTS
        case 4:
            array.dims[:] = [int(each) for each in rng.integers(4, size=3)]
        case _:
            array.data_type = int(rng.choice([1, 2, 6, 7, 8, 9, 10, 11, 14, 99]))
    return proto.SerializeToString()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # numbers that were damaged
def test_damaged_graphs(tmp_path):
    """One error in one line, whatever is wrong, or a network that equals the file."""
    messages = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        path = tmp_path / f"net{seed}.onnx"
        path.write_bytes(damaged(rng, Drawn(seed).model.proto()))
        try:
            load_network(path)
        except InputError as error:
            messages.append(str(error))
    assert len(messages) > 75
    assert not [text for text in messages if not text.startswith(str(tmp_path)) or "\n" in text]
