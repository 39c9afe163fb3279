"""Means and standard deviations of rows, network by network."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from build_decoder.models.nerve_cuff.own_network import OWN_NETWORK
from build_decoder.models.nerve_cuff.table1 import TABLE_1
from build_decoder.models.nerve_cuff.training.cells import describe
from build_decoder.models.nerve_cuff.training.results import Row

__all__ = ["Summary", "print_summary", "summarise", "title_of"]

_ROW = "{:<34}{:>11}{:>13}{:>17}{:>17}{:>17}{:>17}{:>12}{:>7}"
_HEADS = (
    *("weights", "MACs", "validation loss", "accuracy", "macro F1", "8-bit macro F1"),
    *("8-bit KiB", "cells"),
)
_SPREADS = ("validation_loss", "accuracy", "macro_f1", "tflite_macro_f1")


@dataclass(frozen=True)
class Summary:
    """All rows of one network.

    Parameters
    ----------
    title:
        For people.
    network:
        As `describe` gives it, without the geometry of the inputs.
    rows:
        At least one.
    """

    title: str
    network: dict
    rows: tuple[Row, ...]

    def mean(self, measure: str) -> float:
        """Mean over the rows; NaN where they have no such figure."""
        return float(np.mean(self._values(measure)))

    def deviation(self, measure: str) -> float:
        """Standard deviation over the rows, with n - 1; NaN of fewer than two."""
        values = self._values(measure)
        return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")

    def spread(self, measure: str) -> str:
        """Mean and deviation, such as ``0.750 ± 0.110``; a dash where there is no figure."""
        mean, deviation = self.mean(measure), self.deviation(measure)
        if np.isnan(mean):
            return "–"
        return f"{mean:.3f}" if np.isnan(deviation) else f"{mean:.3f} ± {deviation:.3f}"

    def _values(self, measure: str) -> list[float]:
        values = [row[measure] for row in self.rows]
        return [float("nan") if value is None else value for value in values]


def summarise(rows: Iterable[Row]) -> list[Summary]:
    """A summary of each network, in the order of the networks' first rows."""
    together: dict[str, list[Row]] = {}
    for row in rows:
        together.setdefault(_text(row["network"]), []).append(row)
    return [
        Summary(title_of(members[0]["network"]), json.loads(text), tuple(members))
        for text, members in together.items()
    ]


def title_of(network: dict) -> str:
    """Name of a network for people: as in Table 1, our own, or its family and parameters."""
    known = {_text(describe(paper.network)): paper.title for paper in TABLE_1.values()}
    known[_text(describe(OWN_NETWORK))] = "ESCAPE-TCN"
    return known.get(_text(network)) or _TITLES[network["family"]](network)


def _mini(network: dict) -> str:
    dropout = ", dropout" if network["dropout"] else ""
    kernels = _slashed(network["kernels"])
    return f"Mini {network['filters']}, dense {network['dense']}, {kernels}{dropout}"


def _fcn(network: dict) -> str:
    return (
        f"FCN {network['filters']}, 1x1 {network['pointwise']}, {network['sets']} sets, "
        f"x{network['multiplier']}"
    )


def _rnn(network: dict) -> str:
    cell = f"{'Bi' * network['bidirectional']}{network['cell'].upper()}"
    last = ", attention" if network["attention"] else ""
    return f"RNN {network['units']}, dense {network['dense']}, {network['layers']} {cell}{last}"


def _tcn(network: dict) -> str:
    dropout = ", dropout" if network["dropout"] else ""
    return (
        f"TCN {network['filters']}, dense {network['dense']}, {_slashed(network['kernels'])}, "
        f"pool {network['pool']}{dropout}"
    )


_TITLES = {
    "EscapeNet": _mini,
    "EscapeFcn": _fcn,
    "EscapeRnn": _rnn,
    "EscapeTcn": _tcn,
    "Baseline": lambda network: network["name"].replace("_", " "),
}


def _slashed(values: Sequence[int]) -> str:
    return "/".join(map(str, values))


def _text(network: dict) -> str:
    return json.dumps({key: value for key, value in network.items() if key != "cuff"})


def print_summary(rows: Sequence[Row], *, seconds: float) -> None:
    """Print a table of all networks, and how long it took.

    Accuracy and F1 are of test parts. Where these must not be seen, choose by ``validation loss``.
    """
    print(_ROW.format("", *_HEADS))
    for summary in summarise(rows):
        size = summary.mean("tflite_bytes") / 1024
        print(
            _ROW.format(
                summary.title[:33],
                *(f"{summary.mean(need):,.0f}" for need in ("weights", "macs")),
                *(summary.spread(measure) for measure in _SPREADS),
                "–" if np.isnan(size) else f"{size:,.2f}",
                len(summary.rows),
            )
        )
    trained = sum(row["seconds"] for row in rows)
    print(f"{len(rows)} cells, {trained:,.0f} s of training in all, {seconds:,.0f} s this time")
