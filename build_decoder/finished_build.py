"""A build that was made: what it computes, and what was found of it."""

import math
import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from build_decoder.boards.driver.errors import SaturationWarning
from build_decoder.boards.driver.inputs import quantised
from build_decoder.build_folder import BuildFolder, is_build
from build_decoder.golden_record import RECORD_FILE
from build_decoder.manifest import ForeignFiles, check_made
from build_decoder.model_file import MODEL_ARRAYS, MODEL_FILE
from build_decoder.models.errors import InputError
from build_decoder.models.files.network_folder import NETWORK_FILE
from build_decoder.models.golden import GOLDEN_FILE, GoldenData
from build_decoder.models.network import Network
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.trace import trace
from build_decoder.report import REPORT_FILE

__all__ = ["FinishedBuild"]


@dataclass(frozen=True)
class FinishedBuild:
    """The folder of a build.

    What it has is read when it is asked for, and must be as the build made it. If the stage that
    makes it did not run, an `InputError` says which one is missing.

    Parameters
    ----------
    folder
        The ``output`` of the build.

    Raises
    ------
    InputError
        If it is not the folder of a build.
    """

    folder: Path

    def __post_init__(self):
        if not is_build(os.fspath(self.folder)):
            got = "no such folder" if not self.folder.exists() else "something else"
            raise InputError.at(self.folder, "", expected="the folder of a build", got=got)

    @cached_property
    def report(self) -> dict:
        """``report.json``: all figures of the build, ``None`` where nothing was measured."""
        self._require((REPORT_FILE,), "import")
        return BuildFolder(self.folder).load_report()

    @cached_property
    def network(self) -> Network:
        """The network in floats, as the build understood it."""
        self._require((f"network/{NETWORK_FILE}",), "import")
        return BuildFolder(self.folder).load_network()

    @cached_property
    def golden(self) -> GoldenData:
        """Golden data, as the build understood it."""
        self._require((GOLDEN_FILE, RECORD_FILE), "import")
        return BuildFolder(self.folder).load_golden(self.network)

    @cached_property
    def model(self) -> IntegerModel:
        """The integer model, which the hardware equals bit for bit."""
        self._require((MODEL_FILE, MODEL_ARRAYS), "quantise")
        return BuildFolder(self.folder).load_model()

    def predict(self, x, *, steps: int | None = None) -> np.ndarray:
        """Outputs of the decoder, bit for bit those of the hardware.

        Inputs outside of the input format are saturated, and a `SaturationWarning` tells of them,
        as the host driver does.

        Parameters
        ----------
        x
            Inputs: (samples, inputs), (samples, \\*shape of the input), or (inputs,) of one sample.
        steps
            Of a continuous decoder: samples of a sequence, whose states are zero at its beginning.
            None: all samples are one sequence.

        Returns
        -------
        float64 (samples, outputs), or (outputs,) for one sample. With ``--answer decision`` the one
        output is the index of a class.

        Raises
        ------
        InputError
            If the build has no integer model, or ``x`` does not fit.
        """
        raw, single = self._raw(x, steps)
        y = self.model.dequantise_output(self.model.compute(raw, steps=steps))
        return y[0] if single else y

    def trace(self, x, *, raw: bool = False, steps: int | None = None) -> dict[str, np.ndarray]:
        """Values at every input and layer, bit for bit those of the hardware.

        Parameters
        ----------
        x, steps
            As for :meth:`predict`.
        raw
            Give raw int64 instead of real values.

        Returns
        -------
        Arrays (samples, \\*shape) by name: ``NAME`` has what an input or a layer gives, and
        ``NAME.accumulator`` and ``NAME.sum`` those nodes of a dense layer or a convolution.

        Raises
        ------
        InputError
            If the build has no integer model, or ``x`` does not fit.
        """
        x_raw, single = self._raw(x, steps)
        found = {}
        for node in trace(self.model, x_raw, steps=steps):
            name = node.name if node.role == "output" else f"{node.name}.{node.role}"
            values = node.raw if raw else node.format.to_real(node.raw)
            found[name] = values[0] if single else values
        return found

    def _raw(self, x, steps: int | None) -> tuple[np.ndarray, bool]:
        """Raw inputs (samples, inputs), and whether ``x`` is a single sample."""
        model = self.model
        shape, count = model.inputs[0].shape, model.input_count
        if np.ndim(x) > 2 and np.shape(x)[1:] == shape:
            x = np.reshape(x, (len(x), math.prod(shape)))
        raw, saturation = quantised(x, model.input_format, count)
        if saturation:
            warnings.warn(str(saturation), SaturationWarning, stacklevel=3)
        single = raw.ndim == 1
        raw = raw.reshape(-1, count)
        if steps is not None and (not isinstance(steps, int) or steps < 1 or len(raw) % steps):
            raise InputError(
                f"steps: expected a whole number that divides {len(raw)} samples, got {steps!r}"
            )
        return raw, single

    def _require(self, names: Iterable[str], stage: str) -> None:
        """Check that files are there, and as the build made them."""
        try:
            check_made(self.folder, names)
        except ForeignFiles as foreign:
            raise InputError.at(
                self.folder, "", expected=f"a build up to the stage {stage}, its files as it made "
                "them", got=str(foreign),
            ) from None
        except OSError as error:
            raise InputError.at(
                error.filename or self.folder, "", expected="a readable file",
                got=str(error.strerror),
            ) from None
