import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from build_decoder import boards
from build_decoder.bench.area_samples import Sample, zoo_keys
from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.families import FAMILIES
from build_decoder.hdl.families.ecp5 import FAMILY as ECP5
from build_decoder.hdl.families.ice40 import FAMILY as ICE40
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.planning.area import (
    Area,
    PackerShape,
    WeightCounts,
    coefficients,
    coefficients_file,
)
from build_decoder.hdl.planning.area.features import luts_of, registers_of
from build_decoder.hdl.planning.area.plans import decoder_area
from build_decoder.hdl.planning.cost import AreaCost
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.weight_rows import different_columns, weight_rows
from build_decoder.models.errors import InputError
from build_decoder.models.files.load import load_network
from build_decoder.models.golden import load_golden
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.formats import integer_model
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import analyse_ranges

MEASURED = [
    Sample.from_json(line, family)
    for family in FAMILIES.values()
    for line in Path(__file__).with_name(f"measured_areas_{family}.jsonl").read_text().splitlines()
]


@pytest.mark.parametrize("sample", MEASURED, ids=lambda sample: f"{sample.family} {sample.key}")
def test_estimates_are_near_what_synthesis_measured(sample):
    assert sample.estimated.lut == pytest.approx(sample.measured["lut"], rel=0.15)
    assert sample.estimated.ff == pytest.approx(sample.measured["ff"], rel=0.25)
    assert sample.estimated.dsp == sample.measured["dsp"]
    assert sample.estimated.bram == sample.measured["bram"]


@pytest.mark.parametrize("family", FAMILIES.values(), ids=str)
def test_each_count_has_a_coefficient_and_each_coefficient_a_count(family):
    shapes = [PackerShape(4, 2, 6), *(s for sample in MEASURED for s in sample.shapes)]
    for stored, counts_of in zip(coefficients(family), (luts_of, registers_of), strict=True):
        counted = {name for shape in shapes for name in counts_of(shape, family)}
        assert set(stored) == counted
        assert all(value >= 0 for value in stored.values())


@pytest.mark.parametrize("family", FAMILIES.values(), ids=str)
def test_what_is_known_of_components_is_kept_by_the_fit(family):
    stored = json.loads(coefficients_file(family).read_text())
    for kind in ("lut", "ff"):
        assert set(stored["prior"][kind]) < set(stored[kind])
        for name, measured in stored["measured"][kind].items():
            assert stored[kind][name] == measured


@pytest.mark.parametrize("family", FAMILIES.values(), ids=str)
def test_stored_figures_are_of_all_designs_of_the_zoo(family):
    stored = json.loads(coefficients_file(family).read_text())
    assert stored["fitted"]["exact_blocks"] >= 0.9 * stored["fitted"]["designs"]
    zoo = stored["zoo"]
    assert zoo["designs"] == zoo["exact_blocks"] == len(zoo_keys(family)) >= 24
    assert zoo["within_tolerance"] >= (1 if family is XC7 else 0.8) * zoo["designs"]


@pytest.mark.parametrize("family", FAMILIES.values(), ids=str)
def test_the_table_of_costs_is_what_families_and_boards_and_fits_say(family):
    rows = (Path(__file__).parent.parent / "docs" / "options.md").read_text().splitlines()
    (row,) = (row for row in rows if row.startswith(f"| {family.title} |"))
    _, cost, worth, *errors = (cell.strip() for cell in row.strip("|").split("|"))
    assert cost == family.cost_formula
    board = boards.get(worth[worth.index("(") + 1 : -1])
    assert board.family is family
    chip = board.capacity
    luts = chip.lut / chip.dsp, chip.lut / chip.bram
    assert worth.startswith(f"{luts[0]:.0f} and {luts[1]:.0f} (")
    worth = family.dsp_luts, family.memory.bram_luts
    assert worth == pytest.approx((luts[0] / 4, luts[1] / 4), rel=0.2)
    stored = json.loads(coefficients_file(family).read_text())
    assert errors == [
        f"{100 * found['mean_lut_error']:.0f} %, at most {100 * found['max_lut_error']:.0f} %"
        for found in (stored["zoo"], stored["held_out"])
    ]


def test_areas_add_up_and_cost():
    area = Area(10, 5, 2, 0.5) + Area(1, 1, 1, 1.0)
    assert area == Area(11, 6, 3, 1.5)
    assert XC7.cost(area) == 11 + 3 * 50 + 150


@pytest.mark.parametrize(
    ("rows", "width", "blocks"),
    [(512, 36, 1), (512, 37, 2), (1024, 18, 1), (800, 60, 4), (1025, 18, 2), (16384, 1, 1)],
)
def test_block_rams_of_a_memory(rows, width, blocks):
    assert XC7.memory.block_rams(rows, width) == blocks


