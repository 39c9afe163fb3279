"""Running a component in Amaranth's simulator."""

from amaranth import ClockDomain, Module
from amaranth.sim import Simulator

from tests.cell_models import ForFamily

__all__ = ["simulate", "simulator_of"]


def simulate(component, *testbenches, family: str | None = None):
    """Run until all testbenches are done; ``component`` as it is made for ``family``."""
    simulator_of(component, *testbenches, family=family).run()


def simulator_of(component, *testbenches, family: str | None = None) -> Simulator:
    """A simulator that may be run, and again after each reset."""
    m = Module()
    # A combinational component brings no clock domain of its own.
    m.domains.sync = ClockDomain()
    m.submodules.dut = ForFamily(component, family)
    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    for testbench in testbenches:
        simulator.add_testbench(testbench)
    return simulator
