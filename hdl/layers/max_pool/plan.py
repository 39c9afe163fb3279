"""Plan of a maximum pooling."""

from dataclasses import dataclass

from build_decoder.hdl.planning.pool import PassingPoolPlan
from build_decoder.hdl.planning.windows import Windows
from build_decoder.quant.layers.max_pool import MaxPool

__all__ = ["MaxPoolPlan"]


@dataclass(frozen=True)
class MaxPoolPlan(PassingPoolPlan):
    """Plan of a maximum pooling: a transfer is compared in the cycle in which it comes."""

    name = "max_pool"
    layer_type = MaxPool

    @property
    def steps(self) -> Windows:
        """Windows along time."""
        return Windows(self.tensor.shape[0], self.layer.pool.size[0])

    @property
    def rows(self) -> Windows:
        """Windows along the rows of a step."""
        return Windows(self.tensor.shape[1], self.layer.pool.size[1])
