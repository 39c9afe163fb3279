"""The front of latency against area as a user meets it."""

import json
import math
from dataclasses import replace

import pytest

import build_decoder.pareto
from build_decoder import boards
from build_decoder.__main__ import main
from build_decoder.actions import load, search
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.planning import design_front
from build_decoder.hdl.planning.area import Area
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.design_front import DesignPoint
from build_decoder.hdl.planning.folding import Folding
from build_decoder.models.errors import InputError, ToolMissing
from build_decoder.options import HardwareOptions, SearchOptions, SourceOptions
from build_decoder.pareto import ParetoPoint, find_front, spread
from build_decoder.pareto_figure import draw_front
from build_decoder.stages import STAGES
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


@pytest.mark.parametrize(
    "option",
    [
        ["--inputs-per-cycle", "1"], ["--outputs-per-cycle", "1"], ["--reloadable"],
        *(["--stop-after", stage] for stage in STAGES),
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_a_front_has_no_place_for_is_refused_before_anything_is_done(
    option, tmp_path, capsys
):
    arguments = ["--pareto", "--network", "nowhere", *option]
    assert main([*arguments, "--output", str(tmp_path / "front")]) == 2
    shown = capsys.readouterr()
    assert f"--pareto: expected it without {' '.join(option[:1])}" in shown.err
    assert not shown.out
    assert not (tmp_path / "front").exists()


@pytest.fixture(scope="module")
def tiny():
    network, golden = load(SourceOptions(network="tiny", golden="tiny"))
    return search(network, golden, SearchOptions(), family=XC7).model


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ({"max_lut": 5}, "at most 5 LUTs"),
        ({"latency": 2}, "a latency of at most 2 cycles"),
        ({"latency": 2, "max_lut": 5}, "a latency of at most 2 cycles and at most 5 LUTs"),
        ({"latency": 12, "max_lut": 200}, "a latency of at most 12 cycles and at most 200 LUTs"),
    ],
)
def test_limits_that_nothing_keeps_to_are_told_with_what_there_is(options, asked, tiny):
    board = boards.get("pynq_z1")
    fastest = find_front(tiny, HardwareOptions(), board, 100.0)[0].design
    smallest = design_front.design_front(tiny, family=XC7, max_blocks=220, least="lut")[-1]
    with pytest.raises(InputError) as error:
        find_front(tiny, HardwareOptions(**options), board, 100.0)
    text = str(error.value)
    assert text.startswith(f"tiny: expected a decoder of {asked}, got none: without these limits, ")
    assert f"the fastest has a latency of {fastest.latency_cycles} cycles, an interval of " in text
    assert f"the smallest has a latency of {smallest.latency_cycles} cycles" in text
    least = math.ceil(smallest.area.lut)
    assert f" {least} LUTs and " in text
    # What is told can be had.
    assert find_front(tiny, HardwareOptions(max_lut=least), board, 100.0)


def test_a_chip_that_holds_nothing_is_told(tiny):
    board = boards.get("pynq_z1")
    small = replace(board, capacity=replace(board.capacity, lut=5))
    with pytest.raises(InputError, match=f"that fits the {board.device}, got none: the .* has 5 L"):
        find_front(tiny, HardwareOptions(), small, 100.0)


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
