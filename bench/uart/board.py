"""A simulated board at a serial line, for programs that run beside the simulation."""

from pathlib import Path

import numpy as np

from build_decoder.bench.uart.line import Line
from build_decoder.boards.driver import Decoder
from build_decoder.boards.driver.serial_port import open_serial
from build_decoder.boards.protocol import Command
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.files.fields import Fields

__all__ = ["Board"]

_SECONDS = 600.0


class Board:
    """What a program finds.

    Parameters
    ----------
    job
        What `UartSimulation` left for it.
    line
        The board's line.

    Attributes
    ----------
    line : Line
    interface : Interface
    arrays : dict of arrays
    settings : dict
    baud : int
    """

    def __init__(self, job: dict, line: Line):
        here = Path.cwd()
        self.line = line
        self.interface = Interface.read(Fields(job["interface"], here / "job.json"))
        with np.load(here / "arrays.npz") as arrays:
            self.arrays = dict(arrays)
        self.settings = job["settings"]
        self.baud = job["baud"]

    def open(self, requests: list[Command] | None = None) -> Decoder:
        """The host's driver at the line, patient, since the simulation takes its time.

        Parameters
        ----------
        requests
            Where each request is noted, in order.
        """
        port = open_serial(self.line.name, self.baud)
        if requests is not None:
            write = port.write

            def noted(data: bytes) -> int:
                requests.append(Command(data[1]))
                return write(data)

            port.write = noted
        return Decoder(port, self.interface, baud=self.baud, timeout=_SECONDS)
