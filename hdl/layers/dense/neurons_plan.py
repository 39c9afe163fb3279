"""Plan of neurons that are folded: what plans of dense layers have in common."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

from build_decoder.hdl.layers.dense.control import DenseControl
from build_decoder.hdl.planning.folding import UNREGISTERED_GROUPS, Folding, lanes_between, steps
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Shape
from build_decoder.quant.floating.dense import FloatDense
from build_decoder.quant.layers.dense import Dense

__all__ = ["NeuronsPlan"]

_MOST = 1 << 24
_SMALLEST = Folding(1, 1)


@dataclass(frozen=True)
class NeuronsPlan(DenseControl, LayerPlan):
    """What is folded, and how, whatever the arithmetic is.

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

    Attributes
    ----------
    weight_rows : ndarray
        Int64 (rows, inputs_per_cycle, neurons) of what is stored of weights, a row a beat, pass
        after pass.
    captures : bool
        Whether the drain captures finished sums.
    captured_by_units : frozenset of int
        Neurons whose unit captures the finished sum itself, ahead of the drain.

    Raises
    ------
    ValueError
        If outputs of two passes would share a transfer.
    """

    parameters: Dense | FloatDense
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
    def multiplying(self) -> Self:
        return self

    @property
    def input_count(self) -> int:
        """Inputs of the layer."""
        return self.parameters.input_count

    @property
    def units(self) -> int:
        """Neurons of the layer."""
        return self.parameters.units

    @property
    def registered_selection(self) -> bool:
        """Whether the selection of a group has a register of its own."""
        return self.groups_in_pass > UNREGISTERED_GROUPS

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        p = self.parameters
        return (Tensor((p.input_count,), p.input, self.folding.inputs_per_cycle),)

    @property
    def output(self) -> Tensor:
        return Tensor((self.parameters.units,), self.parameters.output, self.lanes)

    @classmethod
    def options(cls, layer: Dense | FloatDense, shapes: Sequence[Shape]) -> Iterator[Self]:
        """Foldings that differ in transfers in or in passes, the narrowest of each."""
        for inputs in steps(layer.input_count):
            for outputs in steps(layer.units):
                yield cls(layer, Folding(inputs, outputs), 1, double_buffered=True)

    @property
    def choices(self) -> Mapping[str, Folding | Multipliers]:
        return {"folding": self.folding, "multipliers": self.multipliers}

    @classmethod
    def chosen(
        cls,
        layer: Dense | FloatDense,
        shapes: Sequence[Shape],
        *,
        folding: Folding = _SMALLEST,
        multipliers: Multipliers | None = None,
    ) -> Self:
        plan = cls(layer, folding, 1, double_buffered=True, multipliers=multipliers)
        # Whether these units make these products shows when they are given out.
        list(plan.multipliers.units(folding.inputs_per_cycle, plan.neurons))
        return plan

    @classmethod
    def read_choices(cls, entries: Fields) -> Mapping[str, Folding | Multipliers]:
        entries.only("folding", "multipliers")
        return {
            "folding": Folding(**_counts(entries, "folding", Folding, least=1)),
            "multipliers": Multipliers(**_counts(entries, "multipliers", Multipliers, least=0)),
        }

    def giving(self, lanes: int) -> Self:
        return replace(self, lanes=lanes_between(self.units, self.folding, lanes))

    def within(self, interval: int) -> Self:
        # With time to spare, sums need not be captured.
        waiting = replace(self, double_buffered=False)
        return waiting if waiting.times.interval <= interval else self


def _counts(entries: Fields, key: str, kind: type, *, least: int) -> dict[str, int]:
    """Whole numbers for each field of ``kind``, of a dictionary among ``entries``."""
    counts = Fields(entries.values[key], entries.source, entries.place(key))
    names = [field.name for field in fields(kind)]
    counts.only(*names)
    return {name: counts.integer(name, least, _MOST) for name in names}
