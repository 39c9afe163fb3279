"""Estimates of energy: AHEAD's published powers, and what bench.energy prints."""

import pytest

from build_decoder.bench import energy
from build_decoder.bench.ahead_cases import CASES
from build_decoder.bench.energy_model import (
    Events,
    by_events,
    by_resources,
    greatest_errors,
    usual_events,
)

PUBLISHED = [column for case in CASES for column in case.paper]


def test_each_of_aheads_powers_is_met_by_a_fit_on_the_others():
    assert len(PUBLISHED) == 6
    assert max(greatest_errors().values()) <= 0.25


@pytest.mark.parametrize("column", PUBLISHED, ids=lambda column: f"{column.name}-{column.lut}")
def test_published_powers_lie_within_the_estimates(column):
    picojoules = 10 * column.power_mw
    for estimate in (by_resources(column), by_events(usual_events(column))):
        assert estimate.low < estimate.middle < estimate.high
        assert estimate.low <= picojoules <= estimate.high


def test_what_toggles_more_takes_more():
    quiet, loud = (by_events(Events(nets, 100, 2, 1)) for nets in (10, 100))
    assert (quiet.low < loud.low, quiet.middle < loud.middle, quiet.high < loud.high) == (True,) * 3
    twice = quiet.times(2)
    assert (twice.low, twice.high) == (2 * quiet.low, 2 * quiet.high)


@pytest.mark.slow
def test_a_network(capsys):
    assert energy.main(["tiny", "--frames", "4"]) == 0
    out = capsys.readouterr().out
    assert "counted on 4 frames without delays, so without glitches: " in out
    assert out.count("estimated energy a frame, ") == 3


def test_too_few_frames(capsys, tmp_path):
    assert energy.main(["tiny", "--frames", "100000"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "expected 100002 golden frames" in error
