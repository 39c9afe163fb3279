"""Weight images: words that a model makes, the model that words make, and what is refused."""

import zlib
from dataclasses import replace

import numpy as np
import pytest

from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.image import MAGIC, ImageLayout
from build_decoder.models.errors import InputError
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.operations.reach import Reach
from build_decoder.quant.qformat import QFormat
from tests.reloads import built_model, other_model

FOLDINGS = {
    "one input a cycle": ((1, 7), (1, 3)),
    "passes": ((1, 2), (2, 1)),
    "parallel": ((4, 7), (7, 3)),
    "one row": ((11, 7), (7, 3)),
}


def layout_of(built: IntegerModel, foldings=FOLDINGS["passes"], lanes=1) -> ImageLayout:
    plans = {
        node.name: DensePlan(
            node.layer, Folding(*folding), lanes, double_buffered=True, reloadable=True
        )
        for node, folding in zip(built.nodes, foldings, strict=True)
    }
    return ImageLayout(built, plans)


def changed(model: IntegerModel, number: int, **parameters) -> IntegerModel:
    nodes = list(model.nodes)
    layer = replace(nodes[number].layer, **parameters)
    nodes[number] = replace(nodes[number], layer=layer)
    return replace(model, nodes=tuple(nodes))


@pytest.mark.parametrize("bias", [QFormat(2, 4), QFormat(2, 1), QFormat(3, 6), QFormat(1, 3)])
@pytest.mark.parametrize("name", FOLDINGS)
def test_an_image_makes_its_model_again(name, bias):
    built = built_model(bias=bias)
    layout = layout_of(built, FOLDINGS[name])
    for seed in range(3):
        model = other_model(built, seed)
        image = layout.image(model)
        assert image.dtype == np.uint32
        assert image.shape == (layout.words,)
        again = layout.model(image)
        assert again.fingerprint() == model.fingerprint()
        for one, other in zip(again.layers, model.layers, strict=True):
            np.testing.assert_array_equal(one.weights, other.weights)
            np.testing.assert_array_equal(one.biases, other.biases)


def test_words_of_an_image():
    built = built_model((3, 2), ("linear",), weight=QFormat(1, 4), bias=QFormat(2, 5))
    layout = layout_of(built, [(2, 2)])
    weights, biases = layout.sections
    assert (weights.role, weights.rows, weights.width, weights.words) == ("weight", 2, 20, 2)
    # A stored bias has the constant that rounds.
    assert (biases.role, biases.rows, biases.width) == ("bias", 2, 8)
    model = other_model(built, 1)
    words = layout.image(model)
    (layer,) = model.layers
    w = layer.weights & 31
    row = w[0, 0] | w[0, 1] << 5 | w[1, 0] << 10 | w[1, 1] << 15
    assert words[:3].tolist() == [MAGIC, layout.layout_id, model.fingerprint()]
    assert words[3:5].tolist() == [row, w[2, 0] | w[2, 1] << 5]
    assert words[5:7].tolist() == (layer.stored_biases & 255).tolist()
    assert words[7] == zlib.crc32(words[:7].astype("<u4").tobytes())
    assert len(words) == layout.words == 8


def test_rows_of_several_words():
    layout = layout_of(built_model(), ((11, 7), (7, 3)))
    assert [(s.stage, s.rows, s.width, s.row_words) for s in layout.sections] == [
        ("layer1", 1, 462, 15), ("layer1", 7, 6, 1), ("layer2", 1, 126, 4), ("layer2", 3, 6, 1)
    ]  # fmt: skip
    assert layout.words == 3 + 15 + 7 + 4 + 3 + 1


def test_the_layout_id_tells_all_that_must_match():
    built = built_model()
    ids = [layout_of(built, folding).layout_id for folding in FOLDINGS.values()]
    for other in (
        built_model((11, 8, 3)),
        built_model(weight=QFormat(2, 4)),
        built_model(bias=QFormat(3, 4)),
        built_model(input=QFormat(4, 0)),
        built_model(activations=("tanh", "tanh")),
        built_model(sum=QFormat(3, 5)),
    ):
        ids.append(layout_of(other).layout_id)
    # Sums of the same formats that hold less.
    ids.append(layout_of(with_little_reach(built)).layout_id)
    assert len(set(ids)) == len(ids)
    # Weights within them, and names, do not matter.
    small = built_model()
    weights = small.layers[1].weights.copy()
    weights[:, 2] = 3
    assert layout_of(changed(small, 1, weights=weights)).layout_id == layout_of(built).layout_id


