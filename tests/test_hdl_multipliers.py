"""Units of every kind make every product of a cycle once."""

import itertools

import pytest

from build_decoder.hdl.planning.multipliers import Multiplier, Multipliers

KINDS = ("packed", "dsp", "select", "lut")


def products(units) -> list[tuple[int, int]]:
    return sorted((k, n + i) for kind, k, n in units for i in range(kind.neurons))


def test_a_packed_unit_alone_serves_two_neurons():
    assert {kind: kind.neurons for kind in Multiplier} == {
        Multiplier.PACKED: 2, Multiplier.DSP: 1, Multiplier.SELECT: 1, Multiplier.LUT: 1,
    }


def test_blocks_are_those_of_both_kinds():
    assert Multipliers(packed=3, dsp=2, lut=5, select=7).blocks == 5


@pytest.mark.parametrize(("inputs", "neurons"), [(1, 1), (1, 4), (2, 3), (3, 2)])
def test_numbers_that_fit_cover_every_product_once_and_others_are_refused(inputs, neurons):
    expected = [(k, n) for k in range(inputs) for n in range(neurons)]
    covered = 0
    for counts in itertools.product(range(inputs * neurons + 2), repeat=4):
        numbers = dict(zip(KINDS, counts, strict=True))
        multipliers = Multipliers(**numbers)
        single = inputs * neurons - 2 * numbers["packed"]
        fits = (
            numbers["packed"] <= inputs * (neurons // 2)
            and numbers["dsp"] + numbers["select"] + numbers["lut"] == single
        )
        if not fits:
            with pytest.raises(ValueError, match="^expected units for"):
                list(multipliers.units(inputs, neurons))
            continue
        units = list(multipliers.units(inputs, neurons))
        assert products(units) == expected
        kinds = [kind.value for kind, *_ in units]
        assert {kind: kinds.count(kind) for kind in KINDS} == numbers
        covered += 1
    assert covered > 1


def test_units_take_pairs_first_and_cover_every_product_once():
    units = list(Multipliers(packed=3, dsp=2, lut=2).units(2, 5))
    products = [(k, n + i) for kind, k, n in units for i in range(kind.neurons)]
    assert sorted(products) == [(k, n) for k in range(2) for n in range(5)]
    assert [kind for kind, *_ in units].count(Multiplier.PACKED) == 3


@pytest.mark.parametrize(
    "multipliers", [Multipliers(dsp=9), Multipliers(dsp=11), Multipliers(packed=5)], ids=str
)
def test_units_must_fit(multipliers):
    with pytest.raises(ValueError, match="expected units for 2 inputs of 5 neurons, got"):
        list(multipliers.units(2, 5))
