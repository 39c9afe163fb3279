"""What a page tells of: all that the stages of a build have left so far."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from build_decoder import boards
from build_decoder.boards.board import Board
from build_decoder.build_folder import BuildFolder
from build_decoder.design_file import Design
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.models.errors import InputError
from build_decoder.models.files.json_file import read_json
from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network
from build_decoder.options.search import FIXED
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.report import REPORT_FILE

__all__ = ["Facts"]


@dataclass(frozen=True)
class Facts:
    """The folder of a build up to quantise or further, its files read once they are needed."""

    folder: Path

    @cached_property
    def report(self) -> dict:
        """``report.json``."""
        return read_json(self.folder / REPORT_FILE)

    @property
    def numbers(self) -> str:
        """What the decoder's numbers are called beside the floats of the network."""
        arithmetic = self.report["arithmetic"]
        return "integers" if arithmetic == FIXED else arithmetic

    @cached_property
    def network(self) -> Network:
        """The network in floats."""
        return self._build.load_network()

    @cached_property
    def golden(self) -> GoldenData:
        """Golden data."""
        return self._build.load_golden(self.network)

    @cached_property
    def model(self) -> IntegerModel:
        """The integer model."""
        return self._build.load_model()

    @cached_property
    def formats(self) -> dict:
        """``formats.json``."""
        return read_json(self._build.formats)

    @cached_property
    def design(self) -> tuple[Design, DecoderPlan] | None:
        """The design and its plan; None before there is hardware."""
        return self._build.load_plan() if self._build.design.exists() else None

    @cached_property
    def board(self) -> Board | None:
        """The board; None without one, or where its file is no longer to be had."""
        try:
            return None if self.report["board"] is None else boards.get(self.report["board"])
        except InputError:
            return None

    @property
    def _build(self) -> BuildFolder:
        return BuildFolder(self.folder)

    @cached_property
    def shown(self) -> np.ndarray:
        """Which samples (samples,) answers are shown of: those held out from the search, or all
        where none are."""
        held_out = self.golden.held_out
        return held_out if held_out.any() else np.ones(len(held_out), dtype=bool)

    @cached_property
    def which(self) -> str:
        """Those samples, in words."""
        count = int(self.shown.sum())
        if self.golden.held_out.any():
            return f"{count} golden samples that were held out from the search"
        return f"all {count} golden samples, which the search saw"

    @cached_property
    def y(self) -> np.ndarray:
        """What the integer model gives on golden data (samples, outputs), real."""
        if self.golden.steps is None:
            # Computed by the quantise stage.
            with np.load(self._build.expected) as expected:
                return self.model.dequantise_output(expected["y_raw"])
        return self.model.predict(self.golden.x, steps=self.golden.steps)

    @cached_property
    def decided(self) -> np.ndarray:
        """Decisions (samples, decisions) of the integer model."""
        if self.model.classes is not None:
            return self.y.astype(np.int64)
        return self.golden.task.decisions(self.y)
