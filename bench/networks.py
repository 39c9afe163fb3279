"""The networks that searches are compared on."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from build_decoder.models.arguments import LineParser, filled
from build_decoder.models.files.load import load_network
from build_decoder.models.golden import GoldenData, load_golden
from build_decoder.models.network import Network
from build_decoder.models.train import train_recording

__all__ = ["RECORDING", "ZOO", "network_names", "networks"]

ZOO = ("ahead_case1", "ahead_case2", "ahead_fig4")

RECORDING = Path(__file__).parents[1] / "../shared/data/myo_12345_7gest_8x100.npz"
"""Forearm EMG of 7 gestures; not part of the repository."""

_TRAINED = Path("build/myo")


def network_names(argv: Sequence[str] | None, program: str, description: str) -> list[str]:
    """Names on the command line of ``python -m program``, none for all."""
    parser = LineParser(prog=f"python -m {program}", description=description.split("\n")[0])
    parser.add_argument("names", type=filled, nargs="*", metavar="NETWORK", help="default: all")
    return parser.parse_args(argv).names


def networks(names: list[str]) -> Iterator[tuple[Network, GoldenData]]:
    """Networks called ``names`` with their golden data; all there are if none is named.

    ``myo`` is an 800-20-7 decoder that is trained on :data:`RECORDING` when it is first asked for.
    """
    for name in names or [*ZOO, "myo"]:
        source = name
        if name == "myo":
            if not (_TRAINED / "network.json").exists():
                if not RECORDING.exists():
                    print(f"myo: left out, {RECORDING.name} is not there")
                    continue
                _TRAINED.mkdir(parents=True, exist_ok=True)
                train_recording(
                    "myo", _TRAINED, RECORDING, hidden=20, rectify=True, epochs=None, seed=1
                )
            source = str(_TRAINED)
        network = load_network(source)
        yield network, load_golden(source, network)
