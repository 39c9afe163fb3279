"""What a design takes of the board's FPGA, and of energy."""

from dataclasses import asdict

from build_decoder.page.facts import Facts
from build_decoder.page.parts import Bar, Section, Table

__all__ = ["energy", "resources"]

_NAMES = {"lut": "LUTs", "ff": "flip-flops", "dsp": "DSP blocks", "bram": "block RAMs"}


def resources(facts: Facts) -> Section:
    """A row for each kind, beside what the FPGA has, and the clock."""
    report, board = facts.report, facts.board
    text = [_clock(report)] if report["fmax_mhz"] is not None else []
    if report["resources"] is None:
        return Section("Resources", text=["Not measured: the build ended before synthesis.", *text])
    has = None if board is None else asdict(board.capacity)
    rows = []
    for how, counts in (
        ("synthesised", report["resources"]), ("placed", report["placed_resources"] or {})
    ):
        for name, count in counts.items():
            if count is None:
                continue
            # Placed LUTs may be counted in another unit than those that the FPGA has.
            share = count / has[name] if has and has[name] and how == "synthesised" else None
            rows.append(
                (
                    _NAMES.get(name, name), how, f"{count:,g}" if count < 1e5 else f"{count:,}",
                    "" if share is None else f"{has[name]:,}",
                    "" if share is None else Bar(share),
                    "" if share is None else f"{100 * share:.1f} %",
                )
            )
    head = ("kind", "", "taken", "of", "share", "")
    where = "" if board is None else f" The board's FPGA is {board.device}."
    text.insert(0, f"The design of the board, with what is around the decoder.{where}")
    notes = [] if has else ["The board's file is not to be had: what its FPGA has is not known."]
    return Section("Resources", text=text, tables=[Table(head, rows, numeric=(2, 3, 5))],
                   notes=notes)


def energy(facts: Facts) -> Section | None:
    """Estimates, a row each; nothing of a build whose toggles were not counted."""
    found = facts.report["energy"]
    if found is None:
        return None
    rows = [
        (name, *(f"{end:,.1f}" for end in ends))
        for name, ends in found["estimated_nanojoules"].items()
    ]
    total = sum(found["toggles"].values())
    text = (
        f"Nothing was measured. Toggles of the decoder's netlist without the shell were counted on "
        f"{found['frames']} golden frames back to back: {total:,.0f} a frame of "
        f"{found['frame_cycles']:,} cycles. docs/energy.md says what each estimate is; one in 65 "
        "nm is of all products, and of none of these toggles."
    )
    head = ("estimated energy of a frame, nJ", "low", "middle", "high")
    return Section("Energy, estimated", text=[text], tables=[Table(head, rows, numeric=(1, 2, 3))])


def _clock(report: dict) -> str:
    text = (
        f"Fastest clock after place and route, by {report['toolchain']}: "
        f"{report['fmax_mhz']:.1f} MHz; it runs at {report['clock_mhz']:g} MHz."
    )
    if report["fmax_untimed"] is not None:
        text += f" Paths {report['fmax_untimed']} are not in it."
    return text
