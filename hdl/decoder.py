"""The decoder: dense layers in a row, from a stream of inputs to a stream of outputs."""

from collections.abc import Sequence
from dataclasses import replace

from amaranth import Module
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.dense import DenseComponent
from build_decoder.hdl.folding import Folding
from build_decoder.hdl.multipliers import Multipliers
from build_decoder.hdl.packer import Packer
from build_decoder.hdl.plan import DensePlan, PackerPlan
from build_decoder.hdl.schedule import frame_interval
from build_decoder.hdl.shapes import shape_of
from build_decoder.quant.dense import Dense
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["Decoder", "decoder_latency", "lanes_between", "plan_decoder"]


class Decoder(wiring.Component):
    """``o = model.compute(i)`` for each frame, bit for bit.

    A frame is :attr:`input_beats` transfers in, input ``n * inputs_per_cycle + k`` in lane ``k`` of
    transfer ``n``, and one transfer out for each output. Frames have no marks: their lengths are
    fixed. Layers overlap: a layer takes the next frame while those behind it are at this one.

    Parameters
    ----------
    model
        The integer model.
    foldings
        One folding a layer.
    multipliers
        Units that make each layer's products; a DSP block for each product if None.

    Attributes
    ----------
    latency_cycles : int
        Cycles from the first input transfer to the last output transfer of a frame, when the
        decoder was idle and nothing stalls.
    frame_cycles : int
        Longest interval of back-to-back frames; see :mod:`hdl.schedule`.
    input_beats, output_beats : int
        Transfers of a frame.

    Members
    -------
    i : ``In``, stream of arrays of ``foldings[0].inputs_per_cycle`` raw inputs
    o : ``Out``, stream of arrays of one raw output

    Raises
    ------
    ValueError
        If there is not one folding a layer.
    """

    def __init__(
        self,
        model: IntegerModel,
        foldings: Sequence[Folding],
        multipliers: Sequence[Multipliers] | None = None,
    ):
        self.model = model
        self.foldings = tuple(foldings)
        self.plans = plan_decoder(model, self.foldings, multipliers)
        self.input_beats = self.plans[0].beats
        self.output_beats = model.output_count
        self.frame_cycles = frame_interval(self.plans)
        self.latency_cycles = decoder_latency(self.plans)
        inputs = data.ArrayLayout(shape_of(model.input_format), foldings[0].inputs_per_cycle)
        outputs = data.ArrayLayout(shape_of(model.output_format), 1)
        super().__init__(
            {"i": In(stream.Signature(inputs)), "o": Out(stream.Signature(outputs))}
        )

    def elaborate(self, platform):
        m = Module()
        source = wiring.flipped(self.i)
        for number, plan in enumerate(self.plans):
            stage = _COMPONENTS[type(plan)](plan)
            m.submodules[f"{type(stage).__name__.lower()}_{number}"] = stage
            wiring.connect(m, source, stage.i)
            source = stage.o
        wiring.connect(m, source, wiring.flipped(self.o))
        return m


def plan_decoder(
    model: IntegerModel,
    foldings: Sequence[Folding],
    multipliers: Sequence[Multipliers] | None = None,
) -> list[DensePlan | PackerPlan]:
    """Plans of all layers, with packers where a layer cannot put out what the next one takes.

    Raises
    ------
    ValueError
        If there is not one folding a layer.
    """
    if len(foldings) != len(model.layers):
        raise ValueError(f"expected {len(model.layers)} foldings, got {len(foldings)}")
    wanted = [folding.inputs_per_cycle for folding in foldings[1:]] + [1]
    captured = []
    units = multipliers or [None] * len(model.layers)
    for layer, folding, wide, unit in zip(model.layers, foldings, wanted, units, strict=True):
        lanes = lanes_between(layer, folding, wide)
        captured.append(
            DensePlan(layer, folding, lanes, double_buffered=True, multipliers=unit)
        )
    frame_cycles = max(plan.frame_cycles for plan in captured)
    plans = []
    for plan, wide in zip(captured, wanted, strict=True):
        # A layer with time to spare need not capture its sums.
        waiting = replace(plan, double_buffered=False)
        plans.append(waiting if waiting.frame_cycles <= frame_cycles else plan)
        if plan.lanes != wide:
            layer = plan.parameters
            plans.append(PackerPlan(layer.output, lanes=wide, count=layer.units))
    return plans


def lanes_between(layer: Dense, folding: Folding, wide: int) -> int:
    """Outputs a transfer of a layer behind which ``wide`` are taken: these, or one to a packer."""
    fits = folding.outputs_per_cycle >= layer.units or not folding.outputs_per_cycle % wide
    return wide if fits else 1


def decoder_latency(plans: list[DensePlan | PackerPlan]) -> int:
    """Cycles from the first input transfer to the last output transfer of a frame, when idle."""
    times = list(range(plans[0].beats))
    for plan in plans:
        times = plan.output_times(times)
    return times[-1]


_COMPONENTS = {DensePlan: DenseComponent, PackerPlan: Packer}
