"""ECP5's multiplier block, with its own registers (FPGA-TN-02205)."""

from amaranth import ClockSignal, Const, Instance, Value

from build_decoder.hdl.families.ecp5 import FAMILY

__all__ = ["mult18x18d"]

_OPERAND_WIDTH = FAMILY.dsp.weight


def mult18x18d(
    *, weight: Value, x: Value, product: Value, registered_operands: bool = False
) -> Instance:
    """``product = weight * x``, registered in the block: one a cycle, a cycle after its operands.

    With ``registered_operands`` these are registered in the block too, and the product is a cycle
    later. Without, they have to be there 3.5 ns before the clock edge. There is no block of which
    one is: nextpnr takes it for one of which none is.

    Parameters
    ----------
    weight, x
        Operands, signed or not.
    product
        Low bits of the product; as many as are connected.
    """
    if not FAMILY.dsp.fits(len(weight), len(x)):
        raise ValueError(
            f"expected operands of at most {_OPERAND_WIDTH} bits, got {len(weight)} and {len(x)}"
        )
    operands = "CLK0" if registered_operands else "NONE"
    ports = {}
    for n in range(_OPERAND_WIDTH):
        ports[f"i_A{n}"] = _bit(weight, n)
        ports[f"i_B{n}"] = _bit(x, n)
        ports[f"i_C{n}"] = Const(0)
    for n, bit in enumerate(product):
        ports[f"o_P{n}"] = bit
    return Instance(
        "MULT18X18D",
        p_REG_INPUTA_CLK=operands,
        p_REG_INPUTB_CLK=operands,
        p_REG_INPUTA_CE="CE0",
        p_REG_INPUTB_CE="CE0",
        p_REG_PIPELINE_CLK="NONE",
        p_REG_OUTPUT_CLK="CLK0",
        p_REG_OUTPUT_CE="CE0",
        i_CLK0=ClockSignal(), i_CE0=Const(1), i_RST0=Const(0),
        i_SIGNEDA=Const(int(weight.shape().signed)), i_SIGNEDB=Const(int(x.shape().signed)),
        i_SOURCEA=Const(0), i_SOURCEB=Const(0),
        **ports,
    )


def _bit(value: Value, n: int) -> Value:
    """Bit ``n`` of ``value``, extended by its sign or zeros."""
    if n < len(value):
        return value[n]
    return value[-1] if value.shape().signed else Const(0)
