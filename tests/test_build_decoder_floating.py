"""``--arithmetic``: decoders in floating point are built, and what they have not is refused."""

import json
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from build_decoder.__main__ import main
from build_decoder.arguments import parse
from build_decoder.boards.driver.decoder import Decoder
from build_decoder.boards.driver.errors import SaturationWarning
from build_decoder.boards.driver.inputs import quantised
from build_decoder.build_folder import BuildFolder
from build_decoder.hdl.planning.interface import Interface
from build_decoder.hdl.reloadable_decoder import decoder_of
from build_decoder.models import save_network
from build_decoder.models.errors import InputError
from build_decoder.models.files.load import load_network
from build_decoder.models.golden import load_golden
from build_decoder.quant.floating.convert import float_model
from build_decoder.quant.floating.dense import FloatDense
from build_decoder.quant.floating.float_format import BF16, FP16, FP32, FloatFormat
from build_decoder.quant.floating.quantised import float_quantised
from build_decoder.report import Report
from build_decoder.sim.amaranth_runner import simulate_amaranth
from build_decoder.terminal import closing_table
from tests.fake_board import FakeClock, FakePort
from tests.floats import random_chain
from tests.test_quant_float_graphs import network as graph_network


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("fixed", None), ("fp32", FP32), ("FP16", FP16), ("bf16", BF16), ("5,2", FloatFormat(5, 2)),
        ("fp16,ftz", FloatFormat(5, 10, subnormals=False)), ("4,3,ftz", FloatFormat(4, 3, False)),
    ],
)
def test_formats_have_names_or_bits(text, format):
    assert parse(["--arithmetic", text]).design.search.arithmetic == format


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["fp64"], "expected fixed, fp32, fp16, bf16 or bits of exponent and fraction"),
        (["9,3"], "expected 2 to 8 exponent bits"),
        (["5"], "expected fixed, fp32"),
        (["5,"], "expected fixed, fp32"),
        (["5,x"], "expected fixed, fp32"),
        (["fp16,xyz"], "expected nothing or ftz behind a format"),
        (["fixed,ftz"], "expected nothing or ftz behind a format"),
        (["fp16", "--search", "ahead"], "--search: expected it without --arithmetic E5M10"),
        (["fp16", "--max-loss", "0.1"], "--max-loss: expected it without"),
        (["fp16", "--max-error", "0.1"], "--max-error: expected it without"),
        (["fp16", "--also", "tiny"], "--also: expected it without"),
        (["fp16", "--reloadable"], "--reloadable: expected it without"),
        (["fp16", "--latency", "100"], "--latency: expected it without"),
        (["fp16", "--max-lut", "100"], "--max-lut: expected it without"),
        (["fp16", "--datapath", "lut"], "--datapath: expected it without"),
        (["fp16", "--pareto"], "--pareto: expected it without"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments, says):
    with pytest.raises(InputError, match=says):
        parse(["--arithmetic", *arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A build of the small network that is shipped, up to its Verilog."""
    folder = tmp_path_factory.mktemp("floating") / "build"
    arguments = ["--network", "tiny", "--arithmetic", "4,3", "--stop-after", "rtl"]
    assert main([*arguments, "--output", str(folder)]) == 0
    return folder


def test_a_build_says_its_arithmetic(folder):
    report = json.loads((folder / "report.json").read_text())
    assert report["arithmetic"] == "E4M3"
    assert [found["layer"] for found in report["input_ranges"]] == [1, 2]
    assert report["input_ranges"][0]["beyond"] == 0
    assert {"exponent", "fraction", "subnormals"} <= report["nodes"][0].keys()
    assert (report["average_bit_width"], report["search"]) == (8, "floating")
    page = (folder / "report.html").read_text()
    assert "floating point, exponent 4, fraction 3" in page
    assert "accuracy, E4M3 (floats)" in page
    assert "integers" not in page


def test_its_table_calls_its_numbers_by_their_format(folder):
    report = json.loads((folder / "report.json").read_text())
    console = Console(width=200, record=True, file=StringIO())
    console.print(closing_table(Report(**report), folder))
    text = console.export_text()
    assert f"E4M3 {report['quality']['held_out']['accuracy']:.2%}" in text
    assert "integer" not in text


def test_its_files_make_the_decoder_again(folder):
    build = BuildFolder(folder)
    design, plan = build.load_plan()
    assert all(isinstance(layer, FloatDense) for layer in plan.model.layers)
    x_raw, y_raw = build.load_expected(design.interface)
    golden = np.load(folder / "golden.npz")["x"]
    raw, saturation = quantised(golden, design.interface.input_format, x_raw.shape[1])
    np.testing.assert_array_equal(raw, x_raw)
    assert saturation is None
    got, latency, _ = simulate_amaranth(decoder_of(plan), x_raw[:8])
    np.testing.assert_array_equal(got, y_raw[:8])
    assert latency == design.interface.latency_cycles


@pytest.fixture
def graph(tmp_path):
    """The folder of a small network of convolutions, with its golden data."""
    folder, network = tmp_path / "network", graph_network()
    save_network(network, folder)
    x = np.random.default_rng(5).normal(size=(60, 24))
    np.savez(folder / "golden.npz", x=x, y=network.forward(x))
    return folder


def test_a_network_of_convolutions_is_built(graph, tmp_path):
    arguments = ["--network", str(graph), "--arithmetic", "fp16", "--task", "classes"]
    arguments += ["--inputs-per-cycle", "2", "1", "5", "--outputs-per-cycle", "2", "3", "3"]
    arguments += ["--stop-after", "rtl", "--output", str(tmp_path / "build")]
    assert main(arguments) == 0
    report = json.loads((tmp_path / "build" / "report.json").read_text())
    assert [found["beyond"] for found in report["input_ranges"][:2]] == [0, 0]
    build = BuildFolder(tmp_path / "build")
    design, plan = build.load_plan()
    x_raw, y_raw = build.load_expected(design.interface)
    got, latency, _ = simulate_amaranth(decoder_of(plan), x_raw[:3])
    np.testing.assert_array_equal(got, y_raw[:3])
    assert latency == design.interface.latency_cycles


def test_a_block_that_does_not_divide_its_window_is_refused(graph, capsys, tmp_path):
    arguments = ["--network", str(graph), "--arithmetic", "fp16", "--inputs-per-cycle", "8"]
    assert main([*arguments, "--output", str(tmp_path / "build")]) == 2
    assert "layer 'a', number 1 of those that are folded: expected 1, 2, 6, 12 inputs" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("network", "told"),
    [
        ("cursor_rbf", "'around': expected a type that there is in floating point (E5M10)"),
        ("cursor_gru", "'state': expected windows, which begin with states of zero"),
    ],
)
def test_layers_without_floating_point_are_refused_by_name(network, told, capsys, tmp_path):
    arguments = ["--network", network, "--arithmetic", "fp16", "--stop-after", "quantise"]
    assert main([*arguments, "--output", str(tmp_path / "build")]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("arithmetic", ["fp16", "bf16", "fp32", "5,2"])
def test_a_build_is_simulated_in_verilog(arithmetic, tmp_path):
    arguments = ["--network", "tiny", "--arithmetic", arithmetic, "--stop-after", "simulate"]
    assert main([*arguments, "--output", str(tmp_path / "build")]) == 0
    report = json.loads((tmp_path / "build" / "report.json").read_text())
    assert report["mismatches"] == 0
    assert report["vectors_checked"] > 100


def test_a_host_sends_real_inputs_and_gets_real_outputs():
    network = random_chain((6, 5, 3), ("relu", "linear"), seed=2)
    x = np.random.default_rng(3).normal(size=(20, 6))
    model, clock = float_model(network, x, BF16), FakeClock()
    x[4, 2] = 1e39  # no number of the format
    decoder = Decoder(FakePort(model, clock), Interface.of_model(model), clock=clock)
    decoder.check()
    with pytest.warns(SaturationWarning, match=r"1 of 120 input values lie outside of .*\(E8M7\)"):
        found = decoder.infer(x)
    np.testing.assert_array_equal(found, model.predict(x))


def test_a_format_that_is_too_coarse_is_told():
    network = load_network("tiny")
    golden = load_golden("tiny", network)
    assert float_quantised(network, golden, FP32).warnings == ()
    found = float_quantised(network, golden, FloatFormat(4, 1))
    *_, warning = found.warnings
    lost = 1 - found.seen.agreement
    assert warning.startswith(f"on the samples searched on, {lost:.1%} of decisions are not kept: ")
    assert "E4M1 has 1 fraction bit, and" in warning


def test_outputs_that_are_no_numbers_are_told_and_null_in_files(tmp_path):
    """Weights of FP16 that lead to outputs beyond 65504: no words on fraction bits, and JSON."""
    network = load_network("cursor_linear")
    (node,) = network.nodes
    weights = {name: array * 3e4 for name, array in node.weights.items()}
    large = replace(network, nodes=(replace(node, weights=weights),))
    golden = load_golden("cursor_linear", network)
    golden = replace(golden, y=large.forward(golden.x), targets=None)
    found = float_quantised(large, golden, FP16)
    y = found.model.predict(golden.x)
    infinite = int((~np.isfinite(y)).any(axis=1).sum())
    assert 0 < infinite < len(y)
    (warning,) = (text for text in found.warnings if "golden samples" in text)
    assert warning.startswith(
        f"outputs of {infinite} of {len(y)} golden samples are infinite or NaN: the greatest "
        "number of E5M10 is 65504; a format with more exponent bits"
    )
    assert not any("fraction bits" in text for text in found.warnings)
    found.save_formats(tmp_path / "formats.json")
    (step,) = json.loads((tmp_path / "formats.json").read_text(), parse_constant=int)["steps"]
    assert step["loss"] is None


def test_values_in_a_format_that_is_too_coarse_are_told():
    network = load_network("cursor_linear")
    golden = load_golden("cursor_linear", network)
    assert float_quantised(network, golden, FP16).warnings == ()
    (warning,) = float_quantised(network, golden, FloatFormat(5, 2)).warnings
    assert "of its standard deviation: E5M2 has 2 fraction bits" in warning
