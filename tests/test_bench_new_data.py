"""A decoder that is built with its own training data keeps its decisions on new data."""

import numpy as np
import pytest

from build_decoder.bench.networks import RECORDING
from build_decoder.bench.new_data import golden_of, trained
from build_decoder.models.recording import read_recording, split_runs
from build_decoder.quant.quality import measure
from tests.searches import quantise
from tests.sweeps import swept
from tests.tensorflow_or_skip import import_keras, needs_tensorflow


@needs_tensorflow
@pytest.mark.skipif(not RECORDING.exists(), reason=f"{RECORDING.name} is not there")
@pytest.mark.parametrize("labelled", swept([True, False], 2))
def test_training_data_as_golden_data_keeps_99_percent_of_new_decisions(labelled):
    import_keras()
    windows = read_recording(RECORDING, rectify=True)
    rows, _ = split_runs(windows.y_train, fraction=0.15, gap=4)
    network = trained(windows, "20 relu", rows, epochs=15)
    labels = windows.y_train[rows]
    golden = golden_of(network, windows.x_train[rows], labels if labelled else None)
    assert np.mean(golden.task.decisions(golden.y)[:, 0] == labels) > 0.97
    found = quantise(network, golden)
    assert any("the network was trained on" in warning for warning in found.warnings)
    new = measure(found.model, golden_of(network, windows.x_test, windows.y_test))
    assert new.samples == 1761
    assert new.agreement >= 0.99
