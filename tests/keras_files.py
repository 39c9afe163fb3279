"""``.keras`` files made by hand, as Keras 3 writes them or unlike it: no TensorFlow needed."""

import io
import json
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["dense_config", "functional", "layer", "sequential", "weights_file", "write_keras"]


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
