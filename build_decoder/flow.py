"""The flow: each stage reads what the one before left, and writes files that a person can open."""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from build_decoder import boards
from build_decoder.actions import design, golden_of, search
from build_decoder.arguments import Arguments
from build_decoder.boards.feasibility import check_clock, check_frame, check_network
from build_decoder.boards.resources import check_memory
from build_decoder.boards.toolchain import place_and_route, synthesise
from build_decoder.exit_status import ExitStatus
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.planning.area.plans import decoder_area
from build_decoder.hdl.yosys import yosys_share
from build_decoder.models.errors import InputError, ToolError, ToolMissing
from build_decoder.models.load import load_network, save_network
from build_decoder.models.progress import Progress, silent
from build_decoder.models.room import WORKING_ROOM, is_no_room, no_room, require_room, says_no_room
from build_decoder.pareto import area_title, find_front, save_front, synthesise_some
from build_decoder.report import Report
from build_decoder.sim.errors import CheckFailed
from build_decoder.sim.interface import StreamInterface
from build_decoder.sim.primitives import cell_sources
from build_decoder.sim.synthesis import synthesise as synthesise_decoder
from build_decoder.sim.testbench import TestBench
from build_decoder.stages import STAGES
from build_decoder.status_line import newest_log_line

__all__ = ["Flow"]

STALLED_FRAMES = 32
"""Frames that are simulated a second time, with random stalls of both streams."""


