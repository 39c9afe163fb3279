"""Multipliers of a layer: how many of which kind, and which products each makes."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Multiplier", "Multipliers"]


class Multiplier(enum.Enum):
    """What a MAC unit multiplies with."""

    DSP = "dsp"
    """A DSP block, for one neuron."""

    PACKED = "packed"
    """A DSP block, for two neurons: :class:`hdl.planning.dsp_packing.DspPacking`."""

    SELECT = "select"
    """The LUTs that add, for one neuron: :class:`hdl.parts.select_accumulate.SelectAccumulate`."""

    LUT = "lut"
    """LUTs, for one neuron."""

    @property
    def neurons(self) -> int:
        """Neurons that a unit serves."""
        return 2 if self is Multiplier.PACKED else 1


@dataclass(frozen=True)
class Multipliers:
    """Numbers of units of each kind; together they make all products of a cycle."""

    packed: int = 0
    dsp: int = 0
    lut: int = 0
    select: int = 0

    @property
    def blocks(self) -> int:
        """DSP blocks."""
        return self.packed + self.dsp

    def units(self, inputs: int, neurons: int) -> Iterator[tuple[Multiplier, int, int]]:
        """Kind, input and first neuron of each unit, input by input.

        Raises
        ------
        ValueError
            If the units do not make ``inputs * neurons`` products, or a packed one is left without
            a pair of neurons.
        """
        left = {
            Multiplier.PACKED: self.packed,
            Multiplier.DSP: self.dsp,
            Multiplier.SELECT: self.select,
            Multiplier.LUT: self.lut,
        }
        for k in range(inputs):
            neuron = 0
            while neuron < neurons:
                room = neurons - neuron
                fitting = (kind for kind in left if left[kind] and kind.neurons <= room)
                kind = next(fitting, None)
                if kind is None:
                    raise self._misfit(inputs, neurons)
                left[kind] -= 1
                yield kind, k, neuron
                neuron += kind.neurons
        if any(left.values()):
            raise self._misfit(inputs, neurons)

    def _misfit(self, inputs: int, neurons: int) -> ValueError:
        return ValueError(f"expected units for {inputs} inputs of {neurons} neurons, got {self}")
