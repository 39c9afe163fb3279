"""Meters in a test bench: how often each stream of a decoder moved or waited, and each state."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from amaranth import Fragment

from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.sim.bench_files import METERS

__all__ = [
    "Meter",
    "StateMeter",
    "StreamCycles",
    "StreamMeter",
    "meters_of",
    "meters_verilog",
    "read_meters",
    "unknown_modules",
]


class Meter(Protocol):
    """Something that a bench counts; a bench has any number of meters."""

    def made(self, name: str) -> str:
        """Verilog of the counters in the bench, whose names begin with ``name``."""

    def written(self, name: str, file: str) -> str:
        """Verilog that writes the counts to the open ``file``, as integers in a line."""

    def read(self, counts: Sequence[int]) -> object:
        """What that line tells."""


@dataclass(frozen=True)
class StreamCycles:
    """Cycles of a run by what a stream did, from the reset to the end of the run.

    Parameters
    ----------
    moved
        A transfer: it was offered, and taken.
    held
        What was offered was not taken: the stage behind holds the one ahead up.
    starved
        Nothing was offered to a stage that would have taken it.
    idle
        Neither.
    """

    moved: int
    held: int
    starved: int
    idle: int


@dataclass(frozen=True)
class StreamMeter:
    """Counts the cycles of a stream.

    Parameters
    ----------
    name
        Such as ``layer1 -> layer2``.
    path
        Of its signals in the bench, without ``__valid`` and ``__ready``.
    """

    name: str
    path: str

    def made(self, name: str) -> str:
        """See :class:`Meter`."""
        return (
            f"  bench_stream_meter {name} (.clk(clk), .rst(rst), .finish(finish),\n"
            f"      .valid({self.path}__valid), .ready({self.path}__ready));\n"
        )

    def written(self, name: str, file: str) -> str:
        """See :class:`Meter`."""
        return _written(file, [f"{name}.{each}" for each in ("moved", "held", "starved", "idle")])

    def read(self, counts: Sequence[int]) -> StreamCycles:
        """See :class:`Meter`."""
        return StreamCycles(*counts)


@dataclass(frozen=True)
class StateMeter:
    """Counts the cycles that a state machine is in each of its states.

    Parameters
    ----------
    name
        Of the component.
    path
        Of its state register in the bench.
    states
        Code of each state, by its name.
    """

    name: str
    path: str
    states: Mapping[str, int]

    def made(self, name: str) -> str:
        """See :class:`Meter`."""
        return (
            f"  bench_state_meter #(.STATES({len(self.states)})) {name} (.clk(clk), .rst(rst),\n"
            f"      .finish(finish), .state({self.path}));\n"
        )

    def written(self, name: str, file: str) -> str:
        """See :class:`Meter`."""
        return _written(file, [f"{name}.cycles[{code}]" for code in self.states.values()])

    def read(self, counts: Sequence[int]) -> dict[str, int]:
        """See :class:`Meter`: cycles by the name of the state."""
        return dict(zip(self.states, counts, strict=True))


def _written(file: str, values: Sequence[str]) -> str:
    form = " ".join(["%0d"] * len(values))
    return f'      $fwrite({file}, "{form}\\n", {", ".join(values)});\n'


def meters_of(plan: DecoderPlan) -> list[StreamMeter | StateMeter]:
    """A meter for each stream of a decoder, and for each state machine of its stages."""
    decoder = Decoder(plan)
    Fragment.get(decoder, None)  # only hardware that is made has states
    # A decoder that is reloadable or continuous is inside what loads or clears it.
    top = "dut.decoder" if plan.reloadable or plan.model.continuous else "dut"
    meters = []
    for stage in plan.stages:
        component = decoder.components[stage.name]
        path = f"{top}.{decoder.module_names[stage.name]}"
        members = ["i"] if len(stage.inputs) == 1 else [f"i{n}" for n in range(len(stage.inputs))]
        meters += [
            StreamMeter(f"{source.stage} -> {stage.name}", f"{path}.{member}")
            for source, member in zip(stage.inputs, members, strict=True)
        ]
        if component.states:
            meters.append(StateMeter(stage.name, f"{path}.fsm_state", component.states))
    meters.append(StreamMeter(f"{plan.stages[-1].name} ->", "dut.o"))
    return meters


def unknown_modules(meters: Sequence[StreamMeter | StateMeter], verilog: str) -> list[str]:
    """Modules that are metered, and not in a text of Verilog."""
    names = {name: None for meter in meters for name in meter.path.split(".")[1:-1]}
    return [name for name in names if not re.search(rf"\b{name} \(", verilog)]


def meters_verilog(meters: Sequence[Meter]) -> str:
    """What the bench has for them: counters, and a file of them at its end."""
    names = [f"meter_{number}" for number in range(len(meters))]
    made = "".join(meter.made(name) for meter, name in zip(meters, names, strict=True))
    written = "".join(
        meter.written(name, "meters") for meter, name in zip(meters, names, strict=True)
    )
    return f"""\
{made}
  integer meters;
  reg metered = 0;
  always @(posedge clk)
    if (finish && !metered) begin
      metered <= 1;
      meters = $fopen("{METERS}", "w");
{written}      $fclose(meters);
    end
"""


def read_meters(folder: Path, meters: Sequence[Meter]) -> Iterator[tuple[Meter, object]]:
    """What each meter counted in the run that ``folder`` is of."""
    lines = (folder / METERS).read_text().splitlines()
    for meter, line in zip(meters, lines, strict=True):
        yield meter, meter.read([int(count) for count in line.split()])
