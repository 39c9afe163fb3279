"""Read-only tables: every entry, 0 beyond the last, in the narrowest shape."""

import numpy as np
import pytest
from amaranth import Module, Shape, Signal, signed, unsigned

from build_decoder.hdl.parts.read_only_table import read_only_table
from tests.rtl import simulate

TABLES = {
    "one entry": ([5], unsigned(3)),
    "zeros": ([0, 0, 0], unsigned(0)),
    "positive": ([1, 7, 0, 4], unsigned(3)),
    "a power of two": ([8, 0], unsigned(4)),
    "negative": ([-1, -8], signed(4)),
    "both": ([3, -4, 0], signed(3)),
    "just wider": ([4, -4], signed(4)),
    "never 0": ([-3, -2, -3, -4, -1], signed(3)),
    "many": (np.random.default_rng(1).integers(-90, 100, 61).tolist(), signed(8)),
}


@pytest.mark.parametrize("name", TABLES)
def test_every_address(name):
    entries, shape = TABLES[name]
    m = Module()
    address = Signal(max((len(entries) - 1).bit_length(), 1) + 1)
    table = read_only_table(entries, address)
    assert table.shape() == Shape.cast(shape)
    read = Signal(shape)
    m.d.comb += read.eq(table)
    addresses = range(1 << len(address))
    found = []

    async def testbench(ctx):
        for n in addresses:
            ctx.set(address, n)
            found.append(ctx.get(read))

    simulate(m, testbench)
    assert found == [entries[n] if n < len(entries) else 0 for n in addresses]
