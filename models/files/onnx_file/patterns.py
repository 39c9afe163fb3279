"""Functions that a file computes by several nodes, and that are one activation function here."""

import math
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from build_decoder.models.files.onnx_file.model_file import ModelFile
from build_decoder.models.files.onnx_file.operation import Operation
from build_decoder.models.files.onnx_file.readers.activations import GELU, SWISH

__all__ = ["joined"]

_AS_READ = 1e-6  # constants are float32


def joined(model: ModelFile) -> tuple[Operation, ...]:
    """The nodes of a model, those that compute ``swish`` or ``gelu`` together as one node."""
    finder = _Finder(model)
    instead: dict[int, Operation | None] = {}
    for node in model.operations:
        found = finder.swish(node) or finder.gelu(node)
        if found is not None:
            kind, taken, nodes = found
            last = nodes[-1]
            instead.update((id(each), None) for each in nodes)
            instead[id(last)] = Operation(
                last.path, last.name, kind, (taken,), last.outputs, {}, last.opset
            )
    nodes = (instead.get(id(node), node) for node in model.operations)
    return tuple(node for node in nodes if node is not None)


class _Finder:
    def __init__(self, model: ModelFile):
        self._constants = dict(model.constants)
        self._takers: dict[str, list[Operation]] = defaultdict(list)
        self._givers: dict[str, Operation] = {}
        self._output = model.output
        for node in model.operations:
            if node.kind == "Constant" and isinstance(node.attributes.get("value"), np.ndarray):
                self._constants[node.outputs[0]] = node.attributes["value"]
            for name in node.inputs:
                self._takers[name].append(node)
            for name in node.outputs:
                self._givers[name] = node

    def swish(self, node: Operation) -> tuple[str, str, list[Operation]] | None:
        """``x * sigmoid(x)`` from its sigmoid on."""
        if node.kind != "Sigmoid" or not node.inputs:
            return None
        product = self._only_taker(node)
        factors = sorted((node.inputs[0], node.outputs[0]))
        if product is None or product.kind != "Mul" or sorted(product.inputs) != factors:
            return None
        return SWISH, node.inputs[0], [node, product]

    def gelu(self, node: Operation) -> tuple[str, str, list[Operation]] | None:
        """``x * (1 + erf(x / sqrt(2))) / 2`` from its error function on, factors in any order."""
        root = self._givers.get(node.inputs[0]) if node.kind == "Erf" and node.inputs else None
        if root is None or self._only_taker(root) is not node:
            return None
        wanted = {"Div": math.sqrt(2), "Mul": 1 / math.sqrt(2)}.get(root.kind)
        taken = next((name for name in root.inputs if name not in self._constants), "")
        values = [self._scalar(name) for name in root.inputs if name != taken]
        turned = root.kind == "Div" and root.inputs[0] != taken
        if wanted is None or turned or len(values) != 1:
            return None
        if not abs(values[0] - wanted) <= _AS_READ:
            return None
        nodes = [root, node]
        missing = {"one", "half", "taken"}
        for step in self._on_from(node):
            other = [name for name in step.inputs if name != nodes[-1].outputs[0]]
            nodes.append(step)
            if len(other) != 1:
                return None
            if step.kind == "Add" and "one" in missing and self._is(other[0], 1.0):
                missing -= {"one"}
            elif step.kind == "Mul" and "one" not in missing:
                missing -= self._factors(other[0], taken, nodes)
            else:
                return None
            if not missing:
                return GELU, taken, nodes
        return None

    def _factors(self, name: str, taken: str, nodes: list[Operation]) -> set[str]:
        if name == taken:
            return {"taken"}
        if self._is(name, 0.5):
            return {"half"}
        half = self._givers.get(name)
        if half is None or half.kind != "Mul" or self._only_taker(half) is not nodes[-1]:
            return set()
        if taken not in half.inputs or not any(self._is(each, 0.5) for each in half.inputs):
            return set()
        nodes.insert(0, half)
        return {"taken", "half"}

    def _on_from(self, node: Operation) -> Iterator[Operation]:
        for _ in range(3):
            following = self._only_taker(node)
            if following is None:
                return
            yield following
            node = following

    def _only_taker(self, node: Operation) -> Operation | None:
        takers = self._takers[node.outputs[0]]
        if len(takers) != 1 or node.outputs[0] == self._output or len(node.outputs) != 1:
            return None
        return takers[0]

    def _scalar(self, name: str) -> float:
        array = self._constants.get(name)
        return float(array.flat[0]) if array is not None and array.size == 1 else math.nan

    def _is(self, name: str, value: float) -> bool:
        return abs(self._scalar(name) - value) <= _AS_READ
