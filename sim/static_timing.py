"""OpenSTA: slack and power of a netlist of standard cells."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from build_decoder.models.errors import ToolError, ToolMissing
from build_decoder.sim.decoder_bench import TOP
from build_decoder.sim.toggles import Toggles

__all__ = ["CellFigures", "analyse_cells", "require_opensta"]

# OpenSTA of 2019, Debian's, has a command for pins that names a procedure it does not have; what
# that would have called is there.
_ANNOTATE = """\
set broken 0
if {![catch {info body set_power_activity} body]} {
  set broken [expr {[string first get_pins_error $body] >= 0
    && [info commands ::sta::get_pins_error] eq ""}]
}
proc annotate {name activity duty} {
  set pins [get_pins -of_objects [get_nets $name]]
  if {[llength $pins] == 0} { error "no pins of net $name" }
  foreach pin $pins {
    if {$::broken} {
      sta::set_power_pin_activity $pin $activity $duty
    } else {
      set_power_activity -pins $pin -activity $activity -duty $duty
    }
  }
}
"""


@dataclass(frozen=True)
class CellFigures:
    """What a netlist of standard cells takes, without wires and clock tree.

    Parameters
    ----------
    slack_ns
        What is left of a cycle on the longest path.
    internal_mw, switching_mw, leakage_mw
        Power inside of cells, of the nets' loads, and without any change.
    """

    slack_ns: float
    internal_mw: float
    switching_mw: float
    leakage_mw: float

    @property
    def dynamic_mw(self) -> float:
        """Power of what changes, the clock included."""
        return self.internal_mw + self.switching_mw


def require_opensta() -> str:
    """Path of the program.

    Raises
    ------
    ToolMissing
        If there is none.
    """
    found = shutil.which("sta") or shutil.which("opensta")
    if found is None:
        raise ToolMissing("opensta: not found; Debian's package is called opensta")
    return found


def analyse_cells(
    toggles: Toggles, library: Path, work_dir: Path, *, clock_mhz: float
) -> CellFigures:
    """Slack and power of a netlist, whose toggles were counted.

    Parameters
    ----------
    toggles
        Of the netlist, which has the names that OpenSTA sees.
    library
        Its Liberty file.

    Raises
    ------
    ToolMissing
        If there is no OpenSTA.
    ToolError
        If it stops with an error, or says nothing of slack or power.
    """
    program = require_opensta()
    work_dir.mkdir(parents=True, exist_ok=True)
    script = work_dir / "analyse.tcl"
    script.write_text(
        "\n".join(
            [
                f"read_liberty {{{library}}}",
                f"read_verilog {{{toggles.netlist.verilog}}}",
                f"link_design {TOP}",
                f"create_clock -name clk -period {1000 / clock_mhz} [get_ports clk]",
                "report_checks -path_delay max -digits 4",
                "report_worst_slack",
                _ANNOTATE,
                *_activities(toggles),
                "report_power -digits 6",
            ]
        )
        + "\n"
    )
    run = subprocess.run(
        [program, "-no_init", "-no_splash", "-exit", str(script)],
        cwd=work_dir,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    (work_dir / "opensta.log").write_text(run.stdout)
    slack = re.search(r"^worst slack(?: max)? (\S+)", run.stdout, re.M)
    power = re.search(r"^Total +(\S+) +(\S+) +(\S+) +\S+ +100", run.stdout, re.M)
    if errors := re.findall(r"^Error.*", run.stdout, re.M):
        raise ToolError(f"opensta: {errors[0]}")
    if run.returncode or slack is None or power is None:
        raise ToolError(f"opensta ended with status {run.returncode}, without slack and power")
    internal, switching, leakage = (1000 * float(watts) for watts in power.groups())
    return CellFigures(float(slack[1]), internal, switching, leakage)


def _activities(toggles: Toggles) -> Iterator[str]:
    """Changes a cycle, and the part of time at 1, of all pins of cells but the clock's."""
    for bit, count in toggles.counts.items():
        activity, duty = count.toggles / toggles.cycles, count.high / toggles.cycles
        yield f"annotate {{{bit.net}}} {activity:.6g} {duty:.6g}"
