"""The same trained networks through this project and through other generators.

``python -m build_decoder.bench.peers [--da4ml PYTHON] [NETWORK ...]`` builds each network of dense
layers (``ahead_case1``) with this project: as by default, as bit heaps, and as bit
heaps of up to 4 cycles a frame; and with each tool whose environment's Python is given. Each
design is synthesised by the same commands for the 7 series and simulated on samples that are held
out. It prints one table: cells, cycles, accuracy, frames in Verilog whose outputs are those of the
tool's own model, and seconds to generate. A tool that is not given is left out, which is told.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from build_decoder.bench.peers.given import accuracy, give
from build_decoder.bench.peers.own import own_rows
from build_decoder.bench.peers.parallel import simulate
from build_decoder.bench.peers.synthesis import synthesise_peer
from build_decoder.bench.peers.table import HEAD, Row
from build_decoder.bench.peers.tools import TOOLS, Tool
from build_decoder.build_folder import BuildFolder
from build_decoder.models.arguments import LineParser, filled
from build_decoder.models.command import exit_status

__all__ = ["main"]

_NETWORK = "ahead_case1"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0, 2 bad input, 3 a tool is missing or failed."""
    return exit_status(lambda: _run(argv), prefix="bench.peers: ", tools=True)


def _run(argv: Sequence[str] | None) -> int:
    parser = LineParser(
        prog="python -m build_decoder.bench.peers", description=__doc__.split("\n")[0]
    )
    for tool in TOOLS:
        parser.add_argument(
            tool.option, type=filled, metavar="PYTHON",
            help=f"the Python of an environment with {tool.name}",
        )
    parser.add_argument("networks", type=filled, nargs="*", metavar="NETWORK", default=[_NETWORK])
    asked = parser.parse_args(argv)
    given = [(tool, python) for tool in TOOLS if (python := _python(asked, tool)) is not None]
    for tool, python in given:
        # Before all that takes long.
        tool.require(python)
    print(HEAD, flush=True)
    for network in asked.networks:
        with tempfile.TemporaryDirectory() as folder:
            builds = []
            for row, build in own_rows(network, Path(folder)):
                print(row, flush=True)
                builds.append(build)
            for tool, python in given:
                print(_row(tool, python, network, builds[0], Path(folder)), flush=True)
    for tool in TOOLS:
        if _python(asked, tool) is None:
            print(f"\n{tool.name}: left out, {tool.option} names no Python")
    return 0


def _python(asked: argparse.Namespace, tool: Tool) -> str | None:
    return getattr(asked, tool.name)


def _row(tool: Tool, python: str, network: str, build: BuildFolder, folder: Path) -> Row:
    """What a tool makes of the network of this project's build."""
    loaded = build.load_network()
    golden = build.load_golden(loaded)
    work_dir = folder / tool.name
    give(loaded, golden, build.load_model(), work_dir)
    made = tool.make(python, work_dir)
    resources = synthesise_peer(made.verilog, made.data, made.top, work_dir / "synthesis")
    simulated = made.simulated or simulate(made, work_dir / "simulation")
    return Row(
        network=network,
        tool=f"{tool.name} {made.version}",
        resources=resources,
        latency_cycles=simulated.latency_cycles,
        frame_cycles=simulated.frame_cycles,
        accuracy=accuracy(golden.unseen, made.outputs),
        frames=simulated.frames,
        equal=simulated.equal,
        seconds=made.seconds,
    )


if __name__ == "__main__":
    sys.exit(main())
