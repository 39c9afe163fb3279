"""ULX3S with an LFE5U-85F: https://radiona.org/ulx3s/."""

from amaranth_boards.ulx3s import ULX3S_85F_Platform

from build_decoder.boards.board import Board
from build_decoder.boards.capacities import CAPACITIES
from build_decoder.hdl import families

__all__ = ["BOARD"]

BOARD = Board(
    name="ulx3s_85f",
    title="ULX3S 85F",
    family=families.get("ecp5"),
    device="LFE5U-85F-6BG381C",
    oscillator="clk25",
    oscillator_mhz=25,
    clock_mhz=75,
    capacity=CAPACITIES["LFE5U-85F"],
    baud=1_000_000,
    platform=ULX3S_85F_Platform,
    wiring=(
        "The decoder answers on the board's USB port US1 (FT231X; /dev/ttyUSB0 on most hosts). "
        "Load the bitstream through the same port: openFPGALoader --board ulx3s top.bit"
    ),
)
