"""What the hardware of every stage has in common: its streams follow from its plan."""

from collections.abc import Mapping
from types import MappingProxyType

from amaranth import Module
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.memory_port import MemoryPort
from build_decoder.hdl.planning.plan import Plan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.shapes import shape_of

__all__ = ["StageComponent", "connect_memories", "layout_of"]


def layout_of(tensor: Tensor) -> data.ArrayLayout:
    """Layout of a transfer: a value a lane."""
    return data.ArrayLayout(shape_of(tensor.format), tensor.lanes)


class StageComponent(wiring.Component):
    """A component with the streams of a plan, as :attr:`plan`.

    Parameters
    ----------
    plan
        Its plan.

    Members
    -------
    i : ``In``, stream of arrays of ``lanes`` values; of several inputs ``i0``, ``i1`` and so on
    o : ``Out``, stream of arrays of ``lanes`` values; of several outputs ``o0``, ``o1`` and so on
    memory_weight, ... : ``In``, a port for each memory of the plan, by its role
    """

    def __init__(self, plan: Plan):
        self.plan = plan
        taken = zip(_names("i", len(plan.inputs)), plan.inputs, strict=True)
        given = _names("o", plan.outputs)
        super().__init__(
            {name: In(stream.Signature(layout_of(part))) for name, part in taken}
            | {name: Out(stream.Signature(layout_of(plan.output))) for name in given}
            | {f"memory_{memory.role}": In(MemoryPort(memory)) for memory in plan.memories}
        )

    states: Mapping[str, int] = MappingProxyType({})
    """Codes of the states of its state machine ``fsm_state``, by their names; none without one.
    Known once it is elaborated."""

    @property
    def inputs(self) -> list:
        """Streams in, by the number of the input."""
        return [getattr(self, name) for name in _names("i", len(self.plan.inputs))]

    @property
    def outputs(self) -> list:
        """Streams out, by the number of the output."""
        return [getattr(self, name) for name in _names("o", self.plan.outputs)]

    @property
    def memories(self) -> list:
        """Ports of the plan's memories, in their order."""
        return [getattr(self, f"memory_{memory.role}") for memory in self.plan.memories]


def connect_memories(m: Module, component: StageComponent, part: wiring.Component) -> None:
    """Hand the ports of a component's memories on to the part that has them, by the same names."""
    for memory in component.plan.memories:
        name = f"memory_{memory.role}"
        wiring.connect(m, wiring.flipped(getattr(component, name)), getattr(part, name))


def _names(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}{number}" for number in range(count)]
