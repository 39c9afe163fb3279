"""The oracle of integer layers against hand-computed examples and the float layers."""

import re
from fractions import Fraction

import numpy as np
import pytest

from build_decoder.quant.qformat import QFormat
from tests import exact
from tests.exact import (
    Tensor,
    accumulator_format,
    code_of,
    narrow,
    tensor,
    union,
    value_of,
)
from tests.layers import network, oracle
from tests.random_layers import Node

# Narrowing and formats


@pytest.mark.parametrize(
    ("format", "pairs"),
    [
        (QFormat(3, 1), {"1/4": "1/2", "-1/4": "0", "-3/4": "-1/2", "1/5": "0", "-1/3": "-1/2"}),
        (QFormat(3, 1), {"13/4": "7/2", "15/4": "7/2", "99": "7/2", "-17/4": "-4", "-99": "-4"}),
        (QFormat(4, -1), {"1": "2", "-1": "0", "5": "6", "7": "6", "-3": "-2", "-9": "-8"}),
        (QFormat(-2, 4, False), {"1/32": "1/16", "1/33": "0", "-1/32": "0", "1": "3/16"}),
        (QFormat(1, 0), {"1/2": "0", "-1/2": "0", "-3/5": "-1", "-7": "-1"}),
    ],
    ids=str,
)
def test_narrow_rounds_half_up_and_saturates(format, pairs):
    got = {value: str(narrow(Fraction(value), format)) for value in pairs}
    assert got == pairs


def test_narrow_is_what_formats_do_to_floats():
    rng = np.random.default_rng(1)
    for _ in range(300):
        width, fraction = int(rng.integers(1, 11)), int(rng.integers(-6, 16))
        format = QFormat(width - fraction, fraction, bool(rng.integers(2)))
        # Multiples of a quarter of a step, so that ties are many, around the range.
        quarters = rng.integers(-6 << width, 6 << width, 20)
        values = [Fraction(int(quarter)) * Fraction(2) ** (-fraction - 2) for quarter in quarters]
        codes = [code_of(narrow(value, format), format) for value in values]
        assert codes == format.quantise([float(value) for value in values]).tolist()


@pytest.mark.parametrize(
    ("formats", "expected"),
    [
        ([QFormat(2, 3), QFormat(4, 1)], QFormat(4, 3)),
        ([QFormat(2, 3, False), QFormat(1, 1, False)], QFormat(2, 3, False)),
        ([QFormat(2, 3, False), QFormat(2, 1)], QFormat(3, 3)),
        ([QFormat(2, 3, False), QFormat(5, 1)], QFormat(5, 3)),
        ([QFormat(-2, 5, False), QFormat(6, -3, False), QFormat(1, 0)], QFormat(7, 5)),
    ],
)
def test_union(formats, expected):
    assert union(formats) == expected


def test_union_is_the_narrowest_that_holds_all():
    def holds(format, other):
        low, high = exact.limits(other)
        ends = [value_of(code, other) for code in (low, high)]
        return format.fraction >= other.fraction and all(
            narrow(end, format) == end for end in ends
        )

    rng = np.random.default_rng(2)
    for _ in range(100):
        formats = [
            QFormat(int(i), int(w - i), bool(s))
            for i, w, s in zip(
                rng.integers(-4, 6, 3), rng.integers(2, 9, 3), rng.integers(2, size=3), strict=True
            )
        ]
        joint = union(formats)
        assert all(holds(joint, format) for format in formats)
        narrower = [QFormat(joint.integer, joint.fraction - 1, joint.signed)]
        narrower.append(QFormat(joint.integer - 1, joint.fraction, joint.signed))
        for format in narrower:
            assert not all(holds(format, other) for other in formats)


@pytest.mark.parametrize(
    ("role", "products", "expected"),
    [
        (QFormat(3, 2), [4], QFormat(3, 2)),
        (QFormat(3, 5), [4], QFormat(3, 4)),
        (QFormat(3, 5), [4, 6], QFormat(3, 5)),
        (QFormat(3, 9), [6, 4], QFormat(3, 6)),
        (QFormat(0, 3), [0], QFormat(1, 0)),
        (QFormat(1, 4, False), [-2], QFormat(3, -2, False)),
    ],
)
def test_accumulator_has_no_bits_that_products_lack(role, products, expected):
    assert accumulator_format(role, products) == expected


# Examples by hand. Formats "iI.F" are signed, "uI.F" unsigned.


