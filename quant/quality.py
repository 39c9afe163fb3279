"""How well an integer model keeps to the float model: AHEAD's quantised performance loss."""

from dataclasses import dataclass

import numpy as np

from build_decoder.models.golden import GoldenData
from build_decoder.models.spread import standard_deviation
from build_decoder.models.task import Kind, Task
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["Quality", "Reference", "measure", "output_scales"]

_LEAST_SCALE = 0.1


@dataclass(frozen=True)
class Quality:
    """How close an integer model is to the float model (AHEAD, Equation 7).

    A tuple has one figure for each decision of a sample (classes: one; labels: one a label;
    regression: none), or one for each output.

    Attributes
    ----------
    samples
        How many samples were compared.
    kind
        The task.
    truth
        Whether there are labels, or true values of a regression. Where there are none, the float
        model's own decisions or outputs stand in for them, and its accuracy and R2 are 1.
    float_accuracies, accuracies
        For each decision, the fraction of samples with the right label, of the float model and of
        the integer model.
    agreements
        For each decision, the fraction of samples on which both models decide alike.
    errors
        For each output, the root mean square difference, divided by the standard deviation of the
        float model's output. Where outputs only decide, divided by at least a tenth of the largest
        output's deviation, since a tiny output decides nothing.
    greatest_errors
        For each output, the largest difference, in the output's own unit.
    float_r2s, r2s
        For each output, the coefficient of determination with the true values, of the float model
        and of the integer model. None where the true values do not vary.
    output_error
        Root mean square difference of all outputs, in the standard deviation of all of the float
        model's outputs together.
    """

    samples: int
    kind: Kind
    truth: bool
    float_accuracies: tuple[float, ...]
    accuracies: tuple[float, ...]
    agreements: tuple[float, ...]
    errors: tuple[float, ...]
    greatest_errors: tuple[float, ...]
    float_r2s: tuple[float | None, ...]
    r2s: tuple[float | None, ...]
    output_error: float

    @property
    def float_accuracy(self) -> float | None:
        """Mean of all decisions' accuracies of the float model; None without decisions."""
        return _mean(self.float_accuracies)

    @property
    def accuracy(self) -> float | None:
        """Mean of all decisions' accuracies of the integer model; None without decisions."""
        return _mean(self.accuracies)

    @property
    def agreement(self) -> float | None:
        """Agreement of the decision that agrees least; None without decisions."""
        return min(self.agreements, default=None)

    @property
    def accuracy_lost(self) -> float:
        """Accuracy lost by the decision that lost most, a fraction; negative if all gained."""
        pairs = zip(self.float_accuracies, self.accuracies, strict=True)
        return max((before - after for before, after in pairs), default=0.0)

    @property
    def r2_lost(self) -> float | None:
        """R2 lost by the output that lost most, negative if all gained; None if none is defined."""
        pairs = zip(self.float_r2s, self.r2s, strict=True)
        return max((f - i for f, i in pairs if f is not None), default=None)

    @property
    def loss(self) -> float | None:
        """The greatest loss of a decision's accuracy, or of an output's R2 in a regression."""
        return self.r2_lost if self.kind is Kind.REGRESSION else self.accuracy_lost


def _mean(values: tuple[float, ...]) -> float | None:
    return sum(values) / len(values) if values else None


class Reference:
    """The float model's side of a comparison: all that follows from ``golden`` alone.

    Parameters
    ----------
    golden
        Samples, with the float model's outputs.
    excused
        bool (samples, decisions): decisions that no formats can keep, which count as kept.
    scale
        Golden data whose outputs' standard deviations are the units of errors. Default: ``golden``.
    """

    def __init__(
        self,
        golden: GoldenData,
        *,
        excused: np.ndarray | None = None,
        scale: GoldenData | None = None,
    ):
        self.y = golden.y
        self.task = golden.task
        self.decided = golden.task.decisions(golden.y)
        self.labels = self.decided if golden.labels is None else golden.labels
        self.targets = golden.y if golden.targets is None else golden.targets
        self._excused = excused
        self._right = self.decided == self.labels
        self.accuracies = tuple(self._right.mean(axis=0).tolist())
        self.truth = golden.labels is not None or golden.targets is not None
        self.spread = float(golden.y.std()) or 1.0
        self.spreads = output_scales((scale or golden).y, golden.task)
        varied = np.square(self.targets - self.targets.mean(axis=0)).sum(axis=0)
        self._varied = np.where(standard_deviation(self.targets) > 0, varied, 0.0)
        self._float_r2s = self._r2s(golden.y)

    def compare(self, y: np.ndarray) -> Quality:
        """Quality of real outputs ``y`` (samples, outputs)."""
        decided = self.task.decisions(y)
        alike, right = decided == self.decided, decided == self.labels
        if self._excused is not None:
            alike |= self._excused
            right = np.where(self._excused, self._right, right)
        difference = y - self.y
        squares = np.square(difference).sum(axis=0)
        return Quality(
            samples=len(y),
            kind=self.task.kind,
            truth=self.truth,
            float_accuracies=self.accuracies,
            accuracies=tuple(right.mean(axis=0).tolist()),
            agreements=tuple(alike.mean(axis=0).tolist()),
            errors=tuple((np.sqrt(squares / len(y)) / self.spreads).tolist()),
            greatest_errors=tuple(np.abs(difference).max(axis=0).tolist()),
            float_r2s=self._float_r2s,
            r2s=self._r2s(y),
            output_error=float(np.sqrt(squares.sum() / y.size)) / self.spread,
        )

    def _r2s(self, y: np.ndarray) -> tuple[float | None, ...]:
        missed = np.square(y - self.targets).sum(axis=0)
        return tuple(
            1 - float(m / v) if v > 0 else None
            for m, v in zip(missed, self._varied, strict=True)
        )


def output_scales(y: np.ndarray, task: Task) -> np.ndarray:
    """Unit of each output's errors (outputs,): see `Quality.errors`.

    It is the output's standard deviation. An output that does not vary has the root mean square
    deviation of the others; if none varies, the greatest magnitude of all outputs.
    """
    spread = standard_deviation(y)
    most = float(np.sqrt(np.mean(np.square(spread[spread > 0])))) if spread.any() else 0.0
    if task.kind is not Kind.REGRESSION:
        spread = np.maximum(spread, _LEAST_SCALE * spread.max())
    return np.where(spread > 0, spread, most or float(np.abs(y).max()) or 1.0)


def measure(
    model: IntegerModel, golden: GoldenData, *, scale: GoldenData | None = None
) -> Quality:
    """Quality of ``model`` on ``golden``, whose ``y`` are the float model's outputs.

    ``scale`` is as for `Reference`.
    """
    return Reference(golden, scale=scale).compare(
        model.predict(golden.x, steps=golden.steps)
    )
