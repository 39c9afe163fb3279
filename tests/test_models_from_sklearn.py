"""Estimators of scikit-learn become network folders that give what the estimators give."""

import re
from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import InputError, Kind, from_sklearn, load_golden, load_network
from build_decoder.models.layers import type_of
from build_decoder.models.rewrites import rewrite

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from sklearn.discriminant_analysis import LinearDiscriminantAnalysis  # noqa: E402
from sklearn.ensemble import RandomForestClassifier  # noqa: E402
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge  # noqa: E402
from sklearn.neural_network import MLPClassifier, MLPRegressor  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import (  # noqa: E402
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVC, LinearSVC  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SCALERS = [StandardScaler(), StandardScaler(with_mean=False), MinMaxScaler((-1, 2)),
           MaxAbsScaler(), RobustScaler()]


def data(classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, 120)
    centres = rng.normal(size=(classes, 5))
    return (centres[truth] + rng.normal(size=(120, 5))) * [1, 3, 10, 0.1, 1] + 2, truth


def check(estimator, folder, wanted):
    """Assert that the folder gives what `wanted` gives; the network in it."""
    written = from_sklearn(estimator, folder)
    network = load_network(folder)
    assert network.name == written.name == folder.name
    x, _ = data(2, seed=1)
    want = np.asarray(wanted(x), dtype=float).reshape(len(x), -1)
    np.testing.assert_allclose(network.forward(x), want, rtol=1e-9, atol=1e-9)
    return network


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_mlp_of_classes(tmp_path, activation):
    x, truth = data(3)
    names = np.array(["rest", "fist", "open"])[truth]
    estimator = MLPClassifier((6, 4), activation=activation, max_iter=20, random_state=0)
    estimator.fit(x, names)
    network = check(estimator, tmp_path / "net", estimator.predict_proba)
    assert network.task.kinds == (Kind.CLASSES,)
    assert rewrite(network).network.is_dense_chain


def test_mlp_of_two_classes_and_of_labels(tmp_path):
    x, truth = data(2)
    estimator = MLPClassifier((4,), max_iter=20, random_state=0).fit(x, truth)
    network = check(estimator, tmp_path / "two", lambda x: estimator.predict_proba(x)[:, 1])
    assert (network.task.kinds, network.task.thresholds) == ((Kind.BINARY,), (0.5,))
    labels = np.stack([truth, 1 - truth, x[:, 0] > 2], axis=1)
    several = MLPClassifier((4,), max_iter=20, random_state=0).fit(x, labels)
    network = check(several, tmp_path / "labels", several.predict_proba)
    assert (network.task.kinds, network.task.thresholds) == ((Kind.LABELS,), (0.5,) * 3)


@pytest.mark.parametrize("scaler", SCALERS, ids=lambda scaler: str(scaler))
def test_scalers_become_factors_and_terms(tmp_path, scaler):
    x, truth = data(3)
    estimator = make_pipeline(scaler, "passthrough", LogisticRegression()).fit(x, truth)
    network = check(estimator, tmp_path / "net", estimator.predict_proba)
    assert type_of(network.nodes[0].layer).name == "affine"
    assert rewrite(network).network.is_dense_chain


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("kind", [LinearRegression, Ridge, MLPRegressor])
def test_regressions(tmp_path, kind, outputs):
    x, _ = data(2)
    y = x[:, 0] * 2 - x[:, 3] if outputs == 1 else x[:, :2] + 1
    settings = {"max_iter": 30, "random_state": 0} if kind is MLPRegressor else {}
    estimator = make_pipeline(StandardScaler(), kind(**settings)).fit(x, y)
    network = check(estimator, tmp_path / "net", estimator.predict)
    assert (network.task.kinds, network.output_count) == ((Kind.REGRESSION,), outputs)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("kind", [LinearSVC, LinearDiscriminantAnalysis])
def test_linear_classifiers(tmp_path, kind, classes):
    x, truth = data(classes)
    estimator = make_pipeline(MinMaxScaler(), kind()).fit(x, truth)
    network = check(estimator, tmp_path / "net", estimator.decision_function)
    assert network.task.kinds == ((Kind.BINARY,) if classes == 2 else (Kind.CLASSES,))


def test_support_vectors_of_two_classes(tmp_path):
    x, truth = data(2)
    estimator = SVC(kernel="linear").fit(x, truth)
    network = check(estimator, tmp_path / "net", estimator.decision_function)
    assert network.task.thresholds == (0.0,)
    sure = LogisticRegression().fit(x, truth)
    check(sure, tmp_path / "logistic", lambda x: sure.predict_proba(x)[:, 1])


class OwnRidge(Ridge):
    def predict(self, x):
        return super().predict(x) + 1


def refused(case: str):
    x, truth = data(3)
    match case:
        case "another":
            return RandomForestClassifier(3).fit(x, truth)
        case "own":
            return OwnRidge().fit(x, truth)
        case "not fitted":
            return make_pipeline(StandardScaler(), MLPClassifier())
        case "no fit":
            return LogisticRegression()
        case "each sample":
            return make_pipeline(Normalizer(), LogisticRegression()).fit(x, truth)
        case "clipped":
            return make_pipeline(MinMaxScaler(clip=True), LogisticRegression()).fit(x, truth)
        case "kernel":
            return SVC().fit(x, truth)
        case "one against one":
            return SVC(kernel="linear").fit(x, truth)
        case "no numbers":
            estimator = Ridge().fit(x, truth)
            estimator.coef_[0] = np.nan
            return estimator
        case "changed":
            estimator = Ridge().fit(x, truth)
            estimator.predict = lambda x: np.zeros(len(x))
            return estimator


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("another", "RandomForestClassifier: expected one of scikit-learn's own ElasticNet,"),
        ("own", "OwnRidge: expected one of scikit-learn's own"),
        ("not fitted", "StandardScaler: expected a fitted estimator"),
        ("no fit", "LogisticRegression: expected a fitted estimator, got one without coef_"),
        ("each sample", "Normalizer: expected steps MaxAbsScaler, MinMaxScaler,"),
        ("clipped", "MinMaxScaler: expected clip=False, got clip=True"),
        ("kernel", "SVC: expected kernel='linear', got kernel='rbf'"),
        ("one against one", "SVC: expected two classes (LinearSVC"),
        ("no numbers", "Ridge: expected finite numbers of at most 1e+30, got others in layer1"),
        ("changed", "Ridge: expected one that computes what its attributes say, got another"),
    ],
)
def test_what_is_not_read_is_refused_by_name(tmp_path, case, said):
    with pytest.raises(InputError) as caught:
        from_sklearn(refused(case), tmp_path / "net")
    assert said in str(caught.value)
    assert not (tmp_path / "net").exists()


def test_names(tmp_path):
    estimator = Ridge().fit(*data(2))
    assert from_sklearn(estimator, tmp_path / "net", name="wrist").name == "wrist"
    with pytest.raises(InputError, match="name: expected 1 to 64 letters"):
        from_sklearn(estimator, tmp_path / "net", name="a b")


def test_the_example_of_the_page(tmp_path, monkeypatch):
    page = (Path(__file__).parents[1] / "docs" / "onnx.md").read_text()
    (program,) = [
        block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "sklearn" in block
    ]
    monkeypatch.chdir(tmp_path)
    x, labels = data(2)
    names = {"np": np, "x_training": x[:80], "labels_training": labels[:80],
             "x_validation": x[80:], "labels_validation": labels[80:]}
    exec(program, names)
    network = load_network(tmp_path / "my_decoder")
    assert load_golden(tmp_path / "golden.npz", network).task.kind == Kind.BINARY
