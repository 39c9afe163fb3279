"""The driver class of pynq for a decoder: with this imported, an overlay has it.

::

    from pynq import Overlay
    import decoder_pynq

    decoder = Overlay("decoder.bit").decoder
    y = decoder.infer(x)
"""

from pathlib import Path

import numpy as np
from pynq import MMIO, Clocks, DefaultIP, allocate

from build_decoder.boards.driver.errors import DeviceError
from build_decoder.boards.driver_file import DRIVER_FILE, DriverFile
from build_decoder.boards.pynq.bus_decoder import BusDecoder
from build_decoder.boards.pynq.steps import Golden, steps

__all__ = ["NeuralDecoder"]

# Xilinx UG585, appendix B, module axi_hp: AFI_RDCHAN_CTRL and AFI_WRCHAN_CTRL of S_AXI_HP0. Bit 0
# makes the port 32 bits wide, which the boot image may have left so; ours has 64.
_AFI_BASE, _AFI_BYTES = 0xF800_8000, 0x18
_AFI_READ, _AFI_WRITE = 0x00, 0x14
_CLOCK_TOLERANCE = 1e-3


class NeuralDecoder(DefaultIP):
    """A decoder in the logic, as a function of arrays.

    The first call that needs the decoder compares it with ``driver.json`` beside this file, as well
    as its clock, and sets up the port to memory.

    Parameters
    ----------
    description
        What pynq gives.
    """

    bindto = ["build_decoder.org:ip:neural_decoder:1.0"]

    def __init__(self, description):
        super().__init__(description)
        self.folder = Path(__file__).resolve().parent
        known = DriverFile.load(self.folder / DRIVER_FILE)
        self._decoder = BusDecoder(self.mmio, known, allocate=allocate)
        self._ready = False

    @property
    def core(self) -> BusDecoder:
        """What does the work; see there for the methods' parameters and errors.

        Raises
        ------
        DeviceError
            If it is not the decoder of the build, or not as it should be.
        """
        if not self._ready:
            self._decoder.check()
            self.check_clock()
            if self._decoder.registers.dma:
                self._widen_port()
            self._ready = True
        return self._decoder

    def infer(self, x) -> np.ndarray:
        """Real outputs (samples, outputs) of real inputs (samples, inputs), or of one sample."""
        return self.core.infer(x)

    def infer_raw(self, x_raw) -> np.ndarray:
        """Raw int64 outputs of raw inputs, in the same shapes."""
        return self.core.infer_raw(x_raw)

    def load_weights(self, path) -> None:
        """Load weights that ``build_decoder.reload`` has left, and run with them."""
        self.core.load_weights(path)

    def rollback(self) -> None:
        """Run with the weights from before the last `load_weights` again."""
        self.core.rollback()

    def verify_weights(self) -> None:
        """Have the decoder compare its weights with what was loaded."""
        self.core.verify_weights()

    def self_test(self) -> list:
        """What each step of the self-test tells, but for the first two.

        Golden frames are those beside this file.

        Raises
        ------
        LinkTimeout, DeviceError
            From the step that fails.
        """
        golden = Golden.load(self.folder)
        return [f"{step.title}: {step.run(self.core, golden)}" for step in steps()]

    def check_clock(self) -> float:
        """FCLK0, MHz, read back.

        Raises
        ------
        DeviceError
            If it is not that of the build.
        """
        expected, actual = self._decoder.known.clock_mhz, Clocks.fclk0_mhz
        if expected is not None and abs(actual - expected) > _CLOCK_TOLERANCE * expected:
            raise DeviceError(
                f"expected FCLK0 of {expected:g} MHz, got {actual:g} MHz: does the boot image set "
                f"another IO PLL?"
            )
        return actual

    def _widen_port(self) -> None:
        """Make S_AXI_HP0 64 bits wide."""
        afi = MMIO(_AFI_BASE, _AFI_BYTES, device=self.device)
        for offset in (_AFI_READ, _AFI_WRITE):
            afi.write(offset, int(afi.read(offset)) & ~1)
            if afi.read(offset) & 1:
                raise DeviceError(
                    f"expected S_AXI_HP0 to become 64 bits wide, got 0x{afi.read(offset):08x} from "
                    f"0x{_AFI_BASE + offset:08x}"
                )
