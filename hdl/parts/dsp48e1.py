"""The 7 series' DSP block as a multiply-accumulate unit (UG479)."""

from amaranth import Cat, ClockSignal, Const, Instance, Mux, Value

from build_decoder.hdl.families.xc7 import FAMILY

__all__ = ["dsp48e1_mac"]

_BLOCK = FAMILY.dsp
_A_WIDTH, _B_WIDTH, _P_WIDTH = _BLOCK.weight, _BLOCK.x, _BLOCK.accumulator
"""Widths of the multiplier's signed operands and of the accumulator."""

_OPMODE_MULTIPLY = 0b0101
_Z_IS_PCIN, _Z_IS_P, _Z_IS_C = 0b001, 0b010, 0b011
_INMODE_A, _INMODE_A_PLUS_D = 0b00000, 0b00100


def dsp48e1_mac(
    *,
    low: Value,
    high: Value | None,
    load: Value,
    x: Value,
    start: int,
    accumulate: tuple[Value, Value] | None,
    p: Value,
    chain: tuple[Value | None, Value] | None = None,
) -> Instance:
    """``p = start + sum of (high + low) * x``, all in one block, in 48 bits that may wrap.

    Weights hold without ``load``, sums without ``valid``; the product is registered in every cycle.
    Sums follow ``x`` by 2 cycles and products by 1. Throughput: one product a cycle.

    Parameters
    ----------
    low, high
        Weights, already shifted to their places; with two of them the pre-adder adds them.
        Registered in the block with ``load``.
    x
        Input, not registered; the product is.
    start
        Constant that a sum starts from, or that is added to every product.
    accumulate
        ``(valid, first)`` of the registered product: sums are registered with ``valid`` and start
        anew with ``first``. None: ``p`` is the registered product plus ``start``, combinational.
    p
        Result.
    chain
        Of a block in a chain, which does not accumulate: the sum of the blocks before it, which is
        added to every product in place of ``start``, or None for the first one; and that sum for
        the block behind it. ``p`` is registered then, and follows ``x`` by 2 cycles.
    """
    accumulating = accumulate is not None
    valid, first = accumulate if accumulating else (Const(0), Const(1))
    one, zero = Const(1), Const(0)
    added = Mux(first, Const(_Z_IS_C, 3), Const(_Z_IS_P, 3))
    chained = {}
    if chain is not None:
        before, behind = chain
        valid, chained = one, {"o_PCOUT": behind}
        if before is not None:
            added, chained["i_PCIN"] = Const(_Z_IS_PCIN, 3), before
    return Instance(
        "DSP48E1",
        p_AREG=1, p_ACASCREG=1, p_DREG=1, p_ADREG=0, p_BREG=0, p_BCASCREG=0,
        p_CREG=0, p_MREG=1, p_PREG=int(accumulating or chain is not None),
        p_INMODEREG=0, p_OPMODEREG=0, p_ALUMODEREG=0, p_CARRYINREG=0, p_CARRYINSELREG=0,
        p_USE_DPORT="FALSE" if high is None else "TRUE",
        p_USE_MULT="MULTIPLY", p_USE_SIMD="ONE48",
        i_CLK=ClockSignal(),
        i_A=_signed(low, 30),
        i_D=_signed(high, _A_WIDTH) if high is not None else Const(0, _A_WIDTH),
        i_B=_signed(x, _B_WIDTH),
        i_C=Const(start, _P_WIDTH),
        i_CEA1=zero, i_CEA2=load, i_CED=load, i_CEM=one, i_CEP=valid,
        i_CEAD=zero, i_CEB1=zero, i_CEB2=zero, i_CEC=zero, i_CECTRL=zero, i_CEALUMODE=zero,
        i_CECARRYIN=zero, i_CEINMODE=zero,
        i_RSTA=zero, i_RSTB=zero, i_RSTC=zero, i_RSTD=zero, i_RSTM=zero, i_RSTP=zero,
        i_RSTCTRL=zero, i_RSTALUMODE=zero, i_RSTALLCARRYIN=zero, i_RSTINMODE=zero,
        i_INMODE=Const(_INMODE_A if high is None else _INMODE_A_PLUS_D, 5),
        i_OPMODE=Cat(Const(_OPMODE_MULTIPLY, 4), added),
        i_ALUMODE=Const(0, 4), i_CARRYIN=zero, i_CARRYINSEL=Const(0, 3),
        # ACIN, BCIN, CARRYCASCIN and MULTSIGNIN are open, and so is PCIN out of a chain: only the
        # block below drives them.
        o_P=p, **chained,
    )


def _signed(value: Value, width: int) -> Value:
    """``value``, of either signedness, as ``width`` bits of two's complement."""
    if not value.shape().signed:
        value = Cat(value, Const(0, 1))
    if len(value) > width:
        raise ValueError(f"expected an operand of at most {width} signed bits, got {len(value)}")
    return Cat(value, value[-1].replicate(width - len(value)))
