"""Command lines: errors of one line, negative numbers, and names that are empty."""

from pathlib import Path

import pytest

from build_decoder import __main__ as main
from build_decoder.bench import ahead, resources
from build_decoder.models.arguments import LineParser, filled_path, number, whole_number
from build_decoder.models.errors import InputError
from build_decoder.models.nerve_cuff.explore import __main__ as explore
from build_decoder.models.nerve_cuff.recordings import __main__ as recordings
from build_decoder.models.nerve_cuff.report import __main__ as report
from build_decoder.models.nerve_cuff.training import __main__ as training
from build_decoder.options import DesignOptions
from build_decoder.sim import netlist, verify


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
    assert options.source.threshold == (-1e-3, 0.5, -2e-4)
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
    main: [
        ["--output", ""], ["--output="], ["--network", ""], ["--golden", ""], ["--golden="],
    ],
    verify: [[""], ["tiny", "--golden", ""], ["tiny", "--work-dir", ""]],
    netlist: [[""], ["tiny", "--golden", ""], ["tiny", "--work-dir", ""]],
    resources: [[""], ["tiny", "--golden", ""]],
    ahead: [["--output", ""]],
    explore: [["--results", ""], ["--cache", ""]],
    training: [["--results", ""]],
    report: [[""], ["x.jsonl", "--output", ""]],
    recordings: [["simulate", "--output", ""], ["detect", ""]],
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
