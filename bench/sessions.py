"""Networks of other sessions, which are trained by the recipe of a shipped one."""

from pathlib import Path

from build_decoder.models.files.load import load_network
from build_decoder.models.files.network_folder import NETWORK_FILE
from build_decoder.models.golden import GoldenData, load_golden
from build_decoder.models.network import Network
from build_decoder.models.train import train_recipe

__all__ = ["SEEDS", "Case", "case_of", "trained"]

SEEDS = {"ahead_case1": (11, 12, 13, 14, 15), "ahead_case2": (21, 23, 24, 25, 26)}
"""Of the sessions that `docs/reload.md` has, by the shipped network."""

Case = tuple[Network, GoldenData]


def case_of(source: str | Path) -> Case:
    """The network of that name or in that folder, and its golden data."""
    network = load_network(source)
    return network, load_golden(source, network)


def trained(name: str, folder: Path, seed: int, epochs: int | None) -> Case:
    """A network of the session of ``seed``, which is trained into ``folder`` unless it is there.

    Parameters
    ----------
    epochs
        The most; None for those of the recipe.
    """
    day = folder / f"{name}_{seed}"
    if not (day / NETWORK_FILE).exists():
        train_recipe(name, day, epochs=epochs, seed=seed)
    return case_of(day)
