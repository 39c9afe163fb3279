"""Control of stacked layers on one array of multipliers."""

from collections.abc import Iterator

from build_decoder.hdl.planning.actor import Actor, Claims, Phase, Slot
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.recurrent.control import READ_LATENCY, over_steps, phases_of
from build_decoder.hdl.recurrent.plan import RecurrentPlan
from build_decoder.hdl.stack.layer import StackedLayers
from build_decoder.hdl.stack.sums import Part, StackSums

__all__ = ["StackControl"]

Claimed = tuple[Claims, Claims]


class StackControl:
    """Control that follows from sizes and a folding, whatever the weights are.

    Attributes
    ----------
    layer : StackedLayers
        The layers.
    folding : Folding
        Inputs, or values of a state, and sums a cycle.
    sums : StackSums
        The dense layer that makes a step's sums.
    cells : tuple of RecurrentPlan
        Plans of the layers by themselves, whose cells they are.
    gates, columns, columns_out, rests : int
        As a :class:`hdl.stack.plan.StackPlan` describes them.
    """

    layer: StackedLayers
    folding: Folding
    sums: StackSums
    cells: tuple[RecurrentPlan, ...]
    gates: int
    columns: int
    columns_out: int
    rests: int

    @property
    def actors(self) -> tuple[Actor, ...]:
        """What takes columns, what goes over them and over states, the cells, and what gives."""
        slots = _Slots(self)
        count, units = self.layer.steps, self.cells[-1].units
        taken = Phase(
            self.sums.input_beats, take=(0,), reserve=((slots.space, 1),),
            release=((slots.there, 1),),
        )
        give = Phase(give=(0,), reserve=((slots.given, 1),))
        last = Phase(give=(0,), reserve=((slots.given, 1),), release=((slots.room, 1),))
        column = [give] * (units - 1) + [last]
        return (
            Actor((taken,) * count),
            Actor(over_steps(lambda step: phases_of(list(self._walked(slots, step))), count)),
            Actor(over_steps(lambda step: phases_of(list(self._drained(slots, step))), count)),
            Actor(tuple(column * (count if self.layer.sequences else 1))),
        )

    def states_of(self, layer: int, beat: int) -> int:
        """Values of a layer's state that a beat of a pass over it takes."""
        at_once = self.folding.inputs_per_cycle
        return min(at_once, self.cells[layer].units - beat * at_once)

    def beats_of_state(self, layer: int) -> int:
        """Cycles of a pass over a layer's state."""
        return self.folding.beats(self.cells[layer].units)

    def taken_state(self, part: Part) -> int | None:
        """The layer whose state's new values the first pass of a part waits for, if it does."""
        if part.of_state:
            return part.layer if part.layer == len(self.cells) - 1 else None
        return part.layer - 1 if part.layer else None

    def _walked(self, slots: "_Slots", step: int) -> Iterator[Claimed]:
        """What each beat of a step reserves and releases."""
        sums = self.sums
        for number, part in enumerate(sums.parts):
            of_columns = not part.of_state and part.layer == 0
            # A frame's first step waits for its column before anything else.
            column = number == 0 if step == 0 else of_columns
            state = None if part.of_state and step == 0 else self.taken_state(part)
            passes, beats = len(sums.groups_of(part)), sums.beats_of(part)
            for at in range(passes):
                for beat in range(beats):
                    reserve, release = [], []
                    if column and (at, beat) == (0, 0):
                        reserve.append((slots.there, 1))
                    if state is not None and at == 0:
                        reserve.append((slots.states[state], self.states_of(state, beat)))
                    if beat == beats - 1:
                        reserve.append((slots.free, 1))
                        release.append((slots.finished, 1))
                        if of_columns and at == passes - 1:
                            release.append((slots.space, 1))
                    yield tuple(reserve), tuple(release)

    def _drained(self, slots: "_Slots", step: int) -> Iterator[Claimed]:
        """What each cycle of the drain reserves and releases."""
        top, last = len(self.cells) - 1, step == self.layer.steps - 1
        for part in self.sums.parts:
            sent = not part.of_state and part.layer == top and (self.layer.sequences or last)
            row = 0
            for at, groups in enumerate(self.sums.groups_of(part)):
                for group in range(groups):
                    row += 1
                    reserve, release = [], []
                    if group == 0:
                        reserve.append((slots.finished, 1))
                        if sent and at == 0:
                            reserve.append((slots.room, 1))
                    if group == groups - 1:
                        release.append((slots.free, 1))
                    unit_ends = not part.of_state and row % self.gates == 0
                    if unit_ends and (part.layer < top or not last):
                        release.append((slots.states[part.layer], 1))
                    if unit_ends and sent:
                        release.append((slots.given, 1))
                    yield tuple(reserve), tuple(release)
                    if unit_ends:
                        yield from [((), ())] * self.rests


class _Slots:
    """Slots of :attr:`StackControl.actors`."""

    def __init__(self, plan: StackControl):
        self.space, self.there = Slot(plan.columns), Slot()
        self.free, self.finished = Slot(1), Slot(0, delay=READ_LATENCY + plan.sums.sums_latency)
        self.states = [Slot(0, delay=cell.cell_latency + 1) for cell in plan.cells]
        self.room = Slot(plan.columns_out)
        self.given = Slot(0, delay=plan.cells[-1].cell_latency + 1)
