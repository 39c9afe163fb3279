"""Plan of a packer."""

from dataclasses import dataclass

from build_decoder.hdl.planning.actor import Actor, Phase
from build_decoder.hdl.planning.plan import Plan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.quant.number_format import NumberFormat

__all__ = ["PackerPlan"]


@dataclass(frozen=True)
class PackerPlan(Plan):
    """Plan of a packer: single values of ``tensor``, ``lanes`` of them a transfer.

    Raises
    ------
    ValueError
        If it is not single values that come in.
    """

    name = "packer"
    tensor: Tensor
    lanes: int

    def __post_init__(self):
        if self.tensor.lanes != 1:
            raise ValueError(f"expected single values to pack, got {self.tensor.lanes} a transfer")

    @property
    def format(self) -> NumberFormat:
        """Format of the values."""
        return self.tensor.format

    @property
    def count(self) -> int:
        """Values of a time step, whose last transfer may be filled in part."""
        return self.tensor.step_values

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return (self.tensor,)

    @property
    def output(self) -> Tensor:
        return Tensor(self.tensor.shape, self.tensor.format, self.lanes)

    @property
    def actors(self) -> tuple[Actor, ...]:
        # No value is taken in a cycle in which a transfer waits.
        last = Phase(take=(0,), give=(0,))

        def transfer(values: int) -> tuple[Phase, ...]:
            return (Phase(values - 1, take=(0,), moves=True), last) if values > 1 else (last,)

        full, rest = divmod(self.count, self.lanes)
        step = transfer(self.lanes) * full + (transfer(rest) if rest else ())
        return (Actor(step * self.tensor.steps),)
