"""The data sets, the cells and the backend that options of training and exploration mean."""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from build_decoder.models.errors import InputError
from build_decoder.models.nerve_cuff.cuff import NerveCuff
from build_decoder.models.nerve_cuff.recordings.repeated import first_repeated
from build_decoder.models.nerve_cuff.recordings.signature_files import (
    read_peaks,
    read_provenance,
    say_overridden,
)
from build_decoder.models.nerve_cuff.training.baselines import Baseline
from build_decoder.models.nerve_cuff.training.cells import Cell
from build_decoder.models.nerve_cuff.training.dataset import read_dataset
from build_decoder.models.nerve_cuff.training.options import FOLDS, SIMPLE_SNR_DB
from build_decoder.models.nerve_cuff.training.runner import Backend
from build_decoder.models.nerve_cuff.training.schedule import Network, Schedule, schedule_of
from build_decoder.models.nerve_cuff.training.sources import (
    Simulation,
    dataset_with_cuff,
    grid_dataset,
    simulated_dataset,
)

__all__ = ["Data", "backend_of", "cells_of", "data_of"]

_USUAL_GRID = 7, 8


@dataclass(frozen=True)
class Data:
    """A data set, as cells need to know it.

    Parameters
    ----------
    path:
        Its file.
    name, digest:
        Name and digest of its content.
    cuff:
        Geometry of the cuff.
    own_test:
        Whether it comes with a test part of its own, and so is not cut into folds.
    """

    path: str
    name: str
    digest: str
    cuff: NerveCuff
    own_test: bool


def backend_of(options: argparse.Namespace) -> Backend:
    """The backend that the options mean."""
    if options.scheduler and options.backend != "dask":
        raise InputError.at(
            "--scheduler", "", expected="--backend dask beside it", got=options.backend
        )
    return Backend(options.backend, options.jobs, options.scheduler)


def data_of(options: argparse.Namespace) -> list[Data]:
    """The data sets that the options mean; simulated ones are made where they are not there."""
    if options.windows is not None and options.signatures is not None:
        raise InputError.at(
            "--windows", "", expected="no --signatures beside it", got="both"
        )
    found, sources, peaks = [], {}, {}
    for path in _files(options):
        dataset = read_dataset(path)
        provenance = read_provenance(path)
        say_overridden(path, provenance)
        for source in provenance.sources if provenance else ():
            other = sources.setdefault(source.sha256, path)
            if other != path:
                raise InputError.at(
                    path,
                    "provenance",
                    expected="recordings of one animal in one file (name them together when they "
                    "are cut)",
                    got=f"{source.file}, which is in {other} too",
                )
        peaks[path] = read_peaks(path)
        for other in tuple(peaks)[:-1]:
            if first_repeated(peaks[path], peaks[other]) is not None:
                raise InputError.at(
                    path,
                    "peaks",
                    expected="another animal's recordings",
                    got=f"nCAPs that are those of {other}",
                )
        found.append(
            Data(
                str(path.resolve()),
                dataset.name,
                dataset.digest,
                dataset.cuff,
                bool(len(dataset.held_out)),
            )
        )
    return found


def _files(options: argparse.Namespace) -> list[Path]:
    """A file for each data set."""
    if options.windows is not None:
        rings, contacts = options.cuff or _USUAL_GRID
        return [grid_dataset(options.windows, options.cache, rings=rings, contacts=contacts)]
    if options.signatures is not None:
        if options.cuff is None:
            return options.signatures
        rings, contacts = options.cuff
        return [
            dataset_with_cuff(path, options.cache, rings=rings, contacts=contacts)
            for path in options.signatures
        ]
    try:
        return [
            simulated_dataset(subject, options.cache, _simulation(options))
            for subject in range(1, options.subjects + 1)
        ]
    except ValueError as error:
        raise InputError(f"--seconds: {error}") from None


def _simulation(options: argparse.Namespace) -> Simulation:
    snr_db = options.snr
    if snr_db is None and options.simulator == "simple":
        snr_db = SIMPLE_SNR_DB
    return Simulation(options.seconds, options.simulator, snr_db, options.jitter, options.causal)


def cells_of(
    options: argparse.Namespace, networks: Iterable[Network | Baseline], data: Sequence[Data]
) -> list[Cell]:
    """A cell for each network, seed, data set and fold; networks take the data's geometry."""
    return [
        _cell(options, network, schedule, seed, one, fold)
        for network in networks
        for schedule in [_schedule(options, network)]
        for seed in options.seeds
        for one in data
        for fold in range(1 if one.own_test else options.folds)
    ]


def _schedule(options: argparse.Namespace, network: Network | Baseline) -> Schedule | None:
    """How a network is trained; None for a baseline."""
    if isinstance(network, Baseline):
        return None
    return schedule_of(
        network,
        epochs=options.epochs,
        batch=options.batch,
        patience=options.patience,
        rate_scale=options.rate_scale,
        rates=options.rates,
        gain=options.gain,
    )


def _cell(
    options: argparse.Namespace,
    network: Network | Baseline,
    schedule: Schedule | None,
    seed: int,
    data: Data,
    fold: int,
) -> Cell:
    return Cell(
        network if schedule is None else replace(network, cuff=data.cuff),
        data.name,
        data.path,
        data.digest,
        1 if data.own_test else FOLDS,
        fold,
        options.samples,
        options.augmentation,
        seed,
        schedule,
    )
