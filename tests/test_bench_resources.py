"""The command that measures a decoder's resources, on the smallest network of the zoo."""

import json

import pytest

from build_decoder.bench.resources import main
from build_decoder.hdl import families
from tests.sweeps import swept


@pytest.mark.parametrize("target", swept(["xc7", "ecp5"], 2))
def test_one_line_of_json(target, capsys):
    assert main(["tiny", "--target", target, "--inputs-per-cycle", "2"]) == 0
    line, end = capsys.readouterr().out.split("\n")
    assert end == ""
    figures = json.loads(line)
    assert list(figures) == [
        "lut", "ff", "dsp", "bram", "latency_cycles", "frame_cycles", "cost",
        "loss_seen", "loss_unseen", "average_bit_width",
    ]
    family = families.get(target)
    blocks = family.dsp_luts * figures["dsp"] + family.memory.bram_luts * figures["bram"]
    assert figures["cost"] == figures["lut"] + blocks
    assert figures["loss_seen"] <= 0
    assert 1 < figures["average_bit_width"] < 16
    assert figures["lut"] > 0
    assert figures["ff"] > 0
    assert figures["latency_cycles"] > figures["frame_cycles"] >= 8


def test_bad_input(capsys):
    assert main(["tiny", "--inputs-per-cycle", "17"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("bench.resources: tiny: dense layer 1: expected 1 to 16 inputs a cycle")
    assert error.count("\n") == 1
