"""The decoder: stages between a stream of inputs and a stream of outputs."""

import importlib
import re
from functools import cached_property

from amaranth import Module, ResetInserter
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.memory_port import MemoryPort
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.plan import Plan
from build_decoder.hdl.planning.stage import Port
from build_decoder.hdl.stage_component import StageComponent, layout_of

__all__ = ["Decoder", "component_type"]


class Decoder(wiring.Component):
    """``o = model.compute(i)`` for each frame, bit for bit.

    A frame is :attr:`input_beats` transfers in, input ``n * lanes + k`` in lane ``k`` of transfer
    ``n``, and :attr:`output_beats` transfers out: one for each output, or one of all. Frames have
    no marks: their lengths are fixed. Stages overlap: one takes the next frame while those behind
    it are at this one.

    Parameters
    ----------
    plan
        Its stages; times are those of the plan.

    Attributes
    ----------
    model : IntegerModel
        That of the plan.
    latency_cycles, frame_cycles : int
        Those of the plan.
    input_beats, output_beats : int
        Transfers of a frame.

    Members
    -------
    i : ``In``, stream of arrays of ``plan.input.lanes`` raw inputs
    o : ``Out``, stream of arrays of one raw output, or of all
    memory_0, ... : ``In``, ports of the memories that are written at run time, in the order of the
        layers: :class:`hdl.reloadable_decoder.ReloadableDecoder` drives them
    clear : ``In``, 1, of a continuous network, while no frame is under way: states are zero in the
        next one; :class:`hdl.continuous_decoder.ContinuousDecoder` drives it
    """

    def __init__(self, plan: DecoderPlan):
        self.plan = plan
        self.model = plan.model
        self.input_beats, self.output_beats = plan.input_beats, plan.output_beats
        self.latency_cycles, self.frame_cycles = plan.latency_cycles, plan.frame_cycles
        memories = [memory for stage in plan.stages for memory in stage.plan.memories]
        super().__init__(
            {
                "i": In(stream.Signature(layout_of(plan.input))),
                "o": Out(stream.Signature(layout_of(plan.stages[-1].plan.output))),
                **{f"memory_{n}": In(MemoryPort(memory)) for n, memory in enumerate(memories)},
                **({"clear": In(1)} if plan.model.continuous else {}),
            }
        )

    @cached_property
    def components(self) -> dict[str, StageComponent]:
        """The hardware of each stage, by its name: for whoever looks at the streams between them,
        and elaborates the decoder, as all hardware that is made must be."""
        return {
            stage.name: component_type(type(stage.plan))(stage.plan) for stage in self.plan.stages
        }

    @cached_property
    def module_names(self) -> dict[str, str]:
        """Name of each stage's module in this one: the stage's, of letters, digits and ``_``."""
        names: dict[str, str] = {}
        taken = {"clk", "rst", *self.signature.members}
        for stage in self.plan.stages:
            plain = re.sub(r"[^A-Za-z0-9_]", "_", stage.name)
            name, number = plain, 1
            while name in taken:
                number += 1
                name = f"{plain}_{number}"
            taken.add(name)
            names[stage.name] = name
        return names

    @property
    def memories(self) -> list:
        """Ports of the memories."""
        count = sum(len(stage.plan.memories) for stage in self.plan.stages)
        return [getattr(self, f"memory_{number}") for number in range(count)]

    def elaborate(self, platform):
        m = Module()
        streams = {self.plan.source: wiring.flipped(self.i)}
        memories = iter(self.memories)
        for stage in self.plan.stages:
            component = self.components[stage.name]
            made = component
            if getattr(stage.plan, "continuous", False):
                # As after power-up: all that it holds is of the steps before.
                made = ResetInserter(self.clear)(component)
            m.submodules[self.module_names[stage.name]] = made
            for source, taken in zip(stage.inputs, component.inputs, strict=True):
                wiring.connect(m, streams.pop(source), taken)
            for output, given in enumerate(component.outputs):
                streams[Port(stage.name, output)] = given
            for port in component.memories:
                wiring.connect(m, wiring.flipped(next(memories)), port)
        (last,) = streams.values()
        wiring.connect(m, last, wiring.flipped(self.o))
        return m


def component_type(kind: type[Plan]) -> type[StageComponent]:
    """What realises plans of a type: ``COMPONENT`` of the module beside the plan's."""
    folder = kind.__module__.rpartition(".")[0]
    return importlib.import_module(f"{folder}.component").COMPONENT
