"""The rtl stage: from the integer model to ``rtl/decoder.v`` and ``rtl/design.json``."""

from dataclasses import asdict, dataclass

from build_decoder.actions import design, pace_of
from build_decoder.boards.board import Board
from build_decoder.build_folder import BuildFolder, blocks_of
from build_decoder.design_file import Design
from build_decoder.hdl.engine.plan import EnginePlan
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.family import Family
from build_decoder.hdl.heap.graph_plan import GraphPlan
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.reloadable_decoder import decoder_of
from build_decoder.options import HardwareOptions
from build_decoder.stages.result import StageResult

__all__ = ["Chip", "write_rtl"]


@dataclass(frozen=True)
class Chip:
    """What hardware is designed for: an FPGA family, and the DSP blocks that there are.

    Parameters
    ----------
    family
        The family; None for any.
    dsp
        Number of blocks; None for no limit.
    clock_mhz
        Clock of the decoder, MHz; None if it is not known.
    """

    family: Family | None = None
    dsp: int | None = None
    clock_mhz: float | None = None

    @classmethod
    def of(cls, board: Board, clock_mhz: float) -> "Chip":
        """The FPGA of a board."""
        return cls(board.family, board.capacity.dsp, clock_mhz)


def write_rtl(build: BuildFolder, options: HardwareOptions, chip: Chip) -> StageResult:
    """Design the hardware, and write it as Verilog and as what it is made of again.

    Raises
    ------
    InputError
        If the model's layers cannot be made as asked.
    ToolError
        If Yosys is missing or fails.
    """
    model = build.load_model()
    plan = design(
        model, options, family=chip.family, max_blocks=chip.dsp, clock_mhz=chip.clock_mhz
    )
    build.rtl.mkdir(exist_ok=True)
    build.verilog.write_text(to_verilog(decoder_of(plan), family=blocks_of(chip.family)))
    Design.of(plan, chip.family).save(build.design)
    shared = [
        {
            "layer": "all",
            "inputs_per_cycle": engine.taps,
            "outputs_per_cycle": engine.filters,
            "multipliers": asdict(engine.multipliers),
        }
        for engine in (stage.plan for stage in plan.stages)
        if isinstance(engine, EnginePlan)
    ]
    return StageResult(
        figures={
            "foldings": shared + [
                {"layer": ", ".join(layer.serves) or name}
                | asdict(layer.folding)
                | {"multipliers": asdict(layer.multipliers)}
                for name, layer in plan.layers.items()
                if layer.multiplying is not None
            ],
            "bit_heaps": _bit_heaps(plan),
            "latency_at_pace": _latency_at_pace(plan, pace_of(model, options, chip.clock_mhz)),
            "image_words": plan.interface.image_words,
            "layout_id": plan.interface.layout_id,
        }
    )


def _bit_heaps(plan: DecoderPlan) -> dict[str, str | int] | None:
    """What the plan tells of layers that are bit heaps, all together; None if none are."""
    heaps = [layer for layer in plan.layers.values() if isinstance(layer, GraphPlan)]
    if not heaps:
        return None
    return {
        "cells": heaps[0].cells,
        "lut": sum(heap.luts for heap in heaps),
        "ff": sum(heap.flip_flops for heap in heaps),
        "levels": max(heap.graph.depth for heap in heaps),
        "registers": max(heap.pipeline.registers for heap in heaps),
        "planes": max(heap.planes for heap in heaps),
    }


def _latency_at_pace(plan: DecoderPlan, interval: int | None) -> dict[str, int] | None:
    """Of frames whose time steps come at a pace; None if there is none, or frames have no steps."""
    if interval is None or plan.input.steps == 1:
        return None
    return {"interval_cycles": interval, "latency_cycles": plan.latency_at_pace(interval)}
