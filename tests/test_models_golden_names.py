"""Labels that are names of classes."""

from pathlib import Path

import numpy as np
import pytest

import build_decoder
from build_decoder.build_folder import BuildFolder
from build_decoder.models import InputError, Kind, load_golden
from tests.networks import dense, dense_chain

RNG = np.random.default_rng(7)
NETWORK = dense_chain("g", 4, (dense(3, "linear", RNG.normal(size=(4, 3)), np.zeros(3)),))
ONE = dense_chain("one", 4, (dense(1, "linear", RNG.normal(size=(4, 1)), np.zeros(1)),))
NAMES = np.array(["rest", "fist", "pinch"])


def _written(path: Path, network=NETWORK, **more) -> tuple[Path, np.ndarray]:
    """Golden data of 90 samples; and what the network decides."""
    x = RNG.normal(size=(90, 4))
    y = network.forward(x)
    decided = y.argmax(axis=1) if y.shape[1] > 1 else (y[:, 0] >= 0).astype(int)
    arrays = {key: value(decided) if callable(value) else value for key, value in more.items()}
    np.savez(path / "golden.npz", x=x, y=y, **arrays)
    return path / "golden.npz", decided


def _blunt(decided: np.ndarray) -> np.ndarray:
    """Labels of which one in ten is another class than is decided."""
    return np.where(np.arange(len(decided)) % 10 == 0, (decided + 1) % 3, decided)


@pytest.mark.parametrize("kind", [str, np.bytes_])
def test_class_names_give_the_order(kind, tmp_path: Path):
    path, decided = _written(
        tmp_path, labels=lambda d: NAMES[_blunt(d)].astype(kind), class_names=NAMES.astype(kind)
    )
    golden = load_golden(path, NETWORK)
    np.testing.assert_array_equal(golden.labels[:, 0], _blunt(decided))
    assert (golden.class_names, golden.notes) == (tuple(NAMES), ())
    assert golden.task.kind is Kind.CLASSES


def test_the_alphabet_gives_the_order_and_is_told(tmp_path: Path):
    path, decided = _written(tmp_path, labels=lambda d: np.sort(NAMES)[_blunt(d)][:, None])
    golden = load_golden(path, NETWORK)
    np.testing.assert_array_equal(golden.labels[:, 0], _blunt(decided))
    assert golden.class_names == ("fist", "pinch", "rest")
    assert golden.notes == (
        "labels are names, in the order of the alphabet: class 0 is fist, 1 is pinch, 2 is rest "
        "(class_names says another)",
    )


def test_an_alphabet_that_the_network_contradicts(tmp_path: Path):
    path, _ = _written(tmp_path, labels=lambda d: NAMES[_blunt(d)])
    with pytest.raises(InputError, match=r"expected class_names, .*90\.0% are right with rest, fi"):
        load_golden(path, NETWORK)


def test_numbers_may_have_names(tmp_path: Path):
    path, decided = _written(tmp_path, labels=lambda d: d, class_names=NAMES)
    golden = load_golden(path, NETWORK)
    np.testing.assert_array_equal(golden.labels[:, 0], decided)
    assert (golden.class_names, golden.notes) == (tuple(NAMES), ())


def test_one_output_has_the_names_of_no_and_yes(tmp_path: Path):
    words = np.array(["move", "hold"])  # no and yes
    path, decided = _written(tmp_path, ONE, labels=lambda d: words[d], class_names=words)
    golden = load_golden(path, ONE)
    np.testing.assert_array_equal(golden.labels[:, 0], decided)
    assert golden.task.kind is Kind.BINARY
    path, _ = _written(tmp_path, ONE, labels=lambda d: words[d])
    with pytest.raises(InputError, match="expected class_names"):
        load_golden(path, ONE)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"labels": lambda d: NAMES[d], "class_names": NAMES[:2]},
         "class_names: expected 3 names, one for each output, got 'rest, fist'"),
        ({"labels": lambda d: NAMES[d], "class_names": NAMES[[0, 1, 1]]}, "expected 3 names"),
        ({"labels": lambda d: NAMES[d], "class_names": np.array(["rest", "fist", "grip"])},
         "labels: expected one of class_names, 'rest, fist, grip', got 'pinch' at sample"),
        ({"labels": lambda d: NAMES[d % 2]},
         "expected names of 3 classes, or class_names, .* got 2 of them: 'fist, rest'"),
        ({"labels": lambda d: NAMES[d][:80]}, "labels: expected 90 names, .* got shape"),
        ({"labels": lambda d: np.where(d == 0, " Fist", NAMES[d])}, "one spelling of each name"),
        ({"labels": lambda d: NAMES[d].astype(object)}, r"text \(labels.astype\(str\)\), got pick"),
        ({"labels": lambda d: NAMES[d], "class_names": NAMES, "task": "regression"},
         "class_names: expected none for a regression"),
        ({"labels": lambda d: NAMES[d], "class_names": NAMES, "task": "labels"},
         "labels: expected 0 or 1 for each output, as the task labels has"),
    ],
)  # fmt: skip
def test_refused(more: dict, message: str, tmp_path: Path):
    path, _ = _written(tmp_path, **more)
    with pytest.raises(InputError, match=message) as caught:
        load_golden(path, NETWORK)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_build_keeps_names(tmp_path: Path):
    x = RNG.normal(size=(90, 4))
    y = NETWORK.forward(x)
    # Objects, as pandas has texts.
    arrays = {"x": x, "y": y, "labels": np.sort(NAMES)[y.argmax(axis=1)].astype(object)}
    options = {"output": tmp_path / "build", "stop_after": "quantise"}
    made = build_decoder.build(NETWORK, arrays, **options)
    assert made.golden.class_names == ("fist", "pinch", "rest")
    np.testing.assert_array_equal(made.golden.labels[:, 0], y.argmax(axis=1))
    page = (tmp_path / "build" / "report.html").read_text()
    assert "pinch" in page[page.index("confusion") :]
    again = load_golden(tmp_path / "build", BuildFolder(tmp_path / "build").load_network())
    assert (again.class_names, again.notes) == (made.golden.class_names, ())


def test_messages_name_the_argument(tmp_path: Path):
    x = RNG.normal(size=(90, 4))
    arrays = {"x": x, "y": NETWORK.forward(x), "labels": ["rest"] * 90}
    with pytest.raises(InputError, match="^golden: labels: expected names of 3 classes"):
        build_decoder.build(NETWORK, arrays, output=tmp_path / "build")
    assert not [*tmp_path.iterdir()]
