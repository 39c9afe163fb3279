"""Time steps in another form: wires."""

from build_decoder.hdl.layers.steps.plan import StepsPlan as PLAN

__all__ = ["PLAN"]
