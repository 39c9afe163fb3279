import pytest

from hdl.choose_foldings import choose_foldings
from hdl.decoder import decoder_latency, plan_decoder
from hdl.folding import Folding
from models.errors import InputError
from tests.test_hdl_decoder import model

NET = model((40, 20, 2), ("sigmoid", "sigmoid"))


def test_default_takes_one_input_a_cycle_into_all_neurons():
    assert choose_foldings(NET) == (Folding(1, 20), Folding(1, 2))


@pytest.mark.parametrize("target", [1000, 200, 69, 40, 25])
def test_target_is_met_and_not_by_full_unrolling(target):
    foldings = choose_foldings(NET, latency_cycles=target)
    assert decoder_latency(plan_decoder(NET, foldings)) <= target
    assert sum(folding.multipliers for folding in foldings) < 40 * 20 + 20 * 2


def test_impossible_target_tells_the_nearest():
    with pytest.raises(InputError, match=r"test: expected a latency .* which is \d+ cycles or "
                                         r"more, got 3"):
        choose_foldings(NET, latency_cycles=3)
