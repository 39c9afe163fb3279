"""Judges formats of several networks at once: they must do for each."""

from collections.abc import Callable, Sequence

from build_decoder.quant.criterion import Criterion
from build_decoder.quant.formats import NetworkFormats
from build_decoder.quant.judge import Judge
from build_decoder.quant.quality import Quality

__all__ = ["JointJudge"]


class JointJudge:
    """Tells whether formats keep a criterion of all networks, as :class:`~quant.judge.Judge` does
    of one.

    Parameters
    ----------
    judges
        A judge of each network; the first one's is the network that is built, whose qualities are
        told. All networks have the same signal nodes.
    """

    def __init__(self, judges: Sequence[Judge]):
        self.each = tuple(judges)
        # The one that refused last comes first, since it is likely to refuse again.
        self._order = list(judges)

    @property
    def criterion(self) -> Criterion:
        """The criterion, which is that of all."""
        return self.each[0].criterion

    @property
    def evaluations(self) -> int:
        """Evaluations of all networks."""
        return sum(judge.evaluations for judge in self.each)

    def quality(self, formats: NetworkFormats) -> Quality:
        """Quality of the first network."""
        return self.each[0].quality(formats)

    def flips(self, formats: NetworkFormats) -> float:
        """Changes expected of the network of most, as a fraction of all decisions."""
        return max(judge.flips(formats) for judge in self.each)

    def harm(self, formats: NetworkFormats) -> float:
        """Part of what is allowed that is used up by the network of most, 1 being all."""
        return max(judge.harm(formats) for judge in self.each)

    @property
    def stages(self) -> int:
        """Parts of the samples that are run one after the other."""
        return max(judge.stages for judge in self.each)

    @property
    def first_stages(self) -> int:
        """All stages but the last one."""
        return max(judge.first_stages for judge in self.each)

    def harm_if(
        self,
        formats: NetworkFormats,
        accepted: Callable[[float], bool],
        *,
        stages: int | None = None,
    ) -> float | None:
        """See :meth:`quant.judge.Judge.harm_if`: the greatest harm of all."""
        most = 0.0
        for judge in list(self._order):
            own = None if stages is None else min(stages, judge.stages)
            harm = judge.harm_if(formats, accepted, stages=own)
            if harm is None:
                self._refused_by(judge)
                return None
            most = max(most, harm)
        return most

    def holds(self, formats: NetworkFormats) -> bool:
        """Whether ``formats`` keep the criterion of all networks."""
        for judge in list(self._order):
            if not judge.holds(formats):
                self._refused_by(judge)
                return False
        return True

    def excuse(self, perfect: NetworkFormats) -> None:
        """Let other formats change what perfect formats change: see `Standard.excuse`."""
        for judge in self.each:
            judge.excuse(perfect)

    def forget(self) -> None:
        """See :meth:`quant.judge.Judge.forget`."""
        for judge in self.each:
            judge.forget()

    def _refused_by(self, judge: Judge) -> None:
        self._order.remove(judge)
        self._order.insert(0, judge)