class Flow:
    """One build, stage after stage, into ``folder``.

    Parameters
    ----------
    arguments
        What the user asked for.
    folder
        Where products go.
    announce
        Called with the name of each stage as it starts.
    progress
        Called with what a stage is doing.

    Attributes
    ----------
    report : Report
        Figures so far.
    clock_mhz : float
        Decoder clock that was asked for.
    reason, message : str or None
        Why the exit status is not 0: a word or two, and a line.
    front : list of ParetoPoint
        What `run_pareto` found.
    """

    def __init__(
        self,
        arguments: Arguments,
        folder: Path,
        announce: Callable[[str], None],
        progress: Progress = silent,
    ):
        self.arguments = arguments
        self.folder = folder
        self.announce = announce
        self.progress = progress
        self.board = boards.get(arguments.board)
        self.design = arguments.design
        self.report = Report(board=self.board.name, seed=self.design.seed)
        self.clock_mhz = arguments.clock_mhz or self.board.clock_mhz
        self.reason = None
        self.message = None
        self.front = []

    def run(self) -> ExitStatus:
        """Run the stages up to the last one that was asked for, and save the report.

        Raises
        ------
        InputError
            If what the user gave is at fault.
        """
        return self._run(STAGES[: STAGES.index(self.arguments.stop_after) + 1])

    def run_pareto(self) -> ExitStatus:
        """Find, measure in part and draw the front of latency against area; see `run`."""
        return self._run(("import", "quantise", "pareto"))

    def _run(self, stages: Sequence[str]) -> ExitStatus:
        status = ExitStatus.DONE
        for name in stages:
            self.announce(name)
            start = time.perf_counter()
            status = self._in_room(getattr(self, f"_{name}"))
            self.report.stage_seconds[name] = round(time.perf_counter() - start, 3)
            if status is not ExitStatus.DONE:
                break
        self._in_room(lambda: self.report.save(self.folder) or status)
        return status

    def _in_room(self, stage: Callable[[], ExitStatus]) -> ExitStatus:
        """Run a stage, and tell a full disk from all else that it could be taken for."""
        try:
            status = self._ended(stage)
        except InputError:
            self._require_room(0)
            raise
        except Exception as error:
            # Whatever stumbles over a file that a tool could not write to its end.
            self._require_room(WORKING_ROOM)
            if isinstance(error, OSError) and is_no_room(error):
                raise no_room(error.filename or self.folder, error.strerror) from None
            raise
        self._require_room(0 if status is ExitStatus.DONE else WORKING_ROOM)
        return status

    def _ended(self, stage: Callable[[], ExitStatus]) -> ExitStatus:
        try:
            return stage()
        except CheckFailed as error:
            return self._stop(ExitStatus.MISMATCH, str(error))
        except ToolMissing as error:
            return self._stop(ExitStatus.TOOL_MISSING, str(error))
        except ToolError as error:
            if said := says_no_room(str(error)):
                self._require_room(WORKING_ROOM)
                raise no_room(self.folder, said) from None
            return self._stop(ExitStatus.TOOL_MISSING, str(error), reason="tool failed")

    def _require_room(self, least: int) -> None:
        require_room(self.folder, Path(tempfile.gettempdir()), least=least)

    def _stop(self, status: ExitStatus, message: str, *, reason: str | None = None) -> ExitStatus:
        self.reason = reason or status.name.lower().replace("_", " ")
        self.message = message
        return status

    def _import(self) -> ExitStatus:
        self.report.clock_mhz = check_clock(self.board, self.clock_mhz)
        self.network = load_network(self.design.source.network)
        check_network(self.board, self.network)
        self.golden = golden_of(self.network, self.design.source)
        self.report.network = self.network.name
        self.report.topology = self.network.topology
        self.report.add_golden(self.golden)
        save_network(self.network, self.folder / "network")
        return ExitStatus.DONE

    def _quantise(self) -> ExitStatus:
        quantised = search(
            self.network, self.golden, self.design.search, progress=self.progress
        )
        self.model = quantised.model
        check_memory(self.board, self.model.weight_bits)
        check_frame(self.model)
        self.x_raw = self.model.quantise_input(self.golden.x)
        self.y_raw = self.model.compute(self.x_raw)
        self.report.add_quantised(quantised)
        quantised.save_formats(self.folder / "formats.json")
        np.savez_compressed(self.folder / "expected.npz", x_raw=self.x_raw, y_raw=self.y_raw)
        return ExitStatus.DONE

    def _rtl(self) -> ExitStatus:
        decoder = self._decoder()
        self.plan = decoder.plan
        self.interface = StreamInterface.of(decoder)
        self.report.foldings = [
            asdict(plan.folding) | {"multipliers": asdict(plan.multipliers)}
            for plan in self.plan.layers
        ]
        folder = self.folder / "rtl"
        folder.mkdir()
        self.verilog = folder / "decoder.v"
        # With the board's own blocks, so that what is simulated is what is built.
        self.family = None if self.board.family.netlist is None else self.board.family
        self.verilog.write_text(to_verilog(decoder, family=self.family))
        self.interface.save(folder / "decoder.json")
        return ExitStatus.DONE

    def _pareto(self) -> ExitStatus:
        # Where it is needed: matplotlib takes as long to import as all the rest.
        from build_decoder.pareto_figure import draw_front

        self.front = find_front(self.model, self.design.hardware, self.board)
        try:
            self.front = synthesise_some(self.model, self.front, self.folder, self.announce)
        finally:
            clock_mhz = self.report.clock_mhz
            save_front(
                self.folder / "pareto.json", self.model, self.front, self.board, clock_mhz
            )
            title = f"{self.model.name} ({self.model.topology}): latency against area"
            draw_front(self.front, title, area_title(self.board), clock_mhz, self.folder)
        return ExitStatus.DONE

    def _check_luts(self) -> None:
        """Hold the decoder, without the board's shell, to --max-lut, which was estimated."""
        limit = self.design.hardware.max_lut
        if limit is None:
            return
        if self.family is None:
            # The shell's logic cannot be told from the decoder's.
            luts, what = self.report.resources["lut"], "with the board's shell"
        else:
            work = self.folder / "synthesis"
            self.progress(newest_log_line(work))
            luts, what = synthesise_decoder(self.verilog, self.family, work).resources.lut, "alone"
        estimate = round(decoder_area(self.plan.stages).lut)
        self.report.decoder_lut = {"limit": limit, "estimated": estimate, "synthesised": luts}
        if luts > limit:
            # No error: an estimate that is too low for one limit is so for the next one too.
            self.report.warnings.append(
                f"--max-lut {limit}: the decoder was estimated at {estimate} LUTs and takes {luts} "
                f"on {self.board.family}, {what}: ask for about {limit * limit // luts}"
            )

    def _decoder(self) -> Decoder:
        """A new component: Amaranth elaborates each but once."""
        plan = design(
            self.model,
            self.design.hardware,
            family=self.board.family,
            max_blocks=self.board.capacity.dsp,
        )
        return Decoder(plan)

    def _simulate(self) -> ExitStatus:
        frames = len(self.x_raw)
        folder = self.folder / "sim"
        cells, include_dirs = [], []
        if self.family is not None:
            cells, include_dirs = cell_sources(self.family, yosys_share(), folder / "cells")
        bench = TestBench(
            [*cells, self.verilog],
            "decoder",
            self.interface,
            folder,
            frames=frames,
            include_dirs=include_dirs,
            progress=self.progress,
        )
        runs = [
            bench.run(self.x_raw, self.y_raw, folder / "back_to_back"),
            bench.run(
                self.x_raw[:STALLED_FRAMES],
                self.y_raw[:STALLED_FRAMES],
                folder / "stalled",
                stall_seed=self.design.seed,
            ),
        ]
        self.report.vectors_checked = sum(run.vectors_checked for run in runs)
        self.report.mismatches = sum(run.mismatches for run in runs)
        self.report.latency_cycles = runs[0].latency_cycles
        self.report.frame_cycles = runs[0].frame_cycles
        for run in runs:
            if run.mismatches:
                return self._stop(
                    ExitStatus.MISMATCH, f"Verilog differs from the model: {run.first_mismatch}"
                )
        if wrong := runs[0].wrong_times(self.interface):
            return self._stop(ExitStatus.MISMATCH, "; ".join(wrong))
        return ExitStatus.DONE

    def _synthesise(self) -> ExitStatus:
        self.progress(newest_log_line(self.folder / "board"))
        result = synthesise(
            self.board,
            self._decoder(),
            self.folder / "board",
            self.clock_mhz,
            seed=self.design.seed,
        )
        if result.resources is not None:
            self.report.resources = result.resources.as_dict()
            self._check_luts()
        if result.missing:
            return self._stop(ExitStatus.TOOL_MISSING, result.missing)
        return ExitStatus.DONE

    def _bitstream(self) -> ExitStatus:
        self.progress(newest_log_line(self.folder / "board"))
        result = place_and_route(self.board, self.folder / "board")
        self.report.add_bitstream(result)
        if result.missing:
            return self._stop(ExitStatus.TOOL_MISSING, result.missing)
        self.report.bitstream = str(result.bitstream.relative_to(self.folder))
        if result.timing_met is False:
            return self._stop(
                ExitStatus.TIMING,
                f"expected a clock of {result.constraint_mhz:g} MHz, got at most "
                f"{result.fmax_mhz:.1f} MHz: ask for a slower one with --clock",
            )
        return ExitStatus.DONE
