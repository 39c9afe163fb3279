"""What quantising gives: an integer model, how its formats were found, and how good it is."""

import json
from dataclasses import dataclass
from pathlib import Path

from build_decoder.models.plain import plain
from build_decoder.quant.criterion import Criterion
from build_decoder.quant.format_fields import told
from build_decoder.quant.formats import INPUT, NodeKey, origin
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.quality import Quality
from build_decoder.quant.search_result import SearchResult

__all__ = ["Quantised"]


@dataclass(frozen=True)
class Quantised:
    """An integer model, how its formats were found, and how good it is.

    Attributes
    ----------
    model
        The integer model.
    search
        The formats, and the steps that led to them.
    seen, unseen, all
        Quality on the samples that the search looked at, on the samples that were held out from it
        (None if there are none), and on both.
    uniform_segments
        Segments that generated activations were asked to have; None if an error bound decided.
    max_error
        Root mean square error that each output may have, in its standard deviation; None where
        outputs only decide.
    near_ties
        How many of the samples searched on have a decision that neither the model nor perfect
        formats keep.
    warnings
        Warnings for the user, one line each.
    also
        Quality of each other network that the formats were searched for, on all its samples.
    also_parts
        Of each of them, quality on its samples searched on, and on those held out, None if there
        are none.
    criterion
        Limits that the search kept to; None for AHEAD's, which weighs loss against width, and where
        formats were given.
    """

    model: IntegerModel
    search: SearchResult
    seen: Quality
    unseen: Quality | None
    all: Quality
    uniform_segments: int | None = None
    max_error: float | None = None
    near_ties: int = 0
    warnings: tuple[str, ...] = ()
    also: tuple[Quality, ...] = ()
    also_parts: tuple[tuple[Quality, Quality | None], ...] = ()
    criterion: Criterion | None = None

    def save_formats(self, path: Path) -> None:
        """Write ``formats.json``: each node's format, how it got it, and all steps' figures."""
        nodes = [
            {
                "layer": node.layer,
                "name": self.model.nodes[node.layer - 1].name,
                "node": node.name,
                **told(node.format),
                **self._history(node.layer, node.name),
            }
            for node in self.model.signals()
        ]
        content = {
            "format": 3,
            "network": self.model.name,
            "topology": self.model.topology,
            "search": self.search.method,
            "average_bit_width": self.model.average_bit_width(),
            "average_bit_width_with_input_layer": self.model.average_bit_width_with_input_layer(),
            "evaluations": self.search.evaluations,
            "steps": [
                {
                    "step": step.name,
                    "average_bit_width": step.average_bit_width,
                    "loss": step.quality.loss,
                    "evaluations": step.evaluations,
                }
                for step in self.search.steps
            ],
            "nodes": nodes,
        }
        path.write_text(json.dumps(plain(content), indent=2) + "\n")

    def _history(self, layer: int, role: str) -> dict:
        """The step that gave a node its width, and the node's bits after each step; nothing for a
        node whose format follows from several others."""
        name = self.model.nodes[layer - 1].name
        if role == INPUT:
            # The format is that of the node before, and has no step of its own.
            key = origin(self.search.network, self.model.nodes[layer - 1].inputs[0])
        else:
            key = NodeKey(name, role)
        if key is None:
            return {}
        return {
            "decided_by": self.search.decided_by(key),
            "steps": {
                name: {key: bits for key, bits in told(format).items() if type(bits) is int}
                for name, format in self.search.trace(key).items()
            },
        }
