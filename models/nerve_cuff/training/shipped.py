"""Trains the nerve-cuff networks of the zoo, and writes them with the golden data that they share.

``python -m build_decoder.models.nerve_cuff.training.shipped`` trains each on fold 0 of one
simulated animal. Golden data is of signatures that no training took gradients of: the validation
part, which a search of formats may see, and `TEST_SIGNATURES` of the test part, which are held out.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from build_decoder.models.architecture import Input
from build_decoder.models.arguments import LineParser, filled_path
from build_decoder.models.command import exit_status
from build_decoder.models.files.atomic_file import write_atomically
from build_decoder.models.files.golden_file import GOLDEN_FILE
from build_decoder.models.files.load import load_network
from build_decoder.models.files.network_folder import NETWORK_FILE, save_network
from build_decoder.models.nerve_cuff.own_network import OWN_NETWORK
from build_decoder.models.nerve_cuff.recordings.baseline import macro_f1
from build_decoder.models.nerve_cuff.table1 import TABLE_1
from build_decoder.models.nerve_cuff.training.cells import Cell
from build_decoder.models.nerve_cuff.training.chosen import cells_of, data_of
from build_decoder.models.nerve_cuff.training.dataset import read_dataset
from build_decoder.models.nerve_cuff.training.options import add_options
from build_decoder.models.nerve_cuff.training.training import train_network
from build_decoder.models.nerve_cuff.training.training_set import Split, split
from build_decoder.models.network import Network
from build_decoder.models.walk import Walk
from build_decoder.models.zoo import ZOO_FOLDER

__all__ = ["SHIPPED", "TEST_SIGNATURES", "golden_of", "main", "parts_of"]

_COMMON = "--simulator animal --subjects 1 --folds 1 --seconds 72 --samples 480 --batch 8"
SHIPPED = {
    "escape_tcn": "--epochs 48 --patience 8",
    "escape_net_mini": "--epochs 32 --patience 6 --rate-scale 4",
    "escape_fcn": "--epochs 24 --patience 6",
    "escape_rnn": "--epochs 32 --patience 6 --batch 16 --rates 0.01 0.002 --gain 2",
    "escape_gru": "--epochs 32 --patience 6 --batch 16 --rates 0.01 0.002 --gain 2",
}
"""Options of the training of each network."""

_NETWORKS = {name: paper.network for name, paper in TABLE_1.items()} | {
    "escape_tcn": OWN_NETWORK,
    "escape_gru": replace(TABLE_1["escape_rnn"].network, cell="gru"),
}

TEST_SIGNATURES = 512
_CODES = 128  # of a signature's values, for each unit: those of an 8-bit converter


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = LineParser(
        prog="python -m build_decoder.models.nerve_cuff.training.shipped",
        description="Train the nerve-cuff networks of the zoo.",
    )
    parser.add_argument(
        "--networks", nargs="+", choices=tuple(SHIPPED), default=tuple(SHIPPED), metavar="NAME",
        help=f"of {', '.join(SHIPPED)} (all)",
    )
    parser.add_argument(
        "--output", type=filled_path, default=ZOO_FOLDER, metavar="DIR",
        help="default: the zoo's folder",
    )
    return exit_status(lambda: _run(parser.parse_args(arguments)))


def _run(options: argparse.Namespace) -> int:
    for name in options.networks:
        network = _of_signatures(train_network(_cell(name)).network)
        save_network(replace(network, name=name), options.output / name)
    _save_golden(options.output)
    return 0


def _cell(name: str, *data_options: str) -> Cell:
    parser = LineParser()
    add_options(parser)
    options = parser.parse_args([*_COMMON.split(), *SHIPPED[name].split(), *data_options])
    (cell,) = cells_of(options, [_NETWORKS[name]], data_of(options))
    return cell


def _of_signatures(network: Network) -> Network:
    """`network`, given signatures (contacts, samples, 1) also where it takes them step by step."""
    (given,) = network.given_inputs
    if given.name != "contacts":
        return network
    samples, *_, contacts = given.shape
    signature = Input("spatial", (contacts, samples, 1))
    steps = Walk(((samples, 1), (contacts, samples)))
    given = replace(given, grain=None, of=signature.name, walk=steps)
    return replace(network, inputs=(signature, given))


def parts_of(name: str, *, cache: Path | None = None) -> Split:
    """The parts that the network called `name` is trained, validated and tested on.

    Parameters
    ----------
    cache:
        Where simulated data go; as in training by default.
    """
    cell = _cell(name, *(() if cache is None else ("--cache", str(cache))))
    return split(cell, read_dataset(Path(cell.path)), validation=cell.schedule.validation)


def golden_of(parts: Split) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inputs of golden data, as a converter of 8 bits gives them, float16 (signatures, values);
    their classes, uint8 (signatures,); and which of them are held out, bool (signatures,)."""
    test = tuple(array[:TEST_SIGNATURES] for array in parts.test)
    spatial, labels = map(np.concatenate, zip(parts.validation, test, strict=True))
    codes = np.clip(np.round(spatial * _CODES), -_CODES, _CODES - 1)
    x = (codes / _CODES).astype(np.float16)
    held_out = np.repeat([False, True], [len(parts.validation[1]), len(test[1])])
    return x.reshape(len(x), -1), labels.astype(np.uint8), held_out


def _save_golden(folder: Path) -> None:
    """Write golden data of all of the networks that are there: one ``x``, and ``y.NAME`` of each.

    All are trained on the same parts, whatever their schedules.
    """
    names = [name for name in SHIPPED if (folder / name / NETWORK_FILE).exists()]
    x, labels, held_out = golden_of(parts_of(names[0]))
    outputs = {}
    for name in names:
        network = load_network(folder / name)
        outputs[f"y.{name}"] = network.forward(x).astype(np.float32)
        decided = outputs[f"y.{name}"].argmax(axis=1)
        told = [
            f"{macro_f1(labels[part], decided[part], classes=network.output_count):.4f} on "
            f"{np.count_nonzero(part)} signatures {which}"
            for part, which in ((~held_out, "for the search"), (held_out, "held out"))
        ]
        print(f"{name}: macro F1 {', '.join(told)}")
    with write_atomically(folder / GOLDEN_FILE) as stream:
        np.savez_compressed(stream, x=x, labels=labels, held_out=held_out, **outputs)


if __name__ == "__main__":
    sys.exit(main())
