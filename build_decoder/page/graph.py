"""The graph of a network: layers, and what its edges carry."""

import math
from collections import defaultdict

from build_decoder.page.drawing import BACK, FAINT, FLOAT, INK, drawing, svg_of
from build_decoder.page.facts import Facts
from build_decoder.page.parts import Figure, Section

__all__ = ["graph"]

_LONG = 22
_ROW = 0.95
"""Inches from one layer to the next."""


def graph(facts: Facts) -> Section:
    """Layers as boxes from top to bottom; shape, width and cycles beside the edges."""
    model = facts.model
    edges = [(taken, node.name) for node in model.nodes for taken in node.inputs]
    edges += [(item.of, item.name) for item in model.inputs if item.of is not None]
    titles = {item.name: "input" for item in model.inputs}
    titles |= {n.name: type(n.layer).__name__ for n in model.nodes}
    places = _places(list(titles), edges)
    depth = max(y for _, y in places.values()) + 1
    with drawing(_ROW * (depth + 0.6), layout=None) as figure:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.axis("off")
        axes.set(xlim=(0, 1), ylim=(depth - 0.1, -0.5))
        beats = _beats(facts)
        for start, end in edges:
            _edge(axes, places[start], places[end], _carried(facts, start, beats.get((start, end))))
        for name, title in titles.items():
            _box(axes, places[name], name, title)
        x, y = places[model.nodes[-1].name]
        _edge(axes, (x, y), (x, y + 1), _carried(facts, model.nodes[-1].name, model.output_count))
        svg = svg_of(figure, "graph", "graph of the network")
    caption = "Shape, width of a value, and cycles: transfers of a frame over that edge."
    if facts.design is None:
        caption = "Shape and width of a value. Cycles are not known before there is hardware."
    elif not all(edge in beats for edge in edges):
        caption += " Where no cycles are given, values stay within a stage of several layers."
    return Section("Network", figures=[Figure(svg, caption)])


def _places(names: list[str], edges: list[tuple[str, str]]) -> dict[str, tuple[float, float]]:
    """Across from 0 to 1, and down in layers, of each; edges go down."""
    down = dict.fromkeys(names, 0)
    for _ in names:
        for start, end in edges:
            down[end] = max(down[end], down[start] + 1)
    rows = defaultdict(list)
    for name in names:
        rows[down[name]].append(name)
    return {
        name: ((number + 0.5) / len(row), float(y))
        for y, row in rows.items() for number, name in enumerate(row)
    }  # fmt: skip


def _beats(facts: Facts) -> dict[tuple[str, str], int]:
    """Transfers of a frame into each layer that is a stage of its own, by the layers at both
    ends."""
    if facts.design is None:
        return {}
    stages = {stage.name: stage for stage in facts.design[1].stages}
    found = {}
    for node in facts.model.nodes:
        if node.name in stages:
            for taken, tensor in zip(node.inputs, stages[node.name].plan.inputs, strict=True):
                found[taken, node.name] = tensor.beats
    return found


def _carried(facts: Facts, name: str, beats: int | None) -> str:
    model = facts.model
    ends = {item.name: (item.shape, item.format) for item in model.inputs}
    ends |= {n.name: (n.layer.output_shape, n.layer.output) for n in model.nodes}
    shape, format = ends[name]
    text = f"{'x'.join(map(str, shape))}, {format.width} bits"
    if facts.design is None or beats is None:
        return text
    return f"{text}, {beats} cycles" if math.prod(shape) else text


def _edge(axes, start, end, label: str) -> None:
    axes.annotate(
        "", (end[0], end[1] - 0.22), (start[0], start[1] + 0.22),
        arrowprops={"arrowstyle": "-|>", "color": FAINT, "fc": FAINT, "lw": 1},
    )
    axes.text(
        (start[0] + end[0]) / 2, (start[1] + end[1]) / 2, label, ha="center", va="center",
        fontsize=8, color=INK, bbox={"fc": BACK, "ec": "none", "pad": 1},
    )


def _box(axes, place, name: str, title: str) -> None:
    short = name if len(name) <= _LONG else f"{name[: _LONG - 1]}…"
    axes.text(
        *place, f"{short}\n{title}", ha="center", va="center", fontsize=8.5, color=INK,
        bbox={"boxstyle": "round,pad=0.3", "fc": BACK, "ec": FLOAT, "lw": 1.2},
    )
