"""What every stage's plan offers, whatever its type."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import ClassVar, Self

import numpy as np

from build_decoder.hdl.planning.actor import Actor
from build_decoder.hdl.planning.control import Control
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.unstalled import Times, times_of
from build_decoder.hdl.planning.writable import Writable
from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Shape
from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.layer import IntegerLayer
from build_decoder.quant.qformat import QFormat

__all__ = ["CarryingPlan", "LayerPlan", "Plan"]


class Plan:
    """Plan of a stage: arithmetic alone, so that many can be compared before one is hardware.

    Subclasses are frozen dataclasses of what decides the hardware, and nothing that follows from
    it. The module ``component`` beside a plan's has the hardware as ``COMPONENT``, which is made
    of a plan and keeps to its actors, cycle by cycle.

    Attributes
    ----------
    name : str
        Of the type, which is also that of its folder; of the class.
    inputs : tuple of Tensor
        What comes in at each input.
    output : Tensor
        What goes out.
    outputs : int
        Streams out, all of which carry the output; only a fork has several.
    actors : tuple of Actor
        Its control. No two actors take from one input, nor give to one output.
    memories : tuple of Writable
        Memories that are written at run time; its component has a port for each.
    storage : tuple of (int, int)
        Memories that hold values on their way: rows, and bits of a row.
    serves : tuple of str
        Names of nodes that it stands for, if these are several.
    spread : bool
        Whether so many wires go from all of it to all of it that place and route has to leave room
        between its cells.
    """

    name: ClassVar[str]
    inputs: tuple[Tensor, ...]
    output: Tensor
    outputs: int = 1
    actors: tuple[Actor, ...]
    memories: tuple[Writable, ...] = ()
    storage: tuple[tuple[int, int], ...] = ()
    serves: tuple[str, ...] = ()
    spread: bool = False

    @cached_property
    def control(self) -> Control:
        """Its actors, as a timeline runs them.

        Raises
        ------
        ValueError
            If two actors reserve units of one slot, or two release some.
        """
        return Control.of(self.actors)

    @cached_property
    def times(self) -> Times:
        """Times of the stage by itself."""
        return times_of(self.actors)


class CarryingPlan(Plan):
    """Plan of a stage that gives what it takes, which is ``tensor``, unchanged."""

    tensor: Tensor

    @property
    def inputs(self) -> tuple[Tensor]:
        return (self.tensor,)

    @property
    def output(self) -> Tensor:
        return self.tensor


class LayerPlan(Plan):
    """Plan of a layer.

    Attributes
    ----------
    layer_type : type of IntegerLayer
        Its class in `quant.layers`; of the class.
    wires : bool
        Whether what goes out is what comes in, transfer by transfer, so that it has neither actors
        nor a component; of the class.
    folds : bool
        Whether users may fold it and say what makes its products, if it makes some; of the class.
    writable : bool
        Whether there is hardware whose weights are written at run time; of the class.
    multiplying : DensePlan or None
        The dense layer whose products it makes; None if it makes none.
    selected : tuple of (int, int)
        Bits of values that are selected, and among how many.
    activations : tuple of IntegerActivation
        Of activation units beside those of :attr:`multiplying`.
    products : tuple of (QFormat, QFormat)
        Operands of products in LUTs, which :attr:`multiplying` does not make.
    adder_bits : int
        Bits of adders and counters beside all these.
    """

    layer_type: ClassVar[type[IntegerLayer]]
    wires: ClassVar[bool] = False
    folds: ClassVar[bool] = True
    writable: ClassVar[bool] = False
    multiplying: "LayerPlan | None" = None
    selected: tuple[tuple[int, int], ...] = ()
    activations: tuple[IntegerActivation, ...] = ()
    products: tuple[tuple[QFormat, QFormat], ...] = ()
    adder_bits: int = 0

    @property
    def pace(self) -> int:
        """Cycles between frames, or a few less: what can be told without a walk through a frame."""
        return 1 if self.wires else self.times.interval

    @classmethod
    def options(cls, layer: IntegerLayer, shapes: Sequence[Shape]) -> Iterable[Self]:
        """Plans that differ in what can be chosen, of a layer whose inputs have these shapes."""
        raise NotImplementedError

    @property
    def choices(self) -> Mapping[str, object]:
        """What was chosen among the options, by name; all else follows from the layer."""
        return {}

    @classmethod
    def chosen(cls, layer: IntegerLayer, shapes: Sequence[Shape], **choices: object) -> Self:
        """The plan with these choices, as :attr:`choices` has them.

        Raises
        ------
        ValueError
            If they do not fit the layer.
        """
        return next(iter(cls.options(layer, shapes)))

    @classmethod
    def read_choices(cls, entries: Fields) -> Mapping[str, object]:
        """Choices of JSON that has them as dictionaries.

        Raises
        ------
        InputError
            If an entry is missing or makes no sense.
        """
        entries.only()
        return {}

    def giving(self, lanes: int) -> Self:
        """The plan of the same hardware that gives ``lanes`` values a transfer, or single values
        where it cannot."""
        raise NotImplementedError

    def reloadable_too(self) -> Self:
        """The plan whose weights, if there are any, are written at run time: see
        :attr:`memories`.

        Raises
        ------
        ValueError
            If the layer cannot be made so.
        """
        return self

    def contents(self, layer: IntegerLayer) -> tuple[np.ndarray, ...]:
        """What makes it compute ``layer``: bits of all rows of each of :attr:`memories`, bool
        (rows, width).

        Raises
        ------
        ValueError
            If weights do not fit; the message tells where.
        """
        return ()

    def holding(self, contents: tuple[np.ndarray, ...]) -> IntegerLayer:
        """The layer that it computes with these rows: the inverse of :meth:`contents`."""
        raise NotImplementedError

    def within(self, interval: int) -> Self:
        """The plan of less area, if there is one, for frames that are ``interval`` cycles apart."""
        return self
