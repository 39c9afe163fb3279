"""What rewrites do to the nerve-cuff networks, and what it saves."""

import numpy as np
import pytest

from build_decoder.models import Network
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.max_pool import MaxPool
from build_decoder.models.nerve_cuff import TABLE_1
from build_decoder.models.nerve_cuff.own_network import OWN_NETWORK
from build_decoder.models.resources import resources
from build_decoder.models.rewrites import rewrite
from tests.architectures import random_network

NETWORKS = {
    "escape_tcn": OWN_NETWORK,
    **{
        name: TABLE_1[name].network for name in ("escape_net_mini", "escape_fcn", "escape_rnn")
    },
}

APPLIED = {
    "escape_tcn": {"identity": "dropout"},
    "escape_net_mini": {"time_first": "spatial and temporal (rows of dense permuted)"},
    "escape_fcn": {"average": "classes", "time_first": "spatial and temporal"},
    "escape_rnn": {},
}

MACS_SAVED = {"escape_fcn": 28 * 50 * 8 * 3 - 8 * 3}

WINDOW_VALUES = {"escape_net_mini": (4_320, 2_472), "escape_fcn": (16_830, 9_606)}
"""Before and after; see `window_values`."""


def escape(name: str) -> Network:
    return random_network(NETWORKS[name].architecture(name))


def window_values(network: Network) -> int:
    """Values that convolutions and pools keep while values come, those of the last axis first."""
    total = 0
    for node in network.nodes:
        if isinstance(node.layer, Conv2d | MaxPool):
            slow, fast = getattr(node.layer, "kernel", None) or node.layer.size
            _, columns, channels = network.shapes[node.inputs[0]]
            total += ((slow - 1) * columns + fast) * channels
    return total


def second_order_values(network: Network) -> int:
    """Values that are kept so that the second order of the contacts can be read from the first.

    A ring that holds all from the oldest value still to be read to the newest that is needed.
    """
    first, second = (
        np.arange(network.input_count) if item.walk is None else item.walk.indices
        for item in network.inputs
        if network.users(item.name)
    )
    arrival = np.empty_like(first)
    arrival[first] = np.arange(len(first))
    read = arrival[second]
    newest = np.maximum.accumulate(read)
    oldest = np.minimum.accumulate(read[::-1])[::-1]
    return int((newest - oldest + 1).max())


@pytest.mark.parametrize("name", NETWORKS)
def test_logits_stay_the_same(name: str):
    network = escape(name)
    rewritten = rewrite(network)
    notes = {each.name: each.note.split(": ", 1)[1] for each in rewritten.applied}
    assert notes == {**APPLIED[name], "softmax": "softmax"}
    x = np.random.default_rng(0).normal(size=(3, network.input_count))
    values = network.values(x)
    (logits,) = network.nodes[-1].inputs
    wanted = values[logits]
    got = rewritten.network.forward(x)
    assert np.abs(got - wanted).max() <= 1e-9 * np.abs(wanted).max()
    np.testing.assert_array_equal(got.argmax(axis=1), network.forward(x).argmax(axis=1))


@pytest.mark.parametrize("name", NETWORKS)
def test_macs(name: str):
    network = escape(name)
    saved = resources(network).macs - resources(rewrite(network).network).macs
    assert saved == MACS_SAVED.get(name, 0)


@pytest.mark.parametrize("name", WINDOW_VALUES)
def test_buffers(name: str):
    network = escape(name)
    rewritten = rewrite(network).network
    assert (window_values(network), window_values(rewritten)) == WINDOW_VALUES[name]
    assert (second_order_values(network), second_order_values(rewritten)) == (4_800, 48)


@pytest.mark.parametrize("name", sorted(NETWORKS.keys() - WINDOW_VALUES))
def test_what_is_in_the_order_of_time_stays_so(name: str):
    network = escape(name)
    assert rewrite(network).network.inputs == network.inputs