def hard(name, source, target):
    """A generated activation of straight lines, for examples that a person can compute."""
    functions = {
        "sigmoid": lambda v: max(0, min(Fraction(1, 2) + v / 4, 1)),
        "tanh": lambda v: max(-1, min(v, 1)),
        "exp": lambda v: 1 / (1 - v),
        "exp_tanh": lambda v: 1 + max(-1, min(v, 1)),
    }
    function = functions[name]
    return lambda code: code_of(narrow(function(value_of(code, source)), target), target)


def q(text: str) -> QFormat:
    sign, integer, fraction = re.fullmatch(r"([iu])(-?\d+)\.(-?\d+)", text).groups()
    return QFormat(int(integer), int(fraction), sign == "i")


def compute(kind, x, format, weights=None, roles=None, **fields):
    """Output of a layer for raw codes; `weights` are raw, `roles` formats in short."""
    inputs = [tensor(x, q(format))]
    formats = {role: q(text) for role, text in (roles or {}).items()}
    return oracle(kind)(inputs, weights or {}, formats, hard, **fields)


def row(output: Tensor) -> list[str]:
    """Values as text, the last axis fastest."""
    return [str(value_of(code, output.format)) for code in output.codes()]


def test_dense():
    # x = 3/2, -1. Unit 0: 9/8 + 5/4 = 19/8 -> 5/2 (accumulator), + 1/2 = 3 (sum), 3 -> 3/2.
    # Unit 1: 6 - 7/4 = 17/4 -> 7/2, the greatest; - 1 = 5/2 -> 3, half up.
    weights = {"weights": [[3, 7], [-5, -8]], "bias": [1, -2]}
    roles = {"weight": "i2.2", "accumulator": "i3.1", "bias": "i2.1", "sum": "i3.0"}
    x = [3, -2]
    y = compute("dense", x, "i3.1", weights, {**roles, "output": "u1.1"}, units=2,
                activation="linear")
    assert y.shape == (2,)
    assert y.format == q("u1.1")
    assert row(y) == ["3/2", "3/2"]
    y = compute("dense", x, "i3.1", weights, {**roles, "output": "i4.0"}, units=2,
                activation="relu")
    assert row(y) == ["3", "3"]
    y = compute("dense", [-4, 4], "i3.1", weights, {**roles, "output": "i4.0"}, units=2,
                activation="relu")
    assert row(y) == ["0", "0"]
    y = compute("dense", x, "i3.1", weights, {**roles, "output": "u1.3"}, units=2,
                activation="sigmoid")
    assert row(y) == ["1", "1"]


def test_dense_accumulator_saturates_at_the_steps_of_the_products():
    weights = {"weights": [[1], [1]], "bias": [0]}
    roles = {"weight": "i2.0", "bias": "i2.0", "sum": "i4.3", "output": "i4.3"}
    for accumulator, expected in {"i2.2": "1", "i0.3": "0", "i3.2": "2"}.items():
        y = compute("dense", [1, 1], "i2.0", weights, {**roles, "accumulator": accumulator},
                    units=1, activation="linear")
        assert row(y) == [expected]


WIDE = dict.fromkeys(["weight", "accumulator", "bias", "sum", "output"], "i20.0")


@pytest.mark.parametrize(
    ("length", "weights", "expected"),
    [
        (3, [1, 10], [21, 32, 3]),
        (3, [1, 10, 100], [210, 321, 32]),
        (3, [1, 10, 100, 1000], [3210, 321, 32]),
        (1, [1, 10, 100, 1000], [10]),
    ],
)
@pytest.mark.parametrize("across", [False, True])
def test_conv2d_lies_as_tensorflow_lays_it(length, weights, expected, across):
    """A kernel of even size reaches one farther after than before."""
    x = [[[value]] for value in range(1, length + 1)]
    kernel = [[[[weight]]] for weight in weights]
    if across:
        x, kernel = [[column[0] for column in x]], [[tap[0] for tap in kernel]]
    size = (1, len(weights)) if across else (len(weights), 1)
    y = compute("conv2d", x, "i4.0", {"weights": kernel, "bias": [0]}, WIDE, filters=1,
                kernel=size, activation="linear")
    assert y.shape == ((1, length, 1) if across else (length, 1, 1))
    assert row(y) == [str(value) for value in expected]


