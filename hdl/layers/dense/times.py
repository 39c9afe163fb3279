"""Counts and times of a folded dense layer, which need none of its numbers."""

from build_decoder.hdl.planning.folding import Folding

__all__ = ["DenseTimes"]


class DenseTimes:
    """What follows from a layer's size and how it is folded. Times are in cycles.

    Attributes
    ----------
    input_count, units : int
        Of the layer.
    folding : Folding
        Inputs and neurons a cycle.
    lanes : int
        Outputs a transfer.
    double_buffered : bool
        Whether finished sums are captured.
    """

    input_count: int
    units: int
    folding: Folding
    lanes: int
    double_buffered: bool

    @property
    def beats(self) -> int:
        """Transfers of a frame in."""
        return self.folding.beats(self.input_count)

    @property
    def passes(self) -> int:
        """Passes over a frame."""
        return self.folding.passes(self.units)

    @property
    def neurons(self) -> int:
        """Neurons of a pass."""
        return min(self.folding.outputs_per_cycle, self.units)

    @property
    def groups_in_pass(self) -> int:
        """Transfers out of a full pass."""
        return -(-self.neurons // self.lanes)

    @property
    def groups_in_frame(self) -> int:
        """Transfers of a frame out."""
        return -(-self.units // self.lanes)

    @property
    def groups(self) -> list[int]:
        """Transfers out of each pass; the last pass may have fewer."""
        full = [self.groups_in_pass] * (self.passes - 1)
        return [*full, self.groups_in_frame - sum(full)]

    @property
    def units_accumulate(self) -> bool:
        """Whether MAC units sum their products, rather than an adder tree behind them."""
        return self.folding.inputs_per_cycle == 1

    @property
    def constant_weights(self) -> bool:
        """Whether there is one row of weights only."""
        return self.beats * self.passes == 1

    @property
    def mac_latency(self) -> int:
        """From a pass's last inputs to finished sums: product, levels of the adder tree, sum."""
        return 2 + (self.folding.inputs_per_cycle - 1).bit_length()

    @property
    def sums_latency(self) -> int:
        """From a pass's last beat to its first group of sums leaving."""
        return self.mac_latency + self.double_buffered

    def pass_cycles(self, groups: int) -> int:
        """From the last beat of a pass with ``groups`` transfers out to that of the next pass."""
        free_again = self.sums_latency + groups
        if self.double_buffered:
            return max(self.beats, free_again)
        return free_again + self.beats - 1

    @property
    def frame_cycles(self) -> int:
        """Interval of back-to-back frames, when no other layer holds this one up."""
        return sum(map(self.pass_cycles, self.groups))
