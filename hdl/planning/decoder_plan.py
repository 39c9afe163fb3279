"""Plan of a decoder: the stages of a chain of layers, and their times together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from build_decoder.hdl.adapters.packer.plan import PackerPlan
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.interface import Interface
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.hdl.planning.schedule import frame_interval
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["DecoderPlan", "decoder_latency", "lanes_between", "plan_decoder"]


@dataclass(frozen=True, eq=False)
class DecoderPlan:
    """All that is decided of a decoder before there is any hardware of it.

    Parameters
    ----------
    model
        The integer model.
    foldings
        One a layer.
    stages
        Plans of the layers, and of the packers between them, in the order of data.
    """

    model: IntegerModel
    foldings: tuple[Folding, ...]
    stages: tuple[DensePlan | PackerPlan, ...]

    @classmethod
    def of(
        cls,
        model: IntegerModel,
        foldings: Sequence[Folding],
        multipliers: Sequence[Multipliers] | None = None,
    ) -> "DecoderPlan":
        """The plan that follows from one folding a layer, and from the units of each layer.

        Without ``multipliers``, there is a DSP block for each product of a cycle.

        Raises
        ------
        ValueError
            If there is not one folding a layer.
        """
        return cls(model, tuple(foldings), tuple(plan_decoder(model, foldings, multipliers)))

    @property
    def layers(self) -> tuple[DensePlan, ...]:
        """The plans of the layers alone."""
        return tuple(stage for stage in self.stages if isinstance(stage, DensePlan))

    @property
    def input_beats(self) -> int:
        """Transfers of a frame in."""
        return self.stages[0].beats

    @property
    def output_beats(self) -> int:
        """Transfers of a frame out, one output each."""
        return self.model.output_count

    @cached_property
    def latency_cycles(self) -> int:
        """Cycles from the first input transfer to the last output transfer of a frame, when the
        decoder was idle and nothing stalls."""
        return decoder_latency(self.stages)

    @cached_property
    def frame_cycles(self) -> int:
        """Longest interval of back-to-back frames; see :mod:`hdl.planning.schedule`."""
        return frame_interval(self.stages)

    @cached_property
    def interface(self) -> Interface:
        """What there is of the decoder from outside."""
        return replace(
            Interface.of_model(self.model),
            input_lanes=self.foldings[0].inputs_per_cycle,
            latency_cycles=self.latency_cycles,
            frame_cycles=self.frame_cycles,
        )


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
        lanes = lanes_between(layer.units, folding, wide)
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


def lanes_between(units: int, folding: Folding, wide: int) -> int:
    """Outputs a transfer of a layer behind which ``wide`` are taken: these, or one to a packer."""
    fits = folding.outputs_per_cycle >= units or not folding.outputs_per_cycle % wide
    return wide if fits else 1


def decoder_latency(plans: Sequence[DensePlan | PackerPlan]) -> int:
    """Cycles from the first input transfer to the last output transfer of a frame, when idle."""
    times = list(range(plans[0].beats))
    for plan in plans:
        times = plan.output_times(times)
    return times[-1]
