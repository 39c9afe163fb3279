"""Decoders of velocity, and how each is trained."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from build_decoder.models.carried import Carried
from build_decoder.models.cursor.readout import READOUT, ridge
from build_decoder.models.cursor.recording import Session
from build_decoder.models.errors import InputError
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.esn import Esn
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.rbf import Rbf
from build_decoder.models.network import Input, Network
from build_decoder.models.task import Kind
from build_decoder.models.task_inference import stated_task
from build_decoder.models.tensorflow_import import import_tensorflow

__all__ = ["DECODERS", "Decoder", "counted"]

_BINS = 6
"""Bins whose counts decoders without states add."""

_PENALTY = 1e-3  # of read-outs, for values that are as many as those of the reservoir
_RESERVOIR, _LEAK_BITS = 100, 2
_SPECTRAL_RADIUS, _CONNECTED, _INPUT_SCALE, _BIAS_SCALE = 0.5, 0.1, 0.3, 0.1
_CENTRES, _EVERY, _NARROWNESS, _RBF_PENALTY = 64, 4, 0.1, 1e-4
_UNITS = 32  # of the GRU
_HIDDEN = 24  # of the MLP
_EPOCHS, _PATIENCE, _BATCH, _RATE, _DECAY = 80, 10, 16, 3e-3, 1e-2


@dataclass(frozen=True)
class Decoder:
    """A decoder of the zoo.

    Parameters
    ----------
    train
        ``train(name, session, validation, seed)`` gives the network.
    bins
        Bins whose counts it is given at a time.
    """

    train: Callable[[str, Session, Session, int], Network]
    bins: int = 1


def counted(counts: np.ndarray, bins: int) -> np.ndarray:
    """Counts (sequences, steps, units) of each bin and those before it, so many in all; a sequence
    begins with none."""
    total = np.cumsum(counts, axis=1, dtype=np.int64)
    before = np.zeros_like(total)
    before[:, bins:] = total[:, :-bins]
    return total - before


def _named(name: str, input: Input, *layers) -> Network:
    network = Network.chain(name, input, layers)
    task = stated_task(Kind.REGRESSION, (), network, source="recipe")
    return Network(network.name, network.inputs, network.nodes, task)


def _continuous(name: str, units: int, layer, weights, readout) -> Network:
    layers = ("state", Carried(layer), weights), ("velocity", READOUT, readout)
    return _named(name, Input("counts", (1, units)), *layers)


def _linear(name: str, session: Session, validation: Session, seed: int) -> Network:
    x = _flat(counted(session.counts, _BINS))
    layer = "velocity", READOUT, ridge(x, _flat(session.velocity), _PENALTY)
    return _named(name, Input("counts", x.shape[1:]), layer)


def _esn(name: str, session: Session, validation: Session, seed: int) -> Network:
    rng = np.random.default_rng(seed)
    x = _flat(session.counts).astype(float)
    size = (_RESERVOIR, _RESERVOIR)
    recurrent = rng.normal(size=size) * (rng.random(size) < _CONNECTED)
    recurrent *= _SPECTRAL_RADIUS / np.abs(np.linalg.eigvals(recurrent)).max()
    weights = rng.normal(size=(x.shape[1], _RESERVOIR))
    weights *= _INPUT_SCALE / np.sqrt(x.shape[1]) / x.std()
    bias = rng.normal(size=_RESERVOIR) * _BIAS_SCALE - x.mean(axis=0) @ weights
    arrays = {"weights": weights, "recurrent": recurrent, "bias": bias}
    layer = Esn(_RESERVOIR, False, leak_bits=_LEAK_BITS)
    states = Esn(_RESERVOIR, True, leak_bits=_LEAK_BITS).forward(
        [session.counts.astype(float)], arrays
    )
    readout = ridge(_flat(states), _flat(session.velocity), _PENALTY)
    return _continuous(name, x.shape[1], layer, arrays, readout)


def _rbf(name: str, session: Session, validation: Session, seed: int) -> Network:
    try:
        from sklearn.cluster import KMeans
    except ImportError:
        raise InputError(
            "training: expected scikit-learn, got none: pip install 'build_decoder[train]'"
        ) from None

    x = _flat(counted(session.counts, _BINS)).astype(float)
    clusters = KMeans(_CENTRES, n_init=1, random_state=seed).fit(x[::_EVERY])
    # Whole counts, as inputs are.
    centres = np.round(clusters.cluster_centers_.T)
    layer = Rbf(_CENTRES)
    squares = layer.distances(x, centres)
    nearest = squares.argmin(axis=1)
    own = np.array([squares[nearest == unit, unit].mean() for unit in range(_CENTRES)])
    arrays = {"centres": centres, "scale": _NARROWNESS / own}
    readout = ridge(layer.forward([x], arrays), _flat(session.velocity), _RBF_PENALTY)
    return _named(
        name, Input("counts", x.shape[1:]), ("around", layer, arrays),
        ("velocity", READOUT, readout),
    )  # fmt: skip


def _gru(name: str, session: Session, validation: Session, seed: int) -> Network:
    keras = _keras(seed)
    steps, units = session.counts.shape[1:]
    model = keras.Sequential(
        [
            keras.layers.Input((steps, units)),
            keras.layers.GRU(_UNITS, return_sequences=True),
            keras.layers.Dense(2),
        ]
    )
    mean, scale = _fit(keras, model, session.counts, session, validation.counts, validation)
    weights, recurrent, bias, *readout = (array.astype(float) for array in model.get_weights())
    weights /= scale
    bias[0] -= mean @ weights
    arrays = {"weights": weights, "recurrent": recurrent, "bias": bias}
    readout = dict(zip(("weights", "bias"), readout, strict=True))
    return _continuous(name, units, Gru(_UNITS, False), arrays, readout)


def _mlp(name: str, session: Session, validation: Session, seed: int) -> Network:
    keras = _keras(seed)
    x, checked = (counted(each.counts, _BINS) for each in (session, validation))
    model = keras.Sequential(
        [
            keras.layers.Input(x.shape[1:]),
            keras.layers.Dense(_HIDDEN, activation="relu"),
            keras.layers.Dense(2),
        ]
    )
    mean, scale = _fit(keras, model, x, session, checked, validation)
    weights, bias, *readout = (array.astype(float) for array in model.get_weights())
    weights /= scale
    hidden = {"weights": weights, "bias": bias - mean @ weights}
    readout = dict(zip(("weights", "bias"), readout, strict=True))
    return _named(
        name, Input("counts", x.shape[2:]), ("hidden", Dense(_HIDDEN, "relu"), hidden),
        ("velocity", READOUT, readout),
    )  # fmt: skip


def _flat(array: np.ndarray) -> np.ndarray:
    return array.reshape(-1, array.shape[-1])


def _keras(seed: int):
    tensorflow = import_tensorflow("training")
    tensorflow.keras.utils.set_random_seed(seed)
    tensorflow.config.experimental.enable_op_determinism()
    return tensorflow.keras


def _fit(keras, model, x, session: Session, checked, validation: Session):
    """Train on inputs (sequences, steps, units); their mean and scale, with which they are taken to
    it."""
    mean, scale = x.mean(axis=(0, 1)), x.std()
    optimizer = keras.optimizers.AdamW(_RATE, weight_decay=_DECAY)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    model.compile(optimizer=optimizer, loss="mse")
    stop = keras.callbacks.EarlyStopping(patience=_PATIENCE, restore_best_weights=True)
    model.fit(
        (x - mean) / scale, session.velocity, epochs=_EPOCHS, batch_size=_BATCH, verbose=0,
        validation_data=((checked - mean) / scale, validation.velocity), callbacks=[stop],
    )
    return mean, scale


DECODERS = {
    "cursor_linear": Decoder(_linear, _BINS),
    "cursor_mlp": Decoder(_mlp, _BINS),
    "cursor_rbf": Decoder(_rbf, _BINS),
    "cursor_gru": Decoder(_gru),
    "cursor_esn": Decoder(_esn),
}
"""By their names in the zoo."""
