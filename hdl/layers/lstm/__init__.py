"""Long short-term memory."""

from build_decoder.hdl.layers.lstm.plan import LstmPlan as PLAN

__all__ = ["PLAN"]
