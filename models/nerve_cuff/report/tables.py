"""Tables of a group of rows, as rows of text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from build_decoder.models.nerve_cuff.explore.picks import Pick
from build_decoder.models.nerve_cuff.report.front import front
from build_decoder.models.nerve_cuff.report.needs import need_of
from build_decoder.models.nerve_cuff.report.selection import Group, is_baseline
from build_decoder.models.nerve_cuff.table1 import TABLE_1, PaperNetwork
from build_decoder.models.nerve_cuff.training.results import Row
from build_decoder.models.nerve_cuff.training.summary import Summary, summarise

__all__ = ["Table", "data_table", "front_table", "picks_table", "table_1", "table_2"]


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
_IN_PAPER = "  in the paper"
_BASELINES = "Of baselines: a byte for each weight, two FLOPs for each MAC"
_NONE = {True: "none above the threshold", False: "none trained"}
_DIGEST = 16  # hexadecimal digits that are shown


def data_table(group: Group) -> Table:
    """The data that the trainings are of, by name and SHA-256 of its signatures and labels."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in group.rows:
        found.setdefault((row["subject"], row["digest"]), []).append(row)
    rows = tuple(
        (
            name,
            f"{digest[:_DIGEST]}…",
            _range(row["test_signatures"] for row in members),
            ", ".join(map(str, sorted({row["fold"] for row in members}))),
            str(len(members)),
        )
        for (name, digest), members in sorted(found.items())
    )
    return Table(
        "Data", ("name", "SHA-256", "signatures of a test part", "folds", "trainings"), rows
    )


def table_1(group: Group, own: Sequence[Summary] = ()) -> Table:
    """Performance and resources (Table 1), `own` networks and baselines after the paper's."""
    rows = []
    for one in _shown(group, own):
        rows.append(
            (
                one.title,
                one.spread("accuracy"),
                one.spread("macro_f1"),
                _whole(need_of(one, "weights")),
                _kib(one, "tflite_bytes"),
                _whole(need_of(one, "flops")),
                _whole(need_of(one, "macs")),
                str(len(one.rows)),
            )
        )
        paper = _PAPER.get(one.title)
        if paper is not None and not group.subject:
            rows.append(
                (
                    _IN_PAPER,
                    *_paper(paper),
                    _whole(paper.weights),
                    _size(paper.integer_kib),
                    _whole(paper.flops),
                    "",
                    "27",
                )
            )
    head = (
        *("network", "accuracy", "macro F1", "weights", "8-bit TFLite, KiB", "FLOPs", "MACs"),
        "trainings",
    )
    title = f"Table 1. Performance and resources; deviations over trainings. {_BASELINES}"
    return Table(title, head, tuple(rows))


def table_2(group: Group, own: Sequence[Summary] = ()) -> Table:
    """Float32 beside 8-bit weights (Table 2)."""
    rows = []
    for one in _shown(group, own):
        differences = [abs(row["macro_f1"] - row["tflite_macro_f1"]) for row in one.rows]
        rows.append(
            (
                one.title,
                _whole(need_of(one, "weights")),
                _whole(need_of(one, "macs")),
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
            both = _paper(paper)
            sizes = _size(paper.float_kib), _size(paper.integer_kib)
            rows.append(
                (
                    *(_IN_PAPER, _whole(paper.weights), ""),
                    *(*both, sizes[0], *both, sizes[1], "", ""),
                )
            )
    head = (
        *("network", "weights", "MACs", "float32: accuracy", "macro F1", "KiB"),
        *("8-bit: accuracy", "macro F1", "KiB", "difference of mean F1", "largest of a training"),
    )
    return Table("Table 2. Weights of 32 and of 8 bits", head, tuple(rows))


def picks_table(
    picks: Sequence[Pick],
    paper: dict[tuple[str, str], str],
    baselines: Sequence[Summary],
    threshold: float,
) -> Table:
    """The choices of the paper's rule on these rows, and the paper's own choices.

    Parameters
    ----------
    paper:
        Title of the paper's choice by family and stage.
    baselines:
        For comparison, over the same trainings.
    """
    rows = [
        (
            f"{one.family} {one.stage}" if one.stage else f"{one.family}, all stages",
            f"{one.trained} of {one.variants}",
            *(_choice(one.chosen) if one.chosen else (_NONE[bool(one.trained)], "", "", "")),
            paper.get((one.family, one.stage), ""),
        )
        for one in picks
    ]
    rows += [("baseline, not chosen", "", *_choice(one), "") for one in baselines]
    return Table(
        f"Choices: fewest weights with a macro F1 above {threshold:g}",
        ("stage", "trained", "chosen here", "weights", "MACs", "macro F1", "chosen in the paper"),
        tuple(rows),
    )


def _choice(one: Summary) -> tuple[str, str, str, str]:
    return (
        one.title,
        _whole(need_of(one, "weights")),
        _whole(need_of(one, "macs")),
        one.spread("macro_f1"),
    )


def front_table(summaries: Sequence[Summary]) -> Table:
    """What no other of `summaries` beats in weights, MACs and macro F1."""
    rows = tuple(map(_choice, front(summaries, ("weights", "macs"))))
    baselines = sum(is_baseline(one.network) for one in summaries)
    number = len(summaries[0].rows)
    title = (
        f"Front of {len(summaries) - baselines} networks and {baselines} baselines over {number} "
        f"training{'s' * (number > 1)} each: no other has as few weights and MACs and as high a "
        "macro F1"
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


def _paper(paper: PaperNetwork) -> tuple[str, str]:
    """Its accuracy and macro F1 with all digits that it has."""
    (accuracy, spread), (f1, f1_spread) = paper.accuracy, paper.macro_f1
    return f"{accuracy:.4f} ± {spread:.4f}", f"{f1:.2f} ± {f1_spread:.2f}"


def _range(numbers: Iterable[int]) -> str:
    """One number, or the least and the largest."""
    every = sorted(set(numbers))
    return _whole(every[0]) if len(every) == 1 else f"{every[0]:,} to {every[-1]:,}"


def _whole(number: float) -> str:
    return f"{round(number):,}"


def _kib(summary: Summary, measure: str) -> str:
    return _size(need_of(summary, measure) / 1024)


def _size(kib: float) -> str:
    """Whole from 1,000 on, as the paper has it."""
    return f"{kib:,.2f}" if kib < 1000 else f"{kib:,.0f}"
