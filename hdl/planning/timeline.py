"""Timeline: when stages do what they do, without any data.

What comes of stages that wait for each other has no formula. The control of each is small, so it is
run here: actors, the slots between those of one stage, and the registers between two stages. An
actor runs until it needs to know what another one has not come to yet. Cycles that are all alike
are taken at once: a phase of many cycles costs no more than one of few.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from build_decoder.hdl.planning.actor import Actor, Deadlock, Slot
from build_decoder.hdl.planning.inner import Inner
from build_decoder.hdl.planning.inner_player import InnerPlayer
from build_decoder.hdl.planning.player import Play, Player, Units
from build_decoder.hdl.planning.row import FOR_EVER, Row
from build_decoder.hdl.planning.stage import Stage

__all__ = ["Timeline", "first_frame", "frame_interval", "keeps_up"]


class Timeline:
    """Stages from a source that always offers to a sink that always takes.

    Frames come in one by one, and stages go on as far as they can without the next one. What they
    do in a frame does not depend on those behind it.

    Parameters
    ----------
    stages
        Each after those that it takes from. The output of the last one leaves; inputs that name no
        stage come from outside.
    frames
        Frames that the source offers; None for ever.
    row
        Type of the registers between two stages.

    Attributes
    ----------
    rows : dict
        Those registers, by the port that gives to them.

    Raises
    ------
    ValueError
        If two actors of a stage reserve units of one slot, or two release some.
    """

    def __init__(
        self, stages: Sequence[Stage], *, frames: int | None = None, row: type[Row] = Row
    ):
        self._frames, self._offered = frames, 0
        self._ready: list[Player | InnerPlayer] = []
        self._sources: list[tuple[Row, int]] = []
        self._players: list[Player | InnerPlayer] = []
        self._slots: dict[str, dict[Slot, Units]] = {}
        rows = {}
        for stage in stages:
            control = stage.plan.control
            slots = self._slots[stage.name] = {}
            outputs = {
                port: row(actor.registers, self._ready)
                for actor in control.outer
                for port in actor.gives
            }
            rows |= {(stage.name, port): row for port, row in outputs.items()}
            inputs = []
            for source, tensor in zip(stage.inputs, stage.plan.inputs, strict=True):
                if source not in rows:
                    rows[source] = row(1, self._ready)
                    self._sources.append((rows[source], tensor.beats))
                inputs.append(rows[source])
            for actor in control.outer:
                self._players.append(self._player(actor, inputs, outputs, slots))
            if control.inner:
                self._players.append(self._inner_player(control.inner, slots))
        self.rows = rows
        last, ends = stages[-1], Units(0, self._ready)
        left = Play(last.plan.output.beats, take=(rows[last.name, 0],), release=((ends, 1, 0),))
        self._players.append(Player([left]))
        self._ends = ends.times
        self._ready += self._players
        self._go_on()

    def _player(
        self, actor: Actor, inputs: Sequence[Row], outputs: dict[int, Row], slots: dict[Slot, Units]
    ) -> Player:
        """The player of an actor; units of slots that are new are put in."""
        phases, every = {*actor.phases, *actor.first}, set(actor.gives)
        for slot in (*actor.slots("reserve"), *actor.slots("release")):
            self._units(slot, slots)
        plays = {
            phase: Play(
                phase.count,
                tuple((slots[slot], units) for slot, units in phase.reserve),
                tuple(inputs[port] for port in phase.take),
                tuple(outputs[port] for port in phase.give),
                tuple(outputs[port] for port in every.difference(phase.give) if phase.moves),
                tuple((slots[slot], units, slot.delay) for slot, units in phase.release),
            )
            for phase in phases
        }
        player = Player(
            [plays[phase] for phase in actor.phases], [plays[phase] for phase in actor.first]
        )
        for units in player.units:
            units.reserver = player
        return player

    def _inner_player(self, inner: Inner, slots: dict[Slot, Units]) -> InnerPlayer:
        """The player of actors that neither take nor give; units of slots that are new are put
        in."""
        reserved = [self._units(slot, slots) for slot in inner.reserved]
        player = InnerPlayer(inner, reserved, [self._units(slot, slots) for slot in inner.released])
        for units in reserved:
            units.reserver = player
        return player

    def _units(self, slot: Slot, slots: dict[Slot, Units]) -> Units:
        return slots.setdefault(slot, Units(slot.units, self._ready))

    def _go_on(self) -> None:
        ready = self._ready
        while ready:
            player = ready.pop()
            player.at = player.go_on()

    def next_end(self) -> int:
        """Run until a frame has left; the cycle of its last transfer.

        Raises
        ------
        Deadlock
            If stages wait for each other for ever.
        """
        while not self._ends:
            self._offer()
        return self._ends.popleft()

    def _offer(self) -> None:
        """Another frame."""
        if self._offered == self._frames or all(row.waiting for row, _ in self._sources):
            now = max(player.at[-1] for player in self._players)
            raise Deadlock(f"expected stages that go on, got none that can after {now} cycles")
        for row, beats in self._sources:
            # A source gives whenever its register moves: the times of transfers are their numbers.
            row.passed = row.stood
            row.stands.clear()
            row.give(self._offered * beats + row.stood, beats)
        self._offered += 1
        self._go_on()

    def release(self, stage: str, slot: Slot, units: int) -> None:
        """Let units of a stage's slot be reserved that none of its actors has released, and let
        actors go on as far as they can."""
        self._slots[stage][slot].add(0, units)
        self._go_on()

    def ends(self) -> Iterator[int]:
        """Cycles of the last transfers out of back-to-back frames, until intervals between them
        repeat.

        What comes follows from where actors are, and from how far apart what is known of them is:
        if that is as it was some frames before, so are intervals from then on.

        Raises
        ------
        Deadlock
            If stages wait for each other for ever.
        """
        seen = set()
        yield (last := self.next_end())
        while (state := (self.held(), self._cycles(last))) not in seen:
            seen.add(state)
            yield (last := self.next_end())

    def intervals(self) -> Iterator[int]:
        """Intervals, in cycles, between those."""
        return (end - last for last, end in pairwise(self.ends()))

    def held(self) -> tuple:
        """Where actors have come to, whenever that was."""
        return (
            len(self._ends),
            *(row.held() for row, _ in self._sources),
            *(player.held() for player in self._players),
        )

    def _cycles(self, base: int) -> tuple:
        """Cycles that decide what comes of that, as counted from ``base``."""
        return (
            *(end - base for end in self._ends),
            # Nothing but its own stands keeps a source from giving.
            *(
                (row.cycles(base, FOR_EVER), beats * self._offered + row.stood - base)
                for row, beats in self._sources
            ),
            *(player.cycles(base) for player in self._players),
        )


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
    """Longest interval, in cycles, between the last transfers out of back-to-back frames.

    Raises
    ------
    Deadlock
        If stages wait for each other for ever.
    """
    return max(Timeline(stages).intervals())


def keeps_up(stages: Sequence[Stage], interval: int) -> bool:
    """Whether no interval of back-to-back frames is longer than ``interval``.

    Raises
    ------
    Deadlock
        If stages wait for each other for ever.
    """
    return all(found <= interval for found in Timeline(stages).intervals())
