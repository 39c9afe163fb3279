"""Draws the paper's tables and figures from a results file, the paper's figures beside.

python -m build_decoder.models.nerve_cuff.report build/escape/results.jsonl --output report
"""

import argparse
import hashlib
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from build_decoder.models.arguments import LineParser, filled_path, number
from build_decoder.models.command import exit_status
from build_decoder.models.errors import InputError
from build_decoder.models.nerve_cuff.exploration import exploration
from build_decoder.models.nerve_cuff.explore.paper_choices import PAPER_CHOICES
from build_decoder.models.nerve_cuff.explore.picks import (
    THRESHOLD,
    describe_plain,
    picks,
    summary_of,
)
from build_decoder.models.nerve_cuff.own_network import OWN_NETWORK
from build_decoder.models.nerve_cuff.report import figures
from build_decoder.models.nerve_cuff.report.marks import FLOOR, style
from build_decoder.models.nerve_cuff.report.page import Section, page
from build_decoder.models.nerve_cuff.report.selection import (
    Group,
    common_summaries,
    complete_summaries,
    groups,
    is_baseline,
)
from build_decoder.models.nerve_cuff.report.tables import (
    Table,
    data_table,
    front_table,
    picks_table,
    table_1,
    table_2,
)
from build_decoder.models.nerve_cuff.table1 import TABLE_1
from build_decoder.models.nerve_cuff.training.results import read_rows
from build_decoder.models.nerve_cuff.training.summary import Summary, summarise, title_of

__all__ = ["main"]

_OWN_TITLE = title_of(describe_plain(OWN_NETWORK))


def _cross_validation(group: Group, threshold: float, folder: Path) -> Section:
    """Tables 1 and 2 over all trainings; figures and choices over those that all networks have."""
    trainings = len(group.rows)
    seconds = sum(row["seconds"] for row in group.rows)
    text = f"{group.setting}. {trainings} trainings, {seconds:,.0f} s."
    own = _own(group)
    both = (table_1(group, own), table_2(group, own))
    common, complete = common_summaries(group.rows), complete_summaries(group.rows)
    if not common:
        text += " The networks have no training in common: no figures."
        return Section("Cross-validation", text, (*both, data_table(group)))
    chosen = picks(exploration(), [row for one in common for row in one.rows], threshold=threshold)
    marked = [one.chosen.title for one in chosen if one.chosen and not one.stage]
    named = [one for one in common if one.title in (*_titles(), _OWN_TITLE)]
    several = len({row["digest"] for row in common[0].rows}) > 1
    baselines = [one for one in common if is_baseline(one.network)]
    below = (
        f" Below {FLOOR:g} the scale of macro F1 is a quarter of that above."
        if min(one.mean("macro_f1") for one in common) < FLOOR
        else ""
    )
    drawn = {
        "figure3": (
            figures.figure_3(common, [*marked, _OWN_TITLE, "ESCAPE-NET"], threshold),
            "Figure 3. Macro F1 and weights of every network. Black borders: the network of each "
            "of the paper's families that the rule chooses here, ESCAPE-NET and our own. Stars: "
            "the paper's four networks, whose values are the only ones that it states. A dashed "
            f"line: the majority class, which has no weights.{below}",
        ),
        "figure4": (
            figures.figure_4(common, [*marked, _OWN_TITLE, "ESCAPE-NET"], threshold),
            "Figure 4. Macro F1 and FLOPs. The paper's star of ESCAPE-RNN counts one time step. "
            f"Of baselines, two FLOPs are taken for each MAC.{below}",
        ),
        "figure5": (
            figures.figure_5(
                [
                    one
                    for one in (summary_of(paper.network, group.rows) for paper in TABLE_1.values())
                    if one is not None
                ]
                + own
                + [one for one in summarise(group.rows) if is_baseline(one.network)]
            ),
            "Figure 5. The paper's networks, ours and baselines, all their trainings: (a) weights, "
            "(b) memory, with dotted lines at 73, 148, 164 and 181.5 KB of the accelerators that "
            "the paper cites, and of baselines a byte for each weight, (c) FLOPs, of baselines two "
            f"for each MAC. All are at their own places; the paper's bars are thin.{below}",
        ),
        "figure6": (
            figures.figure_6(common if several else complete or common, threshold),
            "Figure 6. Best and worst subject of every network and baseline, over the trainings in "
            "common; where these are of one subject, of those that have all trainings. A grey "
            f"band: the majority class.{below}",
        ),
        "front": (
            figures.front_figure(common, named),
            "Macro F1 against weights and MACs, and the front of all families and baselines."
            f"{below}",
        ),
    }
    shown = [
        (_save(figure, folder / name), caption) for name, (figure, caption) in drawn.items()
    ]
    paper = {place: title_of(describe_plain(one)) for place, one in PAPER_CHOICES.items()}
    points = len(next(one for one in common if not is_baseline(one.network)).rows)
    fronts = [common] if len(complete) == len(common) else [common, complete]
    return Section(
        "Cross-validation",
        f"{text} Tables 1 and 2 and Figure 5 are over all trainings of a network, everything else, "
        f"where it does not say otherwise, over the {points} that all networks have in common: "
        "subjects, folds and seeds.",
        (
            *both,
            picks_table(chosen, paper, baselines, threshold),
            *(front_table(networks) for networks in fronts if networks),
            data_table(group),
        ),
        shown,
    )


