"""Timeline: stages that are stepped cycle by cycle, without any data.

What comes of stages that wait for each other has no formula. The control of each is small, so it is
run here: actors, the slots between those of one stage, and the registers between two stages.
"""

from collections import deque
from collections.abc import Sequence

from build_decoder.hdl.planning.actor import Actor, Deadlock, Phase, Slot
from build_decoder.hdl.planning.stage import Stage

__all__ = ["Timeline", "first_frame", "frame_interval"]


class _Registers:
    """The row of registers of an output: a bit for each transfer in it, the offered one on top."""

    __slots__ = ("bits", "given", "mask", "taken", "top")

    def __init__(self, registers: int):
        self.bits = 0
        self.top, self.mask = 1 << (registers - 1), (1 << registers) - 1
        self.given = self.taken = False

    def same_for(self) -> int | None:
        """Cycles, with this one, in which as much is offered as now; None of any number."""
        bits = self.bits
        offered = bits & self.top
        if offered and not self.taken:
            return None
        if bits == (self.mask if offered else 0):
            return None if self.given == bool(offered) else self.mask.bit_length()
        other = bits ^ self.mask if offered else bits
        return self.mask.bit_length() - other.bit_length()

    def advance(self, cycles: int) -> None:
        """So many cycles that are all as this one."""
        bits = self.bits
        if not bits & self.top or self.taken:
            # As many cycles as registers leave nothing of what was there.
            cycles = min(cycles, self.mask.bit_length())
            new = (1 << cycles) - 1 if self.given else 0
            self.bits = (bits << cycles | new) & self.mask
        self.given = self.taken = False


class _Units:
    """Units of a slot that are there, and those that will be: (cycle, units) in order."""

    __slots__ = ("coming", "least", "there")

    def __init__(self, slot: Slot):
        self.there = self.least = slot.units
        self.coming = deque()


class _Player:
    """An actor at its place: ``left`` is what is left of its phase, which is new until it fires."""

    __slots__ = ("left", "new", "phase", "phases", "place", "rounds")

    def __init__(self, phases: Sequence[tuple], rounds: int | None = None):
        self.phases, self.rounds = phases, rounds
        self.place, self.new = 0, True
        self.phase = phases[0]
        self.left = self.phase[0]

    def advance(self, cycles: int) -> bool:
        """So many cycles of its phase; whether it has gone through all phases."""
        self.left -= cycles
        self.new = False
        if self.left:
            return False
        self.new = True
        self.place += 1
        ended = self.place == len(self.phases)
        if ended:
            self.place = 0
            if self.rounds is not None:
                self.rounds -= 1
        self.phase = self.phases[self.place]
        self.left = self.phase[0]
        return ended


