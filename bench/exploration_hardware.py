"""Hardware of the recurrent networks of the paper's exploration, at equal products a cycle.

``python -m build_decoder.bench.exploration_hardware`` exports each as Verilog and synthesises it,
prints a table and draws ``exploration_hardware.png``: hardware against FLOPs, below the paper's
Figure 4. Each recurrent layer makes 12 products a cycle, each direction of one that goes both ways
6, and all else one. Weights are random, and have 8 bits, as values have. Rows are kept as soon as
they are there, so that a run that was stopped goes on. ``--no-synthesis`` estimates what was not
synthesised before.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from build_decoder.bench.exploration_figure import draw
from build_decoder.hdl import families
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.layers import plan_type
from build_decoder.hdl.planning.area.plans import decoder_area
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.recurrent.plan import RecurrentPlan
from build_decoder.models.arguments import LineParser, filled_path
from build_decoder.models.command import exit_status
from build_decoder.models.errors import InputError
from build_decoder.models.nerve_cuff.escape_rnn import EscapeRnn
from build_decoder.models.nerve_cuff.exploration import exploration
from build_decoder.models.network import Network
from build_decoder.models.resources import resources
from build_decoder.models.rewrites import rewrite
from build_decoder.quant.formats import integer_model
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import analyse_ranges
from build_decoder.sim.synthesis import synthesise

__all__ = ["NETWORKS", "choices_of", "main", "model_of", "plan_of", "title_of"]

NETWORKS: tuple[EscapeRnn, ...] = tuple(
    dict.fromkeys(one.network for one in exploration() if one.family == "RNN")
)
"""In the paper's order."""

BITS = 8
"""Of weights and values."""

CLOCK_MHZ = 100
"""At which latency is told in ms."""

_OUTPUT = Path("build/exploration_hardware")
_FAMILY = "xc7"
_SAMPLES = 8
_KINDS = ("lut", "ff", "dsp", "bram")
_FOLDINGS = {
    (3, False): Folding(4, 3), (4, False): Folding(3, 4),
    (3, True): Folding(2, 3), (4, True): Folding(3, 2),
}
"""Inputs, and sums, a cycle of a recurrent layer of so many gates, by whether it goes both ways."""

_HEADS = (
    "network", "weights", "MACs", "FLOPs", "FLOPs as in the paper", "cycles a window",
    "latency, cycles", "ms", "LUT", "FF", "DSP48E1", "RAMB36",
)  # fmt: skip


def title_of(network: EscapeRnn) -> str:
    """What differs between the networks, such as ``2 LSTM 32, attention, dense 16``."""
    cells = network.layers - network.attention
    both = "bidirectional " * network.bidirectional
    attention = "attention, " * network.attention
    return f"{cells} {both}{network.cell.upper()} {network.units}, {attention}dense {network.dense}"


def model_of(network: EscapeRnn) -> IntegerModel:
    """The network with random weights, in formats of 8 bits that hold almost all values."""
    random = np.random.default_rng(1)
    architecture = network.architecture("decoder")
    weights = {
        node.name: {
            key: random.normal(0, 0.1 if len(shape) == 1 else shape[0] ** -0.5, shape)
            for key, shape in shapes.items()
        }
        for node in architecture.nodes
        if (shapes := architecture.weight_shapes(node))
    }
    made = rewrite(Network.of(architecture, weights), probabilities=False).network
    x = random.uniform(-1, 1, (_SAMPLES, *made.inputs[0].shape))
    formats = {
        key: QFormat(found.integer, max(BITS, found.integer + 1) - found.integer, found.signed)
        for key, found in analyse_ranges(made, x).items()
    }
    return integer_model(made, formats)


def choices_of(model: IntegerModel, network: EscapeRnn) -> Mapping[str, Mapping[str, object]]:
    """How the recurrent layers are folded; other layers make the fewest products a cycle."""
    foldings = {}
    for node in model.nodes:
        kind = plan_type(node.layer)
        if issubclass(kind, RecurrentPlan):
            foldings[node.name] = {"folding": _FOLDINGS[kind.gates, network.bidirectional]}
    return foldings


def plan_of(network: EscapeRnn) -> DecoderPlan:
    """The network's decoder."""
    model = model_of(network)
    return DecoderPlan.chosen(model, choices_of(model, network))


