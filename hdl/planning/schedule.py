"""Back-to-back frames: the interval that a chain of layers keeps up.

A layer with several passes takes no inputs while it replays them, and so may hold up the layer
before it; what comes of that in a whole chain has no formula. The control of each stage is small,
so it is stepped here, cycle by cycle, without any data.
"""

from collections.abc import Sequence

from build_decoder.hdl.adapters.packer.plan import PackerPlan
from build_decoder.hdl.layers.dense.plan import DensePlan

__all__ = ["frame_interval"]


class _DenseControl:
    """Control state of a dense layer, as its component has it."""

    def __init__(self, plan: DensePlan):
        self.plan = plan
        self.groups = plan.groups
        load_delay = plan.mac_latency - (not plan.double_buffered)
        self.beat = self.number = self.drained = self.group = 0
        self.busy = self.draining = False
        self.finishing = [False] * load_delay
        self.valid = [False] * plan.drain_latency

    def state(self):
        return (
            self.beat, self.number, self.drained, self.group, self.busy, self.draining,
            *self.finishing, *self.valid,
        )

    @property
    def offers(self) -> bool:
        return self.valid[-1]

    def accepts(self, out_ready: bool) -> bool:
        return self._may_take() and self.number == 0

    def _may_take(self) -> bool:
        blocking = self.plan.beats - 1 if self.plan.double_buffered else 0
        return not (self.busy and self.beat == blocking)

    def step(self, offered: bool, out_ready: bool):
        plan = self.plan
        take = self._may_take() and (offered or self.number > 0)
        moves = out_ready or not self.offers
        leaving = self.draining and moves
        done = leaving and self.group == self.groups[self.drained] - 1
        last = take and self.beat == plan.beats - 1
        load = self.finishing[-1]
        if moves:
            self.valid = [leaving, *self.valid[:-1]]
        if leaving:
            self.group = 0 if done else self.group + 1
            self.drained = (self.drained + done) % plan.passes
        self.draining = load or (self.draining and not done)
        self.finishing = [last, *self.finishing[:-1]]
        self.busy = last or (self.busy and not done)
        if take:
            self.beat = 0 if last else self.beat + 1
            self.number = (self.number + last) % plan.passes


class _PackerControl:
    """Control state of a packer."""

    def __init__(self, plan: PackerPlan):
        self.plan = plan
        self.lane = self.number = 0
        self.offers = False

    def state(self):
        return self.lane, self.number, self.offers

    def accepts(self, out_ready: bool) -> bool:
        return out_ready or not self.offers

    def step(self, offered: bool, out_ready: bool):
        take = offered and self.accepts(out_ready)
        last = self.number == self.plan.count - 1
        full = last or self.lane == self.plan.lanes - 1
        self.offers = (take and full) or (self.offers and not out_ready)
        if take:
            self.lane = 0 if full else self.lane + 1
            self.number = 0 if last else self.number + 1


_CONTROLS = {DensePlan: _DenseControl, PackerPlan: _PackerControl}


def frame_interval(plans: Sequence[DensePlan | PackerPlan]) -> int:
    """Longest interval, in cycles, between the last outputs of back-to-back frames.

    The last plan is a layer's: behind the last layer, which puts out single values, is no packer.
    Inputs are offered and outputs taken in every cycle. Frames are followed until the state after a
    frame is one that was there before: from then on intervals repeat.
    """
    controls = [_CONTROLS[type(plan)](plan) for plan in plans]
    outputs = plans[-1].groups_in_frame
    seen, longest = set(), 0
    cycle = last_end = given = 0
    while True:
        ready = [True]
        for control in reversed(controls):
            ready.append(control.accepts(ready[-1]))
        ready.reverse()
        offers = [True, *(control.offers for control in controls)]
        given += offers[-1]
        for n, control in enumerate(controls):
            control.step(offers[n], ready[n + 1])
        cycle += 1
        if offers[-1] and given == outputs:
            if seen:
                longest = max(longest, cycle - last_end)
            last_end, given = cycle, 0
            state = tuple(control.state() for control in controls)
            if state in seen:
                return longest
            seen.add(state)
