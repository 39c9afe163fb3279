"""``report.html``: self-contained, escaped, and what it shows is what is so."""

import json
import re
import shutil
from html.parser import HTMLParser

import numpy as np
import pytest

import build_decoder
from build_decoder.build_folder import BuildFolder
from build_decoder.models import Network
from build_decoder.models.layers.dense import Dense
from build_decoder.page import PAGE_FILE, drawing, write_page
from build_decoder.page.facts import Facts
from build_decoder.page.widths import widths

NASTY = "<script>alert('1')</script> & $x^2$ \"#010203\""
VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """Elements that are open must be closed; texts and attributes are kept."""

    def __init__(self, text: str):
        super().__init__()
        self.open, self.tags, self.attributes, self.words = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def network(outputs: int, activation: str = "linear") -> Network:
    rng = np.random.default_rng(3)
    layers = [
        ("first", Dense(5, "relu"), {"weights": rng.normal(size=(6, 5)), "bias": np.zeros(5)}),
        (
            "second", Dense(outputs, activation),
            {"weights": rng.normal(size=(5, outputs)), "bias": rng.normal(size=outputs)},
        ),
    ]
    return Network.chain("net", 6, layers)


def built(folder, net: Network, truth: str | None, **options):
    x = np.random.default_rng(4).normal(size=(160, 6)).round(2)
    y = net.forward(x)
    golden = {"x": x, "y": y}
    if truth == "labels":
        golden["labels"] = y.argmax(1) if y.shape[1] > 1 else (y[:, 0] >= 0.5).astype(int)
    if truth == "each":
        golden["labels"] = (y >= 0.5).astype(int)
    if truth == "targets":
        golden["targets"] = y + np.random.default_rng(5).normal(size=y.shape) * 0.1
    return build_decoder.build(net, golden, output=folder, **options)


