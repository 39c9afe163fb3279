"""Networks on the same samples share what follows from their inputs, and nothing else."""

import numpy as np

from build_decoder.models.files.load import load_network
from build_decoder.models.golden import load_golden
from build_decoder.quant import range_analysis, rounded_once
from build_decoder.quant.criterion import Criterion
from build_decoder.quant.input_statistics import InputStatistics
from build_decoder.quant.judge import Judge
from build_decoder.quant.pruning import pruning_path
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import analyse_ranges
from build_decoder.quant.standard import Standard
from build_decoder.quant.weight_rounding import CompensatedRounding


def test_networks_that_share_statistics_find_what_each_finds_by_itself(monkeypatch):
    network = load_network("tiny")
    x = load_golden("tiny", network).search.x
    networks = [network, *pruning_path(network, x)]
    formats = [analyse_ranges(each, x) for each in networks]
    weight = QFormat(0, 5)
    arrays = [CompensatedRounding(each, x).arrays(each.nodes[0], weight) for each in networks]
    found = []
    for module, name in ((range_analysis, "_spread"), (rounded_once, "feedback_of")):
        find = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda values, find=find: found.append(values) or find(values)
        )
    statistics = InputStatistics()
    for each, own, rounded in zip(networks, formats, arrays, strict=True):
        assert analyse_ranges(each, x, statistics=statistics) == own
        got = CompensatedRounding(each, x, statistics).arrays(each.nodes[0], weight)
        for key, array in rounded.items():
            np.testing.assert_array_equal(got[key], array)
    # A spread and an error feedback.
    assert sum(values.shape == x.shape for values in found) == 2


def test_networks_that_keep_to_one_standard_quantise_inputs_once(monkeypatch):
    network = load_network("tiny")
    golden = load_golden("tiny", network).search
    formats = analyse_ranges(network, golden.x)
    (smaller, *_) = pruning_path(network, golden.x)
    expected = Judge(smaller, golden, Criterion(), standard=Standard(network, golden, Criterion()))
    standard = Standard(network, golden, Criterion())
    quantised = []
    raw = QFormat.quantise
    monkeypatch.setattr(
        QFormat, "quantise", lambda self, x, *kind: quantised.append(x) or raw(self, x, *kind)
    )
    judges = [
        Judge(each, golden, Criterion(), standard=standard) for each in (network, smaller, network)
    ]
    qualities = [judge.quality(formats) for judge in judges]
    harms = [judge.harm(formats) for judge in judges]
    assert qualities[0] == qualities[2]
    assert harms[0] == harms[2]
    inputs = (golden.x, standard.near_samples.x)
    assert [sum(x is given for x in quantised) for given in inputs] == [1, 1]
    monkeypatch.undo()
    assert (expected.quality(formats), expected.harm(formats)) == (qualities[1], harms[1])


def test_each_input_has_its_own_statistics():
    statistics = InputStatistics()
    assert [statistics.of(name, np.sum, np.full(3, value)) for name, value in (("a", 1), ("b", 2))]\
        == [3, 6]
    assert statistics.of("a", np.sum, np.zeros(3)) == 3
    assert statistics.of("a", np.max, np.ones(3)) == 1
