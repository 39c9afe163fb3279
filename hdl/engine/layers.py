"""What of a network a column engine runs: layers with weights, and rings of columns between."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from build_decoder.hdl.engine.narrowing import Narrowing
from build_decoder.hdl.planning.input_order import order_of
from build_decoder.hdl.planning.windows import Windows
from build_decoder.models.layer import Shape
from build_decoder.quant.integer_model import IntegerModel, ModelNode
from build_decoder.quant.layers.concat import Concat
from build_decoder.quant.layers.conv2d import Conv2d
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.layers.flatten import Flatten
from build_decoder.quant.layers.global_average_pool import GlobalAveragePool
from build_decoder.quant.layers.max_pool import MaxPool
from build_decoder.quant.qformat import QFormat

__all__ = ["EngineLayer", "EngineNetwork", "KeptTensor"]


@dataclass(eq=False)
class KeptTensor:
    """A tensor whose columns are kept until no window needs them.

    Parameters
    ----------
    name
        Of the input or the node.
    shape
        Columns, rows and channels.
    format
        Of the values.
    before, after
        Zeros that are kept before and after a column's values, so that windows may reach there.
    takers, givers
        Layers that read it, and that write it.
    """

    name: str
    shape: Shape
    format: QFormat
    before: int = 0
    after: int = 0
    takers: list["EngineLayer"] = field(default_factory=list)
    givers: list["EngineLayer"] = field(default_factory=list)


@dataclass(eq=False)
class EngineLayer:
    """A layer with weights as a convolution along time, with the pool behind it.

    A dense layer is one whose window is all that there is.

    Parameters
    ----------
    name, ends
        Of the node, and of the last node that it stands for, which is a pool if there is one.
    source
        What it takes.
    before
        Columns of a window before its own; None if the window is everything.
    reaches
        Values of a column's window before the value at its position.
    positions, step
        Windows along a column, and values from one to the next.
    weights
        Raw int64 (columns, values of a column's window, filters).
    steps, rows
        Windows of the pool along time and along rows; of size 1 without one.
    narrowing
        What becomes of sums.
    target, offset
        Where outputs are kept, and the first of its channels there; None if they leave.
    """

    name: str
    ends: str
    source: KeptTensor
    before: int | None
    reaches: int
    positions: int
    step: int
    weights: np.ndarray
    steps: Windows
    rows: Windows
    narrowing: Narrowing
    target: KeptTensor | None = None
    offset: int = 0

    @property
    def filters(self) -> int:
        """Outputs of a position."""
        return self.weights.shape[2]

    @property
    def columns(self) -> int:
        """Columns of outputs, ahead of the pool."""
        return self.steps.count

    def taps(self, column: int) -> tuple[int, int]:
        """First column of the source that a column of outputs takes, and the one after the last."""
        wide, there = len(self.weights), self.source.shape[0]
        if self.before is None:
            return 0, there
        first = column - self.before
        return max(first, 0), min(first + wide, there)


class EngineNetwork:
    """A network as an engine sees it.

    Parameters
    ----------
    model
        Of convolutions, each perhaps with a pool behind it, concatenations, flattenings and dense
        layers; perhaps of means over all positions of a convolution in the end, and of any layers
        behind these.

    Attributes
    ----------
    inputs : list of (KeptTensor, tuple of int)
        Orders of the values that come in, and where each value of a column lies in it.
    nodes : tuple of ModelNode
        Those that it runs.
    layers : list of EngineLayer
        In order; the outputs of the last one leave.
    behind : tuple of ModelNode
        Means over all positions and all that follows, if there are any: these layers are stages
        of their own.
    tensors : list of KeptTensor
        All of them.

    Raises
    ------
    ValueError
        If an engine cannot run it.
    """

    def __init__(self, model: IntegerModel):
        self.model = model
        self.takers: dict[str, list[ModelNode]] = {}
        for node in model.nodes:
            for name in node.inputs:
                self.takers.setdefault(name, []).append(node)
        self.kept: dict[str, KeptTensor] = {}
        self.layers: list[EngineLayer] = []
        self.nodes, self.behind = _divided(model)
        self.inputs = self._inputs()
        flat: dict[str, str] = {}
        for node in self.nodes:
            layer = node.layer
            source = flat.get(node.inputs[0], node.inputs[0])
            if isinstance(layer, Conv2d):
                self._convolution(node, source)
            elif isinstance(layer, Dense):
                self._dense(node, source)
            elif isinstance(layer, Flatten):
                flat[node.name] = source
            elif not isinstance(layer, MaxPool | Concat):
                raise ValueError(
                    f"{node.name}: expected a convolution, a pool, a concatenation, a flattening "
                    f"or a dense layer, got one of type {type(layer).__name__}"
                )
        last = self.layers[-1] if self.layers else None
        if last is None or last.target is not None or self.behind and (
            self.behind[0].inputs != (last.name,)
        ):
            raise ValueError("expected a dense layer, or means of a convolution, in the end")
        # Orders of the inputs lie beside each other, at the same distance in every column.
        for way in ("before", "after"):
            most = max(getattr(kept, way) for kept, _ in self.inputs)
            for kept, _ in self.inputs:
                setattr(kept, way, most)

    @property
    def tensors(self) -> list[KeptTensor]:
        """All that is kept."""
        return list(self.kept.values())

    @property
    def product_count(self) -> int:
        """Products of a frame."""
        return sum(map(_products, self.layers))

    def _inputs(self) -> list[tuple[KeptTensor, tuple[int, ...]]]:
        order = order_of(self.model)
        items = {item.name: item for item in self.model.inputs}
        first = items[order.source]
        shape = _image(first.shape)
        values = shape[1] * shape[2]
        places: Mapping[str, tuple[int, ...]] = {order.source: tuple(range(values)), **order.others}
        inputs = []
        for name, block in places.items():
            if _image(items[name].shape) != shape or values % len(block):
                raise ValueError(f"expected {name} to have the values of {order.source} in each "
                                 "column")
            # What lies in each place of the column, turned: where each value lies.
            whole = np.concatenate([np.array(block) + n for n in range(0, values, len(block))])
            kept = KeptTensor(name, shape, items[name].format)
            self.kept[name] = kept
            inputs.append((kept, tuple(np.argsort(whole).tolist())))
        return inputs

    def _convolution(self, node: ModelNode, source: str) -> None:
        layer, kept = node.layer, self._source(node, source)
        columns, rows, channels, filters = layer.weights.shape
        before, behind = (rows - 1) // 2 * channels, rows // 2 * channels
        kept.before, kept.after = max(kept.before, before), max(kept.after, behind)
        steps, positions, _ = layer.shape
        size, ends = (1, 1), node.name
        takers = self.takers.get(node.name, [])
        if takers and isinstance(takers[0].layer, MaxPool):
            if len(takers) > 1:
                raise ValueError(f"{node.name}: expected one taker where one is a pool")
            size, ends = takers[0].layer.pool.size, takers[0].name
        made = EngineLayer(
            node.name, ends, kept, (columns - 1) // 2, before, positions, channels,
            layer.weights.reshape(columns, rows * channels, filters),
            Windows(steps, size[0]), Windows(positions, size[1]), None,
        )
        shape = (made.steps.windows, made.rows.windows, filters)
        self._finish(made, layer, shape)

    def _dense(self, node: ModelNode, source: str) -> None:
        layer, kept = node.layer, self._source(node, source)
        steps, *column = kept.shape
        made = EngineLayer(
            node.name, node.name, kept, None, 0, 1, 0,
            layer.weights.reshape(steps, int(np.prod(column)), layer.units),
            Windows(1, 1), Windows(1, 1), None,
        )
        self._finish(made, layer, (1, 1, layer.units))

    def _source(self, node: ModelNode, source: str) -> KeptTensor:
        if source not in self.kept:
            raise ValueError(f"{node.name}: expected what is kept, got {source}")
        return self.kept[source]

    def _finish(self, made: EngineLayer, layer: Conv2d | Dense, shape: Shape) -> None:
        """Where outputs go, and how."""
        made.source.takers.append(made)
        takers = self.takers.get(made.ends, [])
        if not takers or takers[0] in self.behind:
            if made.ends != made.name or not takers and shape[:2] != (1, 1):
                raise ValueError(
                    f"{made.ends}: expected a dense layer, or means of a convolution, in the end"
                )
            made.narrowing = Narrowing.of(layer, layer.output)
        else:
            name, format = made.ends, layer.output
            if isinstance(takers[0].layer, Concat):
                if len(takers) > 1:
                    raise ValueError(f"{made.ends}: expected one taker where one is a "
                                     "concatenation")
                name, format = takers[0].name, takers[0].layer.output
                place = takers[0].inputs.index(made.ends)
                widths = [f.output_shape[-1] for f in map(self._node, takers[0].inputs)]
                made.offset = sum(widths[:place])
                shape = (*shape[:2], sum(widths))
            made.narrowing = Narrowing.of(layer, format)
            made.target = self.kept.setdefault(name, KeptTensor(name, shape, format))
            made.target.givers.append(made)
        self.layers.append(made)

    def _node(self, name: str):
        return next(node.layer for node in self.model.nodes if node.name == name)


def _divided(model: IntegerModel) -> tuple[tuple[ModelNode, ...], tuple[ModelNode, ...]]:
    """Nodes ahead of the first means over all positions, and these with those behind."""
    ends = (n for n, node in enumerate(model.nodes) if isinstance(node.layer, GlobalAveragePool))
    first = next(ends, len(model.nodes))
    return model.nodes[:first], model.nodes[first:]


def _image(shape: Shape) -> Shape:
    if len(shape) != 3:
        raise ValueError(f"expected images of (time, rows, channels), got {shape}")
    return shape


def _products(layer: EngineLayer) -> int:
    """Products of a frame."""
    columns = sum(int(np.diff(layer.taps(column))[0]) for column in range(layer.columns))
    return columns * layer.positions * layer.weights.shape[1] * layer.filters