def planned(network: EscapeRnn, folder: Path) -> dict[str, object]:
    """What is known without synthesis; the Verilog is left in ``folder``."""
    family, plan = families.get(_FAMILY), plan_of(network)
    needs = resources(network.architecture("decoder"))
    (folder / "decoder.v").write_text(to_verilog(Decoder(plan), family=family))
    area = decoder_area(plan, family)
    return {
        "network": title_of(network),
        "weights": needs.weights,
        "macs": needs.macs,
        "flops": needs.flops,
        "profiled_flops": needs.profiled_flops,
        "latency_cycles": plan.latency_cycles,
        "frame_cycles": plan.frame_cycles,
        "estimated": {kind: round(getattr(area, kind), 1) for kind in _KINDS},
    }


def synthesised(network: EscapeRnn, folder: Path) -> dict[str, object]:
    """What the Verilog in ``folder`` takes."""
    found = synthesise(folder / "decoder.v", families.get(_FAMILY), folder / "synthesis").resources
    return {
        "network": title_of(network), **{kind: getattr(found, kind) for kind in _KINDS}
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, 2 bad input, 3 no tools."""
    return exit_status(lambda: _run(argv), prefix="bench.exploration_hardware: ", tools=True)


def _run(argv: Sequence[str] | None) -> int:
    parser = LineParser(
        prog="python -m build_decoder.bench.exploration_hardware",
        description=__doc__.split("\n")[0],
    )
    parser.add_argument(
        "--output", type=filled_path, default=_OUTPUT, metavar="DIR",
        help=f"folder of Verilog, netlists, rows and figure ({_OUTPUT})",
    )
    parser.add_argument(
        "--no-synthesis", action="store_true",
        help="estimate what was not synthesised before",
    )
    options = parser.parse_args(argv)
    folder = options.output
    plans = _rows(folder, "planned.jsonl", planned, NETWORKS)
    measured = _rows(
        folder, "synthesised.jsonl", synthesised, () if options.no_synthesis else NETWORKS
    )
    rows = [
        plans[title] | {"synthesised": measured.get(title)} for title in map(title_of, NETWORKS)
    ]
    print_table(rows)
    draw(rows, folder / "exploration_hardware.png", clock_mhz=CLOCK_MHZ)
    return 0


def _rows(
    folder: Path, name: str, make: Callable[[EscapeRnn, Path], dict], networks: Sequence[EscapeRnn]
) -> dict[str, dict]:
    """Rows of a file, by their networks' titles; those of ``networks`` that it has not are made,
    one after the other."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = _kept(folder / name)
    for network in networks:
        title = title_of(network)
        if title in rows:
            continue
        print(f"{title}: {make.__name__} ...", flush=True)
        work = folder / title.replace(", ", "-").replace(" ", "_")
        work.mkdir(exist_ok=True)
        rows[title] = make(network, work)
        with (folder / name).open("a") as stream:
            stream.write(json.dumps(rows[title]) + "\n")
    return rows


def _kept(path: Path) -> dict[str, dict]:
    """Rows of an earlier run, by their networks' titles; a torn last one is made again."""
    if not path.exists():
        return {}
    content = path.read_text()
    whole = content[: content.rfind("\n") + 1]
    if whole != content:
        path.write_text(whole)
    try:
        rows = [json.loads(line) for line in whole.splitlines()]
        return {row["network"]: row for row in rows}
    except (ValueError, TypeError, KeyError):
        raise InputError.at(
            path, "", expected="rows of this command (remove the file to make them again)",
            got="something else",
        ) from None


def print_table(rows: Sequence[Mapping]) -> None:
    """All rows as a table of Markdown; estimates begin with ``~``."""
    print(f"| {' | '.join(_HEADS)} |\n|{'---|' * len(_HEADS)}")
    for row in rows:
        counts = [row[key] for key in ("weights", "macs", "flops", "profiled_flops")]
        times = [row["frame_cycles"], row["latency_cycles"]]
        cells = [row["network"], *(f"{count:,}" for count in (*counts, *times))]
        cells.append(f"{row['latency_cycles'] / CLOCK_MHZ / 1000:.2f}")
        found, sign = row["synthesised"], ""
        if found is None:
            found, sign = row["estimated"], "~"
        cells += [f"{sign}{found[kind]:,.4g}" if kind == "bram" else f"{sign}{found[kind]:,.0f}"
                  for kind in _KINDS]
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    sys.exit(main())
