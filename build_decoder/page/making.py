"""How a build was made."""

from build_decoder.page.facts import Facts
from build_decoder.page.parts import Section, Table

__all__ = ["making"]


def making(facts: Facts) -> Section:
    """Steps of the search, and seconds of each stage."""
    report = facts.report
    steps = [
        (
            step["step"], f"{step['average_bit_width']:.2f}",
            "not defined" if step["loss"] is None else f"{step['loss']:.5f}",
            str(step["evaluations"]), f"{step['seconds']:.1f}",
        )
        for step in report["search_steps"]
    ]
    seconds = ", ".join(f"{name} {s:.1f}" for name, s in report["stage_seconds"].items())
    head = ("step of the search", "average bits", "loss", "evaluations", "seconds")
    return Section(
        "How it was made",
        text=[f"Search: {report['search']}. Seconds of each stage: {seconds}."],
        tables=[Table(head, steps, numeric=(1, 2, 3, 4))],
        notes=["loss: the greatest loss of a decision's accuracy, as a fraction, or of an output's "
               "R2, on the samples searched on; negative if it gained."],
    )