def test_a_family_that_was_never_fitted_is_told():
    with pytest.raises(InputError, match="^family new: expected the area model's coeff"):
        coefficients(replace(XC7, name="new"))


def test_a_block_ram_and_a_dsp_block_are_worth_what_the_family_says():
    area = Area(lut=1, ff=9, dsp=2, bram=3)
    assert [family.cost(area) for family in (XC7, ECP5, ICE40)] == [401, 561, 456]
    assert ECP5.cost_formula == "LUT + 130 MULT18X18D + 100 DP16KD"


@pytest.mark.parametrize(
    ("rows", "width", "block", "lut", "bits"),
    [
        # As Yosys maps hdl.parts.replay_buffer.
        (16, 4, (0, 0, 0), (4, 6, 0), (0, 0, 64)),
        (20, 4, (0, 0, 1), (4, 12, 0), (0, 0, 0)),
        (48, 12, (0, 0, 1), (16, 54, 0), (0, 0, 0)),
        (400, 2, (0, 0, 1), (28, 150, 0), (0, 0, 0)),
        (400, 4, (0, 1, 1), (56, 0, 0), (0, 0, 0)),
        (800, 8, (1, 1, 2), (0, 0, 0), (0, 0, 0)),
        (5, 0, (0, 0, 0), (0, 0, 0), (0, 0, 0)),
    ],
)
def test_memories_that_are_written(rows, width, block, lut, bits):
    rules = [family.memory for family in (XC7, ECP5, ICE40)]
    assert tuple(rule.ram_blocks(rows, width) for rule in rules) == block
    assert tuple(rule.ram_luts(rows, width) for rule in rules) == lut
    assert tuple(rule.ram_bits(rows, width) for rule in rules) == bits


def test_weights_are_stored_beat_by_beat_and_pass_by_pass():
    weights = np.arange(1, 16).reshape(5, 3)
    rows = weight_rows(weights, 2, 2)
    assert rows.shape == (6, 2, 2)
    np.testing.assert_array_equal(rows[0], [[1, 2], [4, 5]])
    np.testing.assert_array_equal(rows[2], [[13, 14], [0, 0]])
    np.testing.assert_array_equal(rows[3], [[3, 0], [6, 0]])


def test_constant_and_equal_columns_take_no_memory():
    weights = np.array([[1, 1, 0], [0, 0, 0], [1, 1, 0], [1, 1, 0]])
    counts = WeightCounts.of(weights, 4, (1, 3), XC7.memory)
    assert (counts.columns, counts.tables) == (1, 1)


def test_a_column_has_a_table_for_every_64_rows_that_vary():
    weights = np.zeros((160, 1), dtype=np.int64)
    weights[[0, 70, 71]] = [[1], [3], [2]]
    counts = WeightCounts.of(weights, 3, (1, 1), XC7.memory)
    # Row 0 has the lowest bit alone, of rows 64 to 127 both differ, and none of those after.
    assert (counts.columns, counts.tables) == (2, 3)


def test_columns_are_stored_once_and_found_again():
    random = np.random.default_rng(0)
    rows = random.integers(-2, 2, (5, 6))
    rows[:, 4], rows[:, 5] = rows[:, 0], 1
    columns, places = different_columns(rows, 4)
    bits = (rows[:, :, None] >> np.arange(4) & 1).reshape(5, -1).T
    for bit, place in zip(bits, places, strict=True):
        np.testing.assert_array_equal(bit, bit[0] if place < 0 else columns[place])
    assert len({column.tobytes() for column in columns}) == len(columns)


def test_an_activation_without_a_plan_is_told():
    class Unknown:
        input = output = QFormat(4, 4)

    with pytest.raises(TypeError, match="expected an activation that has a plan, got Unknown"):
        activation_plan(Unknown())


def test_a_wider_table_costs_more():
    plans = [
        activation_plan(integer_activation("sigmoid", QFormat(4, n), QFormat(0, 4, signed=False)))
        for n in (0, 4)
    ]
    assert plans[0].shape.table < plans[1].shape.table


@pytest.mark.parametrize("family", FAMILIES.values(), ids=str)
@pytest.mark.parametrize("name", ["tiny", "ahead_case1"])
def test_cost_of_formats_is_that_of_the_decoder_that_is_made_of_them(name, family):
    network = load_network(name)
    formats = {
        key: QFormat(f.integer, 9 - f.integer, f.signed)
        for key, f in analyse_ranges(network, load_golden(name, network).search.x).items()
    }
    plan = design_decoder(integer_model(network, formats), family=family)
    area = decoder_area(plan, family)
    expected = area.lut + family.dsp_luts * area.dsp + family.memory.bram_luts * area.bram
    assert AreaCost(network, family)(formats) == pytest.approx(expected)
    assert area.dsp > 0 or family != XC7