def test_conv2d_channels_and_filters():
    # One place, two channels 1 and 2; filter 0 has 3 and 5, filter 1 has 7 and -4.
    weights = {"weights": [[[[3, 7], [5, -4]]]], "bias": [1, -2]}
    y = compute("conv2d", [[[1, 2]]], "i4.0", weights, WIDE, filters=2, kernel=(1, 1),
                activation="linear")
    assert row(y) == ["14", "-3"]
    # Each place is narrowed as a dense layer's sum: 13 -> 7, + 1 = 8 -> 8; -1 -> 0, -2 -> -2.
    roles = {**WIDE, "accumulator": "i4.0", "output": "i5.-1"}
    y = compute("conv2d", [[[1, 2]]], "i4.0", weights, roles, filters=2, kernel=(1, 1),
                activation="linear")
    assert y.format == q("i5.-1")
    assert row(y) == ["8", "-2"]


@pytest.mark.parametrize(
    ("length", "size", "expected"),
    [
        (5, 1, [-5, -4, -3, -2, -1]),
        (5, 2, [-4, -2, -1]),
        (5, 3, [-3, -1]),
        (5, 4, [-3, -1]),
        (2, 4, [-1]),
        (3, 4, [-1]),
        (6, 4, [-4, -1]),
        (4, 3, [-3, -1]),
    ],
)
@pytest.mark.parametrize("across", [False, True])
def test_max_pool_cuts_windows_off_as_tensorflow_does(length, size, expected, across):
    """All values are negative: no padding may win."""
    x = [[[value]] for value in range(-length, 0)]
    if across:
        x = [[column[0] for column in x]]
    y = compute("max_pool", x, "i5.0", size=(1, size) if across else (size, 1))
    assert y.format == q("i5.0")
    count = len(expected)
    assert y.shape == ((1, count, 1) if across else (count, 1, 1))
    assert row(y) == [str(value) for value in expected]


def test_global_average_pool_rounds_the_quotient_half_up():
    x = [[[1, -1, 1], [2, -2, 0]], [[1, -1, 0], [2, -2, 0]]]
    y = compute("global_average_pool", x, "i4.0", roles={"output": "i4.0"})
    assert row(y) == ["2", "-1", "0"]
    y = compute("global_average_pool", x, "i4.0", roles={"output": "i2.1"})
    assert row(y) == ["3/2", "-3/2", "1/2"]
    y = compute("global_average_pool", [[[1], [1], [0]]], "i4.1", roles={"output": "u0.4"})
    assert row(y) == ["5/16"]  # 1/3 = 5.33 / 16


def test_concat_puts_the_last_axes_beside_each_other():
    parts = [tensor([[1], [2]], q("u2.0")), tensor([[-1, 3], [-4, 2]], q("i3.1"))]
    y = oracle("concat")(parts, {}, {}, hard)
    assert y.shape == (2, 3)
    assert y.format == q("i3.1")
    assert row(y) == ["1", "-1/2", "3/2", "2", "-2", "1"]


def test_flatten_runs_through_the_last_axis_first():
    y = compute("flatten", [[[1, 2], [3, 4]], [[5, 6], [7, -8]]], "i4.1")
    assert y.shape == (8,)
    assert y.format == q("i4.1")
    assert row(y) == ["1/2", "1", "3/2", "2", "5/2", "3", "7/2", "-4"]


def test_add_narrows_the_exact_sum_once():
    parts = [tensor([1, 3, 7], q("u2.1")), tensor([1, 1, 7], q("i2.2"))]
    parts.append(tensor([-1] * 3, q("i1.0")))
    y = oracle("add")(parts, {}, {"output": q("i2.0")}, hard)
    # 1/2 + 1/4 - 1 = -1/4 -> 0; 3/2 + 1/4 - 1 = 3/4 -> 1; 7/2 + 7/4 - 1 = 17/4 -> 1.
    assert y.format == q("i2.0")
    assert row(y) == ["0", "1", "1"]


def test_dropout_does_nothing():
    y = compute("dropout", [[1, 2], [3, -4]], "i3.1", rate=0.5)
    assert (y.shape, y.format, row(y)) == ((2, 2), q("i3.1"), ["1/2", "1", "3/2", "-2"])


def test_affine_narrows_once():
    weights = {"scale": [1, -3], "shift": [1, 0]}
    roles = {"weight": "i2.1", "bias": "i1.2", "output": "i3.0"}
    y = compute("affine", [[1, 1], [7, 7]], "i3.1", weights, roles)
    # 1/4 + 1/4 = 1/2 -> 1; -3/4 -> -1; 7/4 + 1/4 = 2; -21/4 -> -4.
    assert y.shape == (2, 2)
    assert row(y) == ["1", "-1", "2", "-4"]


