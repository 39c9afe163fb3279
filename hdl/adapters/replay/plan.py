"""Plan of a replay."""

from dataclasses import dataclass

from build_decoder.hdl.planning.actor import Actor, Phase, Slot
from build_decoder.hdl.planning.plan import CarryingPlan
from build_decoder.hdl.planning.tensor import Tensor

__all__ = ["ReplayPlan"]


@dataclass(frozen=True)
class ReplayPlan(CarryingPlan):
    """Plan of a replay: blocks of values, in each of which their order changes.

    A block is written while the one before it is read, so that two have their places.

    Parameters
    ----------
    tensor
        What comes in, one value a transfer, and goes out.
    order
        Of the values of a block, those that are given one after the other: each of them once.

    Raises
    ------
    ValueError
        If values do not come one a transfer, are left out, or are no whole blocks.
    """

    name = "replay"
    tensor: Tensor
    order: tuple[int, ...]

    def __post_init__(self):
        if self.tensor.lanes != 1:
            raise ValueError(f"expected single values to order, got {self.tensor.lanes} a transfer")
        if sorted(self.order) != list(range(len(self.order))):
            raise ValueError("expected each value of a block once")
        if self.tensor.count % len(self.order):
            raise ValueError(
                f"expected whole blocks of {len(self.order)} values, got {self.tensor.count}"
            )

    @property
    def block(self) -> int:
        """Values of a block."""
        return len(self.order)

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        return ((2 * self.block, self.tensor.format.width),)

    @property
    def actors(self) -> tuple[Actor, ...]:
        free, full = Slot(2), Slot()
        written = Phase(self.block, take=(0,), reserve=((free, 1),), release=((full, 1),))
        read = Phase(self.block, give=(0,), reserve=((full, 1),), release=((free, 1),))
        blocks = self.tensor.count // self.block
        return Actor((written,) * blocks), Actor((read,) * blocks)
