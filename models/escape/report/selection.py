"""Which rows of a results file can stand beside each other in a table or figure."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.escape.training.results import Row
from models.escape.training.summary import Summary, summarise

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
        return len([one for one in summarise(self.rows) if not is_baseline(one)])


def groups(rows: Sequence[Row]) -> list[Group]:
    """Groups of rows, that of the most networks first, cross-validations before the others.

    Those of baselines alone are left out.

    Alike are the size of the training sets and how they were filled up. Epochs, rates and
    patience may differ: how a network is trained is a part of what it needs. Of two rows of a
    network on the same data, fold and seed, that of more epochs counts.
    """
    together: dict[tuple, dict[tuple, Row]] = {}
    for row in rows:
        subject = row["subject"] if row["folds"] == 1 else ""
        members = together.setdefault((subject, row["samples"], row["augmentation"]), {})
        place = (json.dumps(row["network"]), *_place(row))
        if place not in members or _epochs(members[place]) < _epochs(row):
            members[place] = row
    found = [
        Group(_setting(samples, augmentation, members.values()), subject, (*members.values(),))
        for (subject, samples, augmentation), members in together.items()
    ]
    found = [group for group in found if group.networks]
    return sorted(found, key=lambda group: (bool(group.subject), -group.networks))


def _epochs(row: Row) -> int:
    """Most epochs of the whole network; 0 of a baseline."""
    stages = row["schedule"]["stages"] if row["schedule"] else ()
    return sum(stage["epochs"] for stage in stages if stage["part"] == "whole")


def _setting(samples: int, augmentation: str, rows: Iterable[Row]) -> str:
    how = {"mean": "class means and noise", "shift": "shifted signatures"}[augmentation]
    size = f"{samples:,} signatures a class, filled up by {how}"
    epochs = sorted({_epochs(row) for row in rows} - {0})
    most = f"; at most {' or '.join(f'{number:,}' for number in epochs)} epochs" if epochs else ""
    return f"{size if samples else 'Training sets as measured'}{most}"


def is_baseline(summary: Summary) -> bool:
    """Whether it is of a baseline rather than of a network."""
    return summary.network["family"] == "Baseline"


def common_summaries(rows: Sequence[Row]) -> list[Summary]:
    """Summaries over the trainings that all networks have: the same subjects, folds and seeds.

    Where there are none, over all of each network's.
    """
    common = set.intersection(*_places(rows).values())
    return summarise(row for row in rows if not common or _place(row) in common)


def complete_summaries(rows: Sequence[Row]) -> list[Summary]:
    """Summaries of the networks that have every training that any network has.

    An exploration is often of fewer subjects and folds than the networks that come of it.
    """
    places = _places(rows)
    every = set.union(*places.values())
    return summarise(row for row in rows if places[json.dumps(row["network"])] == every)


def _places(rows: Sequence[Row]) -> dict[str, set[tuple]]:
    places: dict[str, set[tuple]] = {}
    for row in rows:
        places.setdefault(json.dumps(row["network"]), set()).add(_place(row))
    return places


def _place(row: Row) -> tuple:
    return (row["digest"], row["fold"], row["seed"])
