"""A case on which hardware and integer model differ, as a folder that shows it again."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from build_decoder.build_folder import BuildFolder
from build_decoder.design_file import Design
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.reloadable_decoder import decoder_of
from build_decoder.model_file import save_model
from build_decoder.models.files.fields import Fields
from build_decoder.models.files.json_file import read_json
from build_decoder.output_folder import OutputFolder
from build_decoder.readable_json import write_json
from build_decoder.report import Report

__all__ = ["CASE_FILE", "FailingCase", "load_case", "save_case"]

CASE_FILE = "case.json"
"""How the case fails."""

_FORMAT = 1


@dataclass(frozen=True)
class FailingCase:
    """How a decoder fails.

    Parameters
    ----------
    verilog
        Whether its Verilog was simulated; otherwise it is Amaranth's simulator.
    stall_seed
        Of the run with stalls, which follows the one without.
    finding
        What differed first, in words.
    """

    verilog: bool
    stall_seed: int
    finding: str


def save_case(folder: Path, plan: DecoderPlan, x_raw: np.ndarray, case: FailingCase) -> None:
    """Write a decoder and its frames as a build up to the stage rtl, with :data:`CASE_FILE`.

    An earlier one in ``folder`` is replaced. ``sim.verify`` takes it like any build.

    Raises
    ------
    InputError
        If ``folder`` cannot be written, or holds something else.
    ToolError
        If Yosys is missing or fails.
    """
    with OutputFolder(folder) as made:
        build = BuildFolder(made)
        save_model(plan.model, made)
        build.save_expected(plan.model, x_raw)
        build.rtl.mkdir()
        build.verilog.write_text(to_verilog(decoder_of(plan)))
        Design.of(plan, None).save(build.design)
        write_json(made / CASE_FILE, {"format": _FORMAT} | asdict(case))
        Report(board=None, seed=0, network=plan.model.name).save(made)


def load_case(folder: Path) -> tuple[DecoderPlan, np.ndarray, FailingCase]:
    """The decoder's plan, raw inputs (frames, inputs), and how it fails.

    Raises
    ------
    InputError
        If a file is missing or is not as :func:`save_case` wrote it.
    """
    build = BuildFolder(folder)
    build.check()
    path = folder / CASE_FILE
    entries = Fields(read_json(path), path)
    entries.only("format", "verilog", "stall_seed", "finding")
    entries.integer("format", _FORMAT, _FORMAT)
    case = FailingCase(
        entries.flag("verilog"), entries.integer("stall_seed", 0, 2**32 - 1),
        entries.text("finding"),
    )
    design, plan = build.load_plan()
    x_raw, _ = build.load_expected(design.interface)
    return plan, x_raw, case
