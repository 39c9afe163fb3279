"""The order of contacts within a ring, by the lines along the nerve on which signals travel."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from build_decoder.models.nerve_cuff.cuff import NerveCuff
from build_decoder.models.nerve_cuff.recordings.checks.finding import Finding, contacts_text

__all__ = ["order_findings"]

# Standard deviations from which an order is taken to be another one; in good recordings the usual
# order is never worse than any other by more than one.
_SURE = 4.0
_UNLIKE = -0.5  # cosine of two contacts' difference and that of the other rings at their places
_BETTER = 0.1  # of cosine, that a ring has to agree better once it is turned


def order_findings(
    cuff: NerveCuff, delays: np.ndarray, noise: float, usable: np.ndarray
) -> Iterator[Finding]:
    """Warnings of contacts that lie in another order in one ring than in the others.

    A fibre lies nearer to some lines of contacts along the nerve than to others, in all rings. How
    the delays from two contacts of a ring to all contacts of the other rings differ is
    therefore how they differ from the contacts at these two places in the other rings. Of
    contacts that are swapped it is the opposite. Another order that all rings have is not told,
    and does no harm.

    Parameters
    ----------
    delays:
        (channels, channels), antisymmetric: imaginary part of the coherency.
    noise:
        Variance of one of its values, once the means of rings are taken off.
    usable:
        Contacts that are judged, (channels,): those of which nothing else is wrong.
    """
    if cuff.contacts < 2:
        return
    wired = np.arange(cuff.channels)
    known = delays, noise, usable, cuff.rings
    # Two contacts that are swapped can look like a ring that is wired backwards.
    order = max(
        (_swapped(start, *known) for start in (wired, _turned(wired, *known))),
        key=lambda order: _alike(order, *known)[0].sum(),
    )
    for ring, places in enumerate(order.reshape(cuff.rings, -1)):
        moved = places[places != wired.reshape(cuff.rings, -1)[ring]]
        if moved.size == 2:
            told = "each has the delays of the other's place in the other rings: swapped?"
        else:
            told = f"in another order than other rings: ring {ring} turned, or wired backwards?"
        if moved.size:
            yield Finding(False, "wiring", f"{contacts_text(np.sort(moved), cuff)}: {told}")


def _turned(
    order: np.ndarray, delays: np.ndarray, noise: float, usable: np.ndarray, rings: int
) -> np.ndarray:
    """`order` with rings turned, or wired backwards, where they agree better so with the others."""
    contacts = len(order) // rings
    numbers = np.arange(contacts)
    turns = [step * numbers + turn for turn in numbers for step in (1, -1)]
    for _ in range(rings):
        found = []
        for ring, one in enumerate(_compared(order, delays, noise, usable, rings)):
            size = np.linalg.norm(one.here) * np.linalg.norm(one.there)
            for turn in turns:
                other = one.there[turn % contacts]
                gained = (one.here * (other - one.there)).sum()
                variance = (
                    one.noise * np.square(other - one.there).sum()
                    + 2 * one.others_noise * (np.square(one.here).sum()
                                              + one.noise * one.here.size)
                )
                if gained > max(_SURE * np.sqrt(variance), _BETTER * size):
                    found.append((gained / np.sqrt(variance), ring, turn % contacts))
        if not found:
            break
        _, ring, turn = max(found, key=lambda each: each[0])
        order = order.copy()
        here = order[ring * contacts : (ring + 1) * contacts]
        here[turn] = here.copy()
    return order


def _swapped(
    order: np.ndarray, delays: np.ndarray, noise: float, usable: np.ndarray, rings: int
) -> np.ndarray:
    """`order` with two contacts of a ring swapped, as often as that is how the others have them.

    Each pair is put back before the next is looked for, as it takes part in the comparison.
    """
    contacts = len(order) // rings
    product, cosine = _alike(order, delays, noise, usable, rings)
    for _ in order:
        tries = [(product.sum(), order, product, cosine)]
        for ring, *pair in np.argwhere(np.triu((product < -_SURE) & (cosine < _UNLIKE))):
            places = ring * contacts + np.array(pair)
            moved = order.copy()
            moved[places] = moved[places[::-1]]
            again = _alike(moved, delays, noise, usable, rings)
            tries.append((again[0].sum(), moved, *again))
        _, best, product, cosine = max(tries, key=lambda each: each[0])
        if best is order:
            break
        order = best
    return order


@dataclass(frozen=True)
class _Compared:
    """A ring beside the others.

    Parameters
    ----------
    here, there:
        Delays from each contact of the ring, and from those of the other rings at its place, to
        the lines of contacts, (contacts, lines).
    noise, others_noise:
        Variance of a value of each.
    judged:
        Whether both contacts of a pair can be judged, (contacts, contacts).
    """

    here: np.ndarray
    there: np.ndarray
    noise: float
    others_noise: float
    judged: np.ndarray


def _compared(
    order: np.ndarray, delays: np.ndarray, noise: float, usable: np.ndarray, rings: int
) -> Iterator[_Compared]:
    """Each ring beside the others, its contacts taken in `order`."""
    good = usable[order].astype(np.float64)
    both = (good[:, None] * good).reshape(rings, len(order) // rings, rings, -1)
    values = delays[np.ix_(order, order)].reshape(both.shape) * both
    mean = values.sum(axis=(1, 3)) / np.maximum(both.sum(axis=(1, 3)), 1)
    weight = _weights(mean)
    for axis in (1, 3):
        part = values.sum(axis=axis, keepdims=True)
        values = both * (values - part / np.maximum(both.sum(axis=axis, keepdims=True), 1))
    for ring in range(rings):
        others = np.delete(np.arange(rings), ring)
        inner = weight[np.ix_(others, others)]
        yield _Compared(
            np.einsum("q,aqc->ac", weight[ring], values[ring]),
            np.einsum("qp,qapc->ac", inner, values[others][:, :, others]),
            noise * np.square(weight[ring]).sum(),
            noise * np.square(inner).sum(),
            both[ring, :, ring] > 0,
        )


def _alike(
    order: np.ndarray, delays: np.ndarray, noise: float, usable: np.ndarray, rings: int
) -> tuple[np.ndarray, np.ndarray]:
    """How alike two contacts' difference is in their ring and in the others.

    Returns
    -------
    Product of the differences in standard deviations, and their cosine, (rings, contacts,
    contacts) each; 0 where a contact cannot be judged.
    """
    products, cosines = [], []
    for ring in _compared(order, delays, noise, usable, rings):
        one, other = (rows[:, None] - rows for rows in (ring.here, ring.there))
        dots = (one * other).sum(axis=2)
        squares, others_squares = (np.square(each).sum(axis=2) for each in (one, other))
        variance = (
            2 * ring.noise * others_squares + 2 * ring.others_noise * squares
            + 4 * len(one) * ring.noise * ring.others_noise
        )
        least = np.finfo(float).tiny
        products.append(ring.judged * dots / np.sqrt(np.maximum(variance, least)))
        size = np.sqrt(np.maximum(squares * others_squares, least))
        cosines.append(ring.judged * dots / size)
    return np.array(products), np.array(cosines)


def _weights(mean: np.ndarray) -> np.ndarray:
    """Weights of the ways from ring to ring: their usual delay, by how far they are apart.

    `mean` are those of all their contacts, (rings, rings). Rings far apart have one of the other
    sign, or none, where it is a half of a period or a whole.
    """
    rings = len(mean)
    apart = np.arange(rings) - np.arange(rings)[:, None]
    later = np.sign(apart) * mean
    usual = np.array([
        np.median(later[np.abs(apart) == distance]) if distance else 0.0
        for distance in range(rings)
    ])
    weight = np.sign(apart) * usual[np.abs(apart)]
    return weight / max(np.abs(weight).max(), np.finfo(float).tiny)
