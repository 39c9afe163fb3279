"""Host driver: runs a decoder on a board over its serial port.

    with connect("/dev/ttyUSB0", "build/ulx3s_85f-ahead_case1") as decoder:
        y = decoder.infer(x)

Needs NumPy and pySerial only; the command line shows progress where rich is there. The build
folder, or ``board`` in it, has ``driver.json``, which says what the board runs. From the command
line it runs golden data through a board and compares the outputs with those of the integer model,
which the build left in ``expected.npz``::

    python -m build_decoder.boards.driver --port /dev/ttyUSB0 --build build/... --golden golden.npz
"""

from build_decoder.boards.driver.command_line import main, verify
from build_decoder.boards.driver.connection import connect
from build_decoder.boards.driver.decoder import Decoder
from build_decoder.boards.driver.errors import (
    DeviceError,
    LinkError,
    LinkTimeout,
    PortError,
    SaturationWarning,
)

__all__ = [
    "Decoder",
    "DeviceError",
    "LinkError",
    "LinkTimeout",
    "PortError",
    "SaturationWarning",
    "connect",
    "main",
    "verify",
]
