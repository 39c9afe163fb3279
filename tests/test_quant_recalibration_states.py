"""Weights of another day of decoders with states, and of reservoirs, which have the same ones."""

from dataclasses import replace

import numpy as np
import pytest

from build_decoder.models import load_golden
from build_decoder.models.errors import InputError
from build_decoder.models.layers.esn import Esn
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.network import Network
from build_decoder.quant.formats import NodeKey, integer_model
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import analyse_ranges
from build_decoder.quant.recalibration import recalibrate
from build_decoder.quant.spare import HEADROOM, with_spare_bits
from tests.days_with_states import other_weights, save_steps, save_windows, stepwise, windows

KINDS = {
    "lstm": (windows, save_windows, (Lstm(3, False),)),
    "gru": (stepwise, save_steps, (Gru(4, False),)),
    "esn": (stepwise, save_steps, (Esn(6, False, leak_bits=1),)),
}


def built_of(network: Network, golden) -> IntegerModel:
    """In formats of 10 bits and spare ones."""
    network = network.in_sequences(golden.steps)
    formats = {
        key: QFormat(found.integer, 10 - found.integer, found.signed)
        for key, found in analyse_ranges(network, golden.x).items()
    }
    return integer_model(network, with_spare_bits(network, formats), headroom=HEADROOM)


@pytest.fixture(params=KINDS)
def day(request, tmp_path):
    make, save, layers = KINDS[request.param]
    network = make(layers)
    golden = load_golden(save(tmp_path / "one", network), network)
    other = other_weights(network, 1)
    return network, built_of(network, golden), other, load_golden(
        save(tmp_path / "other", other), other
    )


def test_another_day_keeps_formats_and_widths(day):
    network, built, other, golden = day
    found = recalibrate(built, network, other, golden, max_loss=0.02)
    assert found.model.signals() == built.signals()
    assert found.model.fingerprint() != built.fingerprint()
    for made, given in zip(built.layers, found.model.layers, strict=True):
        assert given.writable == made.writable
        for name, array in given.arrays.items():
            assert array.reach == made.arrays[name].reach
    # Of samples in sequences as golden data has them.
    y = found.model.predict(golden.x, steps=golden.steps)
    assert np.abs(y - golden.y).max() < 0.1
    assert found.all.samples == len(golden)


def test_a_reservoir_is_the_one_that_was_built(tmp_path):
    network = stepwise((Esn(6, False, leak_bits=1),))
    golden = load_golden(save_steps(tmp_path / "one", network), network)
    built = built_of(network, golden)
    reservoir, read_out = built.layers
    assert built.writable
    assert not reservoir.writable
    assert read_out.writable
    # It keeps its formats too.
    formats = analyse_ranges(network.in_sequences(golden.steps), golden.x)
    spared = with_spare_bits(network, formats)
    first, last = (node.name for node in network.nodes)
    assert spared[NodeKey(first, "weight")] == formats[NodeKey(first, "weight")]
    assert spared[NodeKey(last, "weight")] != formats[NodeKey(last, "weight")]

    other = other_weights(network, 1)
    recurrent = other.nodes[0].weights["recurrent"].copy()
    recurrent[2, 3] += 0.25
    node = replace(other.nodes[0], weights={**other.nodes[0].weights, "recurrent": recurrent})
    other = replace(other, nodes=(node, *other.nodes[1:]))
    with pytest.raises(InputError, match=r"layer 'l0': recurrent\[2, 3\]: expected .* as states "):
        recalibrate(built, network, other, golden, max_loss=1.0)
