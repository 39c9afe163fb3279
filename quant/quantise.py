"""From a trained network and golden data to an integer model: the quantise stage."""

import json
from dataclasses import dataclass
from pathlib import Path

from models.errors import InputError
from models.golden import GoldenData
from models.network import Network
from quant.formats import integer_model
from quant.integer_model import IntegerModel
from quant.quality import Quality, measure
from quant.search import Criterion, SearchError, SearchResult, search_formats

__all__ = ["Quantised", "quantise"]


@dataclass(frozen=True)
class Quantised:
    """An integer model, how its formats were found, and how good it is.

    ``seen`` is its quality on the samples that the search looked at, ``unseen`` on those held out,
    None if there are none, ``all`` on both.
    """

    model: IntegerModel
    search: SearchResult
    seen: Quality
    unseen: Quality | None
    all: Quality

    def save_formats(self, path: Path) -> None:
        """Write ``formats.json``: each node's format, and its bits after each step."""
        nodes = [
            {
                "layer": node.layer,
                "node": node.name,
                "integer": node.format.integer,
                "fraction": node.format.fraction,
                "signed": node.format.signed,
                # A later layer's input is the output before it, and has no step of its own.
                "steps": self.search.trace.get((node.layer, node.name)),
            }
            for node in self.model.nodes()
        ]
        content = {
            "format": 1,
            "network": self.model.name,
            "average_bit_width": self.model.average_bit_width(),
            "evaluations": self.search.evaluations,
            "nodes": nodes,
        }
        path.write_text(json.dumps(content, indent=2) + "\n")


def quantise(network: Network, golden: GoldenData, *, max_loss: float = 0.0) -> Quantised:
    """Search formats on the part of ``golden`` that is not held out, and measure them on all.

    Parameters
    ----------
    max_loss
        Accuracy that may be lost on the samples searched on, as a fraction.

    Raises
    ------
    InputError
        If not even perfect formats keep to ``max_loss``.
    """
    try:
        search = search_formats(network, golden.search, Criterion(max_loss=max_loss))
    except SearchError as error:
        raise InputError(f"{network.name}: {error}") from None
    model = integer_model(network, search.formats)
    return Quantised(
        model=model,
        search=search,
        seen=search.quality,
        unseen=measure(model, golden.unseen) if golden.held_out.any() else None,
        all=measure(model, golden),
    )
