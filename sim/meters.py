"""Meters in a test bench: how often each stream of a decoder moved or waited, and each state."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from amaranth import Fragment

from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.sim.bench_files import METERS

__all__ = [
    "StateMeter",
    "StreamCycles",
    "StreamMeter",
    "meters_of",
    "meters_verilog",
    "read_meters",
    "unknown_modules",
]


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


def meters_verilog(meters: Sequence[StreamMeter | StateMeter]) -> str:
    """What the bench has for them: counters, and a file of them at its end."""
    made, written = [], []
    for number, meter in enumerate(meters):
        name = f"meter_{number}"
        if isinstance(meter, StreamMeter):
            counted = ("moved", "held", "starved", "idle")
            made.append(
                f"  bench_stream_meter {name} (.clk(clk), .rst(rst), .finish(finish),\n"
                f"      .valid({meter.path}__valid), .ready({meter.path}__ready));\n"
            )
        else:
            counted = tuple(f"cycles[{code}]" for code in meter.states.values())
            made.append(
                f"  bench_state_meter #(.STATES({len(counted)})) {name} (.clk(clk), .rst(rst),\n"
                f"      .finish(finish), .state({meter.path}));\n"
            )
        form = " ".join(["%0d"] * len(counted))
        values = ", ".join(f"{name}.{each}" for each in counted)
        written.append(f'      $fwrite(meters, "{form}\\n", {values});\n')
    return f"""\
{"".join(made)}
  integer meters;
  reg metered = 0;
  always @(posedge clk)
    if (finish && !metered) begin
      metered <= 1;
      meters = $fopen("{METERS}", "w");
{"".join(written)}      $fclose(meters);
    end
"""


def read_meters(
    folder: Path, meters: Sequence[StreamMeter | StateMeter]
) -> Iterator[tuple[StreamMeter | StateMeter, StreamCycles | dict[str, int]]]:
    """What each meter counted in the run that ``folder`` is of: of states, cycles by their name."""
    lines = (folder / METERS).read_text().splitlines()
    for meter, line in zip(meters, lines, strict=True):
        counts = map(int, line.split())
        if isinstance(meter, StreamMeter):
            yield meter, StreamCycles(*counts)
        else:
            yield meter, dict(zip(meter.states, counts, strict=True))
