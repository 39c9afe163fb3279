"""Samples of all contacts that occur a second time: buffers sent twice, recordings looped."""

import numpy as np

__all__ = ["RepeatFinder"]

_ROWS = 8  # samples in a row that have to be the same: fewer can be so by chance
_GRID = 64  # every so many samples a place is remembered
_JOIN = 4 * _GRID  # matches closer than this are of one run


class RepeatFinder:
    """Finds samples of all contacts that are those of another time, bit for bit.

    It remembers a sum of `_ROWS` samples of all contacts at every `_GRID`-th, so a run is found if
    it is longer than both together, wherever in the recording it was before.
    """

    def __init__(self, channels: int):
        rng = np.random.default_rng(0)
        self._weights = rng.integers(1, 2**63, channels, dtype=np.uint64) | np.uint64(1)
        self._shifts = rng.integers(1, 2**63, _ROWS, dtype=np.uint64) | np.uint64(1)
        self._keys = np.empty(0, np.uint64)
        self._places = np.empty(0, np.int64)
        self._found: list[tuple[np.ndarray, np.ndarray]] = []
        self._sums: np.ndarray | None = None
        self.held = 0  # samples of all contacts that are those before them

    def add(self, start: int, block: np.ndarray) -> None:
        """Take in the next samples, (samples, channels), which begin at `start`."""
        bits = _as_bits(block)
        rows = np.zeros(len(bits), np.uint64)
        sums = np.empty(bits.shape[1], np.uint64)
        times = np.arange(1, len(bits) + 1, dtype=np.uint64) * self._weights[0]
        for channel, weight in enumerate(self._weights):
            values = bits[:, channel].astype(np.uint64)
            rows += values * weight
            sums[channel] = (values * times).sum()
        same = self._sums is None or len(self._sums) == 0
        self._sums = sums[None] if same else np.concatenate([self._sums, sums[None]])
        if len(rows) <= _ROWS:
            return
        count = len(rows) - _ROWS
        keys = sum(
            (rows[shift : shift + count] * factor for shift, factor in enumerate(self._shifts)),
            np.zeros(count, np.uint64),
        )
        # Where a sample is that before it, nothing moves, which is another fault.
        moved = np.concatenate([[0], np.cumsum(rows[1:] != rows[:-1])])
        self.held += len(rows) - 1 - int(moved[-1])
        moves = moved[_ROWS - 1 : _ROWS - 1 + count] - moved[:count] == _ROWS - 1
        places = start + np.arange(count)
        self._match(keys[moves], places[moves])

    def _match(self, keys: np.ndarray, places: np.ndarray) -> None:
        grid = places % _GRID == 0
        self._keys = np.concatenate([self._keys, keys[grid]])
        self._places = np.concatenate([self._places, places[grid]])
        order = np.lexsort([self._places, self._keys])
        self._keys, self._places = self._keys[order], self._places[order]
        if not len(self._keys):
            return
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        before = self._places[at]
        hit = (self._keys[at] == keys) & (before < places)
        self._found.append((places[hit], before[hit]))

    def runs(self) -> list[tuple[int, int, int]]:
        """Runs of samples: the first, the one after the last, and where they were before."""
        if not self._found:
            return []
        places, before = (np.concatenate(parts) for parts in zip(*self._found, strict=True))
        if not len(places):
            return []
        cuts = np.flatnonzero(np.diff(places) > _JOIN) + 1
        firsts, lasts = np.concatenate([[0], cuts]), np.concatenate([cuts, [len(places)]]) - 1
        return [
            (int(places[a]), int(places[b]) + _ROWS, int(before[a]))
            for a, b in zip(firsts, lasts, strict=True)
        ]

    def equal_channels(self) -> list[tuple[int, int]]:
        """Pairs of channels whose samples are the same all the time, and are not all 0."""
        if self._sums is None:
            return []
        first: dict[bytes, int] = {}
        pairs = []
        for channel, sums in enumerate(self._sums.T):
            if not sums.any():
                continue
            other = first.setdefault(sums.tobytes(), channel)
            if other != channel:
                pairs.append((other, channel))
        return pairs


def _as_bits(block: np.ndarray) -> np.ndarray:
    if block.dtype.kind == "f":
        block = np.ascontiguousarray(block, f"f{max(block.dtype.itemsize, 4)}")
        bits = block.view(f"u{block.dtype.itemsize}")
        # Whole numbers in doubles have zeros in all low bits, and sums keep no more than 64 bits.
        return bits ^ (bits >> np.uint64(32)) if bits.dtype.itemsize == 8 else bits
    return block
