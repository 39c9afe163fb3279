"""cocotb test that runs a scenario. It runs inside the simulator, in a run's folder."""

import importlib
import json
import logging
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import Timer

from build_decoder.bench.axi.machine import Machine

__all__ = ["run_scenario"]

_PERIOD_NS = 10


@cocotb.test()
async def run_scenario(bench):
    """Clock, reset, run what job.json names, and leave what it returned in counters.json."""
    job = json.loads(Path("job.json").read_text())
    # Not at cocotb's root logger: its own lines tell why a run failed.
    logging.getLogger("cocotb.bench").setLevel(logging.WARNING)
    bench.rst.value = 1
    Clock(bench.clk, _PERIOD_NS, "ns").start()
    machine = Machine(bench, job)
    await Timer(4 * _PERIOD_NS, "ns")
    bench.rst.value = 0
    module, _, function = job["scenario"].partition(":")
    found = await getattr(importlib.import_module(module), function)(machine)
    counters = {"faults": int(bench.faults.value), "cycle": machine.cycle, **(found or {})}
    Path("counters.json").write_text(json.dumps(counters))
