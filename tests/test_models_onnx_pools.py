"""Average pools and strides in ONNX files, wherever they stand."""

import numpy as np
import pytest

from build_decoder.models import load_network
from build_decoder.models.layers import type_of
from tests.onnx_files import OnnxModel, check_same, needs_onnx

pytestmark = needs_onnx
FREE = "batch"


def read(tmp_path, model: OnnxModel, count: int) -> list[str]:
    """Types of the layers of a model with a dense layer of so many inputs behind; it is the same
    to onnxruntime."""
    model.add("Flatten")
    model.gemm(count, 2)
    path = model.save(tmp_path)
    network = load_network(path)
    check_same(path, network)
    return [type_of(node.layer).name for node in network.nodes]


@pytest.mark.parametrize(("pads", "behind"), [(1, 4 * 4), (0, 4 * 3)])
def test_means_of_windows_between_convolutions(tmp_path, pads, behind):
    """Of a convolution without padding too, whose sums are moved then, and with a rest."""
    model = OnnxModel(("x", [FREE, 2, 15]))
    model.add("Conv", model.weights(3, 2, 3), model.weights(3), pads=[pads] * 2)
    model.add("Elu")
    model.add("AveragePool", kernel_shape=[3], strides=[3])
    model.add("Conv", model.weights(4, 3, 2))
    assert read(tmp_path, model, behind) == ["conv2d", "average_pool", "conv2d", "flatten", "dense"]


def test_means_of_images(tmp_path):
    model = OnnxModel(("x", [FREE, 1, 7, 12]))
    model.add("AveragePool", kernel_shape=[2, 3], strides=[2, 3], count_include_pad=1)
    model.add("Conv", model.weights(3, 1, 3, 3), pads=[1] * 4)
    assert read(tmp_path, model, 3 * 3 * 4) == ["average_pool", "conv2d", "flatten", "dense"]


def test_windows_that_reach_into_each_other(tmp_path):
    """By a multiple of the strides: means of means, and a convolution may follow."""
    model = OnnxModel(("x", [FREE, 2, 25]))
    model.add("Conv", model.weights(3, 2, 3))
    model.add("AveragePool", kernel_shape=[6], strides=[2])
    model.add("Conv", model.weights(4, 3, 3))
    kinds = ["conv2d", "average_pool", "conv2d", "conv2d", "flatten", "dense"]
    assert read(tmp_path, model, 4 * 7) == kinds


def test_other_strides_and_beginnings(tmp_path):
    """At all positions, of which some are left out."""
    model = OnnxModel(("x", [FREE, 2, 20]))
    model.add("AveragePool", kernel_shape=[5], strides=[3])
    assert read(tmp_path, model, 2 * 6) == ["conv2d", "flatten", "dense"]
    model = OnnxModel(("x", [FREE, 2, 20]))
    model.add("MaxPool", kernel_shape=[2], strides=[2])
    model.add("Slice", *(model.whole(each) for each in (1, 10, 2)))
    model.add("AveragePool", kernel_shape=[2], strides=[2])
    assert read(tmp_path, model, 2 * 4) == ["max_pool", "conv2d", "flatten", "dense"]


@pytest.mark.parametrize("pads", [[0, 0], [1, 1], [0, 2]])
@pytest.mark.parametrize("length", [15, 16])
def test_strides_between_convolutions(tmp_path, pads, length):
    """Factors of any sign and activations become part of the convolution before the stride."""
    model = OnnxModel(("x", [FREE, 2, length]))
    model.add("Conv", model.weights(3, 2, 3), model.weights(3), pads=pads, strides=[2])
    variance = model.array(np.array([0.5, 1, 2], np.float32))
    model.add("BatchNormalization", *(model.weights(3) for _ in range(3)), variance)
    model.add("Elu")
    model.add("Conv", model.weights(4, 3, 2), strides=[3])
    count = ((length + sum(pads) - 3) // 2 + 1 - 2) // 3 + 1
    kinds = ["conv2d", "stride", "conv2d", "stride", "flatten", "dense"]
    assert read(tmp_path, model, 4 * count) == kinds


@pytest.mark.parametrize("auto_pad", ["SAME_UPPER", "SAME_LOWER", "VALID"])
def test_strides_of_images(tmp_path, auto_pad):
    model = OnnxModel(("x", [FREE, 2, 9, 8]))
    model.add("Conv", model.weights(4, 1, 3, 2), strides=[2, 3], auto_pad=auto_pad, group=2)
    sizes = (4, 3) if auto_pad == "VALID" else (5, 3)
    assert read(tmp_path, model, 4 * sizes[0] * sizes[1]) == [
        "conv2d", "stride", "flatten", "dense"
    ]


def test_padding_behind_strides(tmp_path):
    """What a stride gives is a whole image, around which there may be zeros."""
    model = OnnxModel(("x", [FREE, 2, 11]))
    model.add("Conv", model.weights(3, 2, 3), pads=[1, 1], strides=[2])
    model.add("Relu")
    model.add("Conv", model.weights(3, 3, 3), pads=[1, 1], strides=[2])
    model.add("GlobalAveragePool")
    assert read(tmp_path, model, 3) == [
        "conv2d", "stride", "conv2d", "stride", "global_average_pool", "dense"
    ]