class Timeline:
    """Stages from a source that always offers to a sink that always takes.

    Cycles that are all alike are taken at once: a phase of many cycles costs no more than one of
    few.

    Parameters
    ----------
    stages
        Each after those that it takes from. The output of the last one leaves; inputs that name no
        stage come from outside.
    frames
        Frames that the source offers; None for ever.
    """

    def __init__(self, stages: Sequence[Stage], *, frames: int | None = None):
        self.now = 0
        self._slots: dict[tuple[str, Slot], _Units] = {}
        registers = {}
        players = []
        for stage in stages:
            outputs = {}
            for actor in stage.plan.actors:
                outputs |= {port: _Registers(actor.registers) for port in actor.gives}
            registers |= {(stage.name, port): row for port, row in outputs.items()}
            inputs = []
            for port, source in enumerate(stage.inputs):
                if source not in registers:
                    registers[source] = row = _Registers(1)
                    source_phase = Phase(stage.plan.inputs[port].beats, give=(0,))
                    given = Actor((source_phase,))
                    players.append(_Player(self._compiled(stage.name, given, [], {0: row}), frames))
                inputs.append(registers[source])
            players += (
                _Player(self._compiled(stage.name, actor, inputs, outputs))
                for actor in stage.plan.actors
            )
        last = stages[-1]
        taken = Actor((Phase(last.plan.output.beats, take=(0,)),))
        self._sink = _Player(self._compiled(last.name, taken, [registers[last.name, 0]], {}))
        # Whether registers move depends on whoever takes from them.
        self._players = [self._sink, *reversed(players)]
        self._registers = list(registers.values())

    def _compiled(self, stage: str, actor: Actor, inputs, outputs) -> list[tuple]:
        """Phases with registers and units in place of numbers and slots."""
        every = [outputs[port] for port in actor.gives]
        compiled = {
            phase: (
                phase.count,
                [inputs[port] for port in phase.take],
                every if phase.moves else [outputs[port] for port in phase.give],
                [outputs[port] for port in phase.give],
                [(self._units(stage, slot), units) for slot, units in phase.reserve],
                [(self._units(stage, slot), units, slot.delay) for slot, units in phase.release],
            )
            for phase in set(actor.phases)
        }
        return [compiled[phase] for phase in actor.phases]

    def _units(self, stage: str, slot: Slot) -> _Units:
        return self._slots.setdefault((stage, slot), _Units(slot))

    def state(self) -> tuple:
        """All that decides what comes."""
        return (
            *((player.place, player.left, player.new) for player in self._players),
            *(row.bits for row in self._registers),
            *(
                (units.there, *((due - self.now, count) for due, count in units.coming))
                for units in self._slots.values()
            ),
        )

    def least_units(self, stage: str, slot: Slot) -> int:
        """Fewest units of a stage's slot that have been there since the start."""
        return self._slots[stage, slot].least

    def interval(self) -> int:
        """Longest interval, in cycles, between the last transfers out of back-to-back frames.

        Frames are followed until the state after one is one that was there before: from then on,
        intervals repeat.

        Raises
        ------
        Deadlock
            If stages wait for each other for ever.
        """
        seen, longest, last = set(), 0, 0
        while True:
            end = self.next_end()
            if seen:
                longest = max(longest, end - last)
            last, state = end, self.state()
            if state in seen:
                return longest
            seen.add(state)

    def next_end(self) -> int:
        """Run until a frame has left; the cycle of its last transfer.

        Raises
        ------
        Deadlock
            If stages wait for each other for ever.
        """
        while not self._step():
            pass
        return self.now - 1

    def _step(self) -> bool:
        """All cycles that are like the next one; whether a frame ended with them."""
        firing, cycles = [], 0
        for units in self._slots.values():
            coming = units.coming
            while coming and coming[0][0] <= self.now:
                units.there += coming.popleft()[1]
            if coming and not 0 < cycles <= coming[0][0] - self.now:
                cycles = coming[0][0] - self.now
        for player in self._players:
            if self._fires(player):
                firing.append(player)
                if not 0 < cycles <= player.left:
                    cycles = player.left
        for row in self._registers:
            same = row.same_for()
            if same is not None and not 0 < cycles <= same:
                cycles = same
        if not cycles:
            raise Deadlock(
                f"expected stages that go on, got none that can after {self.now} cycles"
            )
        ended = False
        for player in firing:
            if player.left == cycles:
                last = self.now + cycles - 1
                for units, count, delay in player.phase[-1]:
                    units.coming.append((last + delay, count))
            ended |= player.advance(cycles) and player is self._sink
        for row in self._registers:
            row.advance(cycles)
        self.now += cycles
        return ended

    @staticmethod
    def _fires(player: _Player) -> bool:
        """Whether an actor does its phase in this cycle; if so, what it takes and gives is marked,
        and what it reserves is reserved."""
        _, taken, moving, given, reserve, _ = player.phase
        if player.rounds == 0:
            return False
        for row in taken:
            if not row.bits & row.top:
                return False
        if player.new:
            for units, count in reserve:
                if units.there < count:
                    return False
        for row in moving:
            if row.bits & row.top and not row.taken:
                return False
        if player.new:
            for units, count in reserve:
                units.there -= count
                units.least = min(units.least, units.there)
        for row in taken:
            row.taken = True
        for row in given:
            row.given = True
        return True


def first_frame(stages: Sequence[Stage]) -> int:
    """Cycles from the first transfer in to the last one out, of a single frame that nothing stalls.

    Raises
    ------
    Deadlock
        If stages wait for each other for ever.
    """
    # The source is a register of its own: its first transfer is taken in cycle 1.
    return Timeline(stages, frames=1).next_end() - 1


def frame_interval(stages: Sequence[Stage]) -> int:
    """Longest interval of back-to-back frames; see :meth:`Timeline.interval`."""
    return Timeline(stages).interval()
