"""Makes the bitstream of a build package: ``python -m open_tools --placer nextpnr-xilinx ...``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from .find import Absent, Part, Search
from .run import Failed, Run

__all__ = ["main"]

ABSENT = 3


def main(argv: list[str] | None = None) -> int:
    """Run the command; 0, 1 if a tool failed, 3 if something is not on this machine."""
    parser = argparse.ArgumentParser(prog="open_tools", description=__doc__.split("\n")[0])
    parser.add_argument("--placer", required=True, choices=["nextpnr-xilinx", "nextpnr-himbaechel"])
    for name in ("device", "package", "speed", "mhz", "seed"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--origin", type=Path, default=Path(), help="where relative names start")
    parser.add_argument("--check", action="store_true", help="only tell whether all is here")
    arguments = parser.parse_args(argv)
    part = Part(arguments.device, arguments.package, arguments.speed)
    search = Search(part, os.environ, arguments.origin)
    try:
        installation = search.installation(arguments.placer)
        if arguments.check:
            chipdb = f", chip database {installation.chipdb}" if installation.chipdb else ""
            where = installation.programs[arguments.placer]
            print(f"{where}, database {installation.database}{chipdb}")
        else:
            Run(arguments.placer, part, arguments.mhz, arguments.seed)(search, installation)
    except Absent as error:
        print(f"absent: {error}", file=sys.stderr)
        return ABSENT
    except Failed as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
