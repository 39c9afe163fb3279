"""Limits for the differences between an integer model and the float model."""

from dataclasses import dataclass

from build_decoder.models.task import Task
from build_decoder.quant.quality import Quality

__all__ = ["MAX_ERROR", "Criterion"]

MAX_ERROR = 0.02
"""Default for the error of an output that is a value of its own, in its standard deviation. It
costs less than 0.001 of R2 if errors do not depend on those of the float model."""

_LABEL_FLIPS = 0.0002
"""Fraction of each label's decisions that may be expected to change. It is small, since a label has
no other output to be compared with, and its decision often is an alarm."""


@dataclass(frozen=True)
class Criterion:
    """Limits on the samples that a search sees, chosen so that they carry over to other samples.

    A limit on accuracy alone would let a search trade broken decisions for others that it happens
    to mend, and even a count of changed decisions rests on few samples. So the limit is on the
    decisions that are *expected* to change, estimated near the decision boundary
    (:mod:`quant.near_boundary`).

    Attributes
    ----------
    max_loss
        Accuracy that may be lost, as a fraction.
    max_flips
        Fraction of decisions that may be expected to change. Near the boundary, a change is a loss
        about as often as a gain. On golden data, up to twice as many may change.
    max_output_error
        Root mean square error of all outputs together, in their standard deviation, so that outputs
        keep a meaning beside the decisions.
    max_error
        Root mean square error of each output, in its own standard deviation; None if outputs only
        decide.
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
        """Whether measured quality is good enough; the caller checks the expected changes."""
        return (
            quality.accuracy_lost <= self.max_loss + 1e-12
            and 1 - min(quality.agreements, default=1.0) <= 2 * self.max_flips
            and quality.output_error <= self.max_output_error
            and (self.max_error is None or max(quality.errors) <= self.max_error)
        )