def page_of(made) -> Page:
    return Page((made.folder / PAGE_FILE).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page") / "build"
    return built(folder, network(3), "labels", stop_after="rtl")


def test_a_build_has_its_page(made):
    page = page_of(made)
    for title in ("In and out", "Answers", "Margins", "Widths", "Network", "Latency", "Resources",
                  "What was checked", "What was not checked", "How it was made"):
        assert title in page.text
    assert page.tags.count("svg") == 4  # matrices, margins, graph, latency
    assert (made.folder / PAGE_FILE).stat().st_size < 200_000


def test_what_a_user_wrote_is_text(made, tmp_path):
    """In notes, warnings, names of files and boards; drawings have layers' names alone."""
    folder = tmp_path / "build"
    shutil.copytree(made.folder, folder)
    report = json.loads((folder / "report.json").read_text())
    places = ("network", "board", "task_source")
    report |= dict.fromkeys(places, NASTY) | {"warnings": [NASTY, "\x1b[31m\u202e"]}
    report["golden_notes"] = [NASTY]
    (folder / "report.json").write_text(json.dumps(report))
    write_page(folder)
    page = Page((folder / PAGE_FILE).read_text(encoding="utf-8"))
    assert {"script", "b"} & {*page.tags} == {"b"}
    assert page.text.count(NASTY) == 7  # network and board in title and heading, and the three
    assert r"\x1b[31m\u202e" in page.text
    assert not [a for a in page.attributes if a[1].startswith("on")]


def test_nothing_is_fetched(made):
    page = page_of(made)
    linked = [v for _, name, v in page.attributes if name in ("src", "href", "xlink:href", "data")]
    assert all(value.startswith("#") for value in linked)
    text = (made.folder / PAGE_FILE).read_text()
    # Characters that are not shown as such.
    assert "\\x" not in text
    assert "@import" not in text
    assert all(inside.startswith("#") for inside in re.findall(r"url\(([^)]*)\)", text))


def test_identifiers_are_of_one_element(made):
    found = [value for _, name, value in page_of(made).attributes if name == "id"]
    assert len(found) == len({*found})


def test_colours_are_the_pages(made):
    """None stays that merely stands for one, but in a name that looks like it."""
    text = (made.folder / PAGE_FILE).read_text()
    for colour in (drawing.FAINT, drawing.BACK, drawing.FLOAT, drawing.INTEGER):
        assert colour not in text
    assert "fill: var(--ink)" in text


def test_figures_are_those_of_the_report(made):
    text, report = page_of(made).text, made.report
    assert f"{report['average_bit_width']:.2f} bits" in text
    quality = report["quality"]["held_out"]
    assert f"{quality['samples']} golden samples that were held out from the search" in text
    assert f"{100 * quality['agreement']:.2f} %" in text
    _, plan = BuildFolder(made.folder).load_plan()
    assert f"Planned, not yet measured in simulation: {plan.latency_cycles} cycles" in text
    assert "The Verilog was not simulated" in text
    assert "Not measured: the build ended before synthesis" in text


def test_ranges_are_those_of_the_integer_model(made):
    rows = {row[0]: row for row in widths(Facts(made.folder)).tables[0].rows}
    weights = made.model.nodes[0].layer.weights * 2.0**-made.model.nodes[0].layer.weight.fraction
    row = rows["first: weight"]
    assert (float(row[5]), float(row[6])) == pytest.approx((weights.min(), weights.max()), rel=1e-4)
    samples = np.arange(160)
    sums = made.trace(made.golden.x[samples])["first.sum"]
    row = rows["first: sum"]
    assert (float(row[5]), float(row[6])) == pytest.approx((sums.min(), sums.max()), rel=1e-4)


def test_a_step_is_named_for_each_width(made):
    formats = json.loads((made.folder / "formats.json").read_text())
    table = widths(Facts(made.folder)).tables[0]
    assert [row[4] for row in table.rows] == [n.get("decided_by", "follows")
                                              for n in formats["nodes"]]


@pytest.mark.parametrize(
    ("outputs", "activation", "truth", "options", "words"),
    [
        (2, "linear", "targets", {"task": "regression"}, "R2 of output 1"),
        (6, "linear", None, {"task": "regression"}, "The first 4 of 6 outputs"),
        (1, "sigmoid", "labels", {"task": "binary"}, "yes, rightly"),
        (3, "sigmoid", "each", {"task": "labels"}, "Decisions at the thresholds"),
        (3, "linear", None, {"task": "classes"}, "stands in for the truth"),
        (3, "linear", "labels", {"answer": "decision"}, "index of one of 3 classes"),
        (3, "linear", "labels", {"search": "ahead"}, "AHEAD's search keeps to no limit"),
    ],
)
def test_each_task_has_its_page(tmp_path, outputs, activation, truth, options, words):
    made = built(
        tmp_path / "build", network(outputs, activation), truth, stop_after="quantise", **options
    )
    assert words in page_of(made).text
    assert not [w for w in made.report["warnings"] if PAGE_FILE in w]


def test_a_page_of_steps(tmp_path):
    made = build_decoder.build("cursor_gru", output=tmp_path / "build", stop_after="import")
    assert not (made.folder / PAGE_FILE).exists()  # nothing to show yet


def test_names_in_any_script_are_drawn_as_text():
    """Whatever fonts there are here: a reader's browser has its own."""
    with drawing.drawing(1.0) as figure:
        figure.subplots().set_title("\u65e5\u672c \u0440\u0443\u043a\u0430")
    assert "\u65e5\u672c \u0440\u0443\u043a\u0430" in drawing.svg_of(figure, "names", "names")


def test_a_page_that_fails_costs_no_build(tmp_path, monkeypatch):
    def fails(facts):
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("build_decoder.page.write._SECTIONS", (fails,))
    made = built(tmp_path / "build", network(2), "labels", stop_after="quantise")
    assert made.report["warnings"][-1] == (
        "report.html was not made, all else was: ZeroDivisionError: by nothing"
    )
    assert not (made.folder / PAGE_FILE).exists()
    assert made.predict(np.zeros(6)).shape == (2,)


def test_the_same_build_has_the_same_page(made):
    before = (made.folder / PAGE_FILE).read_text()
    write_page(made.folder)
    assert (made.folder / PAGE_FILE).read_text() == before
