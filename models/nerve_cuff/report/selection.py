"""Selects rows of a results file that can be compared in a table or figure."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from build_decoder.models.nerve_cuff.training.results import Row
from build_decoder.models.nerve_cuff.training.sources import simulation_of
from build_decoder.models.nerve_cuff.training.summary import Summary, summarise

__all__ = ["Group", "common_summaries", "complete_summaries", "groups", "is_baseline"]


@dataclass(frozen=True)
class Group:
    """Rows of networks that were trained alike, and of the baselines on the same data.

    Parameters
    ----------
    setting:
        What they have in common, for people.
    subject:
        Name of the data where they have a test set of their own; empty for a cross-validation.
    rows:
        In the order of the file.
    """

    setting: str
    subject: str
    rows: tuple[Row, ...]

    @property
    def networks(self) -> int:
        """Different networks, baselines aside."""
        return len([one for one in summarise(self.rows) if not is_baseline(one.network)])


def groups(rows: Sequence[Row]) -> list[Group]:
    """Groups of rows; cross-validations come first, and among these the group of most networks.

    A group of baselines alone is left out.

    In a group, simulated recordings have the same length and level, and training sets have the same
    size and were filled up in the same way; data with a test set of their own make a group by
    themselves. Schedules may differ, since each network needs its own. If a network was trained
    with several, the schedule with the most rows counts, or else the latest.
    """
    together: dict[tuple, dict[str, dict[str, list[Row]]]] = {}
    for row in rows:
        own_test = (row["subject"], row["digest"]) if row["folds"] == 1 else ("", "")
        kind = (*own_test, simulation_of(row["subject"]), row["samples"], row["augmentation"])
        networks = together.setdefault(kind, {})
        schedules = networks.setdefault(json.dumps(row["network"]), {})
        schedules.setdefault(json.dumps(row["schedule"]), []).append(row)
    found = []
    for (subject, _, *setting), networks in together.items():
        chosen = [
            max(reversed(schedules.values()), key=len) for schedules in networks.values()
        ]
        members = tuple(row for network in chosen for row in network)
        found.append(Group(_setting(*setting, members), subject, members))
    found = [group for group in found if group.networks]
    return sorted(found, key=lambda group: (bool(group.subject), -group.networks))


def _epochs(row: Row) -> int:
    """Most epochs of the whole network; 0 for a baseline."""
    stages = row["schedule"]["stages"] if row["schedule"] else ()
    return sum(stage["epochs"] for stage in stages if stage["part"] == "whole")


def _setting(
    simulation: str, samples: int, augmentation: str | None, rows: Iterable[Row]
) -> str:
    size = "Training sets as measured"
    if samples:
        how = {"mean": "class means and noise", "shift": "shifted signatures"}[augmentation]
        size = f"{samples:,} signatures a class, filled up by {how}"
    epochs = sorted({_epochs(row) for row in rows} - {0})
    most = f"; at most {' or '.join(f'{number:,}' for number in epochs)} epochs" if epochs else ""
    data = f"Simulated recordings of {simulation}; " if simulation else ""
    return f"{data}{size}{most}"


def is_baseline(network: dict) -> bool:
    """Whether it is of a baseline rather than of a network."""
    return network["family"] == "Baseline"


def common_summaries(rows: Sequence[Row]) -> list[Summary]:
    """Summaries over the trainings that all networks have: the same subjects, folds and seeds.

    Baselines are among them where they have all of these trainings.
    """
    return _over(rows, set.intersection(*_places(_of_networks(rows)).values()))


def complete_summaries(rows: Sequence[Row]) -> list[Summary]:
    """Summaries of the networks and baselines that have every training that any network has.

    An exploration is often of fewer subjects and folds than the networks that come of it.
    """
    networks = _of_networks(rows)
    every = set.union(*_places(networks).values())
    complete = _over(rows, every)
    return complete if any(not is_baseline(one.network) for one in complete) else []


def _of_networks(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if not is_baseline(row["network"])]


def _over(rows: Sequence[Row], places: set[tuple]) -> list[Summary]:
    """Summaries over `places` of what has been trained on all of them."""
    there = _places(rows)
    return summarise(
        row
        for row in rows
        if _place(row) in places and places <= there[json.dumps(row["network"])]
    )


def _places(rows: Sequence[Row]) -> dict[str, set[tuple]]:
    places: dict[str, set[tuple]] = {}
    for row in rows:
        places.setdefault(json.dumps(row["network"]), set()).add(_place(row))
    return places


def _place(row: Row) -> tuple:
    return (row["digest"], row["fold"], row["seed"])
