"""The folder of a build: names of what is in it, and its files as a later command takes them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from build_decoder.boards.driver_file import EXPECTED_FILE
from build_decoder.design_file import DESIGN_FILE, Design
from build_decoder.golden_record import load_golden_record, save_golden_record
from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.interface import Interface
from build_decoder.manifest import MANIFEST_FILE, ForeignFiles, check_made
from build_decoder.model_file import MODEL_ARRAYS, MODEL_FILE, load_model
from build_decoder.models.errors import InputError
from build_decoder.models.files.array_shape import ArrayShape
from build_decoder.models.files.json_file import read_json
from build_decoder.models.files.load import load_network, save_network
from build_decoder.models.files.network_folder import NETWORK_FILE
from build_decoder.models.files.numpy_file import read_npz
from build_decoder.models.golden import GoldenData
from build_decoder.models.limits import MAX_GOLDEN_VALUES
from build_decoder.models.network import Network
from build_decoder.models.zoo import zoo_names
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.report import REPORT_FILE
from build_decoder.sim.decoder_bench import ExportedDecoder

__all__ = ["BuildFolder", "is_build"]

_NETWORK = "network"
_ALSO = "also"
_RTL = "rtl"
_VERILOG = "decoder.v"


def is_build(source: str) -> bool:
    """Whether ``source``, which may name a network too, is the folder of a build, whole or not."""
    path = Path(source)
    if source in zoo_names() or not os.path.isdir(path) or os.path.exists(path / NETWORK_FILE):
        return False
    marks = (MANIFEST_FILE, REPORT_FILE, os.path.join(_NETWORK, NETWORK_FILE), MODEL_FILE, _RTL)
    return any(os.path.exists(path / mark) for mark in marks)


@dataclass(frozen=True)
class BuildFolder:
    """Files of a build, by the stage that writes them.

    Parameters
    ----------
    path
        The folder.
    """

    path: Path

    @property
    def network(self) -> Path:
        """Import: the folder of the network."""
        return self.path / _NETWORK

    @property
    def also(self) -> Path:
        """Import: a folder for each other network whose decisions formats keep, 1, 2 and so on."""
        return self.path / _ALSO

    @property
    def formats(self) -> Path:
        """Quantise: each node's format, and why."""
        return self.path / "formats.json"

    @property
    def expected(self) -> Path:
        """Quantise: raw inputs and outputs of all golden samples."""
        return self.path / EXPECTED_FILE

    @property
    def rtl(self) -> Path:
        """Rtl: the folder of Verilog and design."""
        return self.path / _RTL

    @property
    def verilog(self) -> Path:
        """Rtl: the decoder in Verilog."""
        return self.rtl / _VERILOG

    @property
    def design(self) -> Path:
        """Rtl: what the hardware is made of again."""
        return self.rtl / DESIGN_FILE

    @property
    def sim(self) -> Path:
        """Simulate: the test bench and what it found."""
        return self.path / "sim"

    @property
    def board(self) -> Path:
        """Synthesise and bitstream: the build package of the board."""
        return self.path / "board"

    @property
    def synthesis(self) -> Path:
        """Synthesise: the decoder without a board, where its LUTs are limited."""
        return self.path / "synthesis"

    def check(self) -> None:
        """Check that what the stages up to rtl left is there, and as they left it.

        Raises
        ------
        InputError
            If a file is missing or was changed, or nothing tells whether one was.
        """
        names = (
            MODEL_FILE, MODEL_ARRAYS, EXPECTED_FILE, f"{_RTL}/{_VERILOG}", f"{_RTL}/{DESIGN_FILE}",
            REPORT_FILE,
        )
        try:
            check_made(self.path, names)
        except ForeignFiles as foreign:
            raise InputError.at(
                self.path, "", expected="a build up to the stage rtl, its files as it made them",
                got=str(foreign),
            ) from None
        except OSError as error:
            raise InputError.at(
                error.filename or self.path, "", expected="a readable file", got=str(error.strerror)
            ) from None

    def load_network(self) -> Network:
        """The network that the import stage left."""
        return load_network(self.network)

    def load_golden(self, network: Network) -> GoldenData:
        """The golden data that the import stage left."""
        return load_golden_record(self.path, network)

    def save_also(self, others: Sequence[tuple[Network, GoldenData]]) -> None:
        """Write other networks, and golden data of each."""
        for number, (network, golden) in enumerate(others, start=1):
            folder = self.also / str(number)
            folder.mkdir(parents=True)
            save_network(network, folder / _NETWORK)
            save_golden_record(golden, folder)

    def load_also(self) -> list[tuple[Network, GoldenData]]:
        """What :meth:`save_also` wrote, in order."""
        found = []
        while (folder := self.also / str(len(found) + 1)).is_dir():
            network = load_network(folder / _NETWORK)
            found.append((network, load_golden_record(folder, network)))
        return found

    def load_model(self) -> IntegerModel:
        """The integer model that the quantise stage left."""
        return load_model(self.path)

    def load_design(self) -> Design:
        """The design that the rtl stage left."""
        return Design.load(self.design)

    def load_plan(self) -> tuple[Design, DecoderPlan]:
        """The design, and the plan that it and the integer model make, which belong together.

        Raises
        ------
        InputError
            If they do not.
        """
        design = self.load_design()
        return design, design.plan(self.load_model(), source=self.design)

    def load_report(self) -> dict:
        """The report of the build."""
        return read_json(self.path / REPORT_FILE)

    def exported(self, design: Design) -> ExportedDecoder:
        """The Verilog of ``design`` that the rtl stage left."""
        return ExportedDecoder(self.verilog, design.interface, blocks_of(design.family))

    def save_expected(self, model: IntegerModel, x_raw: np.ndarray) -> None:
        """Write what ``model`` makes of raw inputs (samples, inputs)."""
        np.savez_compressed(
            self.expected,
            x_raw=x_raw,
            y_raw=model.compute(x_raw),
            fingerprint=np.array(model.fingerprint()),
        )

    def load_expected(self, interface: Interface) -> tuple[np.ndarray, np.ndarray]:
        """Raw inputs (samples, inputs) and outputs (samples, outputs), int64.

        Raises
        ------
        InputError
            If they are not of the decoder with that interface.
        """
        path = self.expected
        fingerprint = read_npz(path, "fingerprint", ArrayShape((), (), 1), where="fingerprint")
        if fingerprint != interface.fingerprint:
            raise InputError.at(
                path, "fingerprint",
                expected=f"{interface.fingerprint}, as {DESIGN_FILE} has it", got=str(fingerprint),
            )
        arrays = []
        for key, axis, count, format, samples in (
            ("x_raw", "inputs", interface.input_count, interface.input_format, None),
            ("y_raw", "outputs", interface.output_count, interface.output_format, "as x_raw"),
        ):
            sizes = (len(arrays[0]) if samples else None, count)
            shape = ArrayShape(sizes, ("samples", axis), MAX_GOLDEN_VALUES)
            raw = read_npz(path, key, shape, where=key)
            if raw.dtype != np.int64 or raw.min() < format.min_raw or raw.max() > format.max_raw:
                raise InputError.at(
                    path, key, expected=f"int64 values in {format}",
                    got=f"{raw.dtype} from {raw.min()} to {raw.max()}",
                )
            arrays.append(raw)
        return arrays[0], arrays[1]


def blocks_of(family: Family | None) -> Family | None:
    """The family whose blocks the Verilog for ``family`` instantiates; None for behaviour alone.

    With the FPGA's own blocks, what is simulated is what is built.
    """
    return family if family is not None and family.own_blocks else None