def test_foldings_of_as_many_rows_and_bits_are_told_apart():
    built = built_model((4, 4), ("linear",))
    wide, deep = layout_of(built, [(2, 4)]), layout_of(built, [(4, 2)])
    assert wide.words == deep.words
    assert wide.layout_id != deep.layout_id


@pytest.mark.parametrize(
    ("name", "format", "node", "message"),
    [
        ("weights", QFormat(2, 5), 0,
         r"layer1, neuron 4: expected weights in sQ1.5, raw -32 to 31, got 33$"),
        ("biases", QFormat(3, 4), 1,
         r"layer2, neuron 2: expected biases in sQ2.4, raw -32 to 31, got 33$"),
    ],
)  # fmt: skip
def test_values_outside_of_a_format_are_refused(name, format, node, message):
    built = built_model()
    model = other_model(built, 0)
    raw = getattr(model.layers[node], name).copy()
    raw[..., 4 if node == 0 else 2] = 33
    node_format = "weight" if name == "weights" else "bias"
    wide = changed(model, node, **{node_format: format, name: raw, "reach": None})
    with pytest.raises(InputError, match=r"^other 0: " + message):
        layout_of(built).image(wide)


def test_another_format_is_refused_though_all_values_fit():
    built = built_model()
    model = changed(other_model(built, 0), 1, weight=QFormat(2, 5))
    with pytest.raises(InputError, match=r"layer2: weight: expected sQ1.5, got sQ2.5$"):
        layout_of(built).image(model)


def with_little_reach(built: IntegerModel) -> IntegerModel:
    return changed(built, 0, weights=built.layers[0].weights // 8, reach=Reach(40, 40))


def test_sums_that_the_hardware_does_not_hold_are_refused():
    built = built_model()
    small = with_little_reach(built)
    weights = small.layers[0].weights.copy()
    weights[:, 3] = built.layers[0].weight.max_raw
    # As another build allows it.
    large = changed(small, 0, weights=weights, reach=None)
    layout = layout_of(small)
    with pytest.raises(InputError, match=r"layer1, neuron 3: expected weights whose sums keep to "):
        layout.image(large)
    assert len(layout.image(small)) == layout.words


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (built_model((11, 8, 3)), "^built: expected 11-7-3, as was built, got 11-8-3$"),
        (built_model((11, 7, 3, 2), ("tanh",) * 3), "expected 11-7-3, as was built, got 11-7-3-2$"),
        (built_model(input=QFormat(4, 1)), "input: expected uQ4.0, got sQ4.1$"),
        (built_model(activations=("tanh", "tanh")), "layer1: expected the layer's inputs and act"),
        (built_model(sum=QFormat(3, 5)), "layer1: sum: expected sQ4.4, got sQ3.5$"),
    ],
)
def test_another_network_is_refused(other, message):
    with pytest.raises(InputError, match=message):
        layout_of(built_model()).image(other)


@pytest.mark.parametrize(
    ("word", "message"),
    [(0, "image: magic: "), (1, "image: layout id: "), (2, "image: CRC: "), (9, "image: CRC: ")],
)
def test_a_damaged_image_is_refused(word, message):
    built = built_model()
    layout = layout_of(built)
    image = layout.image(built)
    image[word] ^= 1 << 7
    with pytest.raises(InputError, match=message):
        layout.model(image)


def test_an_image_cut_short_is_refused():
    layout = layout_of(built_model())
    image = layout.image(built_model())
    with pytest.raises(InputError, match=rf"^new: expected {layout.words} words, got"):
        layout.model(image[:-1], name="new")


def test_a_decoder_without_writable_weights_has_no_images():
    built = built_model((3, 2), ("linear",))
    plan = DensePlan(built.layers[0], Folding(1, 2), 1, double_buffered=True)
    with pytest.raises(InputError, match="expected layers whose weights can be written, got none"):
        ImageLayout(built, {"layer1": plan})
