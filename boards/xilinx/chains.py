"""The toolchains for 7-series FPGAs: their scripts in a build package; whether they are here."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["OPEN", "VIVADO", "Chain", "chains_for"]

_ABSENT = 3
_CHECK_SECONDS = 300


@dataclass(frozen=True)
class Chain:
    """One way to a bitstream.

    Parameters
    ----------
    name
        Of the tool that places and routes.
    environment
        Variable that may name a script to source before its tools are looked for.
    """

    name: str
    environment: str

    @property
    def script(self) -> str:
        """Script in the build package; with ``--check`` it only tells whether all is here."""
        return f"build_{self.name.replace('-', '_')}.sh"

    @property
    def variables(self) -> dict[str, str]:
        """Environment of its script: with a Python that is here for sure."""
        return {"PYTHON": sys.executable} | os.environ

    def absent(self, build_dir: Path) -> str | None:
        """What of it is not on this machine; None if all is.

        The script itself looks, so that it finds here what it finds elsewhere.
        """
        try:
            answer = subprocess.run(
                ["sh", str(build_dir / self.script), "--check"],
                env=self.variables, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE, timeout=_CHECK_SECONDS,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        if answer.returncode == 0:
            return None
        lines = answer.stderr.decode(errors="replace").strip().splitlines()
        last = lines[-1].strip() if lines else ""
        if answer.returncode == _ABSENT and last.startswith("absent: "):
            return last.removeprefix("absent: ")
        return f"{self.script} --check ended with status {answer.returncode}: {last}"


VIVADO = Chain("vivado", "AMARANTH_ENV_VIVADO")
OPEN = (
    Chain("nextpnr-xilinx", "AMARANTH_ENV_XRAY"),
    Chain("nextpnr-himbaechel", "AMARANTH_ENV_XRAY"),
)


def chains_for(platform) -> tuple[Chain, ...]:
    """Toolchains that know a platform's FPGA, in the order of preference."""
    return (VIVADO,) if platform.vivado_only else (VIVADO, *OPEN)
