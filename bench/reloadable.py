"""What weights that are written at run time take of an FPGA, beside constant ones.

``python -m build_decoder.bench.reloadable`` prints a table of resources after synthesis, without a
board's shell, of the shipped AHEAD decoders or of others: with constant weights; with memories that
are written, in the same formats, and in those of ``--reloadable``; and the latter with loader and
frame gate. Recurrent networks and convolutions keep up with a recording at 100 MHz.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.actions import design, search
from build_decoder.bench.resources import measure
from build_decoder.hdl import families
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.reloadable_decoder import ReloadableDecoder, decoder_of
from build_decoder.hdl.stage_component import layout_of
from build_decoder.models.arguments import LineParser
from build_decoder.models.command import exit_status
from build_decoder.options import DesignOptions, HardwareOptions
from build_decoder.quant.formats import integer_model
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.spare import HEADROOM
from build_decoder.sim.synthesis import TARGETS
from build_decoder.stages.importing import understood

__all__ = ["main", "variants"]

_NETWORKS = ("ahead_case1", "ahead_case2")
_CLOCK_MHZ = 100.0
_FIGURES = ("lut", "ff", "dsp", "bram", "latency_cycles", "frame_cycles")
_WRITTEN = ("bank", "hold", "write", "row", "data")


class _Memories(wiring.Component):
    """A decoder whose memories are written from outside; nothing reads them back."""

    def __init__(self, plan: DecoderPlan):
        self.plan, self.model = plan, plan.model
        self.latency_cycles, self.frame_cycles = plan.latency_cycles, plan.frame_cycles
        self.decoder = Decoder(plan)
        super().__init__(
            {
                "i": In(stream.Signature(layout_of(plan.input))),
                "o": Out(stream.Signature(layout_of(plan.stages[-1].plan.output))),
                **{
                    f"{name}_{number}": In(getattr(port, name).shape())
                    for number, port in enumerate(self.decoder.memories)
                    for name in _WRITTEN
                },
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.decoder = decoder = self.decoder
        wiring.connect(m, wiring.flipped(self.i), decoder.i)
        wiring.connect(m, decoder.o, wiring.flipped(self.o))
        for number, port in enumerate(decoder.memories):
            for name in _WRITTEN:
                m.d.comb += getattr(port, name).eq(getattr(self, f"{name}_{number}"))
        return m


def variants(network: str, family: Family) -> Iterator[tuple[str, wiring.Component]]:
    """Hardware of a network, by what it is, in the order of the table."""
    options = DesignOptions.parse([network])
    rewritten, golden = understood(options.source)
    searched = partial(search, rewritten.network, golden, options.search, family=family)
    found = searched()
    yield "constant weights", decoder_of(_plan(found.model, family, reloadable=False))
    # In the formats that constants have.
    same = integer_model(found.search.network, found.search.formats, headroom=HEADROOM)
    yield "written, same formats", _Memories(_plan(same, family, reloadable=True))
    written = searched(reloadable=True).model
    plan = _plan(written, family, reloadable=True)
    yield "written, --reloadable", _Memories(plan)
    yield "with loader and gate", ReloadableDecoder(plan)


def _plan(model: IntegerModel, family: Family, *, reloadable: bool) -> DecoderPlan:
    options = HardwareOptions(reloadable=reloadable)
    return design(model, options, family=family, clock_mhz=_CLOCK_MHZ)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, 2 bad input, 3 no tools."""
    return exit_status(lambda: _run(argv), prefix="bench.reloadable: ", tools=True)


def _run(argv: Sequence[str] | None) -> int:
    parser = LineParser(
        prog="python -m build_decoder.bench.reloadable", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "networks", nargs="*", default=_NETWORKS, metavar="NETWORK",
        help=f"networks, by folder or name ({' '.join(_NETWORKS)})",
    )
    parser.add_argument("--target", choices=TARGETS, default="xc7", help="FPGA family (xc7)")
    arguments = parser.parse_args(argv)
    family = families.get(arguments.target)
    print("| network | | LUT | FF | DSP | block RAM | latency | interval |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for network in arguments.networks:
        for name, hardware in variants(network, family):
            with tempfile.TemporaryDirectory() as folder:
                figures = measure(hardware, family, Path(folder))
            row = " | ".join(str(figures[figure]) for figure in _FIGURES)
            print(f"| {network} | {name} | {row} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
