"""The quantise stage: from network and golden data to formats, integer model and its outputs."""

from dataclasses import asdict

from build_decoder.actions import search
from build_decoder.boards.board import Board
from build_decoder.boards.feasibility import check_frame
from build_decoder.boards.resources import check_memory
from build_decoder.build_folder import BuildFolder
from build_decoder.hdl.family import Family
from build_decoder.model_file import save_model
from build_decoder.models.golden import GoldenData
from build_decoder.models.progress import Progress, silent
from build_decoder.options import SearchOptions
from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.activations.piecewise_linear import PiecewiseLinear
from build_decoder.quant.activations.table import Table
from build_decoder.quant.answer import SCORES, answering, check_answer
from build_decoder.quant.floating.quantised import input_ranges
from build_decoder.quant.format_fields import told
from build_decoder.quant.held_out import samples_limited
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.quality import Quality
from build_decoder.quant.quantise import Quantised
from build_decoder.stages.result import StageResult

__all__ = ["quality_figures", "quantise_network"]


def quantise_network(
    build: BuildFolder,
    options: SearchOptions,
    *,
    family: Family,
    reloadable: bool = False,
    answer: str = SCORES,
    board: Board | None = None,
    progress: Progress = silent,
) -> StageResult:
    """Find formats, and write ``formats.json``, ``model.json``, ``model.npz``, ``expected.npz``.

    Parameters
    ----------
    family
        FPGA family that the decoder is built for.
    reloadable
        Whether weights of other days are to be written into the decoder.
    answer
        What the decoder gives, one of :data:`quant.answer.ANSWERS`. Formats are found on scores.
    board
        Board that must be able to hold the weights and to carry the frames; None for no check.

    Raises
    ------
    InputError
        If there are no formats that keep to what is asked for, or the board cannot take them.
    """
    network = build.load_network()
    golden = build.load_golden(network)
    check_answer(answer, golden.task, network)
    also = build.load_also()
    quantised = search(
        network,
        golden,
        options,
        family=family,
        reloadable=reloadable,
        also=also,
        progress=progress,
    )
    model = answering(quantised.model, answer)
    if board is not None:
        check_memory(board, model.weight_bits)
        check_frame(model)
    quantised.save_formats(build.formats)
    save_model(model, build.path)
    build.save_expected(model, model.quantise_input(golden.x))
    figures = {"answer": answer, **_figures_of(quantised)}
    figures["also"] = [
        {
            "network": other.name,
            **quality_figures(quality),
            "quality": _by_parts(*parts),
            "samples_limited": _limited(model, its_golden),
        }
        for (other, its_golden), quality, parts in zip(
            also, quantised.also, quantised.also_parts, strict=True
        )
    ]
    if options.arithmetic is None:
        figures["samples_limited"] = _limited(model, golden)
    else:
        figures |= {
            "arithmetic": str(options.arithmetic),
            "input_ranges": input_ranges(quantised.model, network, golden.x),
        }
    return StageResult(figures=figures, warnings=quantised.warnings)


def _figures_of(quantised: Quantised) -> dict:
    model, segments = quantised.model, quantised.uniform_segments
    return {
        "built_topology": model.topology,
        "loss": quantised.all.loss,
        "quality": _by_parts(quantised.seen, quantised.unseen),
        "near_ties": quantised.near_ties,
        "max_error": quantised.max_error,
        "limits": None if quantised.criterion is None else asdict(quantised.criterion),
        "average_bit_width": model.average_bit_width(),
        "average_bit_width_by_words": model.average_bit_width_by_words(),
        "average_bit_width_with_input_layer": model.average_bit_width_with_input_layer(),
        "search": quantised.search.method,
        "search_steps": [
            {
                "step": step.name,
                "average_bit_width": step.average_bit_width,
                "loss": step.quality.loss,
                "evaluations": step.evaluations,
                "seconds": round(step.seconds, 3),
            }
            for step in quantised.search.steps
        ],
        "nodes": [
            {"layer": node.layer, "node": node.name, **told(node.format)}
            for node in model.signals()
        ],
        "uniform_segments": segments,
        "activations": [
            {"layer": number, **_form(activation, segments)}
            for number, layer in enumerate(model.layers, start=1)
            for activation in layer.activations
        ],
    }


def _by_parts(seen: Quality, unseen: Quality | None) -> dict[str, dict | None]:
    return {"searched_on": quality_figures(seen), "held_out": quality_figures(unseen)}


def _limited(model: IntegerModel, golden: GoldenData) -> dict[str, int]:
    """How many samples of each part have inputs that the input's format limits."""
    parts = {"searched_on": golden.search, "held_out": golden.unseen}
    return {part: samples_limited(model.input_format, found) for part, found in parts.items()}


def _form(activation: IntegerActivation, uniform_segments: int | None) -> dict:
    if isinstance(activation, PiecewiseLinear):
        form = "segments" if uniform_segments is None else "uniform_segments"
        return {"form": form, "segments": activation.segments}
    return {"form": "table" if isinstance(activation, Table) else "exact", "segments": None}


def quality_figures(quality: Quality | None) -> dict | None:
    """Quality as the report has it; None if there is none."""
    if quality is None:
        return None
    names = ("float_accuracy", "accuracy", "agreement", "loss")
    figures = {name: getattr(quality, name) for name in names} | asdict(quality)
    if not quality.truth:
        # The float model's own answers stood in for the truth.
        figures |= dict.fromkeys(("float_accuracy", "float_accuracies", "float_r2s"))
    return figures
