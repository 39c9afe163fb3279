"""Trains cells beside each other, and keeps what is finished."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import joblib
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from build_decoder.models.errors import InputError
from build_decoder.models.nerve_cuff.training.cells import Cell
from build_decoder.models.nerve_cuff.training.results import Row, open_results
from build_decoder.models.nerve_cuff.training.training import train_cell

__all__ = ["BACKENDS", "Backend", "run_cells"]

BACKENDS = ("loky", "dask", "ray", "sequential")


@dataclass(frozen=True)
class Backend:
    """Where cells are trained.

    Parameters
    ----------
    name:
        One of `BACKENDS`, by joblib's own ``parallel_config``: ``loky`` are processes of this
        machine, ``dask`` a Dask cluster, ``ray`` a Ray cluster, ``sequential`` this process.
    jobs:
        Cells at a time, each with one thread; of Dask, workers of a cluster that is made here.
    scheduler:
        Address of a Dask cluster that is there already; empty for a local one.
    """

    name: str = "loky"
    jobs: int = 1
    scheduler: str = ""


def run_cells(cells: Sequence[Cell], results: Path, backend: Backend) -> list[Row]:
    """Train the `cells` that have no row in `results`; returns the rows of all, in their order.

    A cell that is named more than once has one row.

    A row is written as soon as its cell is finished: a run that was killed and is started again
    repeats unfinished cells only. Progress goes to standard error.

    Raises
    ------
    InputError
        The results file or data are not as they must be, another run has the file open, or the
        backend is not installed.
    """
    by_key = {cell.key: cell for cell in cells}
    with open_results(results) as file:
        missing = [cell for key, cell in by_key.items() if key not in file.keys]
        if missing:
            done = len(by_key) - len(missing)
            with _configured(backend), _progress(len(by_key), done) as advance:
                parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1)
                for row in parallel(joblib.delayed(train_cell)(cell) for cell in missing):
                    file.append(row)
                    advance(row)
        rows = {row["key"]: row for row in file.rows}
    return [rows[key] for key in by_key]


@contextlib.contextmanager
def _configured(backend: Backend) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        if backend.name == "dask":
            stack.enter_context(_dask_client(backend))
        elif backend.name == "ray":
            _register_ray()
        with joblib.parallel_config(backend=backend.name, n_jobs=backend.jobs):
            yield


def _dask_client(backend: Backend):
    try:
        from dask.distributed import Client, LocalCluster
    except ImportError:
        raise _absent("dask", "Dask (pip install build_decoder[train])") from None
    if backend.scheduler:
        try:
            return Client(backend.scheduler, timeout=10)
        except (OSError, ValueError):
            raise InputError.at(
                "--scheduler", "", expected="the address of a Dask cluster", got=backend.scheduler
            ) from None
    # TensorFlow's threads and Dask's do not go together well in one process.
    cluster = LocalCluster(
        n_workers=backend.jobs, threads_per_worker=1, processes=True, dashboard_address=None
    )
    return _Owned(cluster, Client(cluster))


class _Owned(contextlib.ExitStack):
    """Closes the client, then the cluster that was made for it."""

    def __init__(self, cluster, client):
        super().__init__()
        self.enter_context(cluster)
        self.enter_context(client)


def _register_ray() -> None:
    try:
        from ray.util.joblib import register_ray
    except ImportError:
        raise _absent("ray", "Ray (pip install ray)") from None
    register_ray()


def _absent(name: str, expected: str) -> InputError:
    return InputError.at(f"--backend {name}", "", expected=expected, got="a Python without it")


@contextlib.contextmanager
def _progress(total: int, done: int):
    console = Console(stderr=True)
    columns = (
        TextColumn("cells"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("cells", total=total, completed=done)

        def advance(row: Row) -> None:
            network = row["network"]
            progress.console.print(
                f"{row['subject']} fold {row['fold']} seed {row['seed']}: {network['family']} "
                f"of {row['weights']:,} weights, macro F1 {row['macro_f1']:.3f}, "
                f"{row['seconds']:g} s",
                highlight=False,
                soft_wrap=True,
            )
            progress.advance(task)

        yield advance
