"""Control of a layer that runs a cell over time steps."""

from collections.abc import Sequence
from itertools import groupby

from build_decoder.hdl.planning.actor import Actor, Claims, Phase, Slot
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.recurrent.step_sums import StepSums
from build_decoder.quant.recurrent import RecurrentLayer

__all__ = ["READ_LATENCY", "RecurrentControl", "over_steps", "phases_of"]

READ_LATENCY = 2
"""Cycles from the address of inputs or states to multipliers: the memory, and a selection."""


class RecurrentControl:
    """Control that follows from a layer's size and folding, whatever its weights are.

    Attributes
    ----------
    gates : int
        Sums of a unit.
    layer : RecurrentLayer
        The layer.
    folding : Folding
        Inputs, or values of the state, and sums a cycle.
    sums : StepSums
        The dense layer that makes a step's sums.
    units, columns, columns_out, rests, cell_latency : int
    reversed, turned, continuous, reloadable : bool
        As a :class:`RecurrentPlan` describes them.
    """

    gates: int
    layer: RecurrentLayer
    folding: Folding
    sums: StepSums
    units: int
    columns: int
    columns_out: int
    rests: int
    cell_latency: int
    reversed: bool
    turned: bool
    continuous: bool
    reloadable: bool

    @property
    def ahead(self) -> bool:
        """Whether the state's products of a step are made before its column comes, but for those of
        the first step. Between two frames, weights that are written change: a whole step is of the
        new ones then."""
        return self.sums.state_first and not (self.continuous and self.reloadable)

    @property
    def actors(self) -> tuple[Actor, ...]:
        """What takes columns, what goes over them and over states, the cell, and what gives."""
        sums, units, count = self.sums, self.units, self.layer.steps
        space, there = Slot(self.columns), Slot()
        free, finished = Slot(1), Slot(0, delay=READ_LATENCY + sums.sums_latency)
        state, room = Slot(0, delay=self.cell_latency + 1), Slot(self.columns_out)
        given = Slot(0, delay=self.cell_latency + 1)
        taken = Phase(
            sums.input_beats, take=(0,), reserve=((space, 1),), release=((there, 1),)
        )

        def walked(step: int) -> list[Phase]:
            begins_with = 1 if self.ahead and step else 0
            needs = (there, count if self.reversed else 1)
            waits = not self.reversed or step == 0
            beats = []
            for part, length in enumerate(sums.part_beats):
                of_state = sums.state_first == (part == 0)
                for number in range(sums.passes):
                    for beat in range(length):
                        reserve, release = [], []
                        begins = (beat, number) == (0, 0)
                        if begins and waits and part == begins_with:
                            reserve.append(needs)
                        if of_state and number == 0 and step:
                            reserve.append((state, self.states_of(beat)))
                        if beat == length - 1:
                            reserve.append((free, 1))
                            release.append((finished, 1))
                            if not of_state and number == sums.passes - 1:
                                release.append((space, 1))
                        beats.append((tuple(reserve), tuple(release)))
            return phases_of(beats)

        def drained(step: int) -> list[Phase]:
            last = step == count - 1 and not self.continuous
            sent = self.layer.sequences or last or self.continuous
            groups = []
            for part in range(2):
                for number, length in enumerate(sums.groups):
                    for group in range(length):
                        reserve, release = [], []
                        if group == 0:
                            reserve.append((finished, 1))
                        if part == 1 and sent and (group, number) == (0, 0):
                            reserve.append((room, 1))
                        if group == length - 1:
                            release.append((free, 1))
                        row = number * sums.groups_in_pass + group
                        if part == 1 and not (row + 1) * sums.lanes % self.gates:
                            release += [] if last else [(state, 1)]
                            release += [(given, 1)] if sent else []
                        groups.append((tuple(reserve), tuple(release)))
                        if part == 1 and not (row + 1) * sums.lanes % self.gates:
                            groups += [((), ())] * self.rests
            return phases_of(groups)

        give = Phase(give=(0,), reserve=() if self.turned else ((given, 1),))
        column = [give] * (units - 1) + [
            Phase(give=(0,), reserve=give.reserve, release=((room, 1),))
        ]
        sent = column * (count if self.layer.sequences else 1)
        if self.turned:
            whole = Phase(
                give=(0,), reserve=((given, count * units),), release=sent[0].release
            )
            sent = [whole, *sent[1:]]
        # In continuous mode, a frame is one step, and only one after a reset is a first one.
        walk = Actor(over_steps(walked, count))
        if self.continuous:
            walk = Actor(tuple(walked(1)), first=tuple(walked(0)))
        return (
            Actor((taken,) * count),
            walk,
            Actor(over_steps(drained, count)),
            Actor(tuple(sent)),
        )

    def states_of(self, beat: int) -> int:
        """Values of the state that a beat of a pass over it takes."""
        at_once = self.folding.inputs_per_cycle
        return min(at_once, self.units - beat * at_once)


def phases_of(cycles: Sequence[tuple[Claims, Claims]]) -> list[Phase]:
    """Phases of cycles that reserve and release; those that do neither are one."""
    phases = []
    for claims, same in groupby(cycles):
        count = len(list(same))
        if claims == ((), ()):
            phases.append(Phase(count))
        else:
            phases += [Phase(reserve=claims[0], release=claims[1])] * count
    return phases


def over_steps(phases, count: int) -> tuple[Phase, ...]:
    """``phases(step)`` of all steps; those between the first and the last are alike."""
    first, last = phases(0), phases(count - 1) if count > 1 else []
    between = phases(1) if count > 2 else []
    return tuple([*first, *between * (count - 2), *last])
