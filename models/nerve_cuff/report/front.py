"""The front: networks and baselines that no other beats."""

from collections.abc import Sequence

from build_decoder.models.nerve_cuff.report.needs import need_of
from build_decoder.models.nerve_cuff.training.summary import Summary

__all__ = ["front"]


def front(summaries: Sequence[Summary], measures: Sequence[str]) -> list[Summary]:
    """The summaries that no other one beats, in ascending order of the first of `measures`.

    One beats another if its mean macro F1 is no lower, none of its `measures` (``weights``,
    ``macs``) is higher, and they are not all equal.
    """

    def figures(one: Summary) -> tuple[float, ...]:
        return (-one.mean("macro_f1"), *(need_of(one, measure) for measure in measures))

    def beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
        return one != other and all(a <= b for a, b in zip(one, other, strict=True))

    kept = [
        one
        for one in summaries
        if not any(beats(figures(other), figures(one)) for other in summaries)
    ]
    return sorted(kept, key=lambda one: need_of(one, measures[0]))
