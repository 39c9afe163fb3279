"""What the frames of a run reached in a decoder, as text: streams, states and codes."""

from collections.abc import Iterator, Sequence
from dataclasses import astuple
from pathlib import Path

from build_decoder.quant.reached import ReachedCodes
from build_decoder.sim.meters import StateMeter, StreamCycles, StreamMeter, read_meters

__all__ = ["codes_table", "run_tables"]

_STREAM = ("cycles of a stream", "moved", "held", "starved", "idle")
_CODES = ("values of a node", "format", "values", "below", "above", "least", "greatest")


def run_tables(folder: Path, meters: Sequence[StreamMeter | StateMeter]) -> Iterator[str]:
    """Lines of what each stream did and each state machine went through, of the run in ``folder``.

    A stream *moved* if a value was offered and taken; it was *held* if what was offered was not
    taken, *starved* if it would have been and nothing was offered, and *idle* if neither.
    """
    if not meters:
        return
    streams, machines = [_STREAM], []
    for meter, counted in read_meters(folder, meters):
        if isinstance(counted, StreamCycles):
            streams.append((meter.name, *(f"{count:,}" for count in astuple(counted))))
            continue
        machines.append((f"cycles in a state of {meter.name}", ""))
        machines += [(state, f"{cycles:,}" if cycles else "never") for state, cycles in
                     counted.items()]
    yield from _aligned(streams)
    yield from _aligned(machines)


def codes_table(found: Sequence[ReachedCodes]) -> Iterator[str]:
    """Lines of what was narrowed to each node: how many values there were, how many of them were
    below and above its format and so saturated, and the least and the greatest of them all."""
    rows = [_CODES]
    for codes in found:
        low, high = (raw * codes.format.resolution for raw in (codes.low, codes.high))
        rows.append((
            f"{codes.node} {'/'.join(codes.roles)}", str(codes.format), f"{codes.values:,}",
            f"{codes.saturated_low:,}", f"{codes.saturated_high:,}", f"{low:.4g}", f"{high:.4g}",
        ))
    yield from _aligned(rows)


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join([first.strip().ljust(widths[0]), *others]).rstrip()
