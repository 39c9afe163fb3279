"""QONNX models as Brevitas exports them, and what they give, computed from the operator's page.

`Traced` makes a model and follows it on samples in plain NumPy: nothing of the reader is used.
"""

import numpy as np

from tests.onnx_files import OnnxModel

__all__ = ["Traced", "cnn", "mlp"]

_DOMAIN = "qonnx.custom_op.general"


class Traced:
    """A model that grows, and its tensor on samples in float64.

    Parameters
    ----------
    shape:
        Of a sample, as the file has it.
    x:
        Samples, (samples, \\*shape).
    """

    def __init__(self, shape: tuple[int, ...], x: np.ndarray, seed: int = 0, **settings):
        self.model = OnnxModel(("x", ["n", *shape]), seed=seed)
        self.rng = np.random.default_rng(seed)
        self.x = x
        self.y = np.asarray(x, dtype=np.float64)
        self.settings = settings

    def quant(self, bits: int, fraction: int, signed: int, narrow: int = 0, **changes) -> None:
        """Round the tensor."""
        self._node(self.model.last, bits, fraction, signed, narrow, changes)
        self.y = self._values(self.y, bits, fraction, signed, narrow)

    def dense(self, units: int, bits: int = 4, fraction: int = 3) -> None:
        """A dense layer of weights that are rounded in the file, and a bias."""
        weights = self.rng.normal(0, 0.5, (units, self.y.shape[1]))
        bias = self.rng.integers(-20, 20, units) / 32
        taken = self.model.last
        name = self._node(self.model.array(weights, np.float32), bits, fraction, 1, 1, {})
        self.model.add("Gemm", name, self.model.array(bias, np.float32), of=taken, transB=1)
        weights = np.float32(weights).astype(np.float64)
        self.y = self.y @ self._values(weights, bits, fraction, 1, 1).T + bias

    def conv(self, filters: int, kernel: int, bits: int = 4, fraction: int = 3) -> None:
        """A convolution without padding, of weights that are rounded in the file."""
        channels, rows, columns = self.y.shape[1:]
        weights = self.rng.normal(0, 0.5, (filters, channels, kernel, kernel))
        taken = self.model.last
        name = self._node(self.model.array(weights, np.float32), bits, fraction, 1, 1, {})
        self.model.add("Conv", name, of=taken, kernel_shape=[kernel, kernel])
        weights = self._values(np.float32(weights).astype(np.float64), bits, fraction, 1, 1)
        sums = 0
        for i in range(kernel):
            for j in range(kernel):
                part = self.y[:, :, i : rows - kernel + 1 + i, j : columns - kernel + 1 + j]
                sums = sums + np.einsum("ncij,fc->nfij", part, weights[:, :, i, j])
        self.y = sums

    def relu(self) -> None:
        """A rectifier."""
        self.model.add("Relu")
        self.y = np.maximum(self.y, 0)

    def pool(self, size: int) -> None:
        """A maximum pool whose windows lie side by side."""
        self.model.add("MaxPool", kernel_shape=[size, size], strides=[size, size])
        samples, channels, rows, columns = self.y.shape
        rows, columns = rows // size, columns // size
        cut = self.y[:, :, : rows * size, : columns * size]
        self.y = cut.reshape(samples, channels, rows, size, columns, size).max(axis=(3, 5))

    def flat(self) -> None:
        """All values in a row."""
        self.model.add("Flatten")
        self.y = self.y.reshape(len(self.y), -1)

    def _node(self, taken, bits, fraction, signed, narrow, changes) -> str:
        attributes = {
            "signed": signed, "narrow": narrow, "rounding_mode": "ROUND", "domain": _DOMAIN,
        }
        scale = changes.pop("scale", 2.0**-fraction)
        zero = changes.pop("zero", 0)
        constants = [self.model.array(each, np.float32) for each in (scale, zero, bits)]
        return self.model.add(
            "Quant", *constants, of=taken, **attributes | self.settings | changes
        )

    @staticmethod
    def _values(x, bits, fraction, signed, narrow):
        steps = np.round(x * 2.0**fraction)  # to the even one
        least, most = (-(2 ** (bits - 1)) + narrow, 2 ** (bits - 1) - 1) if signed else (
            0, 2**bits - 1 - narrow
        )
        return np.clip(steps, least, most) / 2.0**fraction


def mlp(samples: int = 200, **settings) -> Traced:
    """Two dense layers between quantisers."""
    x = np.random.default_rng(5).normal(0, 1.5, (samples, 6)).astype(np.float32)
    traced = Traced((6,), x, **settings)
    traced.quant(6, 4, 1)
    traced.dense(7)
    traced.relu()
    traced.quant(4, 2, 0)
    traced.dense(3)
    traced.quant(7, 3, 1)
    return traced


def cnn(samples: int = 60) -> Traced:
    """A convolution, a pool and a dense layer, between quantisers."""
    x = np.random.default_rng(6).normal(0, 1.5, (samples, 2, 6, 7)).astype(np.float32)
    traced = Traced((2, 6, 7), x)
    traced.quant(5, 3, 1)
    traced.conv(3, 3)
    traced.relu()
    traced.quant(4, 1, 0)
    traced.pool(2)
    traced.flat()
    traced.dense(2)
    return traced
