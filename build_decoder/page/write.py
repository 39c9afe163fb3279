"""The page of a build, from the files that its stages have left."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from build_decoder.models.errors import printable
from build_decoder.page.answers import answers
from build_decoder.page.checks import checks, unchecked
from build_decoder.page.ends import ends
from build_decoder.page.facts import Facts
from build_decoder.page.graph import graph
from build_decoder.page.latency import latency
from build_decoder.page.making import making
from build_decoder.page.margins import margins
from build_decoder.page.resources import energy, resources
from build_decoder.page.widths import widths

__all__ = ["PAGE_FILE", "write_page"]

PAGE_FILE = "report.html"

_SECTIONS = (ends, answers, margins, widths, graph, latency, resources, energy, checks,
             unchecked, making)


def write_page(folder: Path) -> None:
    """Write ``report.html`` into the folder of a build that has ``report.json``.

    A build that ended before the quantise stage has nothing to show, and gets none.

    Raises
    ------
    InputError
        If its files do not belong together.
    """
    facts = Facts(folder)
    if facts.report["average_bit_width"] is None:
        return
    report = facts.report
    board = "" if report["board"] is None else f" on {report['board']}"
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=_shown,
    )  # fmt: skip
    text = environment.get_template("page.html").render(
        title=f"{report['network']} ({report['built_topology']}){board}",
        subtitle=f"build_decoder, made of report.json and the files beside it; seed "
        f"{report['seed']}. Accuracy, decisions and R2 just below: {facts.which}.",
        tiles=list(_tiles(report, facts.numbers)),
        warnings=report["warnings"],
        sections=[made for made in (section(facts) for section in _SECTIONS) if made is not None],
    )
    (folder / PAGE_FILE).write_text(text, encoding="utf-8")


def _shown(value):
    """Names of users have no control characters on the page."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable(value)
    return value


def _tiles(report: dict, numbers: str):
    """The figures that are asked for first."""
    quality = report["quality"]["held_out"] or report["quality"]["searched_on"]
    if quality["accuracy"] is not None and quality["truth"]:
        yield f"accuracy, {numbers} (floats)", (
            f"{100 * quality['accuracy']:.2f}% ({100 * quality['float_accuracy']:.2f}%)"
        )
    if quality["agreement"] is not None:
        yield "decisions as in floats", f"{100 * quality['agreement']:.2f}%"
    r2s = [r2 for r2 in quality["r2s"] if r2 is not None]
    if quality["kind"] == "regression" and r2s and quality["truth"]:
        floats = [r2 for r2 in quality["float_r2s"] if r2 is not None]
        yield f"least R2, {numbers} (floats)", f"{min(r2s):.4f} ({min(floats):.4f})"
    yield "average width", f"{report['average_bit_width']:.2f} bits"
    if report["latency_cycles"] is not None:
        latency = f"{report['latency_cycles']} cycles"
        if report["clock_mhz"]:
            latency += f", {report['latency_cycles'] / report['clock_mhz']:.2f} us"
        yield "latency", latency
    if report["vectors_checked"] is not None:
        yield "frames checked, differing", f"{report['vectors_checked']}, {report['mismatches']}"
    if report["fmax_mhz"] is not None:
        yield "fastest clock", f"{report['fmax_mhz']:.1f} MHz"
