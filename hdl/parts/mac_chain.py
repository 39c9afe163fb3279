"""Chains of multipliers: products of several inputs, each added to the sum of those before it."""

from amaranth import Cat, Module, Shape, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.families import family_of
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.parts.native import native_part
from build_decoder.hdl.planning.dsp_packing import DspPacking
from build_decoder.hdl.planning.fits import fits_block
from build_decoder.hdl.planning.multipliers import Multiplier
from build_decoder.hdl.shapes import shape_of

__all__ = ["MacChain"]


class MacChain(wiring.Component):
    """``sums[n] = sum over k of x[k] * weights[k][n]``, the latter registered with ``load[k]``.

    Input ``k`` and its weights come ``k`` cycles after the first ones; sums follow the first input
    by ``taps + 1`` cycles. On the 7 series a multiplier is a DSP block, which adds too: nothing is
    added in LUTs.

    Parameters
    ----------
    multiplier
        DSP or PACKED: what multiplies, for one neuron or two.
    plan
        Formats, and ``unit_width``, which holds sums.
    taps
        Inputs.

    Members
    -------
    load : ``In``, ``taps``
    x : ``In``, array of ``taps`` inputs
    weights : ``In``, array of ``taps`` arrays of ``multiplier.neurons``
    sums : ``Out``, array of ``multiplier.neurons``, of ``plan.unit_width`` bits
    """

    def __init__(self, multiplier: Multiplier, plan: DensePlan, taps: int):
        self.multiplier, self.plan, self.taps = multiplier, plan, taps
        self.packing = DspPacking(plan.unit_width) if multiplier is Multiplier.PACKED else None
        neurons, p = multiplier.neurons, plan.parameters
        weights = data.ArrayLayout(shape_of(p.weight), neurons)
        super().__init__(
            {
                "load": In(taps),
                "x": In(data.ArrayLayout(shape_of(p.input), taps)),
                "weights": In(data.ArrayLayout(weights, taps)),
                "sums": Out(data.ArrayLayout(Shape(plan.unit_width, signed=True), neurons)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        width, start = self.plan.unit_width, self.packing.start(0) if self.packing else 0
        family, block = family_of(platform), native_part(platform, "mac")
        native = block is not None and fits_block(self.plan, self.multiplier, family.dsp)
        total = before = None
        for tap in range(self.taps):
            operands = self.weights[tap]
            low = operands[0]
            high = operands[1].shift_left(self.packing.field) if self.packing else None
            if native:
                total = Signal(family.dsp.accumulator, name=f"total_{tap}")
                behind = Signal(family.dsp.accumulator, name=f"behind_{tap}")
                m.submodules[f"block_{tap}"] = block(
                    low=low, high=high, load=self.load[tap], x=self.x[tap], start=start,
                    accumulate=None, p=total, chain=(before, behind),
                )
                before = behind
                continue
            exact = low if high is None else low + high
            weight = Signal(exact.shape(), name=f"weight_{tap}")
            with m.If(self.load[tap]):
                m.d.sync += weight.eq(exact)
            product = Signal((weight * self.x[tap]).shape(), name=f"product_{tap}")
            sum_so_far = Signal(
                Shape(width * self.multiplier.neurons, signed=True), name=f"total_{tap}"
            )
            m.d.sync += [
                product.eq(weight * self.x[tap]),
                sum_so_far.eq(product + (start if total is None else total)),
            ]
            total = sum_so_far
        if self.packing:
            # Offset binary to two's complement: the low field's sign bit is inverted.
            m.d.comb += [
                self.sums[0].eq(Cat(total[: width - 1], ~total[width - 1])),
                self.sums[1].eq(total[width : 2 * width]),
            ]
        else:
            m.d.comb += self.sums[0].eq(total)
        return m
