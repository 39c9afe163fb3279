"""A ROM in the 7 series' LUTs, one of six inputs for every 64 rows of a column."""

from collections.abc import Sequence

from amaranth import Array, Cat, Const, Instance, Module, Signal, Value

__all__ = ["lut_rom"]

_ROWS = 64
_INPUTS = 6


def lut_rom(m: Module, columns: Sequence[int], rows: int, address: Value) -> Value:
    """The row at ``address``, combinational; what there is beyond the last row is not defined.

    LUTs are instantiated: of a table that is an expression, Yosys makes multiplexers of constants
    first, of them resets of the register behind, and 2 to 3 LUTs where one would do. Equal parts of
    columns, of 64 rows each, share a LUT, and constant ones take none.

    Parameters
    ----------
    columns
        Bits of each column, that of row 0 lowest.
    rows
        Number of rows.
    address
        Row.
    """
    within = Cat(address[:_INPUTS], Const(0, max(_INPUTS - len(address), 0)))
    tables: dict[int, Value] = {}

    def output(table: int, count: int) -> Value:
        if table in (0, (1 << count) - 1):
            return Const(table & 1, 1)
        if table not in tables:
            tables[table] = Signal(name=f"rom_{len(tables)}")
            m.submodules += Instance(
                "LUT6",
                p_INIT=Const(table, _ROWS),
                **{f"i_I{n}": within[n] for n in range(_INPUTS)},
                o_O=tables[table],
            )
        return tables[table]

    bits = []
    for column in columns:
        parts = [
            output(column >> start & (1 << _ROWS) - 1, min(_ROWS, rows - start))
            for start in range(0, rows, _ROWS)
        ]
        bits.append(Array(parts)[address[_INPUTS:]] if len(parts) > 1 else parts[0])
    return Cat(bits)
