"""The nerve cuff, and the two orders of its contacts."""

from dataclasses import dataclass

import numpy as np

from build_decoder.models.walk import Walk

__all__ = ["NerveCuff"]


@dataclass(frozen=True)
class NerveCuff:
    """Geometry of a multi-contact cuff and of its spatiotemporal signatures (Section 2.1).

    Parameters
    ----------
    rings:
        Rings of contacts along the nerve.
    contacts:
        Contacts of a ring, around the nerve.
    samples:
        Time samples of a signature: 100 are 3.33 ms at 30 kHz.
    classes:
        Kinds of stimulus that are told apart.
    """

    rings: int = 7
    contacts: int = 8
    samples: int = 100
    classes: int = 3

    def __post_init__(self):
        sizes = (self.rings, self.contacts, self.samples)
        if min(sizes) < 1 or self.classes < 2:
            raise ValueError(
                "expected at least 1 ring, contact and sample and 2 classes, got "
                f"{', '.join(map(str, sizes))} and {self.classes}"
            )

    @property
    def channels(self) -> int:
        """Contacts in all."""
        return self.rings * self.contacts

    def temporal_order(self) -> np.ndarray:
        """Row of the spatial signature that each row of the temporal one is, (channels,).

        With spatial emphasis, rows lie ring by ring: row ``ring * contacts + contact``. With
        temporal emphasis they lie line by line along the nerve: row ``contact * rings + ring``.
        """
        rows = np.arange(self.channels).reshape(self.rings, self.contacts)
        return rows.T.reshape(-1)

    def temporal_walk(self) -> Walk:
        """`temporal_order`, value by value: hardware needs one buffer and two address maps."""
        ring = self.contacts * self.samples
        return Walk(((self.contacts, self.samples), (self.rings, ring), (self.samples, 1)))
