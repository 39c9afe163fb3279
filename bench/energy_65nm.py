"""Estimate of what a decoder's arithmetic would take in 65 nm, by operations alone.

No netlist is looked at. A window takes so many products, sums and reads of weights, each of which
costs what it does at 45 nm and 0.9 V (Horowitz, "Computing's energy problem", ISSCC 2014: an
integer product of 32 bits 3.1 pJ, a sum of 32 bits 0.1 pJ, 32 bits from 8 KB of SRAM 5 pJ):

- a product by the widths of both operands, a sum and a read by bits;
- a larger SRAM by the root of its size, as his own three do. Figure 5b of the second paper has
  accelerators in 65 nm with 73 to 181.5 KB: low is 8 KB, middle 73 KB, high 181.5 KB;
- 65 nm by the length of the gate, and by the square of the voltage: low 0.9 V, middle 1.0 V, high
  1.2 V;
- registers, control and clock: nothing, as much as all that, three times as much. Assumed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from build_decoder.bench.estimate import Estimate
from build_decoder.models.network import Network
from build_decoder.quant.dense_shape import DenseShape
from build_decoder.quant.formats import QFormat
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["Products", "by_operations", "products_of"]

_PRODUCT, _SUM, _READ = 3.1 / 32**2, 0.1 / 32, 5.0 / 32
_SRAM_KILOBYTES = Estimate(8.0, 73.0, 181.5)
_VOLTS = Estimate(0.9, 1.0, 1.2)
_OVERHEAD = Estimate(1.0, 2.0, 4.0)
_WEIGHTS, _SUMS = ("weight", "recurrent"), "accumulator"


@dataclass(frozen=True)
class Products:
    """Products of a layer for a frame: how many, and the widths in bits of a value, a weight and a
    sum."""

    count: int
    value: int
    weight: int
    sum: int


def products_of(model: IntegerModel, network: Network) -> tuple[Products, ...] | None:
    """Products of each layer that has any; None in floating point.

    Parameters
    ----------
    network
        The network that ``model`` is of.
    """
    nodes = {node.name: node for node in network.nodes}
    formats = {item.name: item.format for item in model.inputs}
    found = []
    for node in model.nodes:
        formats[node.name] = node.layer.output
        signals = {signal.role: signal for signal in node.layer.signals}
        weights = [signals[role] for role in _WEIGHTS if role in signals]
        if not weights:
            continue
        if not all(isinstance(signal.format, QFormat) for signal in weights):
            return None
        source = nodes[node.name]
        macs = source.layer.cost(network.input_shapes(source)).macs
        if isinstance(node.layer, DenseShape):
            # Neurons may have been left out.
            macs = weights[0].words
        values = [node.layer.output] if len(weights) > 1 else []
        values += [formats[name] for name in node.inputs]
        found.append(
            Products(
                macs,
                value=max(format.width for format in values),
                weight=max(signal.format.width for signal in weights),
                sum=signals[_SUMS].format.width,
            )
        )
    return tuple(found)


def by_operations(products: Iterable[Products]) -> Estimate:
    """Picojoules a frame."""
    products = tuple(products)
    computed = sum(
        each.count * (_PRODUCT * each.value * each.weight + _SUM * each.sum) for each in products
    )
    read = sum(each.count * each.weight * _READ for each in products)

    def total(kilobytes: float, volts: float, overhead: float) -> float:
        scale = 65 / 45 * (volts / 0.9) ** 2 * overhead
        return scale * (computed + read * (kilobytes / _SRAM_KILOBYTES.low) ** 0.5)

    return Estimate(
        *(
            total(*(getattr(each, end) for each in (_SRAM_KILOBYTES, _VOLTS, _OVERHEAD)))
            for end in ("low", "middle", "high")
        )
    )
