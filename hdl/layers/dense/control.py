"""Control of a folded dense layer: MAC units go over the inputs, and a drain sends the sums on."""

from build_decoder.hdl.planning.actor import Actor, Phase, Slot
from build_decoder.hdl.planning.folding import Folding

__all__ = ["DenseControl"]


class DenseControl:
    """Counts and control that follow from a layer's size and folding, whatever its weights are.

    The first pass takes the inputs, and later ones repeat them. With 3 beats and 2 groups a pass,
    captured sums, ``sums_latency`` 3 and ``drain_latency`` 1, passes A and B go::

        beat of   A  A  A  B  B  -  -  B  -  -  -  -  -
        leaves    -  -  -  -  -  A  A  -  -  -  B  B  -
        o.valid   -  -  -  -  -  -  A  A  -  -  -  B  B

    Attributes
    ----------
    input_count, units : int
        Of the layer.
    folding : Folding
        Inputs and neurons a cycle.
    lanes : int
        Outputs a transfer.
    double_buffered : bool
        Whether finished sums are captured. If so, a pass waits for those of the pass before it to
        leave with its last beat, otherwise with its first.
    drain_latency : int
        Cycles from sums that leave to outputs.
    reloadable : bool
        Whether weights are written at run time.
    pipelined_products : bool
        Whether products take two cycles, for clocks that are fast for one.
    """

    input_count: int
    units: int
    folding: Folding
    lanes: int
    double_buffered: bool
    drain_latency: int
    reloadable: bool
    pipelined_products: bool = False

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
        """Whether there is one row of weights only, which nothing writes."""
        return self.beats * self.passes == 1 and not self.reloadable

    @property
    def mac_latency(self) -> int:
        """From a pass's last inputs to finished sums: product, levels of the adder tree, sum."""
        levels = (self.folding.inputs_per_cycle - 1).bit_length()
        return 2 + self.pipelined_products + levels

    @property
    def sums_latency(self) -> int:
        """From a pass's last beat to its first group of sums leaving."""
        return self.mac_latency + self.double_buffered

    @property
    def actors(self) -> tuple[Actor, Actor]:
        """The passes, and the drain."""
        free, finished = Slot(1), Slot(0, delay=self.sums_latency)
        waits = self.beats - 1 if self.double_buffered else 0

        def one_pass(take: tuple[int, ...]) -> tuple[Phase, ...]:
            summed = Phase(
                self.beats - waits, take=take, reserve=((free, 1),), release=((finished, 1),)
            )
            return (Phase(waits, take=take), summed) if waits else (summed,)

        drained = {
            count: Phase(count, give=(0,), reserve=((finished, 1),), release=((free, 1),))
            for count in set(self.groups)
        }
        return (
            Actor(one_pass((0,)) + one_pass(()) * (self.passes - 1)),
            Actor(tuple(drained[count] for count in self.groups), self.drain_latency),
        )
