"""Piecewise-linear activation unit (AHEAD, Figure 7a)."""

from amaranth import Cat, Const, Module, Mux, Shape, Signal, Value

from build_decoder.hdl.activations.component import ActivationComponent, realises
from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.parts.read_only_table import read_only_table
from build_decoder.quant.activations.piecewise_linear import PiecewiseLinear

__all__ = ["PiecewiseLinearComponent"]


@realises(PiecewiseLinear)
class PiecewiseLinearComponent(ActivationComponent):
    """``o = (intercepts[s] + slopes[s] * offset) >> guard_bits``.

    Latency 2: the segment's number and the offset in it are registered, then the result. Of a long
    offset, the products of its two halves are registered between them, which makes it 3.

    Address generation: negative inputs are inverted where the function is symmetric; the segment's
    number and the block's distance from its start are looked up by the block. Where every block is
    a segment that is wires alone. Both are a few bits, so registers are fewer than behind the
    coefficients.

    The multiplier, a few bits by a few, is written as shifted additions, so that it never takes a
    DSP block away from the MAC lanes. A mirrored result has the product inverted and an
    intercept of its own, which is one more input of the look-up and no adder.
    """

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        negative = self.i[-1] if p.symmetry is not None else Const(0, 1)
        if p.symmetry is None:
            position = Cat(self.i[:-1], self.i[-1] ^ p.input.signed)
        else:
            position = Cat(bit ^ negative for bit in self.i[:-1])
        position = position[p.dropped_bits :]
        segment_now, distance = self._address(position[p.step_bits :])

        segment = Signal(range(p.segments))
        offset = Signal(p.offset_bits)
        mirrored = Signal()
        with m.If(self.en):
            m.d.sync += [
                segment.eq(segment_now),
                offset.eq(Cat(position[: p.step_bits], distance)),
                mirrored.eq(negative),
            ]

        slope = read_only_table(p.slopes, segment)
        if split := activation_plan(p).split:
            low = self._registered(m, _product(m, slope, offset[:split], "low"), "low")
            high = self._registered(m, _product(m, slope, offset[split:], "high"), "high")
            segment = self._registered(m, segment, "segment_then")
            mirrored = self._registered(m, mirrored, "mirrored_then")
            product = low + high.shift_left(split)
        else:
            product = _product(m, slope, offset, "row")
        if p.symmetry is None:
            intercept = read_only_table(p.intercepts, segment)
        else:
            intercept = read_only_table(
                [*_padded(p.intercepts, 1 << len(segment)), *p.mirrored_intercepts],
                Cat(segment, mirrored),
            )
            if p.symmetry.total is not None:
                product = product ^ mirrored.replicate(len(product)).as_signed()
        with m.If(self.en):
            m.d.sync += self.o.eq((intercept + product) >> p.guard_bits)
        return m

    def _registered(self, m: Module, value: Value, name: str) -> Signal:
        """Register of ``value``."""
        held = Signal(value.shape(), name=name)
        with m.If(self.en):
            m.d.sync += held.eq(value)
        return held

    def _address(self, block: Value) -> tuple[Value, Value]:
        """The segment to which ``block`` belongs, and its distance from the segment's start."""
        p = self.parameters
        if p.segments == p.blocks:
            return block, Const(0, 0)
        segments, distances = [], []
        for number, (length, slope) in enumerate(zip(p.lengths, p.slopes, strict=True)):
            segments += [number] * length
            # A constant needs no offset.
            distances += range(length) if slope else [0] * length
        return read_only_table(segments, block), read_only_table(distances, block)


def _padded(values: tuple[int, ...], count: int) -> list[int]:
    return [*values, *[0] * (count - len(values))]


def _product(m: Module, slope: Value, offset: Value, name: str) -> Value:
    """``slope * offset``: a row of adders for each further bit of ``offset``."""
    if not len(offset):
        return Const(0)
    width, is_signed = slope.shape().width, slope.shape().signed
    total = Mux(offset[0], slope, 0)
    bits = [total[0]]
    for n, bit in enumerate(offset[1:], start=1):
        carried = total[1:].as_signed() if is_signed else total[1:]
        # Wider than need be: Yosys has an adder's wider operand enter the carry chain directly,
        # and the gates of the other one go into the adder's own LUTs. The surplus is trimmed.
        total = Signal(Shape(width + n + 1, is_signed), name=f"{name}_{n}")
        m.d.comb += total.eq(carried + Mux(bit, slope, 0))
        bits.append(total[0])
    product = Cat(*bits, total[1:])
    return product.as_signed() if is_signed else product
