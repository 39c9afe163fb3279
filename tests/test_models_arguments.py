"""Command lines: errors of one line, negative numbers, and names that are empty."""

from pathlib import Path

import pytest

import bench.ahead
import bench.resources
import build_decoder.__main__
import models.escape.recordings.__main__
import models.escape.report.__main__
import models.escape.training.__main__
import models.explore.__main__
import sim.netlist
import sim.verify
from models.arguments import LineParser, filled_path, number, whole_number
from models.errors import InputError
from sim.design_options import DesignOptions


@pytest.fixture
def parser() -> LineParser:
    parser = LineParser(prog="x")
    parser.add_argument("--numbers", type=float, nargs="+")
    parser.add_argument("--path", type=filled_path)
    parser.add_argument("--count", type=whole_number(1, 9))
    parser.add_argument("--part", type=number(0, 1))
    return parser


@pytest.mark.parametrize(
    "text", ["-1e-3", "-1E+3", "-1e3", "-.5e-7", "-1.e2", "-1.5", "-.5", "-3", "-1_000"]
)
def test_negative_numbers_are_values(text, parser):
    assert parser.parse_args(["--numbers", text, "0.5", text]).numbers == [
        float(text), 0.5, float(text)
    ]


def test_negative_thresholds_of_a_command():
    options = DesignOptions.parse(["tiny", "--threshold", "-1e-3", "0.5", "-2E-4", "--seed", "3"])
    assert options.threshold == (-1e-3, 0.5, -2e-4)
    assert options.seed == 3


@pytest.mark.parametrize("option", ["-x", "--other", "-e3", "-."])
def test_what_is_no_number_is_still_an_option(option, parser):
    with pytest.raises(InputError):
        parser.parse_args(["--numbers", "1", option])


@pytest.mark.parametrize(
    "arguments",
    [["--path", ""], ["--path="], ["--count", "0"], ["--part", "2"], ["--other"], ["x"]],
)
def test_errors_are_one_line(arguments, parser):
    with pytest.raises(InputError, match=r"^[^\n]* \(see --help\)$"):
        parser.parse_args(arguments)


COMMANDS = {
    build_decoder.__main__: [
        ["--output", ""], ["--output="], ["--network", ""], ["--golden", ""], ["--golden="],
    ],
    sim.verify: [[""], ["tiny", "--golden", ""], ["tiny", "--work-dir", ""]],
    sim.netlist: [[""], ["tiny", "--golden", ""], ["tiny", "--work-dir", ""]],
    bench.resources: [[""], ["tiny", "--golden", ""]],
    bench.ahead: [["--output", ""]],
    models.explore.__main__: [["--results", ""], ["--cache", ""]],
    models.escape.training.__main__: [["--results", ""]],
    models.escape.report.__main__: [[""], ["x.jsonl", "--output", ""]],
    models.escape.recordings.__main__: [["simulate", "--output", ""], ["detect", ""]],
}


@pytest.mark.parametrize(
    ("module", "arguments"),
    [(module, arguments) for module, several in COMMANDS.items() for arguments in several],
    ids=str,
)
def test_an_empty_name_does_not_mean_the_current_folder(
    module, arguments, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert module.main(arguments) == 2
    error = capsys.readouterr().err
    assert "expected a name, got ''" in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_every_command_has_this_parser():
    """But for the tool in a build package, which runs without this project."""
    root = Path(__file__).parents[1]
    others = [
        str(path.relative_to(root))
        for package in ("bench", "boards", "build_decoder", "hdl", "models", "quant", "sim")
        for path in (root / package).rglob("*.py")
        if " argparse.ArgumentParser(" in path.read_text()
        if not path.is_relative_to(root / "boards" / "xilinx" / "open_tools")
    ]
    assert others == []
