"""Keras models in the shapes that people use, each with a fixed seed, by name.

`bench.keras_files` saves and reads them all.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

__all__ = ["READ", "REFUSED"]

Build = Callable[[ModuleType], Any]


def _row(shape: tuple[int, ...], *layers: Callable[[Any], Any]) -> Build:
    """A Sequential model of layers, each made by a function of ``keras.layers``."""

    def build(keras: ModuleType) -> Any:
        made = [layer(keras.layers) for layer in layers]
        return keras.Sequential([keras.Input(shape), *made])

    return build


def _graph(shape: tuple[int, ...], output: Callable[[Any, ModuleType, Any], Any]) -> Build:
    """A functional model: ``output(layers, ops, inputs)`` gives its output."""

    def build(keras: ModuleType) -> Any:
        inputs = keras.Input(shape)
        return keras.Model(inputs, output(keras.layers, keras.ops, inputs))

    return build


def _residual(L: Any, ops: ModuleType, x: Any) -> Any:
    first = L.Dense(5, activation="relu")(x)
    return L.Dense(2)(L.ReLU()(L.Add()([first, L.Dense(5)(first)])))


def _nested(keras: ModuleType) -> Any:
    inner = _row(
        (10, 4), lambda L: L.Conv1D(3, 3, activation="relu"), lambda L: L.MaxPooling1D()
    )(keras)
    return keras.Sequential(
        [keras.Input((10, 4)), inner, keras.layers.Flatten(), keras.layers.Dense(2)]
    )


def _flat(units: int = 2, **settings: Any) -> tuple[Callable[[Any], Any], ...]:
    return lambda L: L.Flatten(), lambda L: L.Dense(units, **settings)


EEGNET: tuple[Callable[[Any], Any], ...] = (
    lambda L: L.Conv2D(4, (1, 64), padding="same", use_bias=False),
    lambda L: L.BatchNormalization(),
    lambda L: L.DepthwiseConv2D((8, 1), depth_multiplier=2, use_bias=False),
    lambda L: L.BatchNormalization(),
    lambda L: L.Activation("elu"),
    lambda L: L.AveragePooling2D((1, 4)),
    lambda L: L.Dropout(0.5),
    lambda L: L.SeparableConv2D(8, (1, 16), padding="same", use_bias=False),
    lambda L: L.BatchNormalization(),
    lambda L: L.Activation("elu"),
    lambda L: L.AveragePooling2D((1, 8)),
    lambda L: L.Dropout(0.5),
    *_flat(4, activation="softmax"),
)
"""EEGNet (Lawhern et al., 2018) of 8 contacts: F1=4, D=2, F2=8, of 4 classes."""

READ: dict[str, Build] = {
    "MLP, Normalization and BatchNormalization": _row(
        (8,), lambda L: L.Normalization(mean=[1.0] * 8, variance=[4.0] * 8), lambda L: L.Dense(6),
        lambda L: L.BatchNormalization(), lambda L: L.ReLU(), lambda L: L.Dropout(0.3),
        lambda L: L.Dense(3, activation="softmax"),
    ),
    "Normalization of one number": _row(
        (8,), lambda L: L.Normalization(mean=1.5, variance=4.0, axis=None),
        lambda L: L.Dense(3, activation="tanh"), lambda L: L.Dense(2),
    ),
    "Normalization of each value of time steps": _row(
        (8, 3), lambda L: L.Normalization(axis=(1, 2), mean=[[0.5] * 3] * 8,
                                          variance=[[2.0] * 3] * 8), *_flat()
    ),
    "BatchNormalization of each time step": _row(
        (8, 3), lambda L: L.BatchNormalization(axis=1), *_flat()
    ),
    "LeakyReLU, ELU and PReLU of one slope": _row(
        (6,), lambda L: L.Dense(5), lambda L: L.LeakyReLU(0.2), lambda L: L.Dense(5),
        lambda L: L.PReLU(shared_axes=[1]), lambda L: L.Dense(4), lambda L: L.ELU(0.5),
        lambda L: L.Dense(2),
    ),
    "activation before any layer": _row((8,), lambda L: L.ReLU(), lambda L: L.Dense(3)),
    "activation behind an activation": _row(
        (8,), lambda L: L.Dense(4, activation="tanh"), lambda L: L.ReLU(), lambda L: L.Dense(3)
    ),
    "softmax in the middle": _row(
        (8,), lambda L: L.Dense(4, activation="softmax"), lambda L: L.Dense(3)
    ),
    "bias left out": _row(
        (6,), lambda L: L.Dense(5, use_bias=False, activation="relu"), lambda L: L.Dense(2)
    ),
    "residual": _graph((6,), _residual),
    "Subtract": _graph(
        (6,), lambda L, ops, x: L.Dense(2)(L.Subtract()([L.Dense(5)(x), L.Dense(5)(x)]))
    ),
    "Average": _graph(
        (6,), lambda L, ops, x: L.Dense(2)(L.Average()([L.Dense(5)(x), L.Dense(5)(x)]))
    ),
    "sums and products with numbers": _graph(
        (6,), lambda L, ops, x: L.Dense(2)(ops.relu((L.Dense(5)(x) * 2.0 + 0.5) / 4.0 - 1.0))
    ),
    "CNN of images, padding left at valid": _row(
        (12, 10, 2), lambda L: L.Conv2D(4, 3, activation="relu"), lambda L: L.MaxPooling2D(),
        lambda L: L.Conv2D(5, 3, activation="relu"), lambda L: L.MaxPooling2D(),
        *_flat(3, activation="softmax"),
    ),
    "CNN of time steps, padding left at valid": _row(
        (30, 4), lambda L: L.Conv1D(6, 5, activation="relu"), lambda L: L.MaxPooling1D(3),
        lambda L: L.Conv1D(6, 3), lambda L: L.BatchNormalization(), lambda L: L.ReLU(),
        lambda L: L.GlobalAveragePooling1D(), lambda L: L.Dense(2),
    ),
    "pools that leave a rest": _row(
        (101, 2), lambda L: L.Conv1D(3, 7, activation="relu"), lambda L: L.MaxPooling1D(4),
        lambda L: L.Conv1D(3, 5, activation="relu"), lambda L: L.MaxPooling1D(4), *_flat(),
    ),
    "Conv2D same, Rescaling": _row(
        (8, 8, 1), lambda L: L.Rescaling(1 / 255), lambda L: L.Conv2D(3, 3, padding="same"),
        lambda L: L.BatchNormalization(), lambda L: L.ReLU(), lambda L: L.MaxPooling2D(), *_flat(),
    ),
    "causal and dilated convolutions, last step": _graph(
        (16, 3),
        lambda L, ops, x: L.Dense(2)(
            L.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="relu")(
                L.Conv1D(4, 3, padding="causal", activation="relu")(x)
            )[:, -1, :]
        ),
    ),
    "ZeroPadding before a convolution": _row(
        (8, 8, 1), lambda L: L.ZeroPadding2D(1), lambda L: L.Conv2D(3, 3, activation="relu"),
        *_flat(),
    ),
    "DepthwiseConv2D, AveragePooling2D": _row(
        (8, 6, 2), lambda L: L.DepthwiseConv2D((1, 6), depth_multiplier=2, use_bias=False),
        lambda L: L.BatchNormalization(), lambda L: L.ELU(),
        lambda L: L.AveragePooling2D((4, 1)), *_flat(),
    ),
    "AveragePooling that leaves a rest, convolutions behind it": _row(
        (101, 2), lambda L: L.Conv1D(3, 7, activation="relu"), lambda L: L.AveragePooling1D(4),
        lambda L: L.Conv1D(3, 5, activation="relu"), lambda L: L.AveragePooling1D(4), *_flat(),
    ),
    "AveragePooling of windows that reach into each other": _row(
        (60, 2), lambda L: L.Conv1D(3, 5, activation="relu"),
        lambda L: L.AveragePooling1D(12, strides=4), lambda L: L.Conv1D(3, 3), *_flat(),
    ),
    "strides of convolutions": _row(
        (31, 3), lambda L: L.Conv1D(5, 4, strides=2, padding="same"),
        lambda L: L.BatchNormalization(), lambda L: L.ReLU(), lambda L: L.Conv1D(4, 3, strides=3),
        lambda L: L.LeakyReLU(0.1), lambda L: L.Conv1D(4, 3), *_flat(),
    ),
    "SeparableConv1D, AveragePooling1D": _row(
        (30, 3), lambda L: L.SeparableConv1D(5, 4, depth_multiplier=2, activation="relu"),
        lambda L: L.AveragePooling1D(3), lambda L: L.SeparableConv1D(4, 3, use_bias=False),
        lambda L: L.BatchNormalization(), lambda L: L.ELU(), lambda L: L.AlphaDropout(0.2),
        *_flat(),
    ),
    "EEGNet": _row((8, 128, 1), *EEGNET),
    "ShallowConvNet, ELU in place of square and logarithm": _row(
        (8, 128, 1), lambda L: L.Conv2D(8, (1, 13)), lambda L: L.Conv2D(8, (8, 1), use_bias=False),
        lambda L: L.BatchNormalization(), lambda L: L.ELU(),
        lambda L: L.AveragePooling2D((1, 35), strides=(1, 7)), lambda L: L.Dropout(0.5),
        *_flat(4, activation="softmax"),
    ),
    "GlobalMaxPooling": _row(
        (8, 3), lambda L: L.Conv1D(4, 3, padding="same"), lambda L: L.GlobalMaxPooling1D(),
        lambda L: L.Dense(2),
    ),
    "Reshape of a row into time steps": _row(
        (24,), lambda L: L.Reshape((-1, 4)), lambda L: L.LSTM(5), lambda L: L.Dense(2)
    ),
    "Permute": _row((5, 4), lambda L: L.Permute((2, 1)), *_flat(3)),
    "Cropping": _row((8, 3), lambda L: L.Cropping1D((2, 1)), *_flat()),
    "UpSampling": _row((4, 3), lambda L: L.UpSampling1D(2), *_flat()),
    "Dense of each time step": _row((8, 3), lambda L: L.Dense(4, activation="relu"), *_flat()),
    "TimeDistributed Dense": _row(
        (8, 3), lambda L: L.TimeDistributed(L.Dense(4, activation="relu")), *_flat()
    ),
    "LSTM layers, BatchNormalization between": _row(
        (8, 3), lambda L: L.LSTM(4, return_sequences=True), lambda L: L.BatchNormalization(),
        lambda L: L.LSTM(3), lambda L: L.Dense(2),
    ),
    "Conv1D, then LSTM": _row(
        (8, 3), lambda L: L.Conv1D(4, 3, padding="same", activation="relu"),
        lambda L: L.MaxPooling1D(), lambda L: L.LSTM(5), lambda L: L.Dense(2),
    ),
    "LSTM of all steps, Dense of each": _row(
        (8, 3), lambda L: L.LSTM(4, return_sequences=True), lambda L: L.Dense(3, activation="relu"),
        *_flat(),
    ),
    "Bidirectional GRU": _row(
        (8, 3), lambda L: L.Bidirectional(L.GRU(4)), lambda L: L.Dense(2, activation="sigmoid")
    ),
    "LSTM that runs backwards, all steps": _row(
        (8, 3), lambda L: L.LSTM(4, go_backwards=True, return_sequences=True), *_flat()
    ),
    "branches of other kernels, joined along time": _graph(
        (8, 3),
        lambda L, ops, x: L.Dense(2)(
            L.Flatten()(L.Concatenate(axis=1)([L.Conv1D(3, 3)(x), L.Conv1D(3, 5)(x)]))
        ),
    ),
    "keras.ops: mean over time": _graph(
        (8, 3), lambda L, ops, x: L.Dense(2)(ops.mean(L.Conv1D(4, 3, padding="same")(x), axis=1))
    ),
    "keras.ops: transpose and reshape": _graph(
        (8, 3), lambda L, ops, x: L.Dense(2)(ops.reshape(ops.transpose(x, (0, 2, 1)), (-1, 24)))
    ),
    "a model inside": _nested,
}
"""Models that are read."""

REFUSED: dict[str, tuple[Build, str]] = {
    "PReLU of a slope for each unit": (
        _row((6,), lambda L: L.Dense(5), lambda L: L.PReLU(alpha_initializer="random_uniform"),
             lambda L: L.Dense(2)),
        "one slope for all values (shared_axes=[1]), or LeakyReLU",
    ),
    "windows of MaxPooling that reach into each other": (
        _row((9, 3), lambda L: L.MaxPooling1D(3, strides=2), *_flat()), "strides=[3]",
    ),
    "LSTM behind a convolution without padding": (
        _row((12, 3), lambda L: L.Conv1D(4, 3), lambda L: L.LSTM(4), lambda L: L.Dense(2)),
        "padding='same' of the convolutions before it",
    ),
    "Conv3D": (_row((4, 4, 4, 1), lambda L: L.Conv3D(4, 3), *_flat()),
               "a layer that docs/keras.md lists, such as Conv2D or Conv1D"),
    "same behind valid": (
        _row((20, 2), lambda L: L.Conv1D(3, 4), lambda L: L.Conv1D(3, 3, padding="same"),
             *_flat()),
        "padding='same' in all of these layers, or in none",
    ),
    "ZeroPadding before a pool": (
        _row((8, 3), lambda L: L.ZeroPadding1D(1), lambda L: L.MaxPooling1D(), *_flat()),
        "a convolution with padding='valid' behind it",
    ),
    "LayerNormalization": (
        _row((8,), lambda L: L.Dense(5), lambda L: L.LayerNormalization(), lambda L: L.Dense(2)),
        "a BatchNormalization in its place",
    ),
    "SimpleRNN": (_row((8, 3), lambda L: L.SimpleRNN(4), lambda L: L.Dense(2)),
                  "an LSTM or GRU in its place"),
    "GRU of Keras 2": (
        _row((8, 3), lambda L: L.GRU(4, reset_after=False), lambda L: L.Dense(2)),
        "reset_after=True",
    ),
    "Masking": (_row((8, 3), lambda L: L.Masking(), lambda L: L.LSTM(4), lambda L: L.Dense(2)),
                "samples of one length, without it"),
    "Embedding": (_row((8,), lambda L: L.Embedding(5, 3), *_flat()),
                  "its values as inputs, in its place"),
    "MultiHeadAttention": (
        _graph((8, 6), lambda L, ops, x: L.Dense(2)(
            L.Flatten()(L.MultiHeadAttention(2, 3)(x, x)))),
        "an LSTM or GRU in its place",
    ),
    "product of two tensors": (
        _graph((6,), lambda L, ops, x: L.Dense(2)(L.Multiply()([L.Dense(5)(x), L.Dense(5)(x)]))),
        "no layer multiplies two tensors",
    ),
}
"""Models that are refused, and what the error says."""
