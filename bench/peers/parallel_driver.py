"""cocotb test that gives a pipeline a frame each cycle. It runs in the simulator, in a run's
folder."""

import json
from pathlib import Path

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from build_decoder.bench.peers.parallel import FRAMES, SEEN

__all__ = ["drive"]


@cocotb.test()
async def drive(bench):
    """A frame is written, and what is shown is read, between two rising edges; ``latency`` more
    cycles run behind the last frame."""
    frames = np.load(FRAMES)
    Clock(bench.clk, 10, "ns").start()
    width = len(bench.shown)
    seen = []
    for cycle in range(len(frames) + int(cocotb.plusargs["latency"])):
        await FallingEdge(bench.clk)
        shown = bench.shown.value
        # What was not given yet is unknown, and counts as none that is expected.
        word = shown.to_unsigned() if shown.is_resolvable else 0
        seen.append([word >> bit & 1 for bit in range(width)])
        frame = frames[min(cycle, len(frames) - 1)]
        bench.given.value = int("".join(map(str, frame[::-1])), 2)
    np.save(SEEN, np.array(seen, np.uint8))
    Path("counters.json").write_text(json.dumps({"cycles": len(seen)}))
