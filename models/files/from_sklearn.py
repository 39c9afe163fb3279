"""Writes a network folder of a fitted scikit-learn estimator, from its own attributes.

The estimator is an object in the caller's process: no pickle is read, and scikit-learn is not
imported here. What was read is compared with the estimator before anything is written.
"""

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.network_folder import is_valid_name, save_network
from build_decoder.models.files.sklearn_estimator.checks import error, kind_of
from build_decoder.models.files.sklearn_estimator.estimators import (
    Part,
    ReadEstimator,
    output_count,
    read_estimator,
)
from build_decoder.models.files.sklearn_estimator.scalers import read_scaler
from build_decoder.models.limits import MAX_MAGNITUDE
from build_decoder.models.network import Network
from build_decoder.models.task import Task

__all__ = ["from_sklearn"]

_SEED = 20260101
_SIZES = (0.1, 1.0, 10.0)  # of seeded inputs, in deviations of a scaler where there is one
_ROWS = 16  # samples of each
_TOLERANCE = 1e-9  # in parts of 1 + |value|


def from_sklearn(estimator: Any, folder: Path | str, name: str | None = None) -> Network:
    """Write the network folder of a fitted estimator; the network, as it can be read from there.

    Parameters
    ----------
    estimator:
        MLPClassifier, MLPRegressor, LogisticRegression, LinearRegression, Ridge, Lasso, ElasticNet,
        LinearSVC, SVC with a linear kernel and two classes, LinearDiscriminantAnalysis, or a
        Pipeline of one of them behind StandardScaler, MinMaxScaler, MaxAbsScaler or RobustScaler.
    folder:
        To be made; files of a network that is there are replaced.
    name:
        Of the network; that of the folder if it is None.

    Returns
    -------
    A network whose outputs are those of ``predict_proba`` (of two classes that of the second, of
    several labels all), of ``decision_function`` for SVMs and discriminants, or of ``predict`` for
    regressions. Classes are counted in the order of ``estimator.classes_``.

    Raises
    ------
    InputError
        The estimator is another one, is not fitted, or has a setting that no layer computes.
    """
    folder = Path(folder)
    name = name or folder.name
    if not is_valid_name(name):
        expected = "1 to 64 letters, digits, '_', '-' and '.'"
        raise InputError.at("name", "", expected=expected, got=shown(name))
    *steps, last = _steps(estimator)
    scalers = [read_scaler(step, number) for number, step in enumerate(steps, 1)]
    read = read_estimator(last)
    parts = [*scalers, *read.parts]
    for part, _, arrays in parts:
        if not all(np.all(np.abs(array) <= MAX_MAGNITUDE) for array in arrays.values()):
            expected = f"finite numbers of at most {MAX_MAGNITUDE:.0e}"
            raise error(last, expected, f"others in {part}")
    inputs = len(next(iter(parts[0][2].values())))
    task = Task(
        (read.kind,),
        () if read.threshold is None else (read.threshold,) * output_count(read.parts),
        source=f"of {type(last).__name__}",
    )
    network = Network.chain(name, inputs, parts, task)
    _prove(estimator, last, scalers, read, network)
    save_network(network, folder)
    return network


def _steps(estimator: Any) -> list[Any]:
    if kind_of(estimator) != "Pipeline":
        return [estimator]
    steps = [step for _, step in estimator.steps if step not in (None, "passthrough")]
    if not steps:
        raise error(estimator, "an estimator as its last step", "none")
    return steps


def _prove(
    estimator: Any, last: Any, scalers: list[Part], read: ReadEstimator, network: Network
) -> None:
    """Raise `InputError` unless the network gives what the estimator gives on seeded inputs."""
    rng = np.random.default_rng(_SEED)
    x = rng.normal(size=(len(_SIZES) * _ROWS, network.input_count))
    x *= np.repeat(_SIZES, _ROWS)[:, None]
    for _, _, arrays in reversed(scalers):  # about what the scaler was fitted to
        scale = arrays["scale"]
        x = (x - arrays["shift"]) / np.where(scale != 0, scale, 1)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of names of features, of which there are none here
        wanted = np.asarray(read.outputs(estimator, x), dtype=np.float64)
        values = network.forward(x)
    if wanted.shape != values.shape or not np.allclose(
        values, wanted, rtol=_TOLERANCE, atol=_TOLERANCE
    ):
        raise error(last, "one that computes what its attributes say", "another")
