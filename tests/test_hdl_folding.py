import pytest

from build_decoder.hdl.planning.folding import Folding


@pytest.mark.parametrize(
    ("count", "a_cycle", "cycles"), [(1, 1, 1), (6, 3, 2), (7, 3, 3), (8, 3, 3), (2, 5, 1)]
)
def test_transfers_and_passes_are_rounded_up(count, a_cycle, cycles):
    assert Folding(a_cycle, 1).beats(count) == cycles
    assert Folding(1, a_cycle).passes(count) == cycles
    assert Folding(a_cycle, 4).multipliers == 4 * a_cycle


@pytest.mark.parametrize("counts", [(0, 1), (1, 0), (-1, 3)])
def test_foldings_are_positive(counts):
    with pytest.raises(ValueError, match="^expected at least one input and one output a cycle"):
        Folding(*counts)
