"""The table of decoders in floating point: rows, AHEAD's beside them, and limits."""

import pytest

from build_decoder.bench import floating

FIGURES = {
    "lut": 3000, "ff": 1700, "dsp": 22, "bram": 9.0, "latency_cycles": 839, "frame_cycles": 800,
}


def run(monkeypatch, capsys, arguments, **figures):
    def measured(decoder, family, folder):
        # Amaranth warns of components that nothing is made of.
        decoder._MustUse__used = True
        return FIGURES | figures

    monkeypatch.setattr(floating, "measure", measured)
    status = floating.main(arguments)
    out, err = capsys.readouterr()
    return status, out.splitlines(), err


def test_a_row_has_figures_and_ahead_stands_below(monkeypatch, capsys):
    status, rows, err = run(monkeypatch, capsys, ["--case", "1", "--arithmetic", "fp16"])
    assert (status, len(rows), err) == (0, 4, "")
    assert rows[2].startswith("| 1 | fp16 | 0.00% | ")
    assert rows[2].endswith(" | 3,000 | 1,700 | 22 | 9 | 839 | 800 |")
    assert rows[3].startswith("| 1 | AHEAD, FP16 | 0% |  | 6,955 | 9,059 | 82 | 21.5 | 3409 ")


@pytest.mark.slow
def test_a_limit_that_is_broken_fails(monkeypatch, capsys):
    arguments = ["--case", "2", "--arithmetic", "fp32"]
    assert run(monkeypatch, capsys, arguments)[0] == 0
    status, _, err = run(monkeypatch, capsys, arguments, bram=119)
    assert status == 1
    assert err == "bench.floating: case 2, fp32: expected bram of at most 118.5, got 119\n"
