"""Criteria that look at golden samples alone, in a search."""

import pytest

from build_decoder.bench.search_generalisation import GoldenJudge
from build_decoder.models.files.load import load_network
from build_decoder.models.golden import load_golden
from build_decoder.quant.bit_cost import BitCost
from build_decoder.quant.criterion import Criterion
from build_decoder.quant.search import search_formats


@pytest.mark.parametrize("lost", [0, 0.02])
def test_what_is_accepted_is_what_was_asked(lost):
    network = load_network("tiny")
    golden = load_golden("tiny", network).search
    given = []

    def accept(quality, broken, mended) -> bool:
        given.append((quality.loss, (broken.sum() - mended.sum()) / len(golden)))
        return quality.loss <= lost

    result = search_formats(
        network,
        golden,
        Criterion(max_flips=1.0, max_output_error=10.0),
        BitCost,
        prune=False,
        judge=lambda *of, **how: GoldenJudge(*of, accept=accept, **how),
    )
    assert result.quality.loss <= lost
    # What a quality calls lost is what broke, less what was mended.
    assert all(loss == pytest.approx(net, abs=1e-12) for loss, net in given)
    assert any(loss > lost for loss, _ in given)
