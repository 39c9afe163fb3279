"""The task of a decoder: how its outputs are used, and so what its hardware must keep."""

import enum
from dataclasses import dataclass

import numpy as np

__all__ = ["Kind", "Task"]


class Kind(enum.StrEnum):
    """A way in which outputs are used."""

    CLASSES = "classes"
    """The largest output wins; of equals, the first."""

    BINARY = "binary"
    """One output, which says yes from a threshold on."""

    LABELS = "labels"
    """Several outputs, each of which says yes from its own threshold on."""

    REGRESSION = "regression"
    """Every output is a value, on a scale of its own."""


@dataclass(frozen=True)
class Task:
    """The use of a decoder's outputs, as far as it is known.

    Parameters
    ----------
    kinds
        The first is the task. Where nobody said it and more than one fits, the others follow, and
        all of them are kept.
    thresholds
        One an output, for `Kind.BINARY` and `Kind.LABELS`: an output says yes from it on.
    source
        Who said so, or from what it was inferred, as text for the user.
    guessed
        Whether it was inferred from outputs that another task fits as well.
    """

    kinds: tuple[Kind, ...]
    thresholds: tuple[float, ...] = ()
    source: str = ""
    guessed: bool = False

    @property
    def kind(self) -> Kind:
        """The task; if several fit, the likeliest."""
        return self.kinds[0]

    @property
    def keeps_values(self) -> bool:
        """Whether each output is a value of its own, not only a means to decide."""
        return Kind.REGRESSION in self.kinds

    @property
    def each_label(self) -> bool:
        """Whether decisions are judged one label at a time."""
        return Kind.LABELS in self.kinds

    def decisions(self, y: np.ndarray) -> np.ndarray:
        """Decisions of real outputs ``y`` (samples, outputs).

        Returns
        -------
        int64 (samples, decisions): the class for `Kind.CLASSES`, 0 or 1 an output for the kinds
        with thresholds, no column for `Kind.REGRESSION`.
        """
        columns = [np.empty((len(y), 0), dtype=np.int64)]
        if Kind.CLASSES in self.kinds:
            columns.append(np.argmax(y, axis=1)[:, None])
        if self.thresholds:
            columns.append((y >= self.thresholds).astype(np.int64))
        return np.hstack(columns) if len(columns) > 2 else columns[-1]

    def margins(self, y: np.ndarray, decided: np.ndarray) -> np.ndarray:
        """Distance of outputs from deciding otherwise.

        Parameters
        ----------
        y
            Real outputs (samples, outputs).
        decided
            Decisions (samples, decisions), as of `decisions`; not necessarily those of ``y``.

        Returns
        -------
        float64 (samples, decisions): the output of the class decided less the greatest other one,
        or the distance from the threshold on the side decided. Negative where ``y`` decides
        otherwise.
        """
        columns = [np.empty((len(y), 0))]
        if Kind.CLASSES in self.kinds:
            columns.append(_class_margins(y, decided[:, 0])[:, None])
        if self.thresholds:
            above = y - self.thresholds
            columns.append(np.where(decided[:, -len(self.thresholds) :] == 1, above, -above))
        return np.hstack(columns) if len(columns) > 2 else columns[-1]

    def margin(self, y: np.ndarray, decided: np.ndarray, decision: int) -> np.ndarray:
        """Column ``decision`` (samples,) of `margins`, without the others."""
        if Kind.CLASSES in self.kinds:
            if decision == 0:
                return _class_margins(y, decided[:, 0])
            decision -= 1
        above = y[:, decision] - self.thresholds[decision]
        return np.where(decided[:, decision - len(self.thresholds)] == 1, above, -above)

    def choices(self, outputs: int) -> np.ndarray:
        """How many answers each decision (decisions,) of ``outputs`` outputs can have."""
        classes = [outputs] if Kind.CLASSES in self.kinds else []
        return np.array(classes + [2] * len(self.thresholds), dtype=np.int64)


def _class_margins(y: np.ndarray, decided: np.ndarray) -> np.ndarray:
    if y.shape[1] == 2:
        lead = y[:, 0] - y[:, 1]
        return np.where(decided == 0, lead, -lead)
    rows = np.arange(len(y))
    others = y.copy()
    others[rows, decided] = -np.inf
    return y[rows, decided] - others.max(axis=1)
