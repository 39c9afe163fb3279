"""A build's Verilog behind a simulated serial port."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from amaranth import ClockSignal, Instance, Module, ResetSignal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from build_decoder.bench.uart.simulation import UartSimulation
from build_decoder.boards.driver_file import DRIVER_FILE, DriverFile
from build_decoder.boards.protocol import check_frame
from build_decoder.boards.shell import Shell
from build_decoder.build_folder import BuildFolder, blocks_of, is_build
from build_decoder.design_file import Design
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.reloadable_decoder import decoder_of
from build_decoder.models.errors import InputError
from build_decoder.sim.decoder_bench import TOP

__all__ = ["Rehearsal"]

_SHELL = "uart"
_HOLD = "build_decoder.bench.uart.held:hold"


class _Exported(wiring.Component):
    """The module of an exported decoder, with the ports that the decoder itself has.

    Parameters
    ----------
    decoder
        The decoder that was exported.
    """

    def __init__(self, decoder):
        super().__init__(decoder.signature)
        self.model = decoder.model
        self.images = getattr(decoder, "images", None)
        # Amaranth tells of a component that is made and no part of a design.
        decoder._MustUse__used = True

    def elaborate(self, platform):
        m = Module()
        ports = [("i", "clk", ClockSignal()), ("i", "rst", ResetSignal())]
        for path, member, value in self.signature.flatten(self):
            way = "i" if member.flow == In else "o"
            ports.append((way, "__".join(map(str, path)), Value.cast(value)))
        m.submodules.exported = Instance(TOP, *ports)
        return m


@dataclass(frozen=True)
class Rehearsal:
    """A build that is simulated at a serial port.

    Parameters
    ----------
    build
        The build, up to rtl or further.
    design, plan
        Its hardware.
    folder
        For temporary files.
    divisor
        Clock cycles a bit of the simulated line.
    """

    build: BuildFolder
    design: Design
    plan: DecoderPlan
    folder: Path
    divisor: int

    @classmethod
    def of(cls, path: Path, folder: Path, *, divisor: int) -> "Rehearsal":
        """The rehearsal of the build in ``path``.

        Raises
        ------
        InputError
            If there is no build up to rtl, a file of it was changed, or its host is at no UART.
        """
        if not is_build(str(path)):
            raise InputError.at(path, "", expected="the folder of a build", got="none")
        build = BuildFolder(path)
        build.check()
        shell = build.load_report()["shell"]
        if shell not in (None, _SHELL):
            raise InputError.at(
                path, "", expected="a build whose host is at a serial line (--shell uart)",
                got=f"one with --shell {shell}",
            )
        design, plan = build.load_plan()
        check_frame(design.interface)
        return cls(build, design, plan, folder, divisor)

    @property
    def name(self) -> str:
        """Of the network."""
        return self.design.interface.name

    @property
    def port(self) -> Path:
        """File that has the port's name, once there is one."""
        return self.folder / "port"

    @property
    def stop(self) -> Path:
        """File that ends the simulation."""
        return self.folder / "stop"

    @cached_property
    def host_folder(self) -> Path:
        """Folder that the driver takes: of the build, or of its interface where it has no
        ``driver.json`` yet."""
        if (self.build.board / DRIVER_FILE).exists():
            return self.build.path
        made = self.folder / "host"
        made.mkdir(exist_ok=True)
        DriverFile(interface=self.design.interface, shell=_SHELL).save(made / DRIVER_FILE)
        return made

    @cached_property
    def expected(self) -> tuple[np.ndarray, np.ndarray]:
        """Raw inputs and outputs of golden samples."""
        return self.build.load_expected(self.design.interface)

    def simulate(self) -> None:
        """Simulate until there is :attr:`stop`.

        Raises
        ------
        ToolError
            If there is no Verilator, or it fails.
        """
        shell = Shell(_Exported(decoder_of(self.plan)), divisor=self.divisor)
        simulation = UartSimulation(
            shell, self.folder / "simulation", family=blocks_of(self.design.family),
            sources=[self.build.verilog],
        )  # fmt: skip
        simulation.run(_HOLD, settings={"port": str(self.port), "stop": str(self.stop)})
