"""Tables of a group of rows, as rows of text."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from build_decoder.models.nerve_cuff.explore.picks import Pick
from build_decoder.models.nerve_cuff.report.front import front
from build_decoder.models.nerve_cuff.report.selection import Group, is_baseline
from build_decoder.models.nerve_cuff.table1 import TABLE_1
from build_decoder.models.nerve_cuff.training.summary import Summary, summarise

__all__ = ["Table", "front_table", "picks_table", "table_1", "table_2"]


@dataclass(frozen=True)
class Table:
    """A table.

    Parameters
    ----------
    title:
        Its title.
    head:
        Names of the columns.
    rows:
        As many texts each.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


_PAPER = {paper.title: paper for paper in TABLE_1.values()}


def table_1(group: Group, own: Sequence[Summary] = ()) -> Table:
    """Performance and resources (Table 1), the baselines and `own` networks after the paper's."""
    rows = []
    for one in _shown(group, own):
        row = one.rows[0]
        rows.append(
            (
                one.title,
                one.spread("accuracy"),
                one.spread("macro_f1"),
                _whole(row["weights"]),
                _kib(one, "tflite_bytes"),
                _whole(row["flops"]),
                _whole(row["macs"]),
                str(len(one.rows)),
            )
        )
        paper = _PAPER.get(one.title)
        if paper is not None and not group.subject:
            rows.append(
                (
                    "  in the paper",
                    _paper(paper.accuracy),
                    _paper(paper.macro_f1),
                    _whole(paper.weights),
                    f"{paper.integer_kib:,.2f}",
                    _whole(paper.flops),
                    "",
                    "27",
                )
            )
    head = (
        *("network", "accuracy", "macro F1", "weights", "8-bit TFLite, KiB", "FLOPs", "MACs"),
        "trainings",
    )
    return Table("Table 1. Performance and resources", head, tuple(rows))


def table_2(group: Group, own: Sequence[Summary] = ()) -> Table:
    """Float32 beside 8-bit weights (Table 2)."""
    rows = []
    for one in _shown(group, own):
        if is_baseline(one.network):
            continue
        differences = [abs(row["macro_f1"] - row["tflite_macro_f1"]) for row in one.rows]
        rows.append(
            (
                one.title,
                one.spread("accuracy"),
                one.spread("macro_f1"),
                _kib(one, "tflite_float_bytes"),
                one.spread("tflite_accuracy"),
                one.spread("tflite_macro_f1"),
                _kib(one, "tflite_bytes"),
                f"{abs(one.mean('macro_f1') - one.mean('tflite_macro_f1')):.4f}",
                f"{max(differences):.4f}",
            )
        )
        paper = _PAPER.get(one.title)
        if paper is not None and not group.subject:
            accuracy, f1 = _paper(paper.accuracy), _paper(paper.macro_f1)
            sizes = f"{paper.float_kib:,.2f}", f"{paper.integer_kib:,.2f}"
            rows.append(
                ("  in the paper", accuracy, f1, sizes[0], accuracy, f1, sizes[1], "", "")
            )
    head = (
        *("network", "float32: accuracy", "macro F1", "KiB", "8-bit: accuracy", "macro F1", "KiB"),
        *("difference of mean F1", "largest of a training"),
    )
    return Table("Table 2. Weights of 32 and of 8 bits", head, tuple(rows))


def picks_table(
    picks: Sequence[Pick], paper: dict[tuple[str, str], str], threshold: float
) -> Table:
    """The choices of the paper's rule on these rows, and the paper's own choices.

    Parameters
    ----------
    paper:
        Title of the paper's choice by family and stage.
    """
    rows = tuple(
        (
            f"{one.family} {one.stage}" if one.stage else f"{one.family}, all stages",
            f"{one.trained} of {one.variants}",
            one.chosen.title if one.chosen else "none above the threshold",
            _whole(one.chosen.rows[0]["weights"]) if one.chosen else "",
            one.chosen.spread("macro_f1") if one.chosen else "",
            paper.get((one.family, one.stage), ""),
        )
        for one in picks
    )
    return Table(
        f"Choices: fewest weights with a macro F1 above {threshold:g}",
        ("stage", "trained", "chosen here", "weights", "macro F1", "chosen in the paper"),
        rows,
    )


def front_table(summaries: Sequence[Summary]) -> Table:
    """The networks that no other of `summaries` beats in weights, MACs and macro F1."""
    rows = tuple(
        (
            one.title,
            _whole(one.rows[0]["weights"]),
            _whole(one.rows[0]["macs"]),
            one.spread("macro_f1"),
        )
        for one in front(summaries, ("weights", "macs"))
    )
    number = len(summaries[0].rows)
    title = (
        f"Front of {len(summaries)} networks over {number} training{'s' * (number > 1)} each: no "
        "other has as few weights and MACs and as high a macro F1"
    )
    return Table(title, ("network", "weights", "MACs", "macro F1"), rows)


def _shown(group: Group, own: Sequence[Summary]) -> list[Summary]:
    """The four networks of the paper in its order, then `own`, then the baselines."""
    every = summarise(group.rows)
    titles = list(_PAPER)
    papers = [one for one in every if one.title in titles]
    return [
        *sorted(papers, key=lambda one: titles.index(one.title)),
        *own,
        *(one for one in every if is_baseline(one.network)),
    ]


def _paper(figures: tuple[float, float]) -> str:
    return f"{figures[0]:.3g} ± {figures[1]:.2g}"


def _whole(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


def _kib(summary: Summary, measure: str) -> str:
    size = summary.mean(measure) / 1024
    return "–" if math.isnan(size) else f"{size:,.2f}"
