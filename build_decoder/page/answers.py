"""How good a decoder's answers are: integers beside floats."""

import numpy as np

from build_decoder.models.task import Kind
from build_decoder.page.drawing import FAINT, FLOAT, INK, INTEGER, drawing, shade, svg_of
from build_decoder.page.facts import Facts
from build_decoder.page.parts import Figure, Section, Table

__all__ = ["answers"]

_MOST_CLASSES = 24
_NAME = 16  # characters of a class's name that are shown
_BESIDE = 2  # characters of names that fit beside each other
_MOST_OUTPUTS = 4
_MOST_POINTS = 300


def answers(facts: Facts) -> Section:
    """Accuracy or R2 of floats and integers, with confusion matrices or scatter plots."""
    golden = facts.golden
    truth = golden.labels is not None or golden.targets is not None
    text = [f"Shown are {facts.which}."]
    if not truth:
        text.append(
            "Golden data has no labels or targets: the network in floats stands in for the truth, "
            f"so that figures say how well {facts.numbers} keep to it, and nothing of how often it "
            "is right."
        )
    kinds = golden.task.kinds
    if Kind.CLASSES in kinds and golden.y.shape[1] > _MOST_CLASSES:
        text.append(f"Confusion matrices of more than {_MOST_CLASSES} classes are not drawn.")
    figures, tables = [], [_quality(facts)]
    if Kind.CLASSES in kinds:
        figures += _confusion(facts)
    if golden.task.thresholds:
        tables.append(_yes_and_no(facts))
    if Kind.REGRESSION in kinds and facts.model.classes is None:
        figures.append(_scatter(facts))
    notes = ["A network that was trained on golden data is better there than on other data: what "
             "it was trained on is not known here."]
    return Section("Answers", text=text, figures=figures, tables=tables, notes=notes)


def _quality(facts: Facts) -> Table:
    measured = [("", facts.report["quality"])]
    for number, also in enumerate(facts.report["also"] or (), start=1):
        measured.append((f", of network {number} of --also, {also['network']}", also["quality"]))
    rows = []
    for whose, found in measured:
        for key, part in (("searched_on", "searched on"), ("held_out", "held out from the search")):
            if (quality := found[key]) is not None:
                name, samples = f"{part}{whose}", str(quality["samples"])
                rows += [(name, samples, *row) for row in _figures(quality)]
    head = ("samples", "number", "figure", "floats", facts.numbers)
    return Table(head, rows, numeric=(1, 3, 4))


def _figures(quality: dict) -> list[tuple[str, str, str]]:
    rows = []
    if quality["accuracy"] is not None:
        if quality["truth"]:
            rows.append(
                ("accuracy", _percent(quality["float_accuracy"]), _percent(quality["accuracy"]))
            )
        rows.append(("decisions as in floats", "", _percent(quality["agreement"])))
    if quality["kind"] == Kind.REGRESSION:
        floats = quality["float_r2s"] or [None] * len(quality["r2s"])
        for number, (before, after) in enumerate(zip(floats, quality["r2s"], strict=True)):
            rows.append((f"R2 of output {number}", _number(before), _number(after)))
    return rows


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.2f} %"


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.4f}"


def _confusion(facts: Facts) -> list[Figure]:
    golden, shown = facts.golden, facts.shown
    floats = golden.task.decisions(golden.y)[shown, 0]
    integers = facts.decided[shown, 0]
    classes = facts.model.classes or golden.y.shape[1]
    if classes > _MOST_CLASSES:
        return []
    names = golden.class_names or tuple(map(str, range(classes)))
    if golden.labels is None:
        return [_matrices([("floats", floats, facts.numbers, integers)], names)]
    labels = golden.labels[shown, 0]
    return [_matrices(
        [("label", labels, "floats", floats), ("label", labels, facts.numbers, integers)], names
    )]


def _matrices(pairs: list[tuple], names: tuple[str, ...]) -> Figure:
    classes = len(names)
    side = min(2.2, 0.6 + 0.4 * classes) if classes <= 4 else 2.7
    beside = classes <= 4 and not _room(names)
    rows, columns = (1, len(pairs)) if beside else (len(pairs), 1)
    each = side + 0.5 if beside else max(side, 0.26 * classes + 0.9)
    with drawing(rows * (each + _room(names))) as figure:
        for axes, pair in zip(np.ravel(figure.subplots(rows, columns)), pairs, strict=True):
            _matrix(axes, *pair, names)
        svg = svg_of(figure, "confusion", "confusion matrices")
    return Figure(svg, "Confusion matrices: samples of each class (rows) by the class decided "
                       "(columns). Shading is the share of a row.")


