"""The interface of a type of layer in the integer model: roles, steps, a parameter object."""

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np

from build_decoder.models.layer import Layer, Shape
from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.activations.forms import Forms, built_forms
from build_decoder.quant.number_format import NumberFormat
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.qformat import QFormat

__all__ = [
    "EVERY_OUTPUT",
    "ActivationRole",
    "IntegerLayer",
    "Kind",
    "LayerQuantiser",
    "Operation",
    "Parts",
    "Role",
    "Signal",
    "Step",
]

EVERY_OUTPUT = "every output"
"""See :meth:`LayerQuantiser.observed`."""


class Kind(enum.Enum):
    """Kinds of roles."""

    WEIGHT = "weight"
    """Weights or biases: known before any sample."""

    SIGNAL = "signal"
    """Values that are computed anew for every frame."""

    STATE = "state"
    """Values that are carried from one time step to the next, and come back into sums."""


class Role(NamedTuple):
    """A signal node of a layer: everything of one role has one format.

    Attributes
    ----------
    name
        Such as ``accumulator``; the output of a layer that narrows it is ``output``.
    kind
        Whether its values are weights, signals or states.
    signed
        Whether its format is signed; None: signed if a value is negative.
    approached
        Whether the format may miss the greatest value by one step, since values only approach it,
        such as sigmoid's 1.
    """

    name: str
    kind: Kind
    signed: bool | None = None
    approached: bool = False


class ActivationRole(NamedTuple):
    """An activation between two roles of a layer.

    Attributes
    ----------
    activation
        Name, or the activation itself.
    input, output
        Names of the roles.
    """

    activation: object
    input: str
    output: str


class Signal(NamedTuple):
    """A role in an integer layer: its format, and how many values it holds for one frame."""

    role: str
    format: NumberFormat
    words: int


class Operation(Protocol):
    """Parameters, and a computation on raw arrays (samples, ...)."""

    def compute(self, *raw: np.ndarray) -> np.ndarray:
        """Raw results, in a type that holds them exactly."""


@dataclass(frozen=True, eq=False)
class Parts:
    """All that a layer's operations are made of.

    Parameters
    ----------
    layer
        The layer in floats, without weights.
    shapes
        Shape of each input, of one sample.
    inputs
        Format of each input.
    formats
        Format of each role.
    array
        ``array(name)`` is an array of weights in the format of its role.
    forms
        Chooses the form of activations.
    """

    layer: Layer
    shapes: Sequence[Shape]
    inputs: tuple[QFormat, ...]
    formats: Mapping[str, QFormat] = field(default_factory=dict)
    array: Callable[[str], RawArray] | None = None
    forms: Forms = field(default_factory=built_forms)


@dataclass(frozen=True)
class Step:
    """A part of a layer's computation that runs again only when the formats of its roles, or its
    inputs, change.

    Parameters
    ----------
    roles
        Names of the roles whose formats its result depends on, besides the roles of earlier steps.
    make
        Makes its operation. The operation of the first step takes the layer's inputs, every other
        one the result of the step before it.
    """

    roles: tuple[str, ...]
    make: Callable[[Parts], Operation]


class LayerQuantiser(Protocol):
    """A type of layer in the integer model; each module of `quant.layers` has one."""

    name: str
    """Name of the type, as in `models.layers`."""

    steps: tuple[Step, ...]
    """The computation, in order."""

    arrays: Mapping[str, str]
    """Role of each array of weights, by the array's name."""

    def roles(self, layer: Layer) -> tuple[Role, ...]:
        """Signal nodes with a format of their own, in data-flow order."""

    def activations(self, layer: Layer) -> tuple[ActivationRole, ...]:
        """Activations between its roles."""

    def observed(
        self, layer: Layer, inputs: Sequence[np.ndarray], weights: Mapping[str, np.ndarray]
    ) -> Mapping[str, np.ndarray]:
        """Values of each role in floats, by its name, and the layer's output as ``output``.

        Arrays have any shape whose last axis counts outputs; ``output`` is (samples, ...) and is
        always there. If the role ``output`` has more values than the layer gives, as in a recurrent
        layer that gives its last step only, all its values are there as :data:`EVERY_OUTPUT`.
        """

    def output(self, layer: Layer, inputs: tuple[QFormat, ...], formats) -> QFormat:
        """Format of the output."""

    def integer(self, parts: Parts) -> "IntegerLayer":
        """The layer in integers.

        Raises
        ------
        ValueError
            If a sum is wider than the widest format.
        """


class IntegerLayer:
    """A layer in integers. Subclasses are frozen dataclasses of all that defines it.

    Attributes
    ----------
    inputs : tuple of NumberFormat
        Format of each input.
    output : NumberFormat
        Format of the output.
    output_shape : tuple of int
        Of one sample.
    operations : tuple of Operation
        The computation, in order.
    signals : tuple of Signal
        All signal nodes, in data-flow order.
    activations : tuple of IntegerActivation
        Its activations, in data-flow order.
    decides : int or None
        Classes among which its output is the index of one; None if it is none.
    """

    inputs: tuple[NumberFormat, ...]
    output: NumberFormat
    output_shape: Shape
    operations: tuple[Operation, ...]
    signals: tuple[Signal, ...]
    activations: tuple[IntegerActivation, ...] = ()
    decides: int | None = None

    @property
    def arrays(self) -> Mapping[str, RawArray]:
        """Weights and biases, by the names that :attr:`LayerQuantiser.arrays` has."""
        return {}

    def with_arrays(self, raw: Mapping[str, np.ndarray]) -> "IntegerLayer":
        """The same layer, with the same formats and widths of sums, of other :attr:`arrays`.

        Parameters
        ----------
        raw
            Int64 of the same shapes, in the same formats, for each of :attr:`arrays`.

        Raises
        ------
        ValueError
            If values are outside of a format or of what may be written.
        """
        return self

    @property
    def writable(self) -> bool:
        """Whether other weights may be written: no width follows from the weights that it has."""
        return any(array.reach is not None for array in self.arrays.values())

    def compute(self, *raw: np.ndarray) -> np.ndarray:
        """Raw int64 output (samples, ...) of raw inputs (samples, ...)."""
        value, *_ = raw
        for number, operation in enumerate(self.operations):
            value = operation.compute(*raw) if number == 0 else operation.compute(value)
        return value.astype(np.int64)

    @cached_property
    def output_count(self) -> int:
        """Values of the output for one sample."""
        return int(np.prod(self.output_shape))

    def digest(self) -> bytes:
        """Bytes that differ from those of any layer that has the same signals but computes other
        values: of its weights, activations and so on."""
        raise NotImplementedError
