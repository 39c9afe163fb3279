"""What a reload found: figures for its report, and a short table."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.quant.recalibration import Recalibrated
from build_decoder.sim.result import SimulationResult
from build_decoder.stages.quantising import quality_figures

__all__ = ["reload_figures", "reload_table"]

_FORMAT = 1


def reload_figures(
    asked: Any,
    plan: DecoderPlan,
    found: Recalibrated,
    image: np.ndarray,
    results: Sequence[SimulationResult] | None,
    seconds: Mapping[str, float],
    *,
    warnings: Sequence[str] = (),
) -> dict:
    """The report, as JSON has it; what was not simulated is None.

    Parameters
    ----------
    asked
        A :class:`build_decoder.reloading.Reload`.
    warnings
        About the new network's golden data.
    """
    return {
        "format": _FORMAT,
        "build": str(asked.build),
        "source": asked.network,
        "network": found.model.name,
        "topology": found.model.topology,
        "fingerprint": found.model.fingerprint(),
        "built_fingerprint": plan.model.fingerprint(),
        "layout_id": plan.image_layout.layout_id,
        "words": len(image),
        "loss": found.all.loss,
        "max_loss": asked.max_loss,
        "quality": {
            "all": quality_figures(found.all),
            "searched_on": quality_figures(found.seen),
            "held_out": quality_figures(found.unseen),
        },
        "saturated": [
            {"layer": layer, "array": array, "fraction": part}
            for (layer, array), part in found.saturated.items()
        ],
        "inputs_saturated": found.inputs_saturated,
        "vectors_checked": results and sum(run.vectors_checked for run in results),
        "mismatches": results and sum(run.mismatches for run in results),
        "port": None,
        "warnings": list(warnings),
        "stage_seconds": dict(seconds),
    }


def reload_table(figures: Mapping[str, Any], output: Path) -> Table:
    """The same in a few rows."""
    title = f"{figures['source']} as {figures['topology']} into {figures['build']}"
    table = Table(title=title, show_header=False)
    table.add_column(style="bold")
    table.add_column()
    quality = figures["quality"]["all"]
    if quality["truth"] and quality["float_accuracy"] is not None:
        table.add_row("accuracy", f"float {quality['float_accuracy']:.2%}, "
                                  f"integer {quality['accuracy']:.2%}")
    loss = figures["loss"]
    table.add_row("loss", f"{'not defined' if loss is None else format(loss, '.2%')} on "
                          f"{quality['samples']} golden samples")
    if figures["inputs_saturated"]:
        table.add_row("inputs", f"{figures['inputs_saturated']:.3%} beyond the input's format")
    table.add_row("fingerprint", f"{figures['fingerprint']:08x}, was built with "
                                 f"{figures['built_fingerprint']:08x}")
    checked = figures["vectors_checked"]
    table.add_row("checked", "not simulated" if checked is None else
                  f"{checked} frames on the Verilog that was built, "
                  f"{figures['mismatches']} mismatches")
    if figures["port"]:
        table.add_row("written", f"{figures['port']}, fingerprint read back")
    seconds = figures["stage_seconds"]
    table.add_row("seconds", ", ".join(f"{name} {s:.1f}" for name, s in seconds.items()))
    table.add_row("image", f"{output}, {figures['words']} words")
    return table