def _own_test(group: Group) -> Section:
    own = [one for one in summarise(group.rows) if one.network["family"] == "EscapeTcn"]
    return Section(
        f"Data with a test set of their own: {group.subject}",
        f"{group.setting}. Deviations are over seeds.",
        (table_1(group, own), table_2(group, own), data_table(group)),
    )


def _own(group: Group) -> list[Summary]:
    """Our network, where it was trained."""
    own = summary_of(OWN_NETWORK, group.rows)
    return [own] if own else []


def _titles() -> list[str]:
    return [paper.title for paper in TABLE_1.values()]


def _save(figure: Figure, path: Path) -> str:
    """Write PNG and SVG, without dates and versions; returns the SVG."""
    figure.savefig(path.with_suffix(".png"), dpi=130, metadata={"Software": None})
    text = io.StringIO()
    with style():
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    path.with_suffix(".svg").write_text(text.getvalue(), encoding="utf-8")
    figures.close(figure)
    return text.getvalue()


def _print(table: Table) -> None:
    widths = [max(map(len, column)) for column in zip(table.head, *table.rows, strict=True)]
    print(f"\n{table.title}")
    for row in (table.head, *table.rows):
        first, *others = row
        texts = [first.ljust(widths[0])]
        texts += [text.rjust(width) for text, width in zip(others, widths[1:], strict=True)]
        print("  ".join(texts).rstrip())


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = LineParser(
        prog="python -m build_decoder.models.nerve_cuff.report",
        description="Draw the paper's tables and figures from a results file.",
    )
    parser.add_argument("results", type=filled_path, metavar="RESULTS.jsonl")
    parser.add_argument(
        "--output", type=filled_path, metavar="DIR",
        help="default: a folder `report` beside the results",
    )
    parser.add_argument(
        "--threshold",
        type=number(0, 1),
        default=THRESHOLD,
        metavar="F1",
        help="macro F1 that a network has to exceed to be chosen; default: %(default)s",
    )
    return exit_status(lambda: _run(parser.parse_args(arguments)))


def _run(options: argparse.Namespace) -> int:
    folder = options.output or options.results.parent / "report"
    found = groups(read_rows(options.results))
    if not found:
        raise InputError.at(options.results, "", expected="rows of networks", got="baselines")
    folder.mkdir(parents=True, exist_ok=True)
    sections = []
    for group in found:
        if group.subject:
            sections.append(_own_test(group))
        elif not any(section.figures for section in sections):  # one set of figures
            sections.append(_cross_validation(group, options.threshold, folder))
        else:
            tables = (table_1(group, _own(group)), data_table(group))
            sections.append(Section("Cross-validation", group.setting, tables))
    digest = hashlib.sha256(options.results.read_bytes()).hexdigest()
    lead = f"Results: {options.results.name}, SHA-256 {digest}."
    text = page("Nerve-cuff networks", lead, sections)
    (folder / "report.html").write_text(text, encoding="utf-8")
    for section in sections:
        print(f"\n{section.title}. {section.text}")
        for table in section.tables:
            _print(table)
    print(f"\n{folder / 'report.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
