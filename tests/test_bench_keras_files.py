"""Keras models in the shapes that people use: read as they are, or refused with what to do."""

from pathlib import Path

import pytest

from build_decoder.bench.keras_files import difference, saved
from build_decoder.bench.keras_models import READ, REFUSED
from build_decoder.models import load_network
from build_decoder.models.errors import InputError
from tests.tensorflow_or_skip import import_keras, needs_tensorflow

pytestmark = [
    needs_tensorflow,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
_FEW = (
    "CNN of images, padding left at valid", "pools that leave a rest", "a model inside", "EEGNet",
    "strides of convolutions", "SeparableConv1D, AveragePooling1D",
)


@pytest.fixture(scope="module")
def keras():
    return import_keras()


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in _FEW else pytest.mark.slow) for name in READ],
)
def test_models_that_are_read(keras, tmp_path, name):
    model = saved(keras, READ[name], tmp_path / "model.keras")
    assert difference(model, load_network(tmp_path / "model.keras")) < 1e-5


@pytest.mark.parametrize("name", REFUSED)
def test_models_that_are_refused_with_what_to_do(keras, tmp_path, name):
    build, said = REFUSED[name]
    saved(keras, build, tmp_path / "model.keras")
    with pytest.raises(InputError) as caught:
        load_network(tmp_path / "model.keras")
    assert said in str(caught.value)
    assert "layer '" in str(caught.value)


def test_the_page_has_a_row_of_each():
    page = (Path(__file__).parents[1] / "docs" / "keras.md").read_text()
    rows = [line.split(" | ")[0].removeprefix("| ") for line in page.splitlines()]
    assert len(READ) >= 30
    assert {*READ, *REFUSED} <= {*rows}
