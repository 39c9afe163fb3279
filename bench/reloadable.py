"""What weights that are written at run time take of an FPGA, beside constant ones.

``python -m build_decoder.bench.reloadable`` prints a table of resources after synthesis, without a
board's shell, of the shipped AHEAD decoders: with constant weights; with memories that are written,
in the same formats, and in those of ``--reloadable``; and the latter with loader and frame gate.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.actions import design, load, search
from build_decoder.bench.resources import measure
from build_decoder.hdl import families
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.reloadable_decoder import ReloadableDecoder
from build_decoder.hdl.stage_component import layout_of
from build_decoder.models.arguments import LineParser
from build_decoder.models.command import exit_status
from build_decoder.options import DesignOptions, HardwareOptions
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.operations.reach import Reach
from build_decoder.quant.spare import HEADROOM
from build_decoder.sim.synthesis import TARGETS

__all__ = ["main", "variants"]

_NETWORKS = ("ahead_case1", "ahead_case2")
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
    loaded, golden = load(options.source)
    constant = search(loaded, golden, options.search, family=family).model
    yield "constant weights", Decoder(_plan(constant, family, reloadable=False))
    same = _plan(_with_headroom(constant), family, reloadable=True)
    yield "written, same formats", _Memories(same)
    written = search(loaded, golden, options.search, family=family, reloadable=True).model
    plan = _plan(written, family, reloadable=True)
    yield "written, --reloadable", _Memories(plan)
    yield "with loader and gate", ReloadableDecoder(plan)


def _plan(model: IntegerModel, family: Family, *, reloadable: bool) -> DecoderPlan:
    return design(model, HardwareOptions(reloadable=reloadable), family=family)


def _with_headroom(model: IntegerModel) -> IntegerModel:
    """The model whose sums have room for other weights, in the formats that it has."""
    nodes = []
    for node in model.nodes:
        weights = node.layer.arrays["weights"]
        most = Reach.any(weights.format, len(weights.matrix))
        reach = Reach.of(weights.positive, weights.negative).times(HEADROOM).within(most)
        nodes.append(replace(node, layer=replace(node.layer, reach=reach)))
    return replace(model, nodes=tuple(nodes))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, 2 bad input, 3 no tools."""
    return exit_status(lambda: _run(argv), prefix="bench.reloadable: ", tools=True)


def _run(argv: Sequence[str] | None) -> int:
    parser = LineParser(
        prog="python -m build_decoder.bench.reloadable", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "networks", nargs="*", default=_NETWORKS, metavar="NETWORK",
        help=f"chains of dense layers ({' '.join(_NETWORKS)})",
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
