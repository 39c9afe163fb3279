"""Warnings and errors in logs of tools."""

import pytest

from build_decoder.boards.tool_logs import warnings_of
from build_decoder.boards.xilinx.open_tools.said import error_lines


@pytest.fixture
def log(tmp_path):
    return tmp_path / "tool.log"


@pytest.mark.parametrize(
    "line",
    [
        "Warning: ignoring unsupported XDC option '-name' (on line 12)",
        "Info: Hold/min time violation for clock 'clk':",
        "Warning: found create_clock with no nets matching '[get_nets clk]' (on line 3)",
        "Warning: Failed to find a route for arc 100 of net $PACKER_GND_NET.",
        "CRITICAL WARNING: [Vivado 12-1411] Cannot set LOC property of ports",
    ],
)
def test_what_matters_is_told(line, log):
    log.write_text(f"Info: fine\n{line}\nINFO: [x] fine\n")
    assert warnings_of(log) == [f"{line.rstrip(':')}: see {log}"]


@pytest.mark.parametrize(
    "line",
    [
        "Warning: Max frequency for clock 'clk': 90.00 MHz (FAIL at 100.00 MHz)",
        "WARNING: [Synth 8-7071] port 'ACIN' of module 'DSP48E1' is unconnected",
        "Info: critical warnings: 0",
        "Info: Checksum: 0x12345678",
    ],
)
def test_what_does_not_matter_is_left_in_the_log(line, log):
    log.write_text(f"{line}\n")
    assert warnings_of(log) == []


def test_the_same_is_told_once_and_kinds_are_few(log, tmp_path):
    lines = [f"Warning: unprocessed route-thru a.b{n}" for n in range(70)]
    lines += [f"CRITICAL WARNING: {letter * 200}" for letter in "abcdef"]
    log.write_text("\n".join(lines))
    told = warnings_of(log, tmp_path / "none.log")
    assert told[0] == f"Warning: unprocessed route-thru a.b0 (70 times): see {log}"
    assert told[-1] == f"3 more kinds of warnings: see {log}"
    assert len(told) == 5
    assert all(len(line) < 200 + len(str(log)) for line in told)


def test_errors_are_the_last_lines_that_speak_of_one():
    text = "start\nERROR: one\nfine\nValueError: two\n\nERROR: three\nTypeError: four\nbye\n"
    assert error_lines(text) == "ValueError: two / ERROR: three / TypeError: four"
    assert error_lines("a\n", "b\nc\n\n  d\n") == "b / c / d"
    assert error_lines("\n") == "it said nothing"
