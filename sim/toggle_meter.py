"""A meter in a test bench that counts how often each net changes, and how long it is 1.

Nothing is recorded: counts of 64 nets stand bit by bit in planes, the lowest bits of all in the
first, so that a cycle takes a few steps a word, and a million cycles no room.
"""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["NetCount", "ToggleMeter"]

_WORD = 64


@dataclass(frozen=True)
class NetCount:
    """What was counted of a bit of a net.

    Parameters
    ----------
    toggles
        Edges of the clock at which it changed.
    high
        Cycles that it was 1.
    """

    toggles: int
    high: int


@dataclass(frozen=True)
class ToggleMeter:
    """Counts changes of bits of nets from one cycle to the next.

    A cycle's value is the one at its end, right before the edge of the clock. Counting begins with
    the cycle that offers a certain transfer.

    Parameters
    ----------
    nets
        Paths of the bits in the bench, such as ``dut.net_3[1]``.
    after
        Input transfers ahead of the first cycle.
    cycles
        How many are counted.
    """

    nets: tuple[str, ...]
    after: int
    cycles: int

    def made(self, name: str) -> str:
        """Verilog of the counters, whose names begin with ``name``."""
        words = [self.nets[n : n + _WORD] for n in range(0, len(self.nets), _WORD)]
        taken = "".join(
            f"      {name}_now[{n}] = {{{', '.join(reversed(nets))}}};\n"
            for n, nets in enumerate(words)
        )
        return f"""\
  localparam {name}_words = {len(words)};
  localparam {name}_planes = {self.cycles.bit_length()};
  reg [63:0] {name}_now [0:{name}_words - 1];
  reg [63:0] {name}_last [0:{name}_words - 1];
  reg [63:0] {name}_toggles [0:{name}_words * {name}_planes - 1];
  reg [63:0] {name}_high [0:{name}_words * {name}_planes - 1];
  reg [63:0] {name}_carry, {name}_kept;
  reg [63:0] {name}_total [0:1];
  reg [31:0] {name}_cycles = 0;
  integer {name}_word, {name}_plane, {name}_net;
  initial
    for ({name}_word = 0; {name}_word < {name}_words * {name}_planes; {name}_word = {name}_word + 1)
    begin
      {name}_toggles[{name}_word] = 0;
      {name}_high[{name}_word] = 0;
    end
  always @(posedge clk)
    if (!rst && taken >= {self.after} && {name}_cycles <= {self.cycles}) begin
{taken}\
      for ({name}_word = 0; {name}_word < {name}_words; {name}_word = {name}_word + 1) begin
        if ({name}_cycles != 0) begin
          {name}_carry = {name}_now[{name}_word] ^ {name}_last[{name}_word];
          {_add(name, "toggles")}
        end
        if ({name}_cycles != {self.cycles}) begin
          {name}_carry = {name}_now[{name}_word];
          {_add(name, "high")}
        end
        {name}_last[{name}_word] = {name}_now[{name}_word];
      end
      {name}_cycles = {name}_cycles + 1;
    end
"""

    def written(self, name: str, file: str) -> str:
        """Verilog that writes the counts to ``file`` as a line."""
        return f"""\
      $fwrite({file}, "%0d", {name}_cycles);
      for ({name}_net = 0; {name}_net < {len(self.nets)}; {name}_net = {name}_net + 1) begin
        {name}_total[0] = 0;
        {name}_total[1] = 0;
        for ({name}_plane = {name}_planes - 1; {name}_plane >= 0; {name}_plane = {name}_plane - 1)
        begin
          {name}_carry = {name}_toggles[{name}_net / 64 * {name}_planes + {name}_plane];
          {name}_kept = {name}_high[{name}_net / 64 * {name}_planes + {name}_plane];
          {name}_total[0] = {{{name}_total[0], {name}_carry[{name}_net % 64]}};
          {name}_total[1] = {{{name}_total[1], {name}_kept[{name}_net % 64]}};
        end
        $fwrite({file}, " %0d %0d", {name}_total[0], {name}_total[1]);
      end
      $fwrite({file}, "\\n");
"""

    def read(self, counts: Sequence[int]) -> tuple[NetCount, ...] | None:
        """The line that was written: a count of each net; None if the run ended too early."""
        samples, *counts = counts
        if samples <= self.cycles:
            return None
        pairs = zip(counts[::2], counts[1::2], strict=True)
        return tuple(NetCount(toggles, high) for toggles, high in pairs)


def _add(name: str, counter: str) -> str:
    """Verilog that adds the bits of the carry to the counts of a word of nets."""
    place = f"{name}_{counter}[{name}_word * {name}_planes + {name}_plane]"
    return f"""\
for ({name}_plane = 0; {name}_carry != 0 && {name}_plane < {name}_planes;
               {name}_plane = {name}_plane + 1) begin
            {name}_kept = {place};
            {place} = {name}_kept ^ {name}_carry;
            {name}_carry = {name}_kept & {name}_carry;
          end"""
