"""The same networks through other tools: arguments, what scripts are given and give, the table."""

import sys
from pathlib import Path

import numpy as np
import pytest

from build_decoder.bench.peers import __main__ as peers
from build_decoder.bench.peers import own
from build_decoder.bench.peers.parallel import simulate
from build_decoder.bench.peers.tools import Made, Tool
from build_decoder.models.errors import ToolError
from build_decoder.sim.result import SimulationResult

FAKE = """
import json, sys
from pathlib import Path
import numpy as np

folder = Path(sys.argv[1])
given = np.load(folder / "given.npz")
(folder / "fake.v").write_text(
    "module peer(input clk, input [3:0] a, output reg [3:0] q);"
    "always @(posedge clk) q <= ~a; endmodule"
)
sums = given["x"] @ given["float_weights0"] + given["float_biases0"]
np.savez(folder / "made.npz", outputs=np.maximum(sums, 0) @ given["float_weights1"]
         + given["float_biases1"])
(folder / "made.json").write_text(json.dumps({
    "version": "1.2", "seconds": 0.25, "top": "peer", "verilog": [str(folder / "fake.v")],
    "data": [], "simulated": {"frames": 5, "equal": 4, "latency_cycles": 1, "frame_cycles": 1},
}))
"""


def _tool(tmp_path: Path, text: str) -> Tool:
    script = tmp_path / "fake.py"
    script.write_text(text)
    return Tool("fake", "json", str(script))


class _NoBench:
    """In the place of a test bench, which has tests of its own and takes long to compile."""

    def run(self, x_raw, y_raw, folder):
        assert x_raw.shape == (2048, 16)
        assert y_raw.shape == (2048, 2)
        return SimulationResult(
            vectors_checked=len(x_raw), mismatches=0, latency_cycles=33, frame_cycles=16,
            first_mismatch=None, seconds=0,
        )  # fmt: skip


@pytest.mark.slow
def test_a_row_of_ours_and_one_of_a_tool(tmp_path, monkeypatch, capsys):
    other = Tool("other", "json", "no_such_script.py")
    monkeypatch.setattr(peers, "TOOLS", (_tool(tmp_path, FAKE), other))
    monkeypatch.setattr(own, "_DESIGNS", own._DESIGNS[:1])
    monkeypatch.setattr(own, "decoder_bench", lambda *args, **options: _NoBench())
    assert peers.main(["tiny", "--fake", sys.executable]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[:4]]
    assert len({len(row) for row in rows}) == 1
    ours, fake = (dict(zip(rows[0], row, strict=True)) for row in rows[2:])
    assert ours["tool"] == "this project"
    assert (ours["latency"], ours["cycles a frame"]) == ("33", "16")
    assert ours["frames equal to its model"] == "2,048 of 2,048"
    assert int(ours["LUT"]) > 50
    assert fake["tool"] == "fake 1.2"
    # Each inverter counts as a LUT.
    assert [fake[key] for key in ("LUT", "FF", "DSP", "RAMB36")] == ["4", "4", "0", "0"]
    assert fake["frames equal to its model"] == "4 of 5"
    assert fake["CPU s to generate"] == "0.2"
    # The script computed the float network.
    found, reference = (float(row["accuracy, held out"].rstrip("%")) for row in (fake, ours))
    assert abs(found - reference) < 1
    assert lines[4:] == ["", "other: left out, --other names no Python"]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--da4ml", "no/such"], "--da4ml: expected the Python of an environment with da4ml"),
        (["--nngen", sys.executable], "No module named 'nngen'"),
        (["no_such_network"], "no_such_network"),
    ],
)
def test_bad_arguments(argv, said, capsys):
    assert peers.main(argv) == 2
    error = capsys.readouterr().err
    assert error.startswith("bench.peers: ")
    assert said in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise ValueError('no good')", "fake: ValueError: no good"),
        ("pass", "fake: expected an answer in made.json and made.npz, got FileNotFoundError"),
    ],
)
def test_a_script_that_fails(text, said, tmp_path):
    with pytest.raises(ToolError, match=said):
        _tool(tmp_path, text).make(sys.executable, tmp_path)


def test_frames_count_where_the_pipeline_has_them_in_its_cycle(tmp_path):
    source = tmp_path / "made.v"
    source.write_text(
        "module peer(input clk, input [2:0] model_inp, output reg [1:0] model_out);"
        "reg [1:0] held; always @(posedge clk) begin held <= model_inp[2:1] ^ model_inp[0];"
        "model_out <= held; end endmodule"
    )
    given = np.random.default_rng(1).integers(0, 2, (40, 3), dtype=np.uint8)
    expected = given[:, 1:] ^ np.stack([given[:, 0], np.zeros(40, np.uint8)], axis=1)
    wrong = expected.copy()
    wrong[7, 1] ^= 1
    made = Made(
        "", 0, "peer", (source,), (), expected, {"port_in": given, "port_out": wrong},
        pipeline_cycles=2,
    )  # fmt: skip
    found = simulate(made, tmp_path / "work")
    assert (found.frames, found.equal) == (40, 39)
    assert (found.latency_cycles, found.frame_cycles) == (2, 1)
