"""The step ``exact``: the integer model itself keeps the criterion."""

import pytest

from build_decoder.models.files.load import load_network
from build_decoder.models.golden import load_golden
from build_decoder.models.progress import silent
from build_decoder.quant import exact_forms
from build_decoder.quant.activations.forms import MAX_TABLE_WIDTH
from build_decoder.quant.bit_cost import BitCost
from build_decoder.quant.criterion import Criterion
from build_decoder.quant.exact_forms import approximated, made_exact
from build_decoder.quant.format_moves import with_bits
from build_decoder.quant.formats import NodeKey, integer_model
from build_decoder.quant.judge import Judge
from build_decoder.quant.weight_rounding import CompensatedRounding, on_grid
from build_decoder.quant.width_search import WidthSearch


@pytest.fixture(scope="module")
def search() -> WidthSearch:
    network = load_network("tiny")
    golden = load_golden("tiny", network).search
    rounding = CompensatedRounding(network, golden.x)
    return WidthSearch(
        [(network, golden)],
        cost=BitCost(network),
        roundings=[rounding],
        judge=Judge(network, golden, Criterion(), rounding=rounding),
        progress=silent,
        extra=0,
        suspected=False,
    )


def keeps(search: WidthSearch, formats) -> bool:
    model = integer_model(on_grid(search.network, formats, search.roundings[0]), formats)
    return search.judge.standard.keeps(model.predict)


def coarse(search: WidthSearch, role: str, fraction: int):
    """Perfect formats but for those of one role, so that outputs' bits alone do not help."""
    return {
        key: with_bits(format, fraction=fraction) if key.role == role else format
        for key, format in search.perfect.items()
    }


def test_nodes_get_bits_where_outputs_with_more_are_not_enough(search):
    formats = next(
        formats
        for fraction in range(8, 0, -1)
        if not keeps(search, formats := coarse(search, "weight", fraction))
    )
    assert approximated(search.network, formats)
    found = made_exact(search, formats, None)
    assert keeps(search, found)
    finer = {key for key in formats if found[key] != formats[key]}
    assert any(key.role == "weight" for key in finer)
    assert all(found[key].fraction > formats[key].fraction for key in finer)
    assert sum(found[key].width - formats[key].width for key in finer) <= 3


def test_all_nodes_get_bits_where_single_ones_do_not_do(search, monkeypatch):
    monkeypatch.setattr(exact_forms, "_EVALUATIONS", 1)
    formats = {
        key: with_bits(format, fraction=format.fraction - 9)
        for key, format in search.perfect.items()
    }
    assert not keeps(search, formats)
    found = made_exact(search, formats, None)
    assert keeps(search, found)
    assert all(formats[key].fraction <= found[key].fraction for key in formats)
    assert all(found[key].fraction <= search.perfect[key].fraction for key in formats)
    wider = [found[key].fraction - formats[key].fraction for key in formats]
    assert min(wider) < max(wider)


def test_where_no_bits_are_enough_those_of_least_harm_are_found(search, monkeypatch):
    monkeypatch.setattr(search.judge.standard, "judged", lambda predict: (2.0, False))
    formats = coarse(search, "weight", 4)
    assert made_exact(search, formats, None) == formats


def test_formats_that_are_good_enough_stay(search):
    assert keeps(search, search.perfect)
    assert made_exact(search, search.perfect, None) == search.perfect
    key = NodeKey(search.network.nodes[0].name, "sum")
    assert search.perfect[key].width > MAX_TABLE_WIDTH
