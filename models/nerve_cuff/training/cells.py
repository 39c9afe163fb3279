"""One training: a network, its data and how it is trained."""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from build_decoder.models.nerve_cuff.training.baselines import Baseline
from build_decoder.models.nerve_cuff.training.schedule import Network, Schedule

__all__ = ["Cell", "describe"]


@dataclass(frozen=True)
class Cell:
    """One training, of which a results file has one row.

    Parameters
    ----------
    network:
        The network or baseline that is trained.
    subject:
        Name of the data; it tells cells apart for people, the digest does so for `key`.
    path:
        File of the data (`read_dataset`). Not a part of the identity: `digest` is.
    digest:
        `Dataset.digest` of the data.
    folds:
        Parts of the cross-validation; 1 where the data has a test set of its own.
    fold:
        The part that is tested on, from 0.
    samples:
        Signatures of each class in the training set; 0 leaves it as it was measured.
    augmentation:
        ``mean`` or ``shift``: how the training set is filled up; see `training_set`.
    seed:
        Of everything random. The folds do not depend on it, so that seeds can be compared.
    schedule:
        How it is trained; None for a baseline.
    """

    network: Network | Baseline
    subject: str
    path: str
    digest: str
    folds: int
    fold: int
    samples: int
    augmentation: str
    seed: int
    schedule: Schedule | None

    def identity(self) -> dict[str, Any]:
        """All that decides the result, as JSON values."""
        return {
            "network": describe(self.network),
            "digest": self.digest,
            "folds": self.folds,
            "fold": self.fold,
            "samples": self.samples,
            # Where nothing is filled up, the way of doing so decides nothing.
            "augmentation": self.augmentation if self.samples else None,
            "seed": self.seed,
            "schedule": json.loads(json.dumps(asdict(self.schedule))) if self.schedule else None,
        }

    @cached_property
    def key(self) -> str:
        """Name of the identity: 32 hexadecimal digits of its SHA-256."""
        text = json.dumps(self.identity(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def describe(network: Network | Baseline) -> dict[str, Any]:
    """A network as JSON values: the name of its family and its parameters."""
    fields = {"family": type(network).__name__, **asdict(network)}
    return json.loads(json.dumps(fields))
