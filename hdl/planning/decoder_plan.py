"""Plan of a decoder: its stages, what they take from each other, and their times together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from build_decoder.hdl.floating.dense.plan import FloatDensePlan
from build_decoder.hdl.floating.plans import FLOAT_PLANS
from build_decoder.hdl.layers import for_models, plan_type
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.connect import connected
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.image import ImageLayout
from build_decoder.hdl.planning.input_order import order_of
from build_decoder.hdl.planning.interface import Interface
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.hdl.planning.pace import latency_at_pace
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.stage import Port, Stage
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.timeline import first_frame, frame_interval
from build_decoder.quant.dense_shape import DenseShape
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.layer import IntegerLayer

__all__ = ["DecoderPlan"]

for _plan in FLOAT_PLANS:
    for_models(_plan)


@dataclass(frozen=True, eq=False)
class DecoderPlan:
    """All that is decided of a decoder before there is any hardware of it.

    Parameters
    ----------
    model
        The integer model.
    stages
        Of the layers that are hardware, by the names of their nodes, and of the adapters between
        them, each after those that it takes from. The last one gives the decoder's outputs, one a
        transfer or all in one.

    Raises
    ------
    ValueError
        If a stage does not take what it is given, what a stage gives is not taken once, or
        transfers of the input within a frame are filled in part.
    """

    model: IntegerModel
    stages: tuple[Stage, ...]

    def __post_init__(self):
        layers = {n.name for n in self.model.nodes if not plan_type(n.layer).wires}
        made = {name for stage in self.stages for name in (stage.name, *stage.plan.serves)}
        if missing := layers - made:
            raise ValueError(f"expected a stage for each layer, got none for {min(missing)}")
        if self.input.beats != -(-self.input.count // self.input.lanes):
            raise ValueError(
                f"expected an input of lanes that divide {self.input.step_values} values a time "
                f"step, got {self.input.lanes}"
            )
        given = {self.source: self.input}
        for stage in self.stages:
            for source, taken in zip(stage.inputs, stage.plan.inputs, strict=True):
                if source not in given:
                    raise ValueError(
                        f"expected an output of a stage before {stage.name}, taken once, got "
                        f"{source}"
                    )
                _match(stage.name, given.pop(source), taken)
            given |= {
                Port(stage.name, number): stage.plan.output for number in range(stage.plan.outputs)
            }
        last = self.stages[-1]
        if list(given) != [Port(last.name)]:
            raise ValueError(f"expected outputs that are taken, got {', '.join(map(str, given))}")
        count, given = self.model.output_count, last.plan.output
        # Others than these would be filled in part, or come in an order of their own.
        lanes = count if given.lanes == count else 1
        _match("the decoder", given, Tensor((count,), self.model.output_format, lanes))

    @classmethod
    def of(
        cls,
        model: IntegerModel,
        foldings: Sequence[Folding],
        multipliers: Sequence[Multipliers] | None = None,
        *,
        reloadable: bool = False,
    ) -> "DecoderPlan":
        """The plan that follows from one folding a dense layer, and from the units of each.

        Without ``multipliers``, there is a DSP block for each product of a cycle.

        Raises
        ------
        ValueError
            If there is not one folding a dense layer.
        """
        dense = [node.name for node in model.nodes if isinstance(node.layer, DenseShape)]
        if len(foldings) != len(dense):
            raise ValueError(f"expected {len(dense)} foldings, got {len(foldings)}")
        units = multipliers or [None] * len(dense)
        return cls.chosen(
            model,
            {
                name: {"folding": folding, "multipliers": units}
                for name, folding, units in zip(dense, foldings, units, strict=True)
            },
            reloadable=reloadable,
        )

    @classmethod
    def chosen(
        cls,
        model: IntegerModel,
        choices: Mapping[str, Mapping[str, object]],
        *,
        reloadable: bool = False,
    ) -> "DecoderPlan":
        """The plan that follows from the choices of each layer, by the names of their nodes.

        Layers without choices get the first plan of their type. ``reloadable`` makes the weights of
        all that have some writable at run time.

        Raises
        ------
        ValueError
            If choices do not fit the layers, or a layer's weights cannot be written and must.
        """
        shapes = {item.name: item.shape for item in model.inputs}
        plans = {}
        for node in model.nodes:
            plans[node.name] = plan_type(node.layer).chosen(
                node.layer, [shapes[name] for name in node.inputs], **choices.get(node.name, {})
            )
            if reloadable:
                plans[node.name] = _reloadable(node.name, plans[node.name], node.layer)
            shapes[node.name] = node.layer.output_shape
        return cls(model, connected(model, plans))

    @property
    def layers(self) -> dict[str, LayerPlan]:
        """The plans of the layers that are hardware, by the names of their nodes."""
        return {
            stage.name: stage.plan
            for stage in self.stages
            if isinstance(stage.plan, LayerPlan)
        }

    @property
    def dense(self) -> tuple[DensePlan | FloatDensePlan, ...]:
        """The plans of the dense layers, in order."""
        kinds = DensePlan | FloatDensePlan
        return tuple(plan for plan in self.layers.values() if isinstance(plan, kinds))

    @property
    def foldings(self) -> tuple[Folding, ...]:
        """How each dense layer is folded."""
        return tuple(plan.folding for plan in self.dense)

    @property
    def folded(self) -> str:
        """Inputs by outputs a cycle of each layer that is folded, as in ``1x20, 1x2``."""
        plans = (plan for plan in self.layers.values() if plan.multiplying is not None)
        return ", ".join(str(plan.folding) for plan in plans) or "in no layer"

    @property
    def reloadable(self) -> bool:
        """Whether weights are written at run time."""
        return any(plan.memories for plan in self.layers.values())

    @cached_property
    def image_layout(self) -> ImageLayout:
        """What images consist of that are written into it.

        Raises
        ------
        InputError
            If it is not reloadable.
        """
        return ImageLayout(self.model, self.layers)

    @property
    def most_frames(self) -> int:
        """Frames that can be under way at once, or more."""
        actors = [actor for stage in self.stages for actor in stage.plan.actors]
        slots = {
            slot
            for actor in actors
            for phase in set(actor.phases)
            for slot, _ in (*phase.reserve, *phase.release)
        }
        # A frame has a transfer in a register or a place that is reserved for it, or an actor is
        # at it.
        return sum(2 + actor.registers for actor in actors) + sum(slot.units for slot in slots)

    @property
    def source(self) -> Port:
        """Where the decoder's input comes from, for the stage that takes it."""
        return Port(order_of(self.model).source)

    @property
    def input(self) -> Tensor:
        """What comes in."""
        for stage in self.stages:
            if self.source in stage.inputs:
                return stage.plan.inputs[stage.inputs.index(self.source)]
        raise ValueError(f"expected a stage that takes the input {self.source.stage}, got none")

    @property
    def input_beats(self) -> int:
        """Transfers of a frame in."""
        return self.input.beats

    @property
    def output_beats(self) -> int:
        """Transfers of a frame out."""
        return self.stages[-1].plan.output.beats

    @cached_property
    def latency_cycles(self) -> int:
        """Cycles from the first input transfer to the last output transfer of a frame, when the
        decoder was idle and nothing stalls."""
        return first_frame(self.stages)

    @cached_property
    def frame_cycles(self) -> int:
        """Longest interval of back-to-back frames; see :mod:`hdl.planning.timeline`."""
        return frame_interval(self.stages)

    def latency_at_pace(self, interval: int) -> int:
        """Cycles from the first value of a frame's last time step to its last output, where time
        steps come evenly, a frame each ``interval`` cycles; see :mod:`hdl.planning.pace`.

        Raises
        ------
        ValueError
            If frames do not come out so fast.
        """
        if self.frame_cycles > interval:
            raise ValueError(f"expected {self.frame_cycles} cycles or more, got {interval}")
        return latency_at_pace(self.stages, self.source, interval)

    @cached_property
    def interface(self) -> Interface:
        """What there is of the decoder from outside."""
        return replace(
            Interface.of_model(self.model),
            input_lanes=self.input.lanes,
            output_lanes=self.stages[-1].plan.output.lanes,
            latency_cycles=self.latency_cycles,
            frame_cycles=self.frame_cycles,
            **self._image,
        )

    @property
    def _image(self) -> dict[str, int]:
        """What of its interface there is of images."""
        if not self.reloadable:
            return {}
        layout = self.image_layout
        return {"image_words": layout.words, "layout_id": layout.layout_id}


def _reloadable(name: str, plan: LayerPlan, layer: IntegerLayer) -> LayerPlan:
    try:
        plan = plan.reloadable_too()
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if layer.writable and not plan.memories:
        raise ValueError(
            f"{name}: expected a layer whose weights can be written at run time, got one of type "
            f"{plan.name}"
        )
    return plan


def _match(name: str, given: Tensor, taken: Tensor) -> None:
    """A stage takes the transfers that it is given; it may see other axes in them."""
    for quantity in ("format", "lanes", "beats", "count"):
        got, expected = getattr(given, quantity), getattr(taken, quantity)
        if got != expected:
            raise ValueError(f"{name}: expected {quantity} {expected}, got {got}")
