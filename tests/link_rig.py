"""Helpers of tests of the link's parts: simulations that end, and bytes."""

import numpy as np
from amaranth.sim import Simulator

__all__ = ["random_bytes", "simulate"]


def simulate(component, *testbenches, background=(), cycles=5_000):
    simulator = Simulator(component)
    simulator.add_clock(1e-6)

    async def deadline(ctx):
        for _ in range(cycles):  # not `repeat`: suspended in there, it is not disposed of quietly
            await ctx.tick()
        raise AssertionError(f"not finished in {cycles} cycles")

    for testbench in testbenches:
        simulator.add_testbench(testbench)
    for testbench in (*background, deadline):
        simulator.add_testbench(testbench, background=True)
    simulator.run()


def random_bytes(seed, count):
    return np.random.default_rng(seed).integers(0, 256, count, dtype=np.uint8).tobytes()
