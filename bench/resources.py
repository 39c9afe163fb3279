"""Resources of a decoder without a board's shell: ``python -m bench.resources NETWORK``.

Prints one line of JSON: resources after synthesis (see sim.synthesis.Resources for how they are
counted; ``bram36`` on xc7, ``bram`` on ecp5) and the decoder's documented cycles.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from amaranth._toolchain.yosys import YosysError

from hdl.decoder import Decoder
from hdl.design import design_decoder
from hdl.export import to_verilog
from models.errors import InputError
from models.golden import load_golden
from models.load import load_network
from quant.quantise import SEARCHES, quantise
from sim.errors import ToolError
from sim.synthesis import TARGETS, synthesise
from sim.verify import foldings_of

__all__ = ["main", "measure"]

_BRAM = {"xc7": "bram36", "ecp5": "bram"}


def measure(decoder: Decoder, target: str, work_dir: Path) -> dict[str, int | float]:
    """Resources and cycles of a decoder, synthesised in ``work_dir``.

    Raises
    ------
    ToolError
        If Yosys is missing or stops with an error.
    """
    source = work_dir / "decoder.v"
    source.write_text(to_verilog(decoder, family=target))
    resources = synthesise(source, target, work_dir / "synthesis").resources
    return {
        "lut": resources.lut,
        "ff": resources.ff,
        "dsp": resources.dsp,
        _BRAM[target]: resources.bram,
        "latency_cycles": decoder.latency_cycles,
        "frame_cycles": decoder.frame_cycles,
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, 2 bad input, 3 no tools."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.resources", description=__doc__.split("\n")[0]
    )
    parser.add_argument("network", help="zoo name, metadata folder or .keras file")
    parser.add_argument("--golden", help="golden data (the network's own)")
    parser.add_argument("--target", choices=TARGETS, default="xc7", help="(xc7)")
    for name in ("inputs", "outputs"):
        parser.add_argument(
            f"--{name}-per-cycle", type=int, nargs="+", default=(), metavar="N",
            help=f"{name} a cycle of the first layer, the second, ...",
        )
    parser.add_argument("--latency", type=int, metavar="CYCLES", help="fold for so many cycles")
    parser.add_argument(
        "--max-dsp", type=int, metavar="N", help="use so many DSP blocks wherever they save LUTs"
    )
    parser.add_argument("--search", choices=SEARCHES, default=SEARCHES[0], help="(%(default)s)")
    arguments = parser.parse_args(argv)
    try:
        network = load_network(arguments.network)
        golden = load_golden(arguments.golden or arguments.network, network)
        model = quantise(network, golden, search=arguments.search).model
        foldings = None
        if arguments.latency is None:
            foldings = foldings_of(
                model, arguments.inputs_per_cycle, arguments.outputs_per_cycle
            )
        decoder = design_decoder(
            model,
            foldings=foldings,
            latency_cycles=arguments.latency,
            family=arguments.target,
            max_dsp=arguments.max_dsp,
        )
        with tempfile.TemporaryDirectory() as folder:
            figures = measure(decoder, arguments.target, Path(folder))
    except InputError as error:
        print(f"bench.resources: {error}", file=sys.stderr)
        return 2
    except (ToolError, YosysError) as error:
        print(f"bench.resources: {error}", file=sys.stderr)
        return 3
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
