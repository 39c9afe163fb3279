"""The folder that is copied to a PYNQ board."""

import shutil
from importlib import resources
from pathlib import Path
from string import Template

import numpy as np

from build_decoder.boards.board import Board
from build_decoder.boards.driver_file import DRIVER_FILE, DriverFile
from build_decoder.boards.pynq.hwh import hardware_handoff
from build_decoder.boards.pynq.modules import board_modules
from build_decoder.boards.pynq.other_weights import other_weights
from build_decoder.boards.pynq.steps import GOLDEN_FILE, OTHER_FILE, Golden
from build_decoder.boards.zynq.fclk import FclkDividers
from build_decoder.hdl.planning.image import ImageLayout

__all__ = ["FOLDER", "GOLDEN_FRAMES", "write_board_folder"]

FOLDER = "pynq"
"""Its name in a build package."""

GOLDEN_FRAMES = 64
"""Golden frames that go with it."""

_NOTEBOOK, _README = "decoder.ipynb", "README.md"


def write_board_folder(
    folder: Path,
    board: Board,
    model,
    known: DriverFile,
    clock: FclkDividers,
    x_raw: np.ndarray | None = None,
    *,
    images: ImageLayout | None = None,
) -> None:
    """Write all but the bitstream, which the build script puts beside it.

    Parameters
    ----------
    folder
        Made anew.
    board
        The board.
    model
        The integer model.
    known
        What the driver has to know.
    clock
        Settings of FCLK0.
    x_raw
        Raw inputs (samples, inputs) of which golden frames are made; any frames if None.
    images
        Of a decoder that is reloadable: the layout of its images.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in board_modules().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    known.save(folder / DRIVER_FILE)
    handoff = hardware_handoff(known.registers, clock, part=board.device)
    (folder / "decoder.hwh").write_text(handoff)
    x_raw = _golden_inputs(model, x_raw)
    np.savez_compressed(folder / GOLDEN_FILE, x_raw=x_raw, y_raw=model.compute(x_raw))
    if images is not None:
        _write_other_weights(folder, other_weights(images, x_raw))
    files = resources.files(__package__)
    (folder / _NOTEBOOK).write_text(files.joinpath(_NOTEBOOK).read_text())
    readme = Template(files.joinpath(_README).read_text()).substitute(_told(board, known))
    (folder / _README).write_text(readme)


def _write_other_weights(folder: Path, other: Golden) -> None:
    arrays = {"x_raw": other.x_raw, "y_raw": other.y_raw, "words": other.words}
    np.savez_compressed(folder / OTHER_FILE, **arrays)


def _golden_inputs(model, x_raw: np.ndarray | None) -> np.ndarray:
    count, format = model.input_count, model.input_format
    if x_raw is None:
        random = np.random.default_rng(0)
        x_raw = random.integers(format.min_raw, format.max_raw + 1, (GOLDEN_FRAMES, count))
    return np.resize(x_raw[:GOLDEN_FRAMES], (GOLDEN_FRAMES, count)).astype(np.int64)


def _told(board: Board, known: DriverFile) -> dict[str, object]:
    interface = known.interface
    return {
        "name": interface.name,
        "board": board.title,
        "inputs": interface.input_count,
        "input_format": interface.input_format,
        "outputs": interface.output_count,
        "output_format": interface.output_format,
        "clock_mhz": f"{known.clock_mhz:g}",
        "latency": interface.latency_cycles,
        "latency_us": f"{interface.latency_cycles / known.clock_mhz:.2f}",
        "fingerprint": f"{interface.fingerprint:08x}",
    }
