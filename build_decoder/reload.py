"""``python -m build_decoder.reload``: new weights for a decoder that was built ``--reloadable``.

The network of another day is quantised into the formats of the build, made an image of, and proven
on the Verilog that was built: the image is loaded through the decoder's own port, and what the
decoder then gives for golden samples must be what the integer model gives. Only then it is written
over ``--port``, committed, and its fingerprint read back.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from build_decoder.exit_status import ExitStatus
from build_decoder.models.arguments import LineParser, filled, filled_path
from build_decoder.models.command import exit_status
from build_decoder.options.types import fraction
from build_decoder.quant.recalibration import MAX_LOSS

__all__ = ["main"]

_OUTPUT = Path("weights.npz")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0 all done, 2 refused, 3 no tools, 4 not bit-true."""
    # What fails so is imported late, as all that takes long is.
    return exit_status(lambda: _run(argv), prefix="error: ", tools=True)


def _parser() -> LineParser:
    parser = LineParser(
        prog="python -m build_decoder.reload",
        description="Load the weights of another day into a decoder that was built --reloadable.",
    )
    parser.add_argument(
        "--build", type=filled_path, required=True, metavar="DIR",
        help="folder of a build with --reloadable",
    )
    parser.add_argument(
        "--network", type=filled, required=True, metavar="PATH",
        help="the new network: of the layers that were built, with other weights",
    )
    parser.add_argument(
        "--golden", type=filled, metavar="PATH",
        help="its golden data (default: as build_decoder has it)",
    )
    parser.add_argument(
        "--max-loss", type=fraction, default=MAX_LOSS, metavar="FRACTION",
        help="accuracy, or R2 of a regression, that may be lost against the new network in floats "
        "on all golden samples (default: %(default)s)",
    )
    parser.add_argument(
        "--no-simulation", action="store_true",
        help="do not prove the image on the Verilog that was built",
    )
    parser.add_argument(
        "--port", type=filled, metavar="PORT",
        help="write the image to the decoder at this port, such as /dev/ttyUSB0, and commit it",
    )
    parser.add_argument(
        "--output", type=filled_path, default=_OUTPUT, metavar="FILE.npz",
        help="the image, with a report beside it as FILE.json (default: %(default)s)",
    )
    return parser


def _run(argv: Sequence[str] | None) -> ExitStatus:
    arguments = _parser().parse_args(argv)
    # All of it takes a second to import, in which a signal may come.
    from build_decoder.reloading import Reload, reload

    return reload(
        Reload(
            build=arguments.build,
            network=arguments.network,
            golden=arguments.golden,
            max_loss=arguments.max_loss,
            simulated=not arguments.no_simulation,
            port=arguments.port,
            output=arguments.output,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
