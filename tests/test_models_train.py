import re
from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import load_golden, load_network
from build_decoder.models.train import main
from tests.tensorflow_or_skip import import_keras, needs_tensorflow

# Keras 3.15 itself uses numpy in a way that numpy 2 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

MYO = Path(__file__).parents[2] / "shared" / "data" / "myo_12345_7gest_8x100.npz"


@needs_tensorflow
def test_tiny_is_reproducible(tmp_path: Path):
    import_keras()
    for name in ("one", "two"):
        assert main(["tiny", "--output", str(tmp_path / name), "--epochs", "2"]) == 0
    one, two = (load_network(tmp_path / name) for name in ("one", "two"))
    for a, b in zip(one.layers, two.layers, strict=True):
        np.testing.assert_array_equal(a.weights, b.weights)
        np.testing.assert_array_equal(a.bias, b.bias)
    golden = load_golden(tmp_path / "one", one)
    np.testing.assert_allclose(one.forward(golden.x), golden.y, rtol=0, atol=1e-5)


@needs_tensorflow
def test_weights_stay_in_range(tmp_path: Path):
    import_keras()
    main(["tiny", "--output", str(tmp_path), "--epochs", "2", "--seed", "9"])
    for layer in load_network(tmp_path).layers:
        rms = np.sqrt(np.mean(layer.weights**2))
        assert np.abs(layer.weights).max() <= 3.1 * rms


@needs_tensorflow
@pytest.mark.skipif(not MYO.is_file(), reason=f"the recording is not there: {MYO}")
def test_recording(tmp_path: Path):
    import_keras()
    arguments = ["myo", "--recording", str(MYO), "--rectify", "--output", str(tmp_path)]
    assert main([*arguments, "--hidden", "20", "--epochs", "3"]) == 0
    network = load_network(tmp_path)
    assert network.topology == "800-20-7"
    golden = load_golden(tmp_path, network)
    with np.load(MYO) as file:
        test = np.abs(file["X_test"].astype(int)).reshape(1761, 800)
        np.testing.assert_array_equal(golden.unseen.x, test)
        np.testing.assert_array_equal(golden.unseen.labels[:, 0], file["y_test"])
    assert (golden.task.decisions(golden.unseen.y) == golden.unseen.labels).mean() > 0.6


def test_bad_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    arguments = ["x", "--recording", str(tmp_path / "absent.npz"), "--output", str(tmp_path / "o")]
    assert main(arguments) == 2
    assert "absent.npz: expected a file" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "expected a name of ahead_case1"),
        (["../up", "--recording", "x.npz"], "letters, digits"),
        (["x", "--recording", "x.npz"], "expected --output"),
        (["tiny", "--hidden", "0"], "expected a whole number from 1 to 65536, got '0'"),
        (["tiny", "--epochs", "-1"], "expected one argument|from 1 to"),
        (["tiny", "--seed", "one"], "got 'one'"),
        (["tiny", "--output", ""], "expected a name, got ''"),
        (["x", "--recording", "", "--output", "y"], "expected a name, got ''"),
    ],
)
def test_bad_usage(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert re.search(message, error)
    assert error.count("\n") == 1
