"""What an edge between two stages carries."""

import math
from dataclasses import dataclass

from build_decoder.models.layer import Shape
from build_decoder.quant.number_format import NumberFormat

__all__ = ["Tensor"]


@dataclass(frozen=True)
class Tensor:
    """Values of a frame, and how many of them go in one transfer.

    The first of several axes is time, and the last axis is fastest: values come step by step. A
    transfer holds ``lanes`` values of one step, the first of them in lane 0; the last transfer of a
    step may be filled in part, and its other lanes are not looked at. A tensor of one axis is one
    step.

    Parameters
    ----------
    shape
        Of one frame.
    format
        Of each value.
    lanes
        Values in a transfer.

    Raises
    ------
    ValueError
        If an axis or a transfer is empty.
    """

    shape: Shape
    format: NumberFormat
    lanes: int

    def __post_init__(self):
        if not self.shape or min(self.shape) < 1:
            raise ValueError(f"expected axes of at least 1 value, got shape {self.shape}")
        if self.lanes < 1:
            raise ValueError(f"expected at least 1 lane, got {self.lanes}")

    @property
    def count(self) -> int:
        """Values of a frame."""
        return math.prod(self.shape)

    @property
    def steps(self) -> int:
        """Time steps of a frame."""
        return self.shape[0] if len(self.shape) > 1 else 1

    @property
    def step_values(self) -> int:
        """Values of a time step."""
        return self.count // self.steps

    @property
    def step_beats(self) -> int:
        """Transfers of a time step."""
        return -(-self.step_values // self.lanes)

    @property
    def beats(self) -> int:
        """Transfers of a frame."""
        return self.steps * self.step_beats

    @property
    def payload_width(self) -> int:
        """Bits of a transfer."""
        return self.lanes * self.format.width
