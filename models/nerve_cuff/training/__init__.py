"""Training of the nerve-cuff networks (Sections 2.1 to 2.3 of the paper of `models.nerve_cuff`).

A `Cell` is one network on one part of a cross-validation of one subject: everything that decides
the result, and nothing else. `run_cells` trains those that a results file has no row of yet, and
appends a row for each. `python -m build_decoder.models.nerve_cuff.training` is its command line.
"""

try:
    import joblib  # noqa: F401
    import scipy  # noqa: F401
    import sklearn  # noqa: F401
except ImportError as _error:
    raise ImportError(
        "models.nerve_cuff.training: expected joblib, SciPy and scikit-learn "
        f"(pip install build_decoder[train]), got a Python without {_error.name}"
    ) from None

from build_decoder.models.nerve_cuff.training.baselines import Baseline
from build_decoder.models.nerve_cuff.training.cells import Cell
from build_decoder.models.nerve_cuff.training.dataset import Dataset, read_dataset, save_dataset
from build_decoder.models.nerve_cuff.training.results import read_rows
from build_decoder.models.nerve_cuff.training.runner import Backend, run_cells
from build_decoder.models.nerve_cuff.training.schedule import Schedule, Stage, schedule_of

__all__ = [
    "Backend",
    "Baseline",
    "Cell",
    "Dataset",
    "Schedule",
    "Stage",
    "read_dataset",
    "read_rows",
    "run_cells",
    "save_dataset",
    "schedule_of",
]
