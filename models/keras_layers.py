"""Keras layers for types of layers that Keras does not have.

Import this module before a ``.keras`` file that has one of them is loaded: that registers them.
"""

from build_decoder.models.tensorflow_import import import_tensorflow

__all__ = ["ChannelAffine", "TemporalAttention", "TimeReversal"]

_keras = import_tensorflow("a Keras model with layers of this project").keras
_register = _keras.utils.register_keras_serializable(package="build_decoder")


@_register
class TemporalAttention(_keras.layers.Layer):
    """`models.layers.attention`: from (batch, steps, channels) to (batch, channels)."""

    def build(self, input_shape):
        _, steps, channels = input_shape
        self.kernel = self.add_weight(
            name="kernel", shape=(channels, 1), initializer="glorot_uniform"
        )
        self.bias = self.add_weight(name="bias", shape=(steps, 1), initializer="zeros")

    def call(self, inputs):
        ops = _keras.ops
        scores = ops.tanh(ops.matmul(inputs, self.kernel) + self.bias)
        return ops.sum(ops.softmax(scores, axis=1) * inputs, axis=1)

    def compute_output_shape(self, input_shape):
        batch, _, channels = input_shape
        return (batch, channels)


@_register
class ChannelAffine(_keras.layers.Layer):
    """`models.layers.affine`."""

    def build(self, input_shape):
        channels = (input_shape[-1],)
        self.scale = self.add_weight(name="scale", shape=channels, initializer="ones")
        self.shift = self.add_weight(name="shift", shape=channels, initializer="zeros")

    def call(self, inputs):
        return inputs * self.scale + self.shift

    def compute_output_shape(self, input_shape):
        return input_shape


@_register
class TimeReversal(_keras.layers.Layer):
    """(batch, steps, channels) with the last step first."""

    def call(self, inputs):
        return _keras.ops.flip(inputs, axis=1)

    def compute_output_shape(self, input_shape):
        return input_shape
