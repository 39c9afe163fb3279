"""As much of pynq as the driver and the notebook use, over a model of the bus.

A program that imports this before anything else has it as ``pynq``.
"""

import sys
import types

from bus_model import BusModel

MODEL = BusModel(reloadable=True)
AFI = {0x00: 0b1001, 0x14: 0xF01}


class MMIO:
    """Registers of the processing system's port to memory."""

    def __init__(self, base_addr, length, device=None):
        assert (base_addr, length) == (0xF800_8000, 0x18)
        self.read = AFI.__getitem__
        self.write = AFI.__setitem__


class DefaultIP:
    """Over the model."""

    drivers = {}

    def __init_subclass__(cls):
        DefaultIP.drivers |= dict.fromkeys(cls.bindto, cls)

    def __init__(self, description):
        self.device, self.mmio = description["device"], MODEL
        self.register_map = f"{len(MODEL.map.registers)} registers"


class Overlay:
    """Has a decoder."""

    def __init__(self, bitfile_name):
        driver = DefaultIP.drivers["build_decoder.org:ip:neural_decoder:1.0"]
        self.decoder = driver({"device": None})


pynq = types.ModuleType("pynq")
pynq.MMIO, pynq.DefaultIP, pynq.Overlay = MMIO, DefaultIP, Overlay
pynq.Clocks = types.SimpleNamespace(fclk0_mhz=100.0)
pynq.allocate = MODEL.allocate
pynq.__version__ = "of this test"
sys.modules["pynq"] = pynq
