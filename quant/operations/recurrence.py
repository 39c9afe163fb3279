"""A cell over all time steps."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

__all__ = ["Cell", "Recurrence"]


class Cell(Protocol):
    """The computation of one time step."""

    def start(self, samples: int) -> tuple[np.ndarray, ...]:
        """Raw states before the first step, each (samples, units)."""

    def compute(
        self, projected: np.ndarray, state: tuple[np.ndarray, ...]
    ) -> tuple[np.ndarray, ...]:
        """Raw states after a step: the first of them is the cell's output.

        Parameters
        ----------
        projected
            Exact sums of products of the step's input, (samples, sums).
        state
            Raw states after the step before.
        """


@dataclass(frozen=True, eq=False)
class Recurrence:
    """Runs a cell over the steps, in order or from the last to the first.

    Parameters
    ----------
    cell
        Parameters of a step.
    sequences
        Whether the outputs of all steps are given, in the order of time, or that of the step that
        is taken last.
    backward
        Whether the last step is taken first.
    """

    cell: Cell
    sequences: bool
    backward: bool

    def compute(self, projected: np.ndarray) -> np.ndarray:
        """Raw outputs (samples, steps, units), or (samples, units), of the exact sums of products
        of all steps' inputs (samples, steps, sums)."""
        given, _ = self.run(projected, self.cell.start(len(projected)))
        return given

    def run(
        self, projected: np.ndarray, state: tuple[np.ndarray, ...]
    ) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
        """The same of steps before which there are these raw states, and the states after them."""
        samples, steps, _ = projected.shape
        given = np.empty((samples, steps, state[0].shape[1]), state[0].dtype)
        for step in reversed(range(steps)) if self.backward else range(steps):
            state = self.cell.compute(projected[:, step], state)
            given[:, step] = state[0]
        return (given if self.sequences else state[0]), state
