"""How well an integer model keeps to the float model: AHEAD's quantised performance loss."""

from dataclasses import dataclass

import numpy as np

from models.golden import GoldenData, decisions
from quant.integer_model import IntegerModel

__all__ = ["Quality", "Reference", "compare", "measure"]


@dataclass(frozen=True)
class Quality:
    """Decisions of an integer model against those of the float model (AHEAD, Equation 7).

    Attributes
    ----------
    samples
        Samples looked at.
    float_accuracy, accuracy
        Fraction of samples with the right label, of the float model and of the integer model. Where
        there are no labels, the float model's decisions stand in for them.
    agreement
        Fraction of samples on which both decide alike.
    output_error
        Root mean square difference of the outputs, as a fraction of the standard deviation of the
        float model's outputs.
    """

    samples: int
    float_accuracy: float
    accuracy: float
    agreement: float
    output_error: float

    @property
    def loss(self) -> float:
        """Accuracy lost, as a fraction; negative when the integer model is the better one."""
        return self.float_accuracy - self.accuracy


class Reference:
    """What is known of ``golden`` before any integer model is compared with it."""

    def __init__(self, golden: GoldenData):
        self.y = golden.y
        self.decided = decisions(golden.y)
        self.labels = self.decided if golden.labels is None else golden.labels
        self.accuracy = float(np.mean(self.decided == self.labels))
        self.spread = float(golden.y.std()) or 1.0

    def compare(self, y: np.ndarray) -> Quality:
        """Quality of real outputs ``y`` (samples, outputs)."""
        decided = decisions(y)
        difference = (y - self.y).ravel()
        return Quality(
            samples=len(y),
            float_accuracy=self.accuracy,
            accuracy=float(np.mean(decided == self.labels)),
            agreement=float(np.mean(decided == self.decided)),
            output_error=float(np.sqrt(difference @ difference / len(difference))) / self.spread,
        )


def measure(model: IntegerModel, golden: GoldenData) -> Quality:
    """Quality of ``model`` on ``golden``, whose ``y`` are the float model's outputs."""
    return compare(model.predict(golden.x), golden)


def compare(y: np.ndarray, golden: GoldenData) -> Quality:
    """Quality of real outputs ``y`` (samples, outputs) on ``golden``."""
    return Reference(golden).compare(y)
