"""Early checks of clock and frame."""

from dataclasses import replace

import pytest
from boards_rig import sums_model

from build_decoder import boards
from build_decoder.boards.feasibility import check_clock, check_frame, made_clock_mhz
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.errors import InputError
from build_decoder.quant.qformat import QFormat


@pytest.mark.parametrize(
    ("name", "mhz", "made"),
    [
        ("ulx3s_85f", 80, 80),
        ("ulx3s_85f", 33.3, 100 / 3),
        ("icebreaker", 12, 12),  # the oscillator itself
        ("icebreaker", 33.3, 33),
        ("pynq_z1", 99.9, 100),
        ("picozed_7030", 99.9, 100),
    ],
)
def test_the_clock_that_is_made_is_told(name, mhz, made):
    board = boards.get(name)
    assert made_clock_mhz(board, mhz) == check_clock(board, mhz) == made


def test_a_clock_that_the_uart_cannot_use_is_refused():
    board = boards.get("ulx3s_85f")
    assert made_clock_mhz(board, 3.5) == 3.5
    with pytest.raises(InputError, match="expected one that gives 1000000 baud"):
        check_clock(board, 3.5)


@pytest.mark.parametrize("end", ["input", "output"])
def test_frames_of_more_bytes_than_a_length_tells_are_refused(end):
    most = {f"{end}_count": 32767, f"{end}_format": QFormat(5, 4)}
    interface = replace(Interface.of_model(sums_model()), **most)
    check_frame(interface)
    check_frame(replace(interface, **{f"{end}_count": 65535, f"{end}_format": QFormat(4, 4)}))
    too_many = replace(interface, **{f"{end}_count": 32768})
    message = f"{end} frame of at most 65535 bytes .*got 32768 values of 2 bytes = 65536"
    with pytest.raises(InputError, match=message):
        check_frame(too_many)
