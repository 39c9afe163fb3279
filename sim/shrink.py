"""A network on which hardware and integer model differ, made smaller while they do."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace

import numpy as np

from build_decoder.hdl.engine.stages import Engine
from build_decoder.hdl.heap.plan import HeapPlan
from build_decoder.hdl.heap.stages import on_heap
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.stack.layer import StackedLayers
from build_decoder.hdl.stack.stages import chosen_on_stacks, stacks_of
from build_decoder.quant.integer_model import IntegerModel, ModelInput

__all__ = ["Case", "shrunk"]

_MOST_TRIES = 100


@dataclass(frozen=True, eq=False)
class Case:
    """A decoder and frames for it.

    Parameters
    ----------
    model
        Its integer model.
    choices
        What is chosen of its layers, by the names of their nodes; as for
        :meth:`hdl.planning.decoder_plan.DecoderPlan.chosen`.
    x_raw
        Raw inputs (frames, inputs).
    engine
        The engine that its layers share, if they do.
    reloadable
        Whether weights are written at run time.
    stacks
        Kinds of recurrent layers that share multipliers, by the names of their last nodes.
    heap
        Of dense layers that are bit heaps, the family whose cells they are made of, and planes;
        None if they are not.
    """

    model: IntegerModel
    choices: Mapping[str, Mapping[str, object]]
    x_raw: np.ndarray
    engine: Engine | None = None
    reloadable: bool = False
    stacks: Mapping[str, type[StackedLayers]] = field(default_factory=dict)
    heap: tuple[str, int] | None = None

    @classmethod
    def of(cls, plan: DecoderPlan, x_raw: np.ndarray) -> "Case":
        """The decoder of ``plan``."""
        choices = {name: plan.layers[name].choices for name in plan.layers}
        engine = Engine.of(plan)
        # What is behind an engine follows from it.
        choices = choices if engine is None else {}
        heaps = [layer for layer in plan.layers.values() if isinstance(layer, HeapPlan)]
        return cls(
            plan.model, {} if heaps else choices, x_raw, engine, plan.reloadable,
            stacks_of(plan),
            (heaps[0].cells, heaps[0].planes) if heaps else None,
        )  # fmt: skip

    @property
    def plan(self) -> DecoderPlan:
        """The decoder's plan."""
        if self.engine is not None:
            return self.engine.plan(self.model)
        if self.heap is not None:
            return on_heap(self.model, *self.heap)
        if self.stacks:
            return chosen_on_stacks(self.model, self.stacks, self.choices)
        return DecoderPlan.chosen(self.model, self.choices, reloadable=self.reloadable)

    def __str__(self):
        layers = []
        for node in self.model.nodes:
            chosen = ", ".join(map(str, self.choices.get(node.name, {}).values()))
            layers.append(
                f"{node.name}({', '.join(node.inputs)}) -> {node.layer.output_shape} of "
                f"{node.layer.output}{chosen and f' [{chosen}]'}"
            )
        first = self.model.inputs[0]
        frames = self.x_raw.tolist()
        engine = [] if self.engine is None else [str(self.engine)]
        parts = "; ".join([*layers, *engine])
        return f"{first.name} {first.shape} of {first.format}; {parts}; {frames=}"


def shrunk(case: Case, fails: Callable[[Case], bool]) -> Case:
    """The smallest case that is found to fail, beginning at ``case``, which does.

    Frames are left out; then layers at the end, layers at the beginning, whose values become the
    inputs, and branches that nothing needs; then foldings and multipliers become the simplest.
    What fails is kept, and tried further, up to a hundred tries.

    Parameters
    ----------
    fails
        Whether hardware and integer model differ. A case that cannot be built does not fail.
    """
    tries = 0
    while True:
        for smaller in _smaller(case):
            tries += 1
            if fails(smaller):
                case = smaller
                break
            if tries == _MOST_TRIES:
                return case
        else:
            return case


def _smaller(case: Case) -> Iterator[Case]:
    """Cases with less of one thing, those with the least first."""
    yield from _fewer_layers(case)
    yield from _fewer_frames(case)
    for name in case.choices:
        others = {other: chosen for other, chosen in case.choices.items() if other != name}
        yield replace(case, choices=others)
    if case.engine is not None:
        for item in fields(Engine):
            # Those without a default are as small as can be.
            simplest = 1 if item.default is MISSING else item.default
            if getattr(case.engine, item.name) != simplest:
                yield replace(case, engine=replace(case.engine, **{item.name: simplest}))


def _fewer_frames(case: Case) -> Iterator[Case]:
    count = len(case.x_raw)
    half = count // 2
    parts = [slice(half), slice(half, count)] if count > 3 else []
    for part in parts:
        yield replace(case, x_raw=case.x_raw[part])
    if count > 1:
        for frame in range(count):
            yield replace(case, x_raw=np.delete(case.x_raw, frame, axis=0))


def _fewer_layers(case: Case) -> Iterator[Case]:
    model = case.model
    values = model.values(case.x_raw)
    begins = [item for item in model.inputs if item.of is None]
    begins += [ModelInput(node.name, node.layer.output_shape, node.layer.output)
               for node in model.nodes]
    parts = []
    for begin in begins:
        for last in range(len(model.nodes)):
            part = _part(model, begin, last)
            if part is not None and len(part.nodes) < len(model.nodes):
                parts.append((len(part.nodes), begin.name, part))
    for _, begin, part in sorted(parts, key=lambda item: item[0]):
        names = {node.name for node in part.nodes}
        choices = {name: chosen for name, chosen in case.choices.items() if name in names}
        x_raw = values[begin].reshape(len(case.x_raw), math.prod(part.inputs[0].shape))
        stacks = {name: kind for name, kind in case.stacks.items() if name in names}
        yield replace(case, model=part, choices=choices, x_raw=x_raw, stacks=stacks)


def _part(model: IntegerModel, begin: ModelInput, last: int) -> IntegerModel | None:
    """What leads from ``begin`` to node number ``last``; None if that takes anything else, or if
    inputs that repeat others in another order are taken."""
    needed, nodes = {model.nodes[last].name}, []
    for node in reversed(model.nodes[: last + 1]):
        if node.name in needed and node.name != begin.name:
            nodes.append(node)
            needed.update(node.inputs)
    outside = needed - {node.name for node in nodes}
    if not nodes or outside != {begin.name}:
        return None
    return IntegerModel(model.name, (begin,), tuple(reversed(nodes)))
