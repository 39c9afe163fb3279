"""``python -m build_decoder.rehearse``: a host program against a build, without the board.

``rtl/decoder.v`` of the build is simulated behind the UART, the FIFO and the link of a board, at a
serial port that programs open. A host program that is written so runs at the board as it is.
"""

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from build_decoder.models.arguments import LineParser, filled_path
from build_decoder.models.command import exit_status
from build_decoder.models.errors import InputError
from build_decoder.options.types import at_least

__all__ = ["main"]

_PATIENCE = 600.0
"""Seconds that the driver waits for an answer: the simulation takes its time."""

_DIVISOR = 4
"""Clock cycles a bit: the fewest that a UART takes, since a simulated second costs minutes."""

_LOOK_SECONDS = 0.05
_DIFFERENT = 4


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: that of the host program or, without one, 0 all alike, 4
    outputs differ; 2 bad input, 3 no tools."""
    return exit_status(lambda: _run(argv), prefix="error: ", tools=True)


def _parser() -> LineParser:
    parser = LineParser(
        prog="python -m build_decoder.rehearse",
        usage="%(prog)s [-h] [--samples N] BUILD [-- PROGRAM [ARGUMENT ...]]",
        epilog="The arguments of PROGRAM may have {port}, the serial port, and {build}, BUILD: "
        "-- python my_host.py {port}",
        description="Run a host program against the Verilog of a build, at a simulated serial "
        "port. Without one, the driver sends golden samples through it.",
    )
    parser.add_argument("build", type=filled_path, metavar="BUILD", help="folder of a build")
    parser.add_argument(
        "--samples", type=at_least(1), default=8, metavar="N",
        help="golden samples that the driver sends where no program is given (default: 8)",
    )
    return parser


def _run(argv: Sequence[str] | None) -> int:
    given = list(sys.argv[1:] if argv is None else argv)
    program = None
    if "--" in given:
        place = given.index("--")
        given, program = given[:place], given[place + 1 :]
        if not program or shutil.which(program[0]) is None:
            got = program[0] if program else "none"
            raise InputError(f"--: expected a host program behind it that can be run, got {got}")
    arguments = _parser().parse_args(given)
    # All of it takes a second to import, in which a signal may come.
    from build_decoder.bench.uart.rehearsal import Rehearsal

    with tempfile.TemporaryDirectory() as folder:
        rehearsal = Rehearsal.of(arguments.build, Path(folder), divisor=_DIVISOR)
        if program is None:
            return _at(rehearsal, lambda port: _driven(rehearsal, port, arguments.samples))
        return _at(rehearsal, lambda port: _hosted(rehearsal, port, program))


def _at(rehearsal, host) -> int:
    """What ``host`` returns or raises, which runs in a thread beside the simulation."""
    found = {}

    def run() -> None:
        try:
            while not rehearsal.port.exists() and "ended" not in found:
                time.sleep(_LOOK_SECONDS)
            if rehearsal.port.exists():
                found["status"] = host(rehearsal.port.read_text())
        except BaseException as error:
            found["error"] = error
        finally:
            rehearsal.stop.touch()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        rehearsal.simulate()
    finally:
        found["ended"] = True
    thread.join()
    if "error" in found:
        raise found["error"]
    return found["status"]


def _driven(rehearsal, port: str, samples: int) -> int:
    from build_decoder.boards.driver import connect

    x_raw, expected = (array[:samples] for array in rehearsal.expected)
    with connect(port, rehearsal.host_folder, timeout=_PATIENCE) as decoder:
        found = decoder.infer_raw(x_raw)
    differing = int(np.count_nonzero((found != expected).any(axis=1)))
    print(f"{rehearsal.name}: {len(found)} golden samples through {port}, {differing} mismatches")
    return _DIFFERENT if differing else 0


def _hosted(rehearsal, port: str, program: list[str]) -> int:
    places = {"{port}": port, "{build}": str(rehearsal.host_folder)}
    filled = []
    for word in program:
        for mark, value in places.items():
            word = word.replace(mark, value)
        filled.append(word)
    return subprocess.run(filled, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
