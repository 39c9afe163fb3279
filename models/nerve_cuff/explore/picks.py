"""The paper's rule of choice (Section 2.4), on rows of results."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from build_decoder.models.nerve_cuff.exploration import Variant
from build_decoder.models.nerve_cuff.training.cells import describe
from build_decoder.models.nerve_cuff.training.results import Row
from build_decoder.models.nerve_cuff.training.schedule import Network
from build_decoder.models.nerve_cuff.training.summary import Summary, summarise

__all__ = ["THRESHOLD", "Pick", "describe_plain", "pick", "picks", "summary_of"]

THRESHOLD = 0.70  # of macro F1


@dataclass(frozen=True)
class Pick:
    """The choice of the rule in a stage, or in a family.

    Parameters
    ----------
    family, stage:
        As those of a `Variant`; an empty stage stands for all of the family.
    trained, variants:
        Networks that have rows, and networks in all.
    chosen:
        The network, or None where none is above the threshold.
    """

    family: str
    stage: str
    trained: int
    variants: int
    chosen: Summary | None


def pick(candidates: Iterable[Summary], threshold: float) -> Summary | None:
    """The network of fewest weights whose mean macro F1 is above `threshold`, or None.

    Of two networks with as many weights, the one with the higher macro F1.
    """
    good = [one for one in candidates if one.mean("macro_f1") > threshold]
    return min(
        good, key=lambda one: (one.rows[0]["weights"], -one.mean("macro_f1")), default=None
    )


def picks(variants: Sequence[Variant], rows: Sequence[Row], *, threshold: float) -> list[Pick]:
    """The choices of the rule in each stage, in order, then in each family."""
    by_network = {_text(one.network): one for one in summarise(rows)}
    stages = dict.fromkeys((one.family, one.stage) for one in variants)
    families = dict.fromkeys((one.family, "") for one in variants)
    found = []
    for family, stage in (*stages, *families):
        networks = dict.fromkeys(
            _text(describe_plain(one.network))
            for one in variants
            if one.family == family and stage in ("", one.stage)
        )
        trained = [by_network[text] for text in networks if text in by_network]
        found.append(Pick(family, stage, len(trained), len(networks), pick(trained, threshold)))
    return found


def summary_of(network: Network, rows: Sequence[Row]) -> Summary | None:
    """The rows of `network`, whatever the geometry of its inputs; None where there are none."""
    text = _text(describe_plain(network))
    return next((one for one in summarise(rows) if _text(one.network) == text), None)


def describe_plain(network: Network) -> dict:
    """A network as JSON values, without the geometry of its inputs."""
    return {key: value for key, value in describe(network).items() if key != "cuff"}


def _text(network: dict) -> str:
    return json.dumps(network)
