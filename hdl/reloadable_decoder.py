"""A decoder whose weights are written at run time."""

from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.continuous_decoder import ContinuousDecoder
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.parts.frame_gate import FrameGate
from build_decoder.hdl.parts.weight_loader import COMMANDS, WeightLoader, status_layout
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.writable import WORD_BITS
from build_decoder.hdl.stage_component import layout_of

__all__ = ["ReloadableDecoder", "decoder_of"]


class ReloadableDecoder(wiring.Component):
    """A :class:`~hdl.decoder.Decoder` with other weights whenever a host loads some.

    It decodes while an image is loaded. COMMIT swaps banks between two frames, while none is under
    way: each frame is computed with the old weights or with the new ones. That leaves a gap of
    about the latency; else times are those of the plan. See
    :class:`~hdl.parts.weight_loader.WeightLoader` for commands, words and status.

    Of a continuous network, a frame is a step, and states stay when weights change: the next step
    goes on from them with the new weights. ``clear`` is as of a
    :class:`~hdl.continuous_decoder.ContinuousDecoder`; while a command holds steps back, states
    are cleared after it.

    Parameters
    ----------
    plan
        Its stages, with memories.

    Attributes
    ----------
    model : IntegerModel
        That of the plan, whose weights it has at power-up.
    latency_cycles, frame_cycles, input_beats, output_beats : int
        As of a :class:`~hdl.decoder.Decoder`.
    images : ImageLayout
        What images that are loaded consist of.

    Members
    -------
    i : ``In``, stream of arrays of ``plan.input.lanes`` raw inputs
    o : ``Out``, stream of arrays of one raw output
    words : ``In``, stream of 32 bits
    command : ``In``, stream of :class:`~hdl.parts.weight_loader.Command`
    status : ``Out``, :func:`~hdl.parts.weight_loader.status_layout`
    fingerprint : ``Out``, 32, of the integer model that it computes
    layout_id : ``Out``, 32, constant: what images must have in common with it
    clear : ``In``, 1, and cleared : ``Out``, 1, of a continuous network

    Raises
    ------
    InputError
        If the plan has no memories to write.
    """

    def __init__(self, plan: DecoderPlan):
        self.plan = plan
        self.model = plan.model
        self.input_beats, self.output_beats = plan.input_beats, plan.output_beats
        self.latency_cycles, self.frame_cycles = plan.latency_cycles, plan.frame_cycles
        self.images = plan.image_layout
        super().__init__(
            {
                "i": In(stream.Signature(layout_of(plan.input))),
                "o": Out(stream.Signature(layout_of(plan.stages[-1].plan.output))),
                "words": In(stream.Signature(WORD_BITS)),
                "command": In(COMMANDS),
                "status": Out(status_layout(self.images.words)),
                "fingerprint": Out(32),
                "layout_id": Out(32),
                **({"clear": In(1), "cleared": Out(1)} if plan.model.continuous else {}),
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan = self.plan
        m.submodules.decoder = decoder = Decoder(plan)
        m.submodules.loader = loader = WeightLoader(self.images)
        m.submodules.gate = gate = FrameGate(
            self.i.payload.shape(),
            input_beats=plan.input_beats,
            output_beats=plan.output_beats,
            most=plan.most_frames,
        )
        wiring.connect(m, wiring.flipped(self.i), gate.i)
        wiring.connect(m, gate.o, decoder.i)
        wiring.connect(m, decoder.o, wiring.flipped(self.o))
        wiring.connect(m, wiring.flipped(self.words), loader.words)
        wiring.connect(m, wiring.flipped(self.command), loader.command)
        for driven, port in zip(loader.memories, decoder.memories, strict=True):
            wiring.connect(m, driven, port)
        m.d.comb += [
            gate.given.eq(self.o.valid & self.o.ready),
            loader.drained.eq(gate.drained),
            self.status.eq(loader.status),
            self.fingerprint.eq(loader.fingerprint),
            self.layout_id.eq(self.images.layout_id),
        ]
        if plan.model.continuous:
            m.d.comb += [
                gate.hold.eq(loader.hold | self.clear),
                # A command may be reading memories back, which a reset would disturb.
                self.cleared.eq(self.clear & gate.drained & ~loader.hold),
                decoder.clear.eq(self.cleared),
            ]
        else:
            m.d.comb += gate.hold.eq(loader.hold)
        return m


def decoder_of(plan: DecoderPlan) -> Decoder | ReloadableDecoder | ContinuousDecoder:
    """The hardware of a plan."""
    if plan.reloadable:
        return ReloadableDecoder(plan)
    return ContinuousDecoder(plan) if plan.model.continuous else Decoder(plan)
