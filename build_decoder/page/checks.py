"""What was checked of a build, how, and what was not."""

from build_decoder.page.facts import Facts
from build_decoder.page.parts import Section, Table

__all__ = ["checks", "unchecked"]


def checks(facts: Facts) -> Section:
    """A row for each check that was made."""
    report = facts.report
    rows = [
        (
            "the network in floats", "its outputs against y of golden data",
            f"{len(facts.golden.x)} samples, alike up to the rounding of floats",
        )
    ]
    if report["vectors_checked"] is not None:
        rows.append(
            (
                "the exported Verilog", "simulated, back to back and with random stalls, against "
                "the integer model, every bit",
                f"{report['vectors_checked']} frames, {report['mismatches']} outputs differ",
            )
        )
        rows.append(
            (
                "latency and interval", "measured in that simulation, against the plan",
                f"{report['latency_cycles']} and {report['frame_cycles']} cycles",
            )
        )
    if report["frames_while_reloading"]:
        rows.append(
            (
                "weights written at run time", "simulated while frames run",
                f"{report['frames_while_reloading']} frames",
            )
        )
    if report["fmax_mhz"] is not None:
        met = report["fmax_mhz"] >= report["clock_mhz"]
        rows.append(
            (
                "the clock", f"timing analysis of {report['toolchain']}",
                f"{report['fmax_mhz']:.1f} MHz for {report['clock_mhz']:g} MHz: "
                f"{'met' if met else 'not met'}",
            )
        )
    head = ("what", "how", "result")
    return Section("What was checked", tables=[Table(head, rows)])


def unchecked(facts: Facts) -> Section:
    """A note for each check that was not made."""
    report, missing = facts.report, []
    if report["vectors_checked"] is None:
        missing.append("The Verilog was not simulated: nothing says yet that it equals the integer "
                       "model.")
    if report["fmax_mhz"] is None:
        missing.append("Timing was not analysed: there was no place and route.")
    return Section("What was not checked", notes=[
        *missing,
        "The netlist after synthesis: python -m build_decoder.sim.netlist checks it.",
        "A board: no build talks to one. python -m build_decoder.boards.driver sends golden data "
        "through it.",
        "Power was not measured.",
        "Inputs unlike golden data: the hardware equals the integer model there too, but how good "
        "its answers are is not known.",
    ])  # fmt: skip
