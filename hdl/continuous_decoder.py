"""A decoder that takes a step at a time, and keeps its states from one to the next."""

from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.parts.frame_gate import FrameGate
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.stage_component import layout_of

__all__ = ["ContinuousDecoder"]


class ContinuousDecoder(wiring.Component):
    """A :class:`~hdl.decoder.Decoder` of a continuous network: each frame is a step.

    States are zero in the first step after a reset, and in the first one after ``cleared``. To
    clear them, hold ``clear`` until ``cleared``: steps that were offered before still come out as
    they would have, since states are cleared while none is under way, and the next one waits for
    that. Else times are those of the plan.

    Parameters
    ----------
    plan
        Its stages.

    Attributes
    ----------
    model : IntegerModel
        That of the plan.
    latency_cycles, frame_cycles, input_beats, output_beats : int
        As of a :class:`~hdl.decoder.Decoder`.

    Members
    -------
    i : ``In``, stream of arrays of ``plan.input.lanes`` raw inputs
    o : ``Out``, stream of arrays of one raw output
    clear : ``In``, 1
    cleared : ``Out``, 1
    """

    def __init__(self, plan: DecoderPlan):
        self.plan = plan
        self.model = plan.model
        self.input_beats, self.output_beats = plan.input_beats, plan.output_beats
        self.latency_cycles, self.frame_cycles = plan.latency_cycles, plan.frame_cycles
        super().__init__(
            {
                "i": In(stream.Signature(layout_of(plan.input))),
                "o": Out(stream.Signature(layout_of(plan.stages[-1].plan.output))),
                "clear": In(1),
                "cleared": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan = self.plan
        m.submodules.decoder = decoder = Decoder(plan)
        m.submodules.gate = gate = FrameGate(
            self.i.payload.shape(),
            input_beats=plan.input_beats,
            output_beats=plan.output_beats,
            most=plan.most_frames,
        )
        wiring.connect(m, wiring.flipped(self.i), gate.i)
        wiring.connect(m, gate.o, decoder.i)
        wiring.connect(m, decoder.o, wiring.flipped(self.o))
        m.d.comb += [
            gate.given.eq(self.o.valid & self.o.ready),
            gate.hold.eq(self.clear),
            self.cleared.eq(self.clear & gate.drained),
            decoder.clear.eq(self.cleared),
        ]
        return m