# i: 1/2 always, f: 1 always, o: 3/4 always, g: x + h.
LSTM_WEIGHTS = {"weights": [[0, 0, 1, 0]], "recurrent": [[0, 0, 1, 0]], "bias": [0, 2, 0, 1]}
LSTM_ROLES = {
    **dict.fromkeys(["weight", "recurrent", "bias"], "i4.0"),
    **dict.fromkeys(["accumulator", "sum", "gate", "candidate"], "i4.8"),
    **dict.fromkeys(["cell", "squashed", "output"], "i4.8"),
}


def lstm(x, roles, **fields):
    y = compute("lstm", x, "i4.0", LSTM_WEIGHTS, {**LSTM_ROLES, **roles}, units=1, **fields)
    assert y.shape == ((len(x), 1) if fields["sequences"] else (1,))
    return row(y)


def test_lstm():
    x = [[1], [-1]]
    # g = 1, c = 1/2, h = 3/8; then g = -5/8, c = 1/2 - 5/16 = 3/16, h = 9/64.
    assert lstm(x, {}, sequences=True) == ["3/8", "9/64"]
    assert lstm(x, {}, sequences=False) == ["9/64"]
    # From the end: g = -1, c = -1/2, h = -3/8; then g = 5/8, c = -3/16, h = -9/64.
    assert lstm(x, {}, sequences=True, backward=True) == ["-9/64", "-3/8"]
    assert lstm(x, {}, sequences=False, backward=True) == ["-9/64"]


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        # g: 1 -> 127/256, c: 127/512 -> 1/4, h = 3/16; g: -13/16 -> -1/2, c = 0, h = 0.
        ({"accumulator": "i0.8"}, ["3/16", "0"]),
        # As products have two bits of fraction, g: 1 -> 3/4, c = 3/8, h: 9/32 -> 1/4;
        # g = -3/4, c = 3/8 - 3/8, h = 0.
        ({"accumulator": "i1.8", "output": "i4.2"}, ["1/4", "0"]),
        # Biased by 2 and 1: 255/256; f and o: 767/1024 -> 3/4. c = 1/2; c = 3/8 - 5/16, h = 3/64.
        ({"sum": "i1.8"}, ["3/8", "3/64"]),
        # i, f, o: 1/2. c = 1/2, h = 1/4; g = -3/4, c = 1/4 - 3/8, h = -1/16.
        ({"gate": "u0.1"}, ["1/4", "-1/16"]),
        # Second g: -5/8 -> -1/2, c = 1/4, h = 3/16.
        ({"candidate": "i4.1"}, ["3/8", "3/16"]),
        # Second c: 3/16 -> 1/4, h = 3/16.
        ({"cell": "i4.2"}, ["3/8", "3/16"]),
        # Second tanh(c): 3/16 -> 0.
        ({"squashed": "i4.1"}, ["3/8", "0"]),
        # h: 3/8 -> 1/2; g = -1/2, c = 1/4, h: 3/16 -> 0.
        ({"output": "i4.1"}, ["1/2", "0"]),
    ],
)
def test_lstm_narrows_in_each_role(roles, expected):
    assert lstm([[1], [-1]], roles, sequences=True) == expected


def test_lstm_narrows_the_sum_of_the_cell_once():
    # i, f, o: 1/2. c: 1/2 -> 1; 1/2 + 1/2 = 1; 1/2 - 1/2 = 0. The parts alone would make 2, 1.
    roles = {"gate": "u0.1", "cell": "i4.0"}
    assert lstm([[1], [1], [-2]], roles, sequences=True) == ["1/2", "1/2", "0"]


# z: 1/4 always, r: 1/2 always, g: x + (h + 1) / 2.
GRU_WEIGHTS = {
    "weights": [[0, 0, 1]],
    "recurrent": [[0, 0, 1]],
    "bias": [[-2, 1, 0], [1, -1, 1]],
}
GRU_ROLES = {
    **dict.fromkeys(["weight", "recurrent", "bias"], "i4.0"),
    **dict.fromkeys(["accumulator", "reset", "sum", "gate", "candidate", "output"], "i4.8"),
}


def gru(x, roles, weights=GRU_WEIGHTS, **fields):
    y = compute("gru", x, "i4.0", weights, {**GRU_ROLES, **roles}, units=1, **fields)
    assert y.shape == ((len(x), 1) if fields["sequences"] else (1,))
    return row(y)


