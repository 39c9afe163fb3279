"""What an integer model must keep of the float model."""

from dataclasses import dataclass

from quant.quality import Quality

__all__ = ["Criterion"]


@dataclass(frozen=True)
class Criterion:
    """Limits that hold on the samples that a search sees, so that they carry over to others.

    Accuracy alone would let a search trade decisions that it breaks for others that it happens to
    mend, and even a count of changed decisions rests on few samples. So it is limited how many
    decisions are *expected* to change, which is estimated near the decision boundary
    (:mod:`quant.near_boundary`).

    Attributes
    ----------
    max_loss
        Accuracy that may be lost, as a fraction.
    max_flips
        Decisions that may be expected to change, as a fraction. Were every change a loss, this
        would be the loss; on the boundary it is a loss about as often as a gain. Up to twice as
        many may be seen to change.
    max_output_error
        Root mean square error of the outputs in their standard deviations, so that outputs keep
        their meaning beside the decisions.
    """

    max_loss: float = 0.0
    max_flips: float = 0.003
    max_output_error: float = 0.3

    @classmethod
    def for_loss(cls, max_loss: float):
        """As many decisions more may change as accuracy may be lost."""
        return cls(max_loss=max_loss, max_flips=cls.max_flips + max_loss)

    def holds(self, quality: Quality) -> bool:
        """Whether what is measured is enough; what is expected is left to the caller."""
        return (
            quality.loss <= self.max_loss + 1e-12
            and 1 - quality.agreement <= 2 * self.max_flips
            and quality.output_error <= self.max_output_error
        )
