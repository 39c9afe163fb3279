"""Formats that several networks have in common."""

from dataclasses import replace

import numpy as np
import pytest

from build_decoder.models import load_golden, load_network
from build_decoder.models.errors import InputError
from build_decoder.quant.criterion import Criterion
from build_decoder.quant.formats import integer_model
from build_decoder.quant.joint_judge import JointJudge
from build_decoder.quant.judge import Judge
from build_decoder.quant.pruning import common_pruning_path, pruning_path
from build_decoder.quant.quality import measure
from build_decoder.quant.range_analysis import analyse_ranges
from build_decoder.quant.same_shape import check_same_shape, named_alike
from build_decoder.quant.search import search_formats
from tests.days import other_day
from tests.searches import SERIES_7, quantise


@pytest.fixture(scope="module")
def day():
    network = load_network("tiny")
    return network, load_golden("tiny", network)


@pytest.fixture(scope="module")
def days(day):
    return [day, *(other_day(*day, seed, by=0.3) for seed in (1, 2))]


@pytest.fixture(scope="module")
def joint(days):
    return quantise(*days[0], also=days[1:], max_loss=0.01)


def test_formats_keep_the_decisions_of_all_networks(days, joint):
    assert len(joint.also) == 2
    for number, (_, golden) in enumerate(days):
        network = (joint.search.network, *joint.search.others)[number]
        model = integer_model(network, joint.search.formats)
        seen = measure(model, golden.search)
        assert seen.accuracy_lost <= 0.01
        assert seen.agreement >= 1 - 2 * (Criterion.max_flips + 0.01)
        if number:
            assert measure(model, golden) == joint.also[number - 1]
        assert model.topology == joint.model.topology


def test_without_others_the_search_is_what_it_was(day):
    network, golden = day
    plain = search_formats(network, golden.search, Criterion(), SERIES_7)
    same = search_formats(network, golden.search, Criterion(), SERIES_7, also=())
    assert plain.formats == same.formats
    assert plain.others == ()


def test_the_same_network_twice_finds_what_it_finds_once(day):
    network, golden = day
    once = search_formats(network, golden.search, Criterion(), SERIES_7)
    twice = search_formats(
        network, golden.search, Criterion(), SERIES_7, also=[(network, golden.search)]
    )
    assert twice.formats == once.formats
    assert twice.network.topology == once.network.topology


def test_a_joint_judge_refuses_what_one_of_its_judges_refuses(days):
    criterion = Criterion()
    judges = [Judge(network, golden.search, criterion) for network, golden in days]
    joint = JointJudge(judges)
    names = days[0][0]
    random = np.random.default_rng(3)
    ranges = [analyse_ranges(named_alike(names, n), g.search.x) for n, g in days]
    held = 0
    for _ in range(60):
        bits = int(random.integers(2, 9))
        formats = {
            key: replace(
                form, fraction=max(bits + int(random.integers(-1, 3)) - form.integer,
                                   1 - form.integer),
            )
            for key, form in ranges[0].items()
        }
        each = [judge.holds(formats) for judge in judges]
        assert joint.holds(formats) == all(each)
        assert joint.harm(formats) == max(judge.harm(formats) for judge in judges)
        assert joint.harm_if(formats, lambda harm: harm <= 1) == (
            joint.harm(formats) if joint.harm(formats) <= 1 else None
        )
        held += all(each) != any(each)
    assert held
    assert joint.quality(formats) == judges[0].quality(formats)


def test_a_common_path_takes_a_neuron_of_the_same_layer_from_each(days):
    cases = [(network, golden.search.x) for network, golden in days]
    path = list(common_pruning_path(cases))
    assert all(len({network.topology for network in networks}) == 1 for networks in path)
    alone = list(pruning_path(*cases[0]))
    assert len(path) == len(alone)
    units = [layer.units for layer in days[0][0].layers[:-1]]
    kept = [max(count - 2, 1) for count in units]
    *_, last = common_pruning_path(cases, least=kept)
    assert [layer.units for layer in last[0].layers[:-1]] == kept


def test_networks_of_other_names_are_taken_by_their_places(day):
    network, golden = day
    nodes = [replace(node, name=f"other{n}", inputs=("z",) if not n else (f"other{n - 1}",))
             for n, node in enumerate(network.nodes)]
    inputs = (replace(network.inputs[0], name="z"),)
    renamed = replace(network, inputs=inputs, nodes=tuple(nodes))
    check_same_shape(network, renamed)
    alike = named_alike(network, renamed)
    assert [node.name for node in alike.nodes] == [node.name for node in network.nodes]
    np.testing.assert_array_equal(alike.forward(golden.x), network.forward(golden.x))
    with pytest.raises(InputError, match="as tiny has"):
        check_same_shape(network, load_network("ahead_case1"))
