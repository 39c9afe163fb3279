"""The Python API, and each example of its page."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import build_decoder
from build_decoder.boards.driver.errors import SaturationWarning
from build_decoder.models import load_network
from build_decoder.models.errors import InputError
from build_decoder.quant.trace import trace
from tests.test_docs import blocks

PAGE = Path(__file__).parents[1] / "docs" / "python_api.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the examples of the page ran, in order."""
    here = tmp_path_factory.mktemp("api")
    examples, names = blocks(PAGE.read_text(), "python"), {}
    assert len(examples) == 6
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        for number, example in enumerate(examples, start=1):
            exec(compile(example, f"{PAGE.name}, example {number}", "exec"), names)
    return here / "build"


def test_each_example_of_the_page_runs(folder):
    assert (folder / "tiny" / "rtl" / "decoder.v").exists()
    assert (folder / "mine" / "formats.json").exists()


def test_predict_is_bit_true(folder):
    decoder = build_decoder.load(folder / "tiny")
    with np.load(folder / "tiny" / "expected.npz") as expected:
        y = decoder.predict(decoder.golden.x)
        np.testing.assert_array_equal(
            y * 2.0**decoder.model.output_format.fraction, expected["y_raw"]
        )
    np.testing.assert_array_equal(decoder.predict(decoder.golden.x[3]), y[3])


def test_inputs_that_saturate_are_told(folder):
    decoder = build_decoder.load(folder / "tiny")
    with pytest.warns(SaturationWarning, match="1 of 16 input values"):
        decoder.predict(np.r_[1e6, np.zeros(15)])


def test_nodes_follow_from_each_other(folder):
    """What `trace` gives at each node makes what it gives at the next one."""
    decoder = build_decoder.load(folder / "tiny")
    model, raw = decoder.model, decoder.trace(decoder.golden.x, raw=True)
    for node in model.nodes:
        layer = node.layer
        exact = raw[node.inputs[0]] @ layer.weights
        dropped = layer.product_fraction - layer.accumulator.fraction
        rounded = (exact + layer.rounding_constant) >> dropped
        low, high = layer.accumulator.min_raw, layer.accumulator.max_raw
        np.testing.assert_array_equal(
            raw[f"{node.name}.accumulator"], np.clip(rounded, low, high)
        )
        np.testing.assert_array_equal(
            raw[f"{node.name}.sum"], layer.biased_sum.compute(exact).astype(np.int64)
        )
        np.testing.assert_array_equal(
            raw[node.name], layer.activation.compute(raw[f"{node.name}.sum"])
        )


def test_clipped_values_are_counted(folder):
    """A count of values outside of a format is that of a narrowing that does not clip."""
    model = build_decoder.load(folder / "tiny").model
    x_raw = np.full((3, model.input_count), model.input_format.max_raw)
    nodes = {(n.name, n.role): n for n in trace(model, x_raw)}
    layer, found = model.nodes[0].layer, nodes["layer1", "accumulator"]
    exact = x_raw @ layer.weights + layer.rounding_constant
    wide = exact >> (layer.product_fraction - layer.accumulator.fraction)
    assert found.clipped == np.count_nonzero(wide != found.raw)


def test_options_are_those_of_the_command(folder):
    with pytest.raises(InputError, match="--not-one"):
        build_decoder.build("tiny", output=folder / "none", not_one=3)
    with pytest.raises(InputError, match="expected a name, a path or a Network, got 7"):
        build_decoder.build(7)
    with pytest.raises(InputError, match="None"):
        build_decoder.build(load_network("tiny"))
    assert not (folder / "none").exists()


def test_a_stage_that_is_missing_is_named(folder, tmp_path):
    made = build_decoder.build("tiny", output=tmp_path / "import", stop_after="import")
    assert made.report["network"] == "tiny"
    with pytest.raises(InputError, match="up to the stage quantise.*before model.json was made"):
        made.predict(np.zeros(16))


@pytest.mark.parametrize("x", [np.zeros((2, 15)), np.full((1, 16), np.nan), "x", [[1j] * 16]])
def test_inputs_that_do_not_fit_are_refused(folder, x):
    with pytest.raises(InputError, match="inputs: expected"):
        build_decoder.load(folder / "tiny").predict(x)


def test_what_is_no_build_is_refused(tmp_path):
    for given in (tmp_path, tmp_path / "nothing", "tiny", None, ""):
        with pytest.raises(InputError, match="the folder of a build"):
            build_decoder.load(given)


def test_a_file_that_was_changed_is_refused(folder, tmp_path):
    shutil.copytree(folder / "mine", tmp_path / "changed")
    with (tmp_path / "changed" / "model.json").open("a") as file:
        file.write(" ")
    with pytest.raises(InputError, match=r"model\.json, which was changed"):
        build_decoder.load(tmp_path / "changed").predict(np.zeros(6))


def test_a_host_with_the_driver_alone_imports_no_more():
    found = subprocess.run(
        [sys.executable, "-c", "import build_decoder.boards.driver, sys; print(*sys.modules)"],
        cwd=PAGE.parents[1], capture_output=True, text=True, check=True,
    )
    assert not {"build_decoder.api", "build_decoder.flow"} & {*found.stdout.split()}
    with pytest.raises(AttributeError, match="no attribute 'neither'"):
        build_decoder.neither  # noqa: B018
    assert {"build", "load", "BuildStopped"} <= {*dir(build_decoder)}