def _room(names: tuple[str, ...]) -> float:
    """Inches that names below a matrix take: upright, but numbers."""
    longest = max(map(len, names))
    return 0.08 * min(longest, _NAME) if longest > _BESIDE else 0.0


def _matrix(axes, truth_name, truth, name, decided, names: tuple[str, ...]) -> None:
    classes = len(names)
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (truth, decided), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = 9 if classes <= 10 else 6
    for row in range(classes):
        for column in range(classes):
            if counts[row, column]:
                axes.fill(
                    column + np.array([-0.5, 0.5, 0.5, -0.5]),
                    row + np.array([-0.5, -0.5, 0.5, 0.5]), color=shade(shares[row, column]), lw=0,
                )
                axes.text(column, row, f"{counts[row, column]}", ha="center", va="center",
                          fontsize=size, color=INK)  # fmt: skip
    axes.set(xlim=(-0.5, classes - 0.5), ylim=(classes - 0.5, -0.5), aspect="equal",
             xlabel=f"class by {name}", ylabel=f"class by {truth_name}")  # fmt: skip
    labels = [name if len(name) <= _NAME else f"{name[:_NAME - 3]}..." for name in names]
    rotation = 90 if _room(names) else 0
    axes.set_xticks(range(classes), labels, rotation=rotation, parse_math=False)
    axes.set_yticks(range(classes), labels, parse_math=False)
    axes.tick_params(labelsize=size, length=0)


def _yes_and_no(facts: Facts) -> Table:
    golden, shown = facts.golden, facts.shown
    count = len(golden.task.thresholds)
    floats = golden.task.decisions(golden.y)[shown, -count:]
    integers = facts.decided[shown, -count:]
    truth = floats if golden.labels is None else golden.labels[shown, -count:]
    deciders = [(facts.numbers, integers)]
    if golden.labels is not None:
        deciders.insert(0, ("floats", floats))
    rows = [
        (str(number), name, *(
            str(int(np.sum((truth[:, number] == right) & (decided[:, number] == said))))
            for right, said in ((1, 1), (1, 0), (0, 1), (0, 0))
        ))
        for number in range(count) for name, decided in deciders
    ]  # fmt: skip
    head = ("output", "decided by", "yes, rightly", "no, wrongly", "yes, wrongly", "no, rightly")
    return Table(head, rows, caption="Decisions at the thresholds", numeric=(2, 3, 4, 5))


def _scatter(facts: Facts) -> Figure:
    golden, shown = facts.golden, facts.shown
    truth = (golden.y if golden.targets is None else golden.targets)[shown]
    number = np.linspace(0, len(truth) - 1, min(_MOST_POINTS, len(truth))).astype(int)
    outputs = min(truth.shape[1], _MOST_OUTPUTS)
    series = [(facts.numbers, facts.y[shown], INTEGER, "o")]
    if golden.targets is not None:
        series.insert(0, ("floats", golden.y[shown], FLOAT, "x"))
    rows = -(-outputs // 2)
    with drawing(2.8 * rows) as figure:
        every = np.ravel(figure.subplots(rows, min(outputs, 2), squeeze=False))
        for output, axes in enumerate(every):
            if output >= outputs:
                axes.axis("off")
                continue
            _scattered(axes, output, truth[number], [(n, y[number], *s) for n, y, *s in series])
        every[0].legend(fontsize=8, frameon=False, loc="upper left")
        svg = svg_of(figure, "scatter", "outputs against true values")
    of = "true value" if golden.targets is not None else "output of the network in floats"
    caption = f"Outputs against the {of}; on the line they are equal."
    if len(number) < len(truth):
        caption += f" {len(number)} of {len(truth)} samples, evenly picked."
    if outputs < truth.shape[1]:
        caption += f" The first {outputs} of {truth.shape[1]} outputs."
    return Figure(svg, caption)


def _scattered(axes, output: int, truth: np.ndarray, series: list[tuple]) -> None:
    ends = [truth[:, output].min(), truth[:, output].max()]
    axes.plot(ends, ends, color=FAINT, lw=1)
    for name, y, colour, marker in series:
        axes.plot(truth[:, output], y[:, output], marker, ms=3, mfc="none", mew=0.7,
                  color=colour, label=name, alpha=0.8)  # fmt: skip
    axes.set_title(f"output {output}", fontsize=10)
    axes.set_xlabel("truth")
