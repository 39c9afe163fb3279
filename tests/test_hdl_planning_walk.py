"""Least memory of walks: against ring buffers that are run, and known numbers."""

import numpy as np
import pytest

from build_decoder.hdl.planning.walk import WalkMemory
from build_decoder.models.walk import Walk


def goes_through(walk: Walk, count: int, depth: int, frames: int = 3) -> bool:
    """Whether a ring buffer of ``depth`` words serves the walk: nothing is ever stuck."""
    indices = [int(index) for index in walk.indices]
    reads = [
        (frame, index + frame * count if 0 <= index < count else None)
        for frame in range(frames)
        for index in indices
    ]
    left = [0] * (frames * count)
    for _, value in reads:
        if value is not None:
            left[value] += 1
    words = [None] * depth
    written = read = 0
    while read < len(reads):
        _, value = reads[read]
        if value is None or value < written:
            if value is not None:
                assert words[value % depth] == value
                left[value] -= 1
            read += 1
            continue
        old = written - depth
        if depth == 0 or (old >= 0 and left[old]):
            return False
        words[written % depth] = written
        written += 1
    return True


def random_walk(random: np.random.Generator, count: int) -> Walk:
    loops = tuple(
        (int(random.integers(1, 5)), int(random.integers(-count, count + 1)))
        for _ in range(random.integers(1, 4))
    )
    return Walk(loops, int(random.integers(-2, count + 2)))


def test_depth_is_the_least_ring_buffer_of_random_walks():
    random = np.random.default_rng(0)
    depths = []
    for _ in range(600):
        count = int(random.integers(1, 15))
        walk = random_walk(random, count)
        depth = WalkMemory(walk, count).depth
        served = [goes_through(walk, count, words) for words in range(2 * count + 1)]
        assert served.index(True) == depth, (walk, count)
        assert all(served[depth:])
        depths.append(depth)
    assert {0, 1} <= set(depths)
    assert max(depths) > 10


def test_what_must_be_there_and_what_may_go_after_each_step():
    random = np.random.default_rng(1)
    for _ in range(200):
        count = int(random.integers(1, 15))
        walk = random_walk(random, count)
        memory = WalkMemory(walk, count)
        inside = [n if 0 <= n < count else None for n in walk.indices.tolist()]
        for step in range(walk.count):
            before = [n for n in inside[: step + 1] if n is not None]
            later = [n for n in inside[step + 1 :] if n is not None]
            assert memory.needed[step] == max(before, default=-1) + 1
            assert memory.done_with[step] == min(later, default=count)
            assert memory.inside[step] == (inside[step] is not None)


@pytest.mark.parametrize(
    ("walk", "count", "depth"),
    [
        # As it comes.
        (Walk(((7, 1),)), 7, 1),
        # Backwards: all must have come.
        (Walk(((7, -1),), 6), 7, 7),
        # Pass after pass over a frame.
        (Walk(((3, 0), (7, 1))), 7, 7),
        # Windows of 4 that move by one: the first value of each is done with before the last comes.
        (Walk(((6, 1), (4, 1))), 9, 3),
        # 7 rings of 8 contacts, read contact by contact of all rings: within a time step, or with
        # time as the fast axis.
        (Walk(((100, 56), (8, 1), (7, 8))), 5600, 48),
        (Walk(((8, 100), (7, 800), (100, 1))), 5600, 4800),
        # Nothing but beside the frame.
        (Walk(((3, 1),), 9), 9, 0),
    ],
)
def test_known_depths(walk, count, depth):
    assert WalkMemory(walk, count).depth == depth


def test_a_frame_without_values_is_refused():
    with pytest.raises(ValueError, match="expected a frame of at least 1 value, got 0"):
        WalkMemory(Walk(((1, 1),)), 0)
