"""Where the open tools for 7-series FPGAs and their databases are on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Absent", "Installation", "Part", "Search"]

FIXED_DATABASES = (
    "/usr/share/nextpnr/prjxray-db",
    "/snap/openxc7/current/opt/nextpnr-xilinx/external/prjxray-db",
    "/opt/openxc7/share/nextpnr/prjxray-db",
)
"""Where packages put the database of Project X-Ray: Amaranth's default, openXC7's snap and its
installer from source."""

FIXED_CHIPDBS = ("/usr/share/nextpnr/xilinx-chipdb",)
"""Amaranth's default."""

_BELOW = ("share/nextpnr/external/prjxray-db", "share/nextpnr/prjxray-db")
"""Where it is below the folder that tools are installed in."""

_FAMILIES = {"xc7z": "zynq7", "xc7a": "artix7", "xc7k": "kintex7", "xc7s": "spartan7"}
_ASK_SECONDS = 120


class Absent(Exception):
    """Something that is needed is not here. The message is one line: what, and where it was sought.
    """


@dataclass(frozen=True)
class Part:
    """An FPGA, such as xc7z020, clg400 and 1."""

    device: str
    package: str
    speed: str

    @property
    def name(self) -> str:
        """The whole part number."""
        return f"{self.device}{self.package}-{self.speed}"

    @property
    def family(self) -> str:
        """Name of its family in the database of Project X-Ray."""
        return _FAMILIES[self.device[:4]]


@dataclass(frozen=True)
class Installation:
    """Programs by name, the family's folder in Project X-Ray's database, and a chip database.

    nextpnr-himbaechel finds its own chip database, so there it is None.
    """

    programs: dict[str, str]
    database: Path
    chipdb: Path | None


@dataclass(frozen=True)
class Search:
    """Looks for tools as ``environ`` says; relative names in it start from ``origin``."""

    part: Part
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    origin: Path = Path()

    def installation(self, placer: str) -> Installation:
        """All that a bitstream needs with ``nextpnr-xilinx`` or ``nextpnr-himbaechel``.

        Raises
        ------
        Absent
            If something is not here.
        """
        programs, lacking = {}, []
        for name in (placer, "fasm2frames", "xc7frames2bit"):
            try:
                programs[name] = self.program(name)
            except Absent as error:
                lacking.append(str(error))
        if lacking:
            raise Absent(", ".join(lacking))
        chipdb = None
        if placer == "nextpnr-himbaechel":
            self._ask(programs[placer])
        else:
            chipdb = self._chipdb(programs[placer])
        return Installation(programs, self._database(programs), chipdb)

    def program(self, name: str, *others: str) -> str:
        """Path of a program: the one that a variable such as ``NEXTPNR_XILINX`` names, or else the
        first on the search path, by its own name, by ``others``, or as openXC7's snap calls it.

        Raises
        ------
        Absent
            If there is none.
        """
        path = self.environ.get("PATH", os.defpath)
        variable = name.upper().replace("-", "_")
        named = self.environ.get(variable)
        if named:
            here = self._absolute(named) if os.path.dirname(named) else named
            found = shutil.which(here, path=path)
            if found is None:
                raise Absent(f"no {named}, which {variable} names")
            return found
        for candidate in (name, *others, f"openxc7.{name}"):
            found = shutil.which(candidate, path=path)
            if found is not None:
                return os.path.abspath(found)
        raise Absent(f"no {name}")

    def _database(self, programs: Mapping[str, str]) -> Path:
        part_file = os.path.join(self.part.family, self.part.name, "part.yaml")
        prefixes = [
            self._folder("TOOLS_OPENXC7"),
            *_prefixes(programs),
            self._folder("NEXTPNR_XILINX_DIR"),
        ]
        roots = [
            self._folder("DB_DIR"),
            self._folder("PRJXRAY_DB_DIR"),
            *(os.path.join(prefix, end) for prefix in prefixes if prefix for end in _BELOW),
            *FIXED_DATABASES,
        ]
        for root in _unique(roots):
            if os.path.isfile(os.path.join(root, part_file)):
                return Path(root, self.part.family)
        raise Absent(
            f"no database of Project X-Ray: no {part_file} in {', '.join(_unique(roots))} "
            f"(DB_DIR names its folder)"
        )

    def _chipdb(self, placer: str) -> Path:
        part = self.part
        names = [f"{name}.bin" for name in (part.device, part.device + part.package, part.name)]
        prefixes = [self._folder("TOOLS_OPENXC7"), *_prefixes({"": placer})]
        folders = [
            self._folder("CHIPDB_DIR"),
            *(os.path.join(prefix, "chipdb") for prefix in prefixes if prefix),
            self._folder(f"{part.family.upper()}_CHIPDB"),
            self._folder("NEXTPNR_XILINX_CHIPDB_DIR"),
            *FIXED_CHIPDBS,
        ]
        for folder in _unique(folders):
            for name in names:
                if os.path.isfile(os.path.join(folder, name)):
                    return Path(folder, name)
        raise Absent(
            f"no chip database of nextpnr-xilinx: no {', '.join(names[:-1])} or {names[-1]} in "
            f"{', '.join(_unique(folders))} (CHIPDB_DIR names its folder; nextpnr-xilinx's "
            f"bbaexport.py and bbasm make one)"
        )

    def _ask(self, himbaechel: str) -> None:
        """Raise `Absent` unless nextpnr-himbaechel loads the Xilinx architecture for the part."""
        try:
            answer = subprocess.run(
                [himbaechel, "--device", self.part.name],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                timeout=_ASK_SECONDS,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Absent(f"{himbaechel} does not run: {error}") from error
        said = answer.stdout.decode(errors="replace")
        if answer.returncode == 0:
            return
        if "unable to load uarch" in said:
            raise Absent(f"{himbaechel} is built without the Xilinx architecture")
        for line in said.splitlines():
            if "chipdb" in line or "Invalid device" in line:
                raise Absent(
                    f"{himbaechel} has no chip database for {self.part.name}: {line.strip()}"
                )

    def _absolute(self, name: str) -> str:
        return os.path.join(self.origin, name)

    def _folder(self, variable: str) -> str:
        name = self.environ.get(variable)
        return self._absolute(name) if name else ""


def _prefixes(programs: Mapping[str, str]) -> Iterator[str]:
    """Where programs are installed: two folders above them, as they are found and without links."""
    for program in programs.values():
        for path in (program, os.path.realpath(program)):
            yield os.path.dirname(os.path.dirname(path))


def _unique(names: list[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name]
