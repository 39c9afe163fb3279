"""Folding: how much of a layer is computed in a cycle."""

from dataclasses import dataclass

__all__ = ["UNREGISTERED_GROUPS", "Folding", "lanes_between", "steps"]

UNREGISTERED_GROUPS = 4
"""Selecting among so many groups is one level of logic, and takes no cycle of its own."""


@dataclass(frozen=True)
class Folding:
    """``inputs_per_cycle`` inputs go into ``outputs_per_cycle`` neurons, one product each a cycle.

    A layer of fewer neurons at a time than it has goes over its inputs in several passes.
    """

    inputs_per_cycle: int
    outputs_per_cycle: int

    def __post_init__(self):
        if self.inputs_per_cycle < 1 or self.outputs_per_cycle < 1:
            raise ValueError(f"expected at least one input and one output a cycle, got {self!r}")

    def __str__(self):
        return f"{self.inputs_per_cycle}x{self.outputs_per_cycle}"

    @property
    def multipliers(self) -> int:
        """Products a cycle."""
        return self.inputs_per_cycle * self.outputs_per_cycle

    def beats(self, inputs: int) -> int:
        """Transfers that bring ``inputs`` inputs."""
        return -(-inputs // self.inputs_per_cycle)

    def passes(self, units: int) -> int:
        """Passes over the inputs for ``units`` neurons."""
        return -(-units // self.outputs_per_cycle)


def steps(count: int) -> list[int]:
    """Numbers at a time that ``count`` things can be taken in, the least of each number of times.

    All else is as fast as one of these, and wider.
    """
    return sorted({-(-count // times) for times in range(1, count + 1)})


def lanes_between(units: int, folding: Folding, wide: int) -> int:
    """Outputs a transfer of a layer behind which ``wide`` are taken: these, or one to a packer."""
    fits = folding.outputs_per_cycle >= units or not folding.outputs_per_cycle % wide
    return wide if fits else 1
