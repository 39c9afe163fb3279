"""A board for pynq on a PC: no FPGA manager, no /dev/mem, no pyxrt and no xclbinutil.

What loading does to registers of the processing system, and what it gives to the FPGA manager, can
be looked at.
"""

import struct
from types import SimpleNamespace

import numpy as np
from pynq.buffer import PynqBuffer
from pynq.pl_server import embedded_device
from pynq.pl_server.device import Device

SLCR, AFI_HP0 = 0xF800_0000, 0xF800_8000
IO_PLL_CTRL, FPGA0_CLK_CTRL = 0x108, 0x170
WORDS = b"\x00\x01\x02\x03\x04\x05\x06\x07"


class StandIn(embedded_device.EmbeddedDevice):
    """A PYNQ-Z1 whose logic is memory."""

    name = "stand-in"

    def __init__(self):
        Device.__init__(self, "stand-in")
        self.capabilities = {"MEMORY_MAPPED": True}
        self.arch = "armv7l"
        self.managed = {}
        self.memory = {}
        self.word(SLCR + IO_PLL_CTRL)[:] = 20 << 12
        self.word(SLCR + FPGA0_CLK_CTRL)[:] = 20 << 20 | 20 << 8
        # As a boot image may leave them: 32 bits wide, and other bits.
        self.word(AFI_HP0)[:] = 0b1001
        self.word(AFI_HP0 + 0x14)[:] = 0xF01

    def mmap(self, base_addr, length):
        page, offset = base_addr & ~0xFFFF, base_addr & 0xFFFF
        memory = self.memory.setdefault(page, np.zeros(0x1_0000 // 4, np.uint32))
        return memory[offset // 4 : (offset + length) // 4]

    def word(self, address):
        return self.mmap(address, 4)

    def write_fpga_manager(self, attribute, value):
        self.managed[attribute.rpartition("/")[2]] = value

    def shutdown(self): ...

    def gen_cache(self, bitstream, parser=None): ...

    def _xrt_download(self, data): ...

    def allocate(self, shape, dtype, **more):
        return PynqBuffer(shape, dtype, device=self, device_address=0x1000_0000)


def bitstream() -> bytes:
    """A file ``.bit`` with a right header and two words."""
    header = b"\x00\x09" + bytes(9) + b"\x00\x01"
    texts = (b"top", b"7z020clg400", b"2026/11/26", b"12:00:00")
    for key, text in zip(b"abcd", texts, strict=True):
        header += bytes([key]) + struct.pack(">h", len(text) + 1) + text + b"\0"
    return header + b"e" + struct.pack(">i", len(WORDS)) + WORDS


def board() -> StandIn:
    """The board that pynq then takes for the one that it runs on."""
    kept = SimpleNamespace()

    def preload(stream, parser):
        kept.data = parser.bin_data
        stream.binfile_name = "decoder.bin"

    embedded_device._preload_binfile = preload
    embedded_device._create_xclbin = lambda _: embedded_device.DEFAULT_XCLBIN
    Device.active_device = device = StandIn()
    device.kept = kept
    return device
