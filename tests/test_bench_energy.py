"""Estimates of energy: AHEAD's published powers, what bench.energy prints, and what it keeps."""

import json

import numpy as np
import pytest

from build_decoder.bench import energy
from build_decoder.bench.ahead_cases import CASES
from build_decoder.bench.energy_65nm import Products, by_operations, products_of
from build_decoder.bench.energy_files import POWER
from build_decoder.bench.energy_models.xc7 import (
    GLITCHES,
    Events,
    by_events,
    by_resources,
    glitches,
    greatest_errors,
    usual_events,
)
from build_decoder.boards.pynq_z1 import BOARD
from build_decoder.build_folder import BuildFolder
from build_decoder.given_build import make_rtl
from build_decoder.hdl import families
from build_decoder.manifest import check_own, write_manifest
from build_decoder.models import Network, save_network
from build_decoder.models.layers.dense import Dense
from build_decoder.options import DesignOptions
from build_decoder.stages.rtl import Chip

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


def test_glitches_are_what_more_toggles_of_carries_would_take():
    """Between none, and as many more as chains were seen to make."""
    found = glitches(10.0)
    still, loud = (by_events(Events(nets, 100, 2, 1)) for nets in (0, 10 * GLITCHES.middle - 10))
    assert (found.low, glitches(0.0).high) == (0, 0)
    assert found.middle == pytest.approx(loud.middle - still.middle)
    assert found.middle < found.high


def test_operations_in_65_nm():
    """Half as many products take half, and so do weights of half as many bits where no product and
    sum counts."""
    one = by_operations([Products(1000, value=8, weight=8, sum=20)])
    assert 0 < one.low < one.middle < one.high
    assert by_operations([Products(500, 8, 8, 20)] * 2).middle == pytest.approx(one.middle)
    bare, half = (by_operations([Products(1000, 0, weight, 0)]) for weight in (8, 4))
    assert half.high == pytest.approx(bare.high / 2)
    # 32 bits from 8 KB take 5 pJ at 45 nm, and 65 / 45 of that in 65 nm at the same voltage.
    assert by_operations([Products(1, 0, 32, 0)]).low == pytest.approx(5 * 65 / 45)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A build for 7 series, as one for a board that ended with Verilog."""
    folder = tmp_path_factory.mktemp("build")
    return make_rtl(folder, DesignOptions.parse(["tiny"]), Chip(families.get("xc7")))


def test_products_of_a_build(tiny):
    """Of the neurons that were kept, with the widths of the model."""
    model = tiny.load_model()
    first, second = products_of(model, tiny.load_network())
    assert (first.count, second.count) == tuple(
        layer.input_count * layer.output_count for layer in model.layers
    )
    assert first.value == model.input_format.width
    assert second.value == model.layers[0].output.width
    assert first.weight == model.layers[0].weight.width


@pytest.mark.slow
def test_a_build_keeps_its_energy(tiny, capsys):
    report = tiny.load_report()
    assert report["energy"] is None
    # As if it had been built for a board.
    report |= {"board": BOARD.name, "clock_mhz": 50.0}
    (tiny.path / "report.json").write_text(json.dumps(report))
    assert energy.main([str(tiny.path), "--frames", "4", "--keep"]) == 2
    assert "report.json, which was changed" in capsys.readouterr().err
    write_manifest(tiny.path)
    assert energy.main([str(tiny.path), "--frames", "4", "--keep"]) == 0
    out = capsys.readouterr().out
    assert "counted on 4 frames without delays, so without glitches: " in out
    assert out.count("estimated energy a frame, ") == 5
    kept = tiny.load_report()["energy"]
    assert (kept["family"], kept["frames"]) == ("xc7", 4)
    assert len(kept["estimated_nanojoules"]) == 5
    assert f"{sum(kept['toggles'].values()):.0f} a frame" in out
    assert "Energy, estimated" in (tiny.path / "report.html").read_text()
    package = BuildFolder(tiny.path).board / POWER
    assert f"-part {BOARD.device} " in (package / "power.tcl").read_text()
    assert "-period 20 " in (package / "power.tcl").read_text()
    assert "(TC " in (package / "toggles.saif").read_text()
    assert "module decoder" in (package / "decoder.v").read_text()
    check_own(tiny.path)


@pytest.mark.slow
@pytest.mark.parametrize(("target", "estimates"), [("ecp5", 1), ("ice40", 2)])
def test_other_families(target, estimates, capsys):
    assert energy.main(["tiny", "--target", target, "--frames", "2"]) == 0
    out = capsys.readouterr().out
    assert f"for {families.get(target).title}" in out
    assert out.count("estimated energy a frame, ") == estimates
    assert ("no estimate" in out) == (target == "ecp5")


@pytest.mark.slow
def test_a_decoder_in_which_nothing_changes_is_told(tmp_path, capsys):
    """Its products in 65 nm count all the same, which is said beside them."""
    rng = np.random.default_rng(0)
    net = Network.chain(
        "dead", 4, [
            ("first", Dense(3, "relu"),
             {"weights": rng.normal(size=(4, 3)), "bias": np.full(3, -1e3)}),
            ("last", Dense(2, "linear"),
             {"weights": rng.normal(size=(3, 2)), "bias": np.array([0.5, 0.25])}),
        ],
    )  # fmt: skip
    x = rng.normal(size=(60, 4)).round(2)
    save_network(net, tmp_path)
    np.savez(tmp_path / "golden.npz", x=x, y=net.forward(x), task="classes")
    options = ["--datapath", "heap", "--frames", "3", "--search", "widths"]
    assert energy.main([str(tmp_path), *options]) == 0
    shown = capsys.readouterr().out
    assert "so without glitches: 0 a frame" in shown
    assert "no net changes on these frames" in shown
    assert "65 nm, arithmetic alone: of all products of its layers" in shown


def test_faults(tiny, capsys):
    for arguments, message in (
        ([str(tiny.path), "--frames", "100000"], "expected 100002 golden frames"),
        ([str(tiny.path), "--target", "ecp5"], "--target: expected xc7, as the build, got ecp5"),
        (["tiny", "--keep"], "--keep: expected the folder of a build"),
    ):
        assert energy.main(arguments) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert message in error
