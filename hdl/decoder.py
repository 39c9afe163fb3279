"""The decoder: dense layers in a row, from a stream of inputs to a stream of outputs."""

import importlib

from amaranth import Module
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.shapes import shape_of

__all__ = ["Decoder"]


class Decoder(wiring.Component):
    """``o = model.compute(i)`` for each frame, bit for bit.

    A frame is :attr:`input_beats` transfers in, input ``n * inputs_per_cycle + k`` in lane ``k`` of
    transfer ``n``, and one transfer out for each output. Frames have no marks: their lengths are
    fixed. Layers overlap: a layer takes the next frame while those behind it are at this one.

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
    i : ``In``, stream of arrays of ``foldings[0].inputs_per_cycle`` raw inputs
    o : ``Out``, stream of arrays of one raw output
    """

    def __init__(self, plan: DecoderPlan):
        self.plan = plan
        self.model = plan.model
        self.input_beats, self.output_beats = plan.input_beats, plan.output_beats
        self.latency_cycles, self.frame_cycles = plan.latency_cycles, plan.frame_cycles
        lanes = plan.foldings[0].inputs_per_cycle
        inputs = data.ArrayLayout(shape_of(self.model.input_format), lanes)
        outputs = data.ArrayLayout(shape_of(self.model.output_format), 1)
        super().__init__(
            {"i": In(stream.Signature(inputs)), "o": Out(stream.Signature(outputs))}
        )

    def elaborate(self, platform):
        m = Module()
        source = wiring.flipped(self.i)
        for number, stage_plan in enumerate(self.plan.stages):
            stage = _component_of(stage_plan)
            m.submodules[f"{type(stage).__name__.lower()}_{number}"] = stage
            wiring.connect(m, source, stage.i)
            source = stage.o
        wiring.connect(m, source, wiring.flipped(self.o))
        return m


def _component_of(plan) -> wiring.Component:
    """The component that realises a plan: ``COMPONENT`` of the module beside the plan's."""
    folder = type(plan).__module__.rpartition(".")[0]
    return importlib.import_module(f"{folder}.component").COMPONENT(plan)
