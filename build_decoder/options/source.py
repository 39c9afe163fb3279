"""Options of the import stage: which network, which golden data, and what its outputs are for."""

import argparse
import os
from dataclasses import dataclass

from build_decoder.models.arguments import filled
from build_decoder.models.files.network_folder import NETWORK_FILE
from build_decoder.models.task import Kind, Task
from build_decoder.options.types import finite, seed

__all__ = ["SourceOptions", "add_source_options", "default_golden"]

_FILES = (".keras", ".onnx")


@dataclass(frozen=True, kw_only=True)
class SourceOptions:
    """A network and its golden data; attributes are called as the options are.

    ``also`` has networks whose decisions formats keep beside those of the first one.
    """

    network: str
    golden: str
    task: str | None = None
    threshold: tuple[float, ...] = ()
    seed: int = 0
    also: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: argparse.Namespace) -> "SourceOptions":
        """The options of a parsed command line."""
        return cls(
            network=given.network,
            golden=given.golden or default_golden(given.network),
            task=given.task,
            threshold=tuple(given.threshold),
            seed=given.seed,
            also=tuple(given.also),
        )

    def others(self, task: Task) -> tuple["SourceOptions", ...]:
        """Each network of ``also``, for the task of the first one."""
        return tuple(
            SourceOptions(
                network=network,
                golden=default_golden(network),
                task=task.kind,
                threshold=task.thresholds,
                seed=self.seed,
            )
            for network in self.also
        )


def add_source_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of :class:`SourceOptions`, but for the network itself."""
    parser.add_argument(
        "--golden", type=filled, metavar="PATH",
        help="golden data: .npz with x, y and optionally labels or targets, held_out, task and "
        "threshold, or X.csv,Y.csv "
        "(default: golden.npz, or else x.csv and y.csv, in the network's folder)",
    )
    parser.add_argument(
        "--task", choices=[kind.value for kind in Kind],
        help="what the outputs are for: classes (the largest wins), binary (one output at a "
        "threshold), labels (each output at its threshold) or regression (each output is a value) "
        "(default: as golden data or the network says, else inferred and told)",
    )
    parser.add_argument(
        "--threshold", type=finite, nargs="+", default=(), metavar="T",
        help="output from which on binary and labels say yes, one for all or one an output "
        "(default: 0.5 of a sigmoid, 0 of a linear or tanh output)",
    )
    parser.add_argument(
        "--also", type=filled, nargs="+", default=(), metavar="NETWORK",
        help="other networks of the same layers, such as those of earlier days, each with its "
        "golden data in its folder: formats are searched that keep the decisions of all of them",
    )
    parser.add_argument(
        "--seed", type=seed, default=0, metavar="N",
        help="of everything random: hold-out, AHEAD's search, and what this command draws itself "
        "(default: 0)",
    )


def default_golden(network: str) -> str:
    """Where the golden data of ``network`` is unless the user says: with a file, in its folder."""
    folder, name = os.path.split(network)
    if (name == NETWORK_FILE or name.endswith(_FILES)) and not os.path.isdir(network):
        # Never a bare name, which could be one of the zoo's.
        return os.path.join(folder or os.curdir, "")
    return network
