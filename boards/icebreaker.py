"""iCEBreaker with an iCE40UP5K, for small networks: https://1bitsquared.com/products/icebreaker."""

from amaranth_boards.icebreaker import ICEBreakerPlatform

from build_decoder.boards.board import Board, Capacity
from build_decoder.hdl import families

__all__ = ["BOARD"]

BOARD = Board(
    name="icebreaker",
    title="iCEBreaker",
    family=families.get("ice40"),
    device="iCE40UP5K-SG48",
    oscillator="clk12",
    oscillator_mhz=12,
    clock_mhz=12,
    # Lattice FPGA-DS-02008, table 1.1. The four 256 kbit single-port RAMs start empty, so they
    # hold no weights.
    capacity=Capacity(lut=5_280, ff=5_280, dsp=8, bram=30, bram_bits=30 * 4_096),
    baud=1_000_000,
    platform=ICEBreakerPlatform,
    wiring=(
        "The decoder answers on the second channel of the board's FT2232H (/dev/ttyUSB1 on most "
        "hosts). Load the bitstream through the first: iceprog top.bin"
    ),
)
