"""Ports of stages: the shape of what they carry, and their names."""

from amaranth.lib import data, wiring

from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.shapes import shape_of

__all__ = ["inputs_of", "layout_of", "outputs_of"]


def layout_of(tensor: Tensor) -> data.ArrayLayout:
    """Layout of a transfer: a value a lane."""
    return data.ArrayLayout(shape_of(tensor.format), tensor.lanes)


def inputs_of(stage: wiring.Component) -> list:
    """Streams into a stage, by the number of the input: ``i``, or ``i0``, ``i1`` and so on."""
    return _ports(stage, "i", len(stage.plan.inputs))


def outputs_of(stage: wiring.Component) -> list:
    """Streams out of a stage, by the number of the output: ``o``, or ``o0``, ``o1`` and so on."""
    return _ports(stage, "o", stage.plan.outputs)


def _ports(stage: wiring.Component, name: str, count: int) -> list:
    names = [name] if count == 1 else [f"{name}{number}" for number in range(count)]
    return [getattr(stage, each) for each in names]
