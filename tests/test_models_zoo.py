import numpy as np
import pytest

from build_decoder.models import load_golden, load_network, zoo_names, zoo_path
from build_decoder.models.recipes import RECIPES
from build_decoder.models.spikes import MAX_COUNT
from build_decoder.models.train import DEFAULT_SEED, deal_trials

TOPOLOGIES = {
    "ahead_case1": ("800-20-2", ["sigmoid", "sigmoid"]),
    "ahead_case2": ("768-48-20-2", ["sigmoid", "sigmoid", "sigmoid"]),
    "ahead_fig4": ("768-48-20-7", ["linear", "tanh", "sigmoid"]),
    "tiny": ("16-8-2", ["relu", "sigmoid"]),
}


def test_every_recipe_is_shipped():
    # The others are of `models.nerve_cuff` and `models.cursor`, which have tests of their own.
    names = [name for name in zoo_names() if not name.startswith(("escape", "cursor"))]
    assert names == sorted(RECIPES) == sorted(TOPOLOGIES)
    with pytest.raises(KeyError):
        zoo_path("../zoo")


@pytest.mark.parametrize("name", sorted(TOPOLOGIES))
def test_network(name: str):
    network = load_network(name)
    topology, activations = TOPOLOGIES[name]
    assert network.name == name
    assert network.topology == topology
    assert [layer.activation for layer in network.layers] == activations


@pytest.mark.parametrize("name", sorted(TOPOLOGIES))
def test_golden_data(name: str):
    network = load_network(name)
    golden = load_golden(name, network)
    np.testing.assert_array_equal(golden.x, np.clip(np.round(golden.x), 0, MAX_COUNT))
    assert len(golden.search) >= 2000
    assert len(golden.unseen) >= 2000
    np.testing.assert_allclose(network.forward(golden.x), golden.y, rtol=0, atol=1e-5)
    # good, and not perfect
    for part in (golden.search, golden.unseen):
        assert 0.8 < (part.task.decisions(part.y) == part.labels).mean() < 1.0


@pytest.mark.parametrize("name", sorted(TOPOLOGIES))
def test_labels_are_the_recipe_s(name: str):
    """The shipped samples are the trials that today's recipe deals to the golden data.

    Only the labels are compared: numpy's exp(), and with it a count now and then, differs in the
    last bit from processor to processor.
    """
    golden = load_golden(name, load_network(name))
    parts = deal_trials(DEFAULT_SEED)
    session = RECIPES[name].spikes.record(sum(map(len, parts.values())), seed=DEFAULT_SEED)
    np.testing.assert_array_equal(golden.search.labels[:, 0], session.cue[parts["search"]])
    np.testing.assert_array_equal(golden.unseen.labels[:, 0], session.cue[parts["unseen"]])


def test_parts_share_no_trial():
    parts = np.concatenate(list(deal_trials(5).values()))
    np.testing.assert_array_equal(np.sort(parts), np.arange(len(parts)))
