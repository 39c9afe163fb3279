"""Plan of a softmax."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.planning.actor import Actor, Phase, Slot
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.power_range import power_range
from build_decoder.hdl.planning.quotients import Quotients
from build_decoder.hdl.planning.serial_division import SerialDivision
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.models.layer import Shape
from build_decoder.quant.layers.softmax import Softmax
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.requantise import Requantise

__all__ = ["SoftmaxPlan"]


@dataclass(frozen=True)
class SoftmaxPlan(LayerPlan):
    """Plan of a softmax: one value a cycle, one power a cycle, and a bit of a share a cycle.

    Parameters
    ----------
    layer
        The softmax.

    Raises
    ------
    ValueError
        If powers may be negative.
    """

    name = "softmax"
    layer_type = Softmax

    layer: Softmax

    def __post_init__(self):
        _ = self.powers

    @property
    def powers(self) -> tuple[int, int]:
        """Least and greatest raw power of a difference, which is never above zero."""
        return power_range(self.layer.normalise.power, 0)

    @property
    def count(self) -> int:
        """Values that are normalised together."""
        return self.layer.normalise.count

    @property
    def power_latency(self) -> int:
        """Cycles from a value to its power."""
        return activation_plan(self.layer.normalise.power).latency

    @property
    def quotients(self) -> Quotients:
        """Shares of the sum of powers, down to the bit that is rounded."""
        normalise, (least, most) = self.layer.normalise, self.powers
        numerator = max(most.bit_length(), 1)
        denominator = max((normalise.count * most).bit_length(), 1)
        # No power is more than their sum.
        places = max(normalise.output.fraction + 1, 0)
        division = SerialDivision(denominator + 1, denominator, 1, places)
        source = QFormat(1, places, signed=False)
        return Quotients(
            count=normalise.count, inputs=1, lanes=1, numerator=numerator, division=division,
            narrowing=Requantise(source, normalise.output), zero=least == 0,
        )  # fmt: skip

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        rows = (self.layer.normalise.input.width, self.quotients.numerator)
        return tuple((self.count, width) for width in rows) if self.count > 1 else ()

    @property
    def adder_bits(self) -> int:
        division = self.quotients.division
        return self.quotients.adders + division.denominator + self.layer.normalise.input.width

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return (Tensor(self.layer.output_shape, self.layer.normalise.input, 1),)

    @property
    def output(self) -> Tensor:
        return Tensor(self.layer.output_shape, self.layer.output, 1)

    @property
    def actors(self) -> tuple[Actor, ...]:
        """What takes values and makes powers, the division, and what sends shares."""
        free, finished = Slot(1, delay=2), Slot(0, delay=self.power_latency + 1)
        taken = Phase(self.count, take=(0,))
        powers = Phase(self.count, reserve=((free, 1),), release=((finished, 1),))
        times = math.prod(self.layer.output_shape[:-1])
        return (
            Actor((taken, powers) * times), *self.quotients.actors(free, finished, times)
        )

    @classmethod
    def options(cls, layer: Softmax, shapes: Sequence[Shape]) -> Iterator["SoftmaxPlan"]:
        yield cls(layer)

    def giving(self, lanes: int) -> "SoftmaxPlan":
        return self