def test_gru():
    x = [[1], [-1]]
    # g: 3/2 -> 1, h = 1 - 1/4 = 3/4; g = -1 + 7/8 = -1/8, h = -1/8 + 7/32 = 3/32.
    assert gru(x, {}, sequences=True) == ["3/4", "3/32"]
    assert gru(x, {}, sequences=False) == ["3/32"]
    # From the end: g = -1/2, h = -1/2 + 1/8; g: 21/16 -> 1, h = 1 - 11/32.
    assert gru(x, {}, sequences=True, backward=True) == ["21/32", "-3/8"]
    assert gru(x, {}, sequences=False, backward=True) == ["21/32"]


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        # Second h + 1: 7/4 -> 2, g = 0, h = 3/16.
        ({"reset": "i4.0"}, ["3/4", "3/16"]),
        # Second sum of g: -1/8 -> 0.
        ({"sum": "i4.0"}, ["3/4", "3/16"]),
        # z: 1/4 -> 1/2. h = 1/2; g = -1 + 3/4, h = -1/4 + 3/8.
        ({"gate": "i4.1"}, ["1/2", "1/8"]),
        # Second g: -1/8 -> 0.
        ({"candidate": "i4.1"}, ["3/4", "3/16"]),
        # h: 3/4 -> 1; g = 0, h: 1/4 -> 1/2.
        ({"output": "i4.1"}, ["1", "1/2"]),
    ],
)
def test_gru_narrows_in_each_role(roles, expected):
    assert gru([[1], [-1]], roles, sequences=True) == expected


def test_gru_narrows_sums_once():
    # g = 1/2, h: 1/2 - 1/8 -> 0. The parts alone would make 1.
    assert gru([[0]], {"output": "i4.0"}, sequences=False) == ["0"]
    # -3/4 + 1/2 * 1/2 = -1/2 -> 0. The parts alone would make -1.
    weights = {**GRU_WEIGHTS, "bias": [[-8, 4, -3], [4, -4, 2]]}
    assert gru([[0]], {"bias": "i4.2", "sum": "i4.0"}, weights, sequences=False) == ["0"]


@pytest.mark.parametrize(("accumulator", "expected"), [("i5.8", "0"), ("i3.8", "1/2")])
def test_gru_accumulator_saturates_at_the_steps_of_the_products(accumulator, expected):
    """The sum of products for z, 4, is at most 7/2 where products have one bit of fraction."""
    # g = 1 and h = 1 - z. z = 1/2 + (4 - 11/4) / 4 gives 3/16 -> 0; with 7/2, 5/16 -> 1/2.
    weights = {
        "weights": [[4, 0, 1]],
        "recurrent": [[0, 0, 1]],
        "bias": [[-8, 4, 0], [-3, -4, 4]],
    }
    roles = {"accumulator": accumulator, "bias": "i4.2", "output": "i4.1"}
    assert gru([[1]], roles, weights, sequences=False) == [expected]


def test_recurrent_layers_have_their_units_within_each_gate():
    """Unit 1 alone has a candidate: it is the last column of the third quarter or third."""
    weights = {"weights": [[0] * 8], "recurrent": [[0] * 8] * 2, "bias": [0] * 5 + [1, 0, 0]}
    y = compute("lstm", [[0]], "i4.0", weights, LSTM_ROLES, units=2, sequences=False)
    assert row(y) == ["0", "1/4"]
    weights = {"weights": [[0] * 6], "recurrent": [[0] * 6] * 2, "bias": [[0] * 5 + [1], [0] * 6]}
    y = compute("gru", [[0]], "i4.0", weights, GRU_ROLES, units=2, sequences=False)
    assert row(y) == ["0", "1/2"]


ATTENTION_ROLES = {
    "weight": "i4.0",
    "bias": "i4.0",
    **dict.fromkeys(["accumulator", "sum", "power", "output"], "i4.2"),
}


@pytest.mark.parametrize(
    ("bias", "roles", "expected"),
    [
        # The scores are the first channel and the bias, the powers 1 + score.
        ([0, 0], {}, ["1", "2"]),
        ([-1, 1], {}, ["0", "3"]),
        # Powers 2 and 1: 1/3 and 8/3.
        ([0, 1], {}, ["1/4", "11/4"]),
        ([0, 1], {"output": "i4.8"}, ["85/256", "683/256"]),
        ([0, 1], {"output": "i2.2"}, ["1/4", "7/4"]),
        # The first score: 1 -> 0, as products have no fraction.
        ([0, 1], {"accumulator": "i1.3"}, ["0", "3"]),
        ([0, 1], {"sum": "i1.0"}, ["0", "3"]),
        ([0, 1], {"power": "u1.0"}, ["0", "3"]),
        # All powers 0.
        ([-4, -4], {}, ["0", "0"]),
    ],
)
def test_attention(bias, roles, expected):
    weights = {"weights": [[1], [0]], "bias": [[value] for value in bias]}
    x = [[1, 2], [-1, 4]]
    y = compute("attention", x, "i4.0", weights, {**ATTENTION_ROLES, **roles})
    assert y.shape == (2,)
    assert row(y) == expected


