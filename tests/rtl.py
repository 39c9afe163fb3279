"""Running a component in Amaranth's simulator."""

from amaranth import ClockDomain, Module
from amaranth.sim import Simulator

__all__ = ["simulate"]


def simulate(component, *testbenches):
    """Run until all testbenches are done."""
    m = Module()
    # A combinational component brings no clock domain of its own.
    m.domains.sync = ClockDomain()
    m.submodules.dut = component
    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    for testbench in testbenches:
        simulator.add_testbench(testbench)
    simulator.run()
