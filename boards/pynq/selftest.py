"""The self-test on the board: ``sudo -E python3 selftest.py`` in this folder.

A line for each of nine steps; the exit status is 0, or the number of the step that failed. What was
found goes to ``selftest.json`` as well.
"""

import json
import os
import sys
from functools import partial
from pathlib import Path

from build_decoder.boards.driver.errors import LinkError
from build_decoder.boards.pynq.steps import Golden, steps
from build_decoder.models.errors import InputError

__all__ = ["REPORT_FILE", "run"]

REPORT_FILE = "selftest.json"

_BITSTREAM = "decoder.bit"
_BOARD_NAME = Path("/proc/device-tree/chosen/pynq_board")


def run(folder: Path, load) -> int:
    """Run all steps; the exit status.

    Parameters
    ----------
    folder
        Where the bitstream and its files are.
    load
        ``load(folder)`` tells of step 1 in a line and returns it with the driver.
    """
    found = []
    status = _run(folder, load, found)
    report = {"status": status, "steps": found}
    (folder / REPORT_FILE).write_text(json.dumps(report, indent=2) + "\n")
    return status


def _run(folder: Path, load, found: list) -> int:
    def passes(number: int, title: str, work) -> bool:
        try:
            told, passed = work(), True
        except (LinkError, InputError, OSError, RuntimeError, ImportError) as error:
            told, passed = str(error), False
        found.append({"step": number, "title": title, "passed": passed, "told": told})
        print(f"{number} {title}: {told if passed else f'FAILED: {told}'}", flush=True)
        return passed

    driver = golden = None

    def load_overlay() -> str:
        nonlocal driver
        told, driver = load(folder)
        return told

    def run_with_golden(step) -> str:
        nonlocal golden
        golden = golden or Golden.load(folder)
        return step.run(driver.core, golden)

    works = [
        (1, "pynq", load_overlay),
        (2, "clock", lambda: f"FCLK0 {driver.check_clock():g} MHz"),
        *((step.number, step.title, partial(run_with_golden, step)) for step in steps()),
    ]
    return next((number for number, title, work in works if not passes(number, title, work)), 0)


def _load(folder: Path):
    if os.geteuid() != 0:
        raise RuntimeError("expected root, who may load a bitstream, got another user: sudo -E")
    import pynq

    from build_decoder.boards.pynq.decoder_pynq import NeuralDecoder

    name = _BOARD_NAME.read_text().strip("\0\n") if _BOARD_NAME.exists() else "unknown board"
    driver = pynq.Overlay(str(folder / _BITSTREAM)).decoder
    if not isinstance(driver, NeuralDecoder):
        raise RuntimeError(f"expected the driver class NeuralDecoder, got {type(driver).__name__}")
    return f"{pynq.__version__} on {name}, {folder / _BITSTREAM} loaded", driver


if __name__ == "__main__":
    sys.exit(run(Path(__file__).resolve().parent, _load))
