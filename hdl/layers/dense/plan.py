"""Plan of a dense layer: its folding, and what follows from that: counts, memory rows, control."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.layers.dense.control import dense_actors
from build_decoder.hdl.planning.actor import Actor
from build_decoder.hdl.planning.folding import Folding, steps
from build_decoder.hdl.planning.multipliers import Multiplier, Multipliers
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.weight_rows import weight_rows
from build_decoder.models.layer import Shape
from build_decoder.quant.layers.dense import Dense

__all__ = ["DensePlan"]

_UNREGISTERED_GROUPS = 4
"""Selecting among so many groups is one level of logic, and takes no cycle of its own."""


@dataclass(frozen=True)
class DensePlan(LayerPlan):
    """Plan of a dense layer.

    Parameters
    ----------
    parameters
        The dense layer.
    folding
        Inputs and neurons a cycle.
    lanes
        Outputs a transfer. Must divide ``folding.outputs_per_cycle``, or one pass must be all.
    double_buffered
        Capture finished sums, so that the next pass can run while they are drained; otherwise it
        waits.
    multipliers
        Units that make the products of a cycle; a DSP block for each if None.

    Raises
    ------
    ValueError
        If outputs of two passes would share a transfer.
    """

    name = "dense"
    layer_type = Dense

    parameters: Dense
    folding: Folding
    lanes: int
    double_buffered: bool
    multipliers: Multipliers | None = None

    def __post_init__(self):
        if self.multipliers is None:
            products = self.folding.inputs_per_cycle * self.neurons
            object.__setattr__(self, "multipliers", Multipliers(dsp=products))
        if self.passes > 1 and self.folding.outputs_per_cycle % self.lanes:
            raise ValueError(
                f"expected lanes that divide {self.folding.outputs_per_cycle} outputs a cycle, "
                f"got {self.lanes}"
            )

    @property
    def beats(self) -> int:
        """Transfers of a frame in."""
        return self.folding.beats(self.parameters.input_count)

    @property
    def passes(self) -> int:
        """Passes over a frame."""
        return self.folding.passes(self.parameters.units)

    @property
    def neurons(self) -> int:
        """Neurons of a pass."""
        return min(self.folding.outputs_per_cycle, self.parameters.units)

    @property
    def groups_in_pass(self) -> int:
        """Transfers out of a full pass."""
        return -(-self.neurons // self.lanes)

    @property
    def groups_in_frame(self) -> int:
        """Transfers of a frame out."""
        return -(-self.parameters.units // self.lanes)

    @property
    def groups(self) -> list[int]:
        """Transfers out of each pass; the last pass may have fewer."""
        full = [self.groups_in_pass] * (self.passes - 1)
        return [*full, self.groups_in_frame - sum(full)]

    @property
    def registered_selection(self) -> bool:
        """Whether the selection of a group has a register of its own."""
        return self.groups_in_pass > _UNREGISTERED_GROUPS

    @property
    def weight_rows(self) -> np.ndarray:
        """Raw weights (rows, inputs_per_cycle, neurons), a row a beat, pass after pass."""
        return weight_rows(self.parameters.weights, self.folding.inputs_per_cycle, self.neurons)

    @property
    def units_accumulate(self) -> bool:
        """Whether MAC units sum their products, rather than an adder tree behind them."""
        return self.folding.inputs_per_cycle == 1

    @property
    def unit_width(self) -> int:
        """Bits of what a MAC unit gives: an exact sum, or a product."""
        p = self.parameters
        if self.units_accumulate:
            return p.exact.width
        # A product has as many bits as both operands, and a sign that unsigned ones do not bring.
        return p.input.width + p.weight.width + (not p.input.signed and not p.weight.signed)

    @property
    def constant_weights(self) -> bool:
        """Whether there is one row of weights only."""
        return self.beats * self.passes == 1

    @property
    def captured_by_units(self) -> frozenset[int]:
        """Neurons whose unit captures the finished sum itself, ahead of the drain."""
        if not self.double_buffered:
            return frozenset()
        units = self.multipliers.units(self.folding.inputs_per_cycle, self.neurons)
        return frozenset(neuron for kind, _, neuron in units if kind is Multiplier.SELECT)

    @property
    def mac_latency(self) -> int:
        """From a pass's last inputs to finished sums: product, levels of the adder tree, sum."""
        return 2 + (self.folding.inputs_per_cycle - 1).bit_length()

    @property
    def sums_latency(self) -> int:
        """From a pass's last beat to its first group of sums leaving."""
        return self.mac_latency + self.double_buffered

    @property
    def drain_latency(self) -> int:
        """From sums leaving to output."""
        return self.registered_selection + activation_plan(self.parameters.activation).latency

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        p = self.parameters
        return (Tensor((p.input_count,), p.input, self.folding.inputs_per_cycle),)

    @property
    def output(self) -> Tensor:
        return Tensor((self.parameters.units,), self.parameters.output, self.lanes)

    @property
    def actors(self) -> tuple[Actor, ...]:
        return dense_actors(
            beats=self.beats,
            groups=self.groups,
            sums_latency=self.sums_latency,
            drain_latency=self.drain_latency,
            double_buffered=self.double_buffered,
        )

    @classmethod
    def options(cls, layer: Dense, shapes: Sequence[Shape]) -> Iterator["DensePlan"]:
        """Foldings that differ in transfers in or in passes, the narrowest of each."""
        for inputs in steps(layer.input_count):
            for outputs in steps(layer.units):
                yield cls(layer, Folding(inputs, outputs), 1, double_buffered=True)

    def giving(self, lanes: int) -> "DensePlan":
        fits = self.passes == 1 or not self.folding.outputs_per_cycle % lanes
        return replace(self, lanes=lanes if fits else 1)

    def within(self, interval: int) -> "DensePlan":
        # With time to spare, sums need not be captured.
        waiting = replace(self, double_buffered=False)
        return waiting if waiting.times.interval <= interval else self
