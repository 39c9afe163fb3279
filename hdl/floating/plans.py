"""Plans of layers in floating point: whatever plans decoders knows them by this list."""

from build_decoder.hdl.floating.add.plan import FloatAddPlan
from build_decoder.hdl.floating.attention.plan import FloatAttentionPlan
from build_decoder.hdl.floating.average_pool.plan import FloatAveragePoolPlan
from build_decoder.hdl.floating.conv2d.plan import FloatConv2dPlan
from build_decoder.hdl.floating.dense.plan import FloatDensePlan
from build_decoder.hdl.floating.global_average_pool.plan import FloatGlobalAveragePoolPlan
from build_decoder.hdl.floating.gru.plan import FloatGruPlan
from build_decoder.hdl.floating.lstm.plan import FloatLstmPlan

__all__ = ["FLOAT_PLANS"]

FLOAT_PLANS = (
    FloatAddPlan,
    FloatAttentionPlan,
    FloatAveragePoolPlan,
    FloatConv2dPlan,
    FloatDensePlan,
    FloatGlobalAveragePoolPlan,
    FloatGruPlan,
    FloatLstmPlan,
)
"""One for each type of layer that is not the same in any arithmetic."""
