"""Control of LSTMs in a row whose sums are made at once."""

from collections.abc import Iterator
from functools import cache

from build_decoder.hdl.parallel_stack.layer import ParallelLayers
from build_decoder.hdl.parallel_stack.sums import ParallelSums
from build_decoder.hdl.planning.actor import Actor, Claims, Phase, Slot
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.recurrent.control import READ_LATENCY, phases_of
from build_decoder.hdl.recurrent.plan import RecurrentPlan

__all__ = ["SUMMED", "ParallelControl"]

SUMMED = READ_LATENCY + 2
"""Cycles from a pass's last values to the sums of the first unit: product and sum."""

Claimed = tuple[Claims, Claims]


class ParallelControl:
    """Control that follows from sizes and lanes, whatever the weights are.

    Attributes
    ----------
    layer : ParallelLayers
        The layers.
    folding : Folding
        Values, and sums a cycle.
    sums : ParallelSums
        The dense layer that makes the sums.
    cells : tuple of RecurrentPlan
        Plans of the layers by themselves, whose cells they are.
    columns, columns_out : int
        Columns of inputs and of outputs that are kept.
    """

    layer: ParallelLayers
    folding: Folding
    sums: ParallelSums
    cells: tuple[RecurrentPlan, ...]
    columns: int
    columns_out: int

    select_among = 16
    """Units among which one register's multiplexer selects."""

    @property
    def passes(self) -> Iterator[tuple[int, int]]:
        """Layer and step of each pass, wave by wave: of each further layer, the step before. With
        the last column, and behind it, the last layer comes first: what is left of steps before is
        made while the column comes, or the state of the layer before."""
        for wave in range(self.layer.steps + len(self.cells) - 1):
            layers = [n for n in range(len(self.cells)) if 0 <= wave - n < self.layer.steps]
            for layer in layers[::-1] if self.late(wave) else layers:
                yield layer, wave - layer

    def late(self, wave: int) -> bool:
        """Whether it is the wave of the last column, or one behind it."""
        return wave >= self.layer.steps - 1

    def parts(self, step: int) -> tuple[bool, ...]:
        """Of each part of a pass, whether it is of the layer's state. That comes first, since an
        input may be late; in a frame's first step, there is none."""
        return (True, False) if step else (False,)

    def sent(self, layer: int, step: int) -> bool:
        """Whether outputs of a pass are given."""
        ends = step == self.layer.steps - 1
        return layer == len(self.cells) - 1 and (self.layer.sequences or ends)

    def taken_state(self, layer: int, of_state: bool, step: int) -> int | None:
        """The layer whose values a part of a pass is the first to take, if it is. A layer's values
        are first taken by its own next step or, where that comes later, by the layer behind it."""
        late = self.late(layer + step)
        if of_state:
            return None if late and layer < len(self.cells) - 1 else layer
        return layer - 1 if late and layer else None

    def states_of(self, layer: int, beat: int) -> int:
        """Values of a layer's state that a beat takes."""
        at_once = self.folding.inputs_per_cycle
        return min(at_once, self.cells[layer].units - beat * at_once)

    @property
    def select_latency(self) -> int:
        """Cycles from sums of a unit to them being selected, and all lanes added."""
        return self.selections + (self.folding.inputs_per_cycle - 1).bit_length()

    @property
    def selections(self) -> int:
        """Registers of the selection of a unit."""
        return 1 if self.most_units <= self.select_among else 2

    @property
    def most_units(self) -> int:
        """Units of the largest layer."""
        return max(cell.units for cell in self.cells)

    def apart(self, layer: int) -> int:
        """Fewest cycles from the end of a layer's pass to that of the next one: a unit leaves a
        cycle."""
        return max(self.cells[layer].units, SUMMED + 1)

    @property
    def actors(self) -> tuple[Actor, ...]:
        """What takes columns, what goes over them and over states, sums that leave, and what
        gives."""
        slots = _Slots(self)
        count, beats = self.layer.steps, self.sums.beats_of(0, False)
        word = Phase(take=(0,), release=((slots.there, 1),))
        first = Phase(take=(0,), reserve=((slots.space, 1),), release=((slots.there, 1),))

        @cache
        def walked(layer: int, step: int) -> tuple[Phase, ...]:
            return tuple(phases_of(list(self._walked(slots, layer, step))))

        @cache
        def leaving(layer: int, step: int) -> tuple[Phase, ...]:
            return tuple(phases_of(list(self._leaving(slots, layer, step))))

        passes = [self._like(*each) for each in self.passes]
        give = Phase(give=(0,), reserve=((slots.given, 1),))
        last = Phase(give=(0,), reserve=((slots.given, 1),), release=((slots.room, 1),))
        column = [give] * (self.cells[-1].units - 1) + [last]
        return (
            Actor((first, *[word] * (beats - 1)) * count),
            Actor(tuple(phase for each in passes for phase in walked(*each))),
            Actor(tuple(phase for each in passes for phase in leaving(*each))),
            Actor(tuple(column * (count if self.layer.sequences else 1))),
        )

    def _like(self, layer: int, step: int) -> tuple[int, int]:
        """A pass of the same layer in which all goes as in this one."""
        return layer, step if self.late(layer + step) else min(step, 1)

    def _walked(self, slots: "_Slots", layer: int, step: int) -> Iterator[Claimed]:
        """What each beat of a pass reserves and releases."""
        for of_state in self.parts(step):
            beats = self.sums.beats_of(layer, of_state)
            state = self.taken_state(layer, of_state, step)
            of_column = layer == 0 and not of_state
            for beat in range(beats):
                reserve, release = [], []
                if of_column:
                    reserve.append((slots.there, 1))
                    release += [(slots.space, 1)] if beat == beats - 1 else []
                if state is not None:
                    reserve.append((slots.states[state], self.states_of(state, beat)))
                if not of_state and beat == beats - 1:
                    reserve.append((slots.free, 1))
                    release.append((slots.finished, 1))
                    reserve += [(slots.room, 1)] if self.sent(layer, step) else []
                yield tuple(reserve), tuple(release)

    def _leaving(self, slots: "_Slots", layer: int, step: int) -> Iterator[Claimed]:
        """What each unit's sums reserve and release."""
        top, units = layer == len(self.cells) - 1, self.cells[layer].units
        for unit in range(units):
            release = []
            if unit == max(units - SUMMED - 1, 0):
                release.append((slots.free, 1))
            if not top or step < self.layer.steps - 1:
                release.append((slots.states[layer], 1))
            if self.sent(layer, step):
                release.append((slots.given, 1))
            yield ((slots.finished, 1),) if unit == 0 else (), tuple(release)


class _Slots:
    """Slots of :attr:`ParallelControl.actors`."""

    def __init__(self, plan: ParallelControl):
        self.space, self.there = Slot(plan.columns), Slot()
        self.free, self.finished = Slot(1), Slot(0, delay=SUMMED)
        self.states = [
            Slot(0, delay=plan.select_latency + cell.cell_latency) for cell in plan.cells
        ]
        self.room = Slot(plan.columns_out)
        self.given = Slot(0, delay=plan.select_latency + plan.cells[-1].cell_latency)
