"""One set of options, with one meaning, in all commands."""

import argparse
import os

import numpy as np
import pytest

import build_decoder.__main__
from build_decoder import actions
from build_decoder.actions import design, foldings_of
from build_decoder.bench import resources
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.models.arguments import LineParser
from build_decoder.models.errors import InputError
from build_decoder.options import (
    DesignOptions,
    HardwareOptions,
    SourceOptions,
    add_design_options,
    given_design_options,
)
from build_decoder.options.types import at_least
from build_decoder.sim import netlist, verify
from build_decoder.sim.random_columns import random_columns
from build_decoder.sim.random_networks import random_network


def options(*arguments: str, network: str = "tiny") -> DesignOptions:
    return DesignOptions.parse([network, *arguments])


@pytest.fixture(scope="module")
def model():
    return random_network(np.random.default_rng(3)).model


@pytest.fixture
def designed(monkeypatch) -> dict:
    """The arguments that design_decoder was last called with."""
    called = {}
    monkeypatch.setattr(
        actions, "design_decoder", lambda model, **given: called.update(given)
    )
    return called


def option_names() -> list[str]:
    parser = argparse.ArgumentParser(add_help=False)
    add_design_options(parser)
    return [f"--{name.replace('_', '-')}" for name in vars(parser.parse_args([]))]


@pytest.mark.parametrize("module", [resources, build_decoder.__main__, netlist, verify])
def test_every_command_has_all_of_them(module, capsys):
    names = option_names()
    assert {"--golden", "--threshold", "--max-loss", "--datapath", "--max-lut"} <= {*names}
    with pytest.raises(SystemExit):
        module.main(["--help"])
    told = capsys.readouterr().out.split()
    for name in names:
        assert name in told or f"[{name}" in told


def test_which_were_given():
    parser = LineParser()
    parser.add_argument("network")
    parser.add_argument("--samples", type=int, default=3)
    add_design_options(parser)
    assert given_design_options(parser, ["tiny", "--samples", "4"]) == ()
    # Also where what is given is the default.
    argv = ["tiny", "--max-loss", "0", "--datapath", "auto", "--search=default"]
    assert set(given_design_options(parser, argv)) == {"--max-loss", "--datapath", "--search"}


def test_defaults_are_those_of_the_class():
    assert options() == DesignOptions(source=SourceOptions(network="tiny", golden="tiny"))


def test_everything_is_passed_on(model, designed):
    given = options(
        "--inputs-per-cycle", "1", "--outputs-per-cycle", "1", "--max-dsp", "3",
        "--datapath", "select",
    )
    design(model, given.hardware, family=XC7, max_blocks=9)
    foldings = foldings_of(model, HardwareOptions(inputs_per_cycle=(1,), outputs_per_cycle=(1,)))
    assert designed == {
        "foldings": foldings, "family": XC7, "max_blocks": 9, "max_dsp": 3,
        "datapath": ("select",) * len(model.layers),
    }


def test_what_is_not_given_is_not_passed_on(model, designed):
    design(model, options("--datapath", "auto").hardware)
    assert designed == {"foldings": None, "family": None, "max_blocks": None}
    design(model, options("--latency", "900", "--max-lut", "500").hardware)
    assert designed["latency_cycles"] == 900
    assert designed["max_lut"] == 500


def test_time_steps_come_at_a_pace(designed):
    """Of networks with convolutions, unless only an area is asked for."""
    convolving = random_columns(np.random.default_rng(2)).model
    steps = convolving.inputs[0].shape[0]
    pace = 2_500 * steps
    for given, interval in (
        ((), pace),
        (("--latency", "900"), pace),
        (("--latency", "900", "--max-lut", "500"), pace),
        (("--latency", "900", "--interval", "77"), 77),
        (("--max-lut", "500"), None),
    ):
        design(convolving, options(*given).hardware, clock_mhz=75)
        assert designed.pop("interval_cycles", None) == interval, given


def test_a_datapath_for_each_layer(model, designed):
    kinds = ["lut", "auto", "dsp", "select", "packed"][: len(model.layers)]
    design(model, options("--datapath", *kinds).hardware)
    assert designed["datapath"] == tuple(None if kind == "auto" else kind for kind in kinds)
    refused = r"--datapath: expected one for all layers that are folded, or \d, "
    with pytest.raises(InputError, match=refused):
        design(model, options("--datapath", *kinds, "lut", "lut").hardware)


def test_a_layer_is_left_to_the_generator():
    two = random_network(np.random.default_rng(1)).model
    assert len(two.layers) == 2
    made = design(two, options("--datapath", "lut", "auto").hardware, family=XC7)
    free = design(two, options().hardware, family=XC7)
    forced, left = made.dense
    assert forced.multipliers == Multipliers(lut=forced.neurons)
    assert left.multipliers == free.dense[-1].multipliers


def test_the_default_design_is_that_of_the_generator(model):
    made, expected = design(model, options().hardware), design_decoder(model)
    assert (made.foldings, made.stages) == (expected.foldings, expected.stages)


@pytest.mark.parametrize("target", ["--latency", "--max-lut"])
@pytest.mark.parametrize("folded", ["--inputs-per-cycle", "--outputs-per-cycle"])
def test_a_target_excludes_foldings(target, folded):
    with pytest.raises(InputError, match=f"{target}: expected it alone, .* got it with {folded}"):
        options(target, "9", folded, "1")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--segments", "12"], "--segments: expected a power of two from 1 to 4096, got 12"),
        (["--segments", "x"], "--segments: expected a whole number, got 'x'"),
        (["--inputs-per-cycle", "0"], "--inputs-per-cycle: expected 1 or more, got 0"),
        (["--max-dsp", "0"], "--max-dsp: expected 1 or more, got 0"),
        (["--max-lut", "0"], "--max-lut: expected 1 or more, got 0"),
        (["--seed", "-1"], "--seed: expected 0 to 2147483647, got -1"),
        (["--max-loss", "1.5"], "--max-loss: expected a fraction from 0 to 1, got 1.5"),
        (["--also", "n", "--search", "ahead"], "--also: expected the default search, got that of"),
        (["--search", "other"], "--search: invalid choice: 'other'"),
    ],
)
def test_errors_are_one_line(arguments, message):
    with pytest.raises(InputError, match=message) as error:
        options(*arguments)
    assert "\n" not in str(error.value)


def test_golden_data_are_beside_a_file_unless_given():
    beside = options(network=os.path.join("folder", "decoder.keras"))
    assert beside.source.golden == os.path.join("folder", "")
    assert options("--golden", "x.npz").source.golden == "x.npz"


def test_foldings_default_where_none_is_given(model):
    default = [Folding(1, layer.units) for layer in model.layers]
    assert list(foldings_of(model, HardwareOptions())) == default
    most = model.layers[0].input_count
    assert list(foldings_of(
        model, HardwareOptions(inputs_per_cycle=(most,), outputs_per_cycle=(1,))
    )) == [Folding(most, 1), *default[1:]]
    with pytest.raises(InputError, match=f"layer 1: expected 1 to {most} inputs a cycle"):
        foldings_of(model, HardwareOptions(inputs_per_cycle=(most + 1,)))


def test_numbers_of_options():
    with pytest.raises(argparse.ArgumentTypeError, match="expected 2 or more, got 1"):
        at_least(2)("1")
