"""iCEBreaker with an iCE40UP5K, for small networks: https://1bitsquared.com/products/icebreaker."""

from amaranth_boards.icebreaker import ICEBreakerPlatform

from build_decoder.boards.board import Board
from build_decoder.boards.capacities import CAPACITIES
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
    capacity=CAPACITIES["iCE40UP5K"],
    baud=1_000_000,
    platform=ICEBreakerPlatform,
    wiring=(
        "The decoder answers on the second channel of the board's FT2232H (/dev/ttyUSB1 on most "
        "hosts). Load the bitstream through the first: iceprog top.bin"
    ),
)
