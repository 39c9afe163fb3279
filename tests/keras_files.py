"""``.keras`` files made by hand, as Keras 3 writes them or unlike it: no TensorFlow needed."""

import io
import json
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

__all__ = [
    "USUAL",
    "branches",
    "dense_config",
    "functional",
    "layer",
    "nested",
    "sequential",
    "usual",
    "weights_file",
    "write_keras",
]

_PLAIN = {"data_format": "channels_last"}
_CONVOLUTION = {
    "filters": 3,
    "padding": "same",
    **_PLAIN,
    "groups": 1,
    "activation": "linear",
    "use_bias": True,
}
_RECURRENT = {
    "units": 3,
    "activation": "tanh",
    "recurrent_activation": "sigmoid",
    "use_bias": True,
    "return_sequences": False,
    "return_state": False,
    "go_backwards": False,
    "stateful": False,
}
_POOL = {"padding": "valid", **_PLAIN}
USUAL: dict[str, dict[str, Any]] = {
    "Conv1D": {"kernel_size": [3], "strides": [1], "dilation_rate": [1], **_CONVOLUTION},
    "Conv2D": {
        "kernel_size": [3, 2],
        "strides": [1, 1],
        "dilation_rate": [1, 1],
        **_CONVOLUTION,
    },
    "MaxPooling1D": {"pool_size": [2], "strides": [2], **_POOL},
    "MaxPooling2D": {"pool_size": [2, 3], "strides": [2, 3], **_POOL},
    "GlobalAveragePooling1D": {**_PLAIN, "keepdims": False},
    "GlobalAveragePooling2D": {**_PLAIN, "keepdims": False},
    "LSTM": _RECURRENT,
    "GRU": {**_RECURRENT, "reset_after": True},
    "BatchNormalization": {"axis": -1, "epsilon": 0.001, "center": True, "scale": True},
    "Normalization": {"axis": [-1], "mean": None, "variance": None, "invert": False},
    "Rescaling": {"scale": 0.5, "offset": 0.0},
    "Concatenate": {"axis": -1},
    "Flatten": _PLAIN,
    "Dropout": {"rate": 0.5},
    "Dense": {"units": 3, "activation": "linear", "use_bias": True},
    "ReLU": {"max_value": None, "negative_slope": 0.0, "threshold": 0.0},
    "Softmax": {"axis": -1},
    "TemporalAttention": {},
    "ChannelAffine": {},
    "TimeReversal": {},
}
"""What of a layer's settings matters, as Keras saves it."""

_OWN = ("TemporalAttention", "ChannelAffine", "TimeReversal")


def layer(kind: str, **settings: Any) -> dict[str, Any]:
    """The description of a layer in ``config.json``; its name is its kind in small letters."""
    config = {"name": kind.lower(), "dtype": "float32", **settings}
    return {
        "module": "keras.layers",
        "class_name": kind,
        "config": config,
        "registered_name": None,
    }


def dense_config(units: Any = 3, **settings: Any) -> dict[str, Any]:
    return layer("Dense", **{"units": units, "activation": "linear", "use_bias": True, **settings})


def sequential(*layers: dict[str, Any], inputs: Any = (4,)) -> dict[str, Any]:
    """The ``config.json`` of a Sequential model."""
    start = layer("InputLayer", batch_shape=[None, *inputs])
    config = {"name": "model", "layers": [start, *layers]}
    return {"module": "keras", "class_name": "Sequential", "config": config}


def functional(calls: Iterable[tuple[dict[str, Any], Any]], **ends: Any) -> dict[str, Any]:
    """The ``config.json`` of a functional model: layers and their ``inbound_nodes``."""
    layers = [{**described, "inbound_nodes": nodes} for described, nodes in calls]
    config = {"name": "model", "layers": layers, **ends}
    return {"module": "keras.src.models.functional", "class_name": "Functional", "config": config}


def usual(kind: str, name: str = "", **changes: Any) -> dict[str, Any]:
    """The description of a layer with Keras's settings but for `changes`."""
    described = layer(kind, **{"name": name or kind.lower(), **USUAL[kind], **changes})
    if kind in _OWN:
        own = {"module": "build_decoder.models.keras_layers"}
        described |= own | {"registered_name": f"build_decoder>{kind}"}
    return described


def branches(inputs: dict[str, Any], *calls: tuple[Any, ...]) -> dict[str, Any]:
    """The ``config.json`` of a functional model.

    Parameters
    ----------
    inputs:
        Shape of a sample of each input.
    calls:
        A layer's description, then the names of the layers that it takes; the last gives the
        output.
    """
    starts = [
        (layer("InputLayer", name=name, batch_shape=[None, *shape]), [])
        for name, shape in inputs.items()
    ]
    called = [(described, [_call(sources)]) for described, *sources in calls]
    return functional(
        [*starts, *called],
        input_layers=[[name, 0, 0] for name in inputs],
        output_layers=[[calls[-1][0]["config"]["name"], 0, 0]],
    )


def nested(name: str, model: dict[str, Any]) -> dict[str, Any]:
    """A model as a layer of another one."""
    return {**model, "name": name, "config": {**model["config"], "name": name}}


def _call(sources: list[str]) -> dict[str, Any]:
    tensors = [
        {"class_name": "__keras_tensor__", "config": {"keras_history": [source, 0, 0]}}
        for source in sources
    ]
    return {"args": tensors if len(tensors) == 1 else [tensors], "kwargs": {}}


def weights_file(fill: Callable[[Any, Any], None] | None = None, inputs: int = 4) -> bytes:
    """A ``model.weights.h5``: of one Dense layer of 3 units, or what `fill` puts there."""
    import h5py

    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        group = file.create_group("layers/dense/vars")
        if fill is not None:
            fill(file, group)
        else:
            group["0"] = np.linspace(-1, 1, inputs * 3, dtype=np.float32).reshape(inputs, 3)
            group["1"] = np.zeros(3, np.float32)
    return stream.getvalue()


def write_keras(
    path: Path,
    *,
    config: Any = None,
    weights: bytes = b"",
    metadata: bytes = b'{"keras_version": "3.15.1"}',
    others: Iterable[tuple[str, bytes]] = (),
    compression: int = zipfile.ZIP_STORED,
) -> Path:
    """A ``.keras`` file; `config` is what ``config.json`` decodes to, or its bytes."""
    if config is None:
        config = sequential(dense_config())
    text = config if isinstance(config, bytes) else json.dumps(config).encode()
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("metadata.json", metadata)
        archive.writestr("config.json", text)
        archive.writestr("model.weights.h5", weights)
        for name, data in others:
            archive.writestr(name, data)
    return path
