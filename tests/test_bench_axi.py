"""The figures of the AXI shells, and long runs of real decoders under stalls on all channels."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from amaranth import Signal

from build_decoder.bench.axi.__main__ import main, over_uart, throughput
from build_decoder.boards.axi.frame_reader import FrameReader
from build_decoder.hdl.planning.interface import Interface
from build_decoder.sim.errors import CheckFailed
from tests.boards_rig import SumsDecoder, sums_model


@pytest.mark.slow
def test_figures_of_the_smallest_network(capsys):
    assert main(["tiny", "--frames", "30", "--stalls", "1"]) == 0
    figures = json.loads(capsys.readouterr().out)
    cycles, resources = figures["cycles_a_frame"], figures["resources"]
    assert figures["frames"] == 30
    assert cycles["decoder"] == 16 <= cycles["hp0"] < cycles["gp0_bursts"] < cycles["uart"]
    # A request of 7 bytes and 16 inputs, a reply of 8 and 2 outputs, 10 bits a byte, and the rest.
    line = (7 + 16 + 8 + 2) * 10 * 100
    assert line < cycles["uart"] < 1.2 * line
    assert figures["frames_a_second"]["decoder"] == 100e6 / 16
    luts = [resources[name]["lut"] for name in ("decoder", "axi_lite", "axi_without_dma", "axi")]
    assert luts == sorted(luts)
    assert luts[2] - luts[0] < 360, "of the bus, the registers and the windows"
    assert luts[3] - luts[2] < 280, "of the way to memory"


class Fickle(FrameReader):
    """Changes its mind about a burst that is not taken at once."""

    def elaborate(self, platform):
        m = super().elaborate(platform)
        mind = Signal()
        m.d.sync += mind.eq(~mind)
        m.d.comb += self.axi.arid.eq(mind)
        return m


@pytest.fixture
def sums(monkeypatch):
    """A plan of `SumsDecoder`, and frames with what its model makes of them."""
    model = sums_model(inputs=3)
    decoder = SumsDecoder(model)
    monkeypatch.setattr("build_decoder.bench.axi.__main__.Decoder", lambda plan: decoder)
    x_raw = np.random.default_rng(1).integers(-16, 16, (10, 3))
    return SimpleNamespace(interface=Interface.of(decoder)), x_raw, model.compute(x_raw)


def test_frames_over_the_uart(sums, tmp_path):
    plan, x_raw, y_raw = sums
    cycles = over_uart(plan, x_raw, y_raw, tmp_path)
    assert cycles == pytest.approx((7 + 3 + 8 + 4) * 1000, rel=0.2)


@pytest.mark.slow
def test_a_wrong_output_is_told(sums, tmp_path):
    plan, x_raw, y_raw = sums
    y_raw[2, 1] += 1
    with pytest.raises(CheckFailed, match="gp0_words: expected 10 frames .*'mismatches': 1"):
        throughput(plan, x_raw, y_raw, tmp_path, seed=None)


@pytest.mark.slow
def test_a_shell_that_takes_back_what_it_offers_is_told(sums, tmp_path, monkeypatch):
    monkeypatch.setattr("build_decoder.boards.axi.frame_mover.FrameReader", Fickle)
    with pytest.raises(CheckFailed, match=r"'faults': [1-9]"):
        throughput(*sums, tmp_path, seed=3)


@pytest.mark.slow
@pytest.mark.parametrize(("network", "frames"), [("tiny", "1000"), ("ahead_case1", "100")])
def test_many_frames(network, frames, capsys):
    assert main([network, "--frames", frames, "--stalls", "2"]) == 0
    assert json.loads(capsys.readouterr().out)["frames"] == int(frames)
