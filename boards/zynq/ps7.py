"""The processing system of a Zynq-7000, as it is seen from the logic."""

from amaranth import C, ClockDomain, ClockSignal, Instance, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.cdc import ResetSynchronizer

from build_decoder.boards.zynq.ps7_inputs import PS7_INPUTS

__all__ = ["add_processing_system"]

_REGISTERS, _MEMORY = "MAXIGP0", "SAXIHP0"
_CACHE = 0b0011  # bufferable and modifiable: memory, where the order of bytes does not matter
_SIZE_BITS = 2  # PS7 has no beats of more than 8 bytes


def add_processing_system(
    m: Module, platform, *, registers, memory=None, clock_mhz: float
) -> None:
    """Add the block PS7, and from its FCLK0 the clock and the reset of domain ``sync``.

    All inputs that are not used are 0, as both nextpnrs have them, and so Vivado too. Pads are left
    open: they belong to the block.

    Parameters
    ----------
    m
        The top module: names of nets in constraints are then those that all tools see.
    platform
        Takes the constraint of the clock.
    registers
        AXI3 subordinate of 32 bits, to be managed by port M_AXI_GP0.
    memory
        AXI3 manager of 64 bits, at port S_AXI_HP0; None if there is none.
    clock_mhz
        Frequency of FCLK0, MHz. The processor makes it; here it is a constraint.
    """
    clocks, resets, fclk0 = Signal(4), Signal(4), Signal(attrs={"keep": "TRUE"})
    ports = {
        "o_FCLKCLK": clocks,
        "o_FCLKRESETN": resets,
        f"i_{_REGISTERS}ACLK": fclk0,
        **_connected(_REGISTERS, registers, manages=True),
    }
    if memory is not None:
        ports |= {f"i_{_MEMORY}ACLK": fclk0} | _connected(_MEMORY, memory, manages=False)
        for channel in ("AR", "AW"):
            ports[f"i_{_MEMORY}{channel}CACHE"] = C(_CACHE, 4)
    for name, width in PS7_INPUTS.items():
        ports.setdefault(f"i_{name}", C(0, width))
    m.submodules.ps7 = Instance("PS7", a_keep="TRUE", **ports)
    m.submodules.fclk0_buffer = Instance("BUFG", i_I=clocks[0], o_O=fclk0)
    m.domains.sync = ClockDomain()
    m.d.comb += ClockSignal("sync").eq(fclk0)
    # It is 0 while the logic is programmed, and has nothing to do with the clock.
    m.submodules.reset = ResetSynchronizer(~resets[0], domain="sync")
    platform.add_clock_constraint(fclk0, clock_mhz * 1e6)


def _connected(port: str, interface, *, manages: bool) -> dict:
    """Ports of the block for an AXI interface of ours; whether the block manages it."""
    ports = {}
    signature = interface.signature
    for name, member in (signature.flip() if manages else signature).members.items():
        # In a manager's signature, what is Out comes from the manager.
        direction = "o" if (member.flow == wiring.Out) == manages else "i"
        signal = getattr(interface, name)
        ports[f"{direction}_{port}{name.upper()}"] = (
            signal[:_SIZE_BITS] if name.endswith("size") else signal
        )
    return ports
