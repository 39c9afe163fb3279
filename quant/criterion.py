"""What an integer model must keep of the float model."""

from dataclasses import dataclass

from build_decoder.models.task import Task
from build_decoder.quant.quality import Quality

__all__ = ["MAX_ERROR", "Criterion"]

MAX_ERROR = 0.02
"""Error of an output that is a value of its own, in its standard deviation, unless the user says
otherwise. It costs an R2 of less than 0.001 where errors have nothing to do with those of the float
model."""

_LABEL_FLIPS = 0.0002
"""Changes that may be expected of each label, as a fraction: a label has no other output that it is
compared with, and its decision often is an alarm."""


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
        Root mean square error of all outputs in their standard deviation, so that outputs keep
        their meaning beside the decisions.
    max_error
        Root mean square error of each output in its own standard deviation; None where outputs are
        no values of their own.
    """

    max_loss: float = 0.0
    max_flips: float = 0.003
    max_output_error: float = 0.3
    max_error: float | None = None

    @classmethod
    def for_task(cls, task: Task, *, max_loss: float = 0.0, max_error: float = MAX_ERROR):
        """The criterion of a task; as many decisions more may change as accuracy may be lost."""
        flips = _LABEL_FLIPS if task.each_label else cls.max_flips
        return cls(
            max_loss=max_loss,
            max_flips=flips + max_loss,
            max_error=max_error if task.keeps_values else None,
        )

    def holds(self, quality: Quality) -> bool:
        """Whether what is measured is enough; what is expected is left to the caller."""
        return (
            quality.accuracy_lost <= self.max_loss + 1e-12
            and 1 - min(quality.agreements, default=1.0) <= 2 * self.max_flips
            and quality.output_error <= self.max_output_error
            and (self.max_error is None or max(quality.errors) <= self.max_error)
        )