@pytest.mark.parametrize(
    ("bias", "roles", "expected"),
    [
        # Powers 2 and 0; 2 and 1.
        ([0, 0], {}, ["2", "4", "2"]),
        ([0, 1], {"output": "i6.2"}, ["1", "8", "3"]),
        # Saturated; rounded half up.
        ([0, 1], {}, ["1", "31/4", "3"]),
        ([0, 1], {"output": "i6.-1"}, ["2", "8", "4"]),
        # All powers 0.
        ([-4, -4], {}, ["0", "0", "0"]),
    ],
)
def test_attention_sums(bias, roles, expected):
    weights = {"weights": [[1], [0]], "bias": [[value] for value in bias]}
    x = [[1, 2], [-1, 4]]
    y = compute("attention_sums", x, "i4.0", weights, {**ATTENTION_ROLES, **roles})
    assert row(y) == expected


@pytest.mark.parametrize(
    ("x", "format", "power", "expected"),
    [
        # Powers 1 and 1/2.
        ([0, -1], "i3.0", "u1.4", ["11/16", "5/16"]),
        ([3, 2], "i3.0", "u1.4", ["11/16", "5/16"]),
        ([6, 4], "u3.1", "u1.4", ["11/16", "5/16"]),
        # 1/2 -> 1.
        ([3, 2], "i3.0", "u1.0", ["1/2", "1/2"]),
        # 1 and 1/4; the greatest difference, 1/8.
        ([3, 0], "u2.0", "u1.4", ["13/16", "3/16"]),
        ([3, -4], "i3.0", "u1.4", ["14/16", "2/16"]),
        # All powers 0.
        ([3, 2], "i3.0", "i1.0", ["0", "0"]),
    ],
)
def test_softmax(x, format, power, expected):
    y = compute("softmax", x, format, roles={"power": power, "output": "u1.4"})
    assert row(y) == [str(Fraction(value)) for value in expected]


def test_softmax_is_along_the_last_axis():
    roles = {"power": "u1.4", "output": "u1.4"}
    y = compute("softmax", [[0, -1], [2, 2]], "i3.0", roles=roles)
    assert y.shape == (2, 2)
    assert row(y) == ["11/16", "5/16", "1/2", "1/2"]


@pytest.mark.parametrize(
    ("format", "difference"),
    [("i3.1", "i4.1"), ("u3.1", "i5.1"), ("i-1.4", "i0.4"), ("u4.-2", "i6.-2")],
)
def test_softmax_has_powers_of_differences(format, difference):
    asked = []

    def generated(name, source, target):
        asked.append((name, source, target))
        return lambda code: 1

    roles = {"power": q("u2.3"), "output": q("u1.4")}
    oracle("softmax")([tensor([0, 1], q(format))], {}, roles, generated)
    assert asked == [("exp", q(difference), q("u2.3"))]


def test_network_hands_values_on_by_name():
    """Twice the input beside the input, and their sum."""
    roles = {role: q(text) for role, text in WIDE.items()}

    def dense(name, taken, weights):
        arrays = {"weights": np.array(weights), "bias": np.zeros(1, dtype=int)}
        return Node(name, "dense", (taken,), {"units": 1, "activation": "linear"}, roles, arrays)

    nodes = [
        dense("double", "x", [[2]]),
        Node("both", "concat", ("double", "x"), {}, {}, {}),
        dense("sum", "both", [[1], [10]]),
    ]
    values = network(nodes, {"x": tensor([3], q("i4.0"))}, hard)
    assert {name: row(value) for name, value in values.items()} == {
        "x": ["3"], "double": ["6"], "both": ["6", "3"], "sum": ["36"],
    }


def test_codes_beside_their_format_are_refused():
    with pytest.raises(ValueError, match=r"expected a code of sQ2\.1, -4 to 3, got 4"):
        tensor([3, 4], q("i2.1"))
    with pytest.raises(ValueError, match=r"expected a value of uQ1\.1, got 1/4"):
        code_of(Fraction(1, 4), q("u1.1"))
