"""The bases of layer types that run a cell over time steps, in integers."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from build_decoder.models.layer import Layer
from build_decoder.models.recurrent import RecurrentLayer as FloatLayer
from build_decoder.quant.layer import IntegerLayer, Parts, Step
from build_decoder.quant.operations.biased_sum import effective_accumulator
from build_decoder.quant.operations.identity import identity
from build_decoder.quant.operations.products import Products
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.operations.recurrence import Cell, Recurrence
from build_decoder.quant.qformat import QFormat

__all__ = ["RecurrentLayer", "RecurrentQuantiser", "Run"]


@dataclass(frozen=True, eq=False)
class RecurrentLayer(IntegerLayer):
    """A cell over the time steps of (steps, channels), starting from zero states.

    First the exact sums of products of all steps' inputs, which no state takes part in; then the
    steps, one after the other.

    Parameters
    ----------
    steps
        Time steps of a sample.
    cell
        Parameters of a step.
    sequences
        Whether the outputs of all steps are given, in the order of time, or that of the step that
        is taken last.
    backward
        Whether the last step is taken first.
    continuous
        Whether a sample is one step, and states are kept from one sample to the next.

    Raises
    ------
    ValueError
        If it is continuous and not of one step that is taken forwards, or shapes do not match or
        anything is wider than the widest format.
    """

    steps: int
    cell: Cell
    sequences: bool
    backward: bool
    # Not compared, so that models without it keep their fingerprints.
    continuous: bool = field(default=False, compare=False)

    def __post_init__(self):
        if self.continuous and (self.steps > 1 or self.backward):
            raise ValueError(
                f"expected one step, taken forwards, of a continuous layer, got {self.steps}"
                f"{' taken backwards' if self.backward else ''}"
            )
        self.cell.check()

    @property
    def channels(self) -> int:
        """Values of a step's input."""
        return self.cell.weights.raw.shape[0]

    @property
    def sum_count(self) -> int:
        """Sums of a step."""
        return self.cell.weights.raw.shape[1]

    @property
    def inputs(self) -> tuple[QFormat]:
        """Format of the input."""
        return (self.cell.input,)

    @property
    def output(self) -> QFormat:
        """Format of the output."""
        return self.cell.output

    @property
    def output_shape(self) -> tuple[int, ...]:
        """A value a unit, of each step or of one."""
        return (self.steps, self.cell.units) if self.sequences else (self.cell.units,)

    @property
    def operations(self):
        """Sums of products of inputs; then the steps."""
        return (self.cell.products, Recurrence(self.cell, self.sequences, self.backward))

    def compute(self, *raw: np.ndarray) -> np.ndarray:
        if self.continuous:
            return self.compute_sequences(raw[0], len(raw[0]))
        return super().compute(*raw)

    def compute_sequences(self, raw: np.ndarray, steps: int) -> np.ndarray:
        """Raw int64 output (samples, ...) of raw samples (samples, 1, channels) that follow in
        time; after so many of them, states are zero again."""
        if not len(raw):
            return np.zeros((0, *self.output_shape), np.int64)
        projected = self.cell.products.compute(raw.reshape(-1, steps, raw.shape[-1]))
        given = Recurrence(self.cell, sequences=True, backward=False).compute(projected)
        return given.astype(np.int64).reshape(-1, *self.output_shape)

    def compute_from(
        self, raw: np.ndarray, state: tuple[np.ndarray, ...] | None
    ) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
        """Of a continuous layer, raw int64 output (steps, ...) of raw steps (steps, 1, channels) of
        one sequence, and the raw states after them.

        Parameters
        ----------
        state
            States before them; None if they are the first steps of the sequence.
        """
        projected = self.cell.products.compute(raw.reshape(1, -1, raw.shape[-1]))
        state = self.cell.start(1) if state is None else state
        given, state = Recurrence(self.cell, sequences=True, backward=False).run(projected, state)
        return given.astype(np.int64).reshape(-1, *self.output_shape), state

    @property
    def arrays(self) -> Mapping[str, RawArray]:
        """Weights of inputs and of states, and biases."""
        cell = self.cell
        return {"weights": cell.weights, "recurrent": cell.recurrent, "bias": cell.biases}

    def with_arrays(self, raw: Mapping[str, np.ndarray]):
        weights, recurrent, biases = (
            replace(array, raw=raw[name]) for name, array in self.arrays.items()
        )
        cell = replace(self.cell, weights=weights, recurrent=recurrent, biases=biases)
        return replace(self, cell=cell)

    def digest(self) -> bytes:
        return identity(self) + (b"continuous" if self.continuous else b"")


@dataclass(frozen=True, eq=False)
class Run:
    """A run of a layer in floats: arrays (samples, steps, ...), the steps in the order in which the
    layer takes them.

    Attributes
    ----------
    x
        Inputs.
    before, after
        Outputs of the step before, and of the step itself.
    """

    x: np.ndarray
    before: np.ndarray
    after: np.ndarray

    @classmethod
    def of(cls, layer: FloatLayer, x: np.ndarray, weights: Mapping[str, np.ndarray]) -> "Run":
        """The run of ``layer`` on ``x`` (samples, steps, channels)."""
        x = x[:, ::-1] if layer.backward else x
        after = replace(layer, sequences=True, backward=False).forward([x], weights)
        before = np.concatenate([np.zeros_like(after[:, :1]), after[:, :-1]], axis=1)
        return cls(x, before, after)

    def output(self, layer: FloatLayer) -> np.ndarray:
        """The layer's output."""
        if not layer.sequences:
            return self.after[:, -1]
        return self.after[:, ::-1] if layer.backward else self.after


class RecurrentQuantiser:
    """A :class:`quant.layer.LayerQuantiser` but for its name, its roles and its cell.

    Two steps: exact sums of products of inputs, which depend on their weights' format alone; then
    the loop over time, which depends on all other roles.
    """

    integer_layer: type[RecurrentLayer]
    arrays = {"weights": "weight", "recurrent": "recurrent", "bias": "bias"}

    def cell(self, parts: Parts) -> Cell:
        """Parameters of a step."""
        raise NotImplementedError

    def output(self, layer: Layer, inputs: tuple[QFormat, ...], formats) -> QFormat:
        return formats["output"]

    @property
    def steps(self):
        others = tuple(role.name for role in self.roles(None) if role.name != "weight")
        return Step(("weight",), self._products), Step(others, self._recurrence)

    @staticmethod
    def accumulator(parts: Parts) -> QFormat:
        """Format of the accumulator, which has no more fraction bits than products have."""
        formats = parts.formats
        fraction = max(
            parts.inputs[0].fraction + formats["weight"].fraction,
            formats["output"].fraction + formats["recurrent"].fraction,
        )
        return effective_accumulator(formats["accumulator"], fraction)

    @staticmethod
    def _products(parts: Parts) -> Products:
        return Products(parts.inputs[0], parts.array("weights"))

    def _recurrence(self, parts: Parts) -> Recurrence:
        return Recurrence(self.cell(parts), parts.layer.sequences, parts.layer.backward)

    def integer(self, parts: Parts) -> RecurrentLayer:
        steps, _ = parts.shapes[0]
        layer = parts.layer
        return self.integer_layer(steps, self.cell(parts), layer.sequences, layer.backward)
