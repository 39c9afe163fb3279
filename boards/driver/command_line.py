"""Golden data through a board, compared with what the build expects."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from build_decoder.boards.driver.connection import connect
from build_decoder.boards.driver.decoder import Decoder, Progress
from build_decoder.boards.driver.errors import LinkError
from build_decoder.boards.driver.inputs import quantised
from build_decoder.boards.driver_file import EXPECTED_FILE, find_driver_file
from build_decoder.models.arguments import LineParser, filled_path
from build_decoder.models.command import BAD_INPUT, exit_status, say
from build_decoder.models.errors import InputError
from build_decoder.models.files.array_shape import ArrayShape
from build_decoder.models.files.numpy_file import read_npz
from build_decoder.models.files.paths import require_file
from build_decoder.models.limits import MAX_GOLDEN_VALUES

__all__ = ["main", "verify"]

_SHOWN_MISMATCHES = 5
_DIFFERENT = 4


def _frames(path: Path, key: str, count: int, *, samples: int | None = None) -> np.ndarray:
    """The array ``key`` (samples, count) of an ``.npz`` file."""
    require_file(path)
    shape = ArrayShape((samples, count), ("samples", "values"), MAX_GOLDEN_VALUES)
    return read_npz(path, key, shape, where=key)


def _raw_frames(path: Path, key: str, count: int, *, samples: int | None = None) -> np.ndarray:
    values = _frames(path, key, count, samples=samples)
    if values.dtype.kind not in "iu":
        raise InputError.at(path, key, expected="raw integers", got=f"type {values.dtype}")
    return values.astype(np.int64)


def _expected_outputs(decoder: Decoder, build: Path, golden: Path, x_raw) -> np.ndarray:
    """Raw outputs (samples, outputs) that the build expects of ``x_raw`` (samples, inputs)."""
    interface = decoder.interface
    path = find_driver_file(build).resolve().parent.parent / EXPECTED_FILE
    known_x = _raw_frames(path, "x_raw", interface.input_count)
    known_y = _raw_frames(path, "y_raw", interface.output_count, samples=len(known_x))
    if interface.continuous:
        # What comes of a step depends on all before it.
        if not np.array_equal(known_x[: len(x_raw)], x_raw):
            raise InputError(f"{golden}: expected the samples of {path}, from its first one on")
        return known_y[: len(x_raw)]
    known = {x.tobytes(): y for x, y in zip(known_x, known_y, strict=True)}
    found = [known.get(x.tobytes()) for x in x_raw]
    missing = sum(y is None for y in found)
    if missing:
        raise InputError(
            f"{golden}: expected samples that {path} has outputs for, got {missing} others of "
            f"{len(found)}"
        )
    return np.array(found)


def verify(decoder: Decoder, build: Path, golden: Path) -> int:
    """Run golden data through the board, print what came, and return how many samples differ."""
    interface = decoder.interface
    x = _frames(golden, "x", interface.input_count)
    x_raw, saturation = quantised(x, interface.input_format, interface.input_count)
    expected = _expected_outputs(decoder, build, golden, x_raw)
    if saturation:
        say(f"warning: {saturation}")
    if interface.continuous:
        decoder.reset()
    start = time.monotonic()
    with _progress_bar(interface.name) as progress:
        y_raw = decoder.infer_raw(x_raw, progress=progress)
    seconds = time.monotonic() - start
    differing = np.flatnonzero((y_raw != expected).any(axis=1))
    for sample in differing[:_SHOWN_MISMATCHES]:
        print(f"sample {sample}: expected {expected[sample]}, got {y_raw[sample]}")
    print(
        f"{interface.name}: {len(x_raw)} samples, {len(differing)} mismatches, "
        f"{seconds / len(x_raw) * 1e3:.2f} ms a sample over the link"
    )
    return len(differing)


@contextlib.contextmanager
def _progress_bar(title: str) -> Iterator[Progress | None]:
    """Shows on a terminal how far a run is; None elsewhere, and on a host without rich."""
    try:
        from rich.console import Console
        from rich.progress import Progress as Bar
    except ImportError:
        yield None
        return

    class CursorStays(Console):
        def show_cursor(self, show: bool = True) -> bool:
            return False  # a signal leaves nothing to put right

    console = CursorStays(stderr=True)
    if not console.is_terminal:
        yield None
        return
    with Bar(console=console, transient=True) as bar:
        task = bar.add_task(title)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status: 0 equal, 2 bad input or link, 4 outputs differ."""
    return exit_status(lambda: _run(arguments), prefix="error: ", failures={LinkError: BAD_INPUT})


def _run(arguments: list[str] | None) -> int:
    parser = LineParser(prog="python -m build_decoder.boards.driver", description=main.__doc__)
    parser.add_argument("--port", required=True, help="such as /dev/ttyUSB0")
    parser.add_argument("--build", required=True, type=filled_path, help="build folder")
    parser.add_argument(
        "--golden", required=True, type=filled_path, help="inputs x in an .npz file"
    )
    options = parser.parse_args(arguments)
    with connect(options.port, options.build) as decoder:
        return _DIFFERENT if verify(decoder, options.build, options.golden) else 0
