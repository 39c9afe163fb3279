"""Dividers of the PLLs."""

import itertools

import pytest

from build_decoder import boards
from build_decoder.boards.clocks import choose_dividers
from build_decoder.boards.plls import PLLS
from build_decoder.models.errors import InputError


@pytest.mark.parametrize(
    ("pll", "oscillator_mhz", "mhz"),
    [
        ("ehxplll", 25, 75), ("ehxplll", 25, 80), ("ehxplll", 25, 12.5), ("sb_pll40", 12, 24),
        ("plle2", 125, 100),
    ],
)
def test_exact_frequencies_are_exact(pll, oscillator_mhz, mhz):
    assert PLLS[pll].limits.dividers(oscillator_mhz, mhz).mhz == mhz


@pytest.mark.parametrize("mhz", [16, 33.3, 48, 66.6, 82, 99.9, 133, 200])
@pytest.mark.parametrize(
    ("pll", "oscillator_mhz"), [("ehxplll", 25), ("sb_pll40", 12), ("plle2", 125)]
)
def test_dividers_are_the_nearest_within_the_limits(pll, oscillator_mhz, mhz):
    limits = PLLS[pll].limits
    d = limits.dividers(oscillator_mhz, mhz)
    detector = oscillator_mhz / d.reference
    vco = detector * d.feedback
    assert limits.phase_detector[0] <= detector <= limits.phase_detector[1]
    assert limits.vco[0] <= vco <= limits.vco[1]
    assert d.mhz == pytest.approx(vco / d.output_divider)
    others = (
        oscillator_mhz / reference * feedback / divider
        for reference, feedback, divider in itertools.product(
            list(limits.reference)[:16], limits.feedback, list(limits.output_dividers)[:64]
        )
        if limits.phase_detector[0] <= oscillator_mhz / reference
        and limits.vco[0] <= oscillator_mhz / reference * feedback <= limits.vco[1]
    )
    assert abs(d.mhz - mhz) <= min(abs(other - mhz) for other in others) + 1e-9


@pytest.mark.parametrize(
    ("pll", "oscillator_mhz", "mhz"),
    [("ehxplll", 25, 3), ("ehxplll", 25, 401), ("sb_pll40", 12, 15)],
)
def test_frequencies_out_of_range_are_refused(pll, oscillator_mhz, mhz):
    with pytest.raises(InputError, match=f"got {mhz} MHz"):
        PLLS[pll].limits.dividers(oscillator_mhz, mhz)


def test_frequencies_that_the_dividers_cannot_make_are_refused():
    with pytest.raises(InputError, match="within 1 %, such as 276 MHz, got 273 MHz"):
        PLLS["sb_pll40"].limits.dividers(12, 273)


@pytest.mark.parametrize("name", boards.board_names())
def test_each_board_makes_its_clock(name):
    board = boards.get(name)
    dividers = choose_dividers(board, board.clock_mhz)
    assert dividers is None or dividers.mhz == board.clock_mhz


def test_no_pll_for_the_oscillators_own_frequency():
    assert choose_dividers(boards.get("icebreaker"), 12) is None
