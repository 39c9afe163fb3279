"""cocotb test that drives a generated bench. It runs inside the simulator, in a run's folder."""

import json
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, Timer, with_timeout

from build_decoder.sim.bench_files import RECEIVED

__all__ = ["COUNTERS", "drive_bench"]

COUNTERS = (
    "done", "timed_out", "cycle", "taken", "received", "wrong", "extra", "unheld", "first_unheld"
)
"""Ports of the bench that are read at the end, into counters.json."""

_PERIOD_NS = 10
_TOLD_CYCLES = 20_000
_FAULTS = ("timed_out", "wrong", "extra", "unheld")


@cocotb.test()
async def drive_bench(bench):
    """Clock, reset, wait for the end of the run, and read the counters.

    Nothing here runs from cycle to cycle: the clock is cocotb's own, in C++, and all else is in the
    bench; how many outputs have come is told now and then. A second reset after ``+reset_after``
    cycles, 0 for none, restarts the run in its middle.
    """
    settings = cocotb.plusargs
    bench.rst.value = 1
    Clock(bench.clk, _PERIOD_NS, "ns").start()
    # Everything is written half a cycle away from the rising edges.
    await Timer(4 * _PERIOD_NS + _PERIOD_NS // 2, "ns")
    bench.rst.value = 0
    if reset_after := int(settings["reset_after"]):
        await Timer(reset_after * _PERIOD_NS, "ns")
        bench.rst.value = 1
        await Timer(_PERIOD_NS, "ns")
        bench.rst.value = 0
    telling = cocotb.start_soon(_tell(bench))
    try:
        await with_timeout(RisingEdge(bench.done), int(settings["deadline"]) * _PERIOD_NS, "ns")
    finally:
        telling.cancel()
        counters = {name: int(getattr(bench, name).value) for name in COUNTERS}
        Path("counters.json").write_text(json.dumps(counters, indent=2) + "\n")
    assert not any(counters[name] for name in _FAULTS), counters


async def _tell(bench):
    while True:
        await Timer(_TOLD_CYCLES * _PERIOD_NS, "ns")
        Path(RECEIVED).write_text(str(int(bench.received.value)))
