"""The front of latency against area as a user meets it."""

import json
from dataclasses import replace

import pytest

import build_decoder.pareto
from build_decoder.__main__ import main
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.planning import design_front
from build_decoder.hdl.planning.area import Area
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.design_front import DesignPoint
from build_decoder.hdl.planning.folding import Folding
from build_decoder.models.errors import ToolMissing
from build_decoder.pareto import ParetoPoint, spread
from build_decoder.pareto_figure import draw_front
from tests.sweeps import swept_cases
from tests.test_hdl_decoder import model

FILES = ("pareto.json", "pareto.svg", "pareto.png")


def points() -> list[ParetoPoint]:
    net = model((40, 8), ("linear",))
    made = [
        ParetoPoint(
            DesignPoint(DecoderPlan.of(net, [Folding(1, n)]), Area(100.0 * n, 50.0, n, 0.5), XC7)
        )
        for n in (8, 4, 2, 1)
    ]
    made[1] = replace(made[1], synthesised=Area(390, 44, 4, 0.5))
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pareto") / "front"
    patch = pytest.MonkeyPatch()
    # One decoder is as good as five, and takes a fifth of the time.
    patch.setattr(build_decoder.pareto, "_SYNTHESISED", 1)
    status = main(["--pareto", "--network", "tiny", "--output", str(folder)])
    patch.undo()
    return status, folder


def test_everything_is_written(made):
    status, folder = made
    assert status == 0
    for name in FILES:
        assert (folder / name).stat().st_size > 1000
    assert json.loads((folder / "report.json").read_text())["network"] == "tiny"


def test_no_point_is_better_than_another(made):
    front = json.loads((made[1] / "pareto.json").read_text())
    assert front["area"].startswith("ECP5, within the LFE5U")
    assert front["cost"] == "LUT + 130 MULT18X18D + 100 DP16KD"
    found = front["points"]
    heaps = [point for point in found if point["label"].startswith("bit heaps")]
    assert [point["frame_cycles"] for point in heaps] == [1, 2, 4]
    assert heaps[1]["label"] == "bit heaps, 2 planes"
    assert len(found) > len(heaps) + 3
    for one, next in zip(found, found[1:], strict=False):
        assert one["latency_cycles"] < next["latency_cycles"]
        assert one["estimated"]["cost"] >= next["estimated"]["cost"]
    measured = [point["synthesised"] for point in found if point["synthesised"]]
    assert len(measured) == 1
    assert measured[0]["lut"] > 0


def test_without_synthesis_the_estimates_are_left(tmp_path, monkeypatch, capsys):
    def fail(*_):
        raise ToolMissing("yosys: not found")

    monkeypatch.setattr(build_decoder.pareto, "synthesise", fail)
    folder = tmp_path / "front"
    assert main(["--pareto", "--network", "tiny", "--output", str(folder)]) == 3
    assert "tool missing: yosys: not found" in capsys.readouterr().err
    found = json.loads((folder / "pareto.json").read_text())["points"]
    assert found
    assert not any(point["synthesised"] for point in found)


@pytest.mark.parametrize(
    ("board", "options", "limits"),
    swept_cases(
        [
            ("pynq_z1", ["--max-dsp", "3"], (53200, 3)),
            ("pynq_z1", [], (53200, 220)),
            ("pynq_z1", ["--max-lut", "500"], (500, 220)),
            ("pynq_z1", ["--max-dsp", "999", "--max-lut", "99999"], (53200, 220)),
            ("icebreaker", ["--max-dsp", "9"], (5280, 8)),
        ],
        2,
    ),
)
def test_the_chip_and_the_options_are_limits(board, options, limits, tmp_path, monkeypatch):
    given = {}

    def front(*_, **limits):
        given.update(limits)
        return design_front.design_front(*_, **limits)

    monkeypatch.setattr(build_decoder.pareto, "design_front", front)
    monkeypatch.setattr(build_decoder.pareto, "MAX_SYNTHESISED_LUT", 0)
    arguments = ["--pareto", "--network", "tiny", "--board", board, *options]
    assert main([*arguments, "--output", str(tmp_path / "front")]) == 0
    assert (given["max_lut"], given["max_blocks"]) == limits
    found = json.loads((tmp_path / "front" / "pareto.json").read_text())["points"]
    assert max(point["estimated"]["dsp"] for point in found) <= limits[1]
    assert max(point["estimated"]["lut"] for point in found) <= limits[0]


def test_foldings_contradict_a_front(tmp_path, capsys):
    arguments = ["--pareto", "--network", "tiny", "--inputs-per-cycle", "1"]
    assert main([*arguments, "--output", str(tmp_path / "front")]) == 2
    assert "--pareto: expected no foldings" in capsys.readouterr().err


def test_drawings_are_the_same_for_the_same_points(tmp_path):
    drawn = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        draw_front(points(), "network: latency against area", "7 series", 100.0, folder)
        drawn.append([(folder / file).read_bytes() for file in FILES[1:]])
    assert drawn[0] == drawn[1]


def test_points_are_spread_by_ratio():
    latencies = [125, 250, 500, 1000]
    assert spread(latencies, 2) == [0, 3]
    assert spread(latencies, 4) == [0, 1, 2, 3]
    assert spread(latencies[:1], 3) == [0]
