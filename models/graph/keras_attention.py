"""The attention of `models.graph.layers.attention` as a Keras layer.

Import this module before a ``.keras`` file that has the layer is loaded: that registers it.
"""

from build_decoder.models.tensorflow_import import import_tensorflow

__all__ = ["TemporalAttention"]

_keras = import_tensorflow("a Keras model with attention").keras


@_keras.utils.register_keras_serializable(package="build_decoder")
class TemporalAttention(_keras.layers.Layer):
    """Weighted mean over the time steps; from (batch, steps, channels) to (batch, channels)."""

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
