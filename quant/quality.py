"""How well an integer model keeps to the float model: AHEAD's quantised performance loss."""

from dataclasses import dataclass

import numpy as np

from models.golden import GoldenData, decisions
from quant.integer_model import IntegerModel

__all__ = ["Quality", "compare", "measure"]


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


def measure(model: IntegerModel, golden: GoldenData) -> Quality:
    """Quality of ``model`` on ``golden``, whose ``y`` are the float model's outputs."""
    return compare(model.predict(golden.x), golden)


def compare(y: np.ndarray, golden: GoldenData) -> Quality:
    """Quality of real outputs ``y`` (samples, outputs) on ``golden``."""
    decided, reference = decisions(y), decisions(golden.y)
    labels = reference if golden.labels is None else golden.labels
    spread = float(golden.y.std())
    error = float(np.sqrt(np.mean((y - golden.y) ** 2)))
    return Quality(
        samples=len(golden),
        float_accuracy=float(np.mean(reference == labels)),
        accuracy=float(np.mean(decided == labels)),
        agreement=float(np.mean(decided == reference)),
        output_error=error / spread if spread else error,
    )
