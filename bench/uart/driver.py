"""cocotb test that runs a program at a simulated board's line. It runs in a run's folder."""

import importlib
import json
import logging
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import Timer

from build_decoder.bench.uart.board import Board
from build_decoder.bench.uart.line import Line
from build_decoder.bench.uart.program import Program

__all__ = ["run_program"]

_PERIOD_NS = 10
_LOOK_NS = 1000 * _PERIOD_NS
_COUNTERS = ("answered", "rejected", "broken", "cycle")


@cocotb.test()
async def run_program(bench):
    """Clock, reset, run what job.json names, and leave what it returned in counters.json."""
    job = json.loads(Path("job.json").read_text())
    # Not at cocotb's root logger: its own lines tell why a run failed.
    logging.getLogger("cocotb.bench").setLevel(logging.WARNING)
    bench.rst.value, bench.to_board.value = 1, 0
    Clock(bench.clk, _PERIOD_NS, "ns").start()
    await Timer(4 * _PERIOD_NS + _PERIOD_NS // 2, "ns")
    bench.rst.value = 0
    line = Line(bench, divisor=job["divisor"], period_ns=_PERIOD_NS)
    module, _, function = job["program"].partition(":")
    called = getattr(importlib.import_module(module), function)
    program = Program(lambda: called(Board(job, line)))
    ways = [cocotb.start_soon(way()) for way in (line.to_board, line.from_board)]
    program.start()
    while program.running:
        await Timer(_LOOK_NS, "ns")
    for way in ways:
        way.cancel()
    line.close()
    found = program.result() or {}
    counters = {name: int(getattr(bench, name).value) for name in _COUNTERS}
    Path("counters.json").write_text(json.dumps(counters | found))
