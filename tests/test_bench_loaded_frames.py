"""Counts of frames beside the model that their time demands."""

import numpy as np

from build_decoder.bench.loaded_frames import LoadedFrames, judged, switches_within, telling_frames

EXPECTED = np.array([[[0], [1], [2], [3]], [[4], [5], [6], [7]], [[8], [9], [6], [0]]])


def counts(found, running):
    result = judged(
        np.array(found)[:, None], EXPECTED, np.array(running), np.array([0, 1, 1, 0], bool)
    )
    assert (result.frames, result.meanwhile) == (4, 2)
    return result.mismatches, result.mixed


def test_each_frame_is_of_the_model_of_its_time():
    assert counts([0, 1, 6, 7], [0, 0, 1, 1]) == (0, 0)
    assert counts([0, 5, 6, 0], [0, 1, 2, 2]) == (0, 0)


def test_what_no_model_of_that_time_makes_is_mixed():
    # Of the model before or after: a mismatch. Of one that ran long ago, or of none: mixed.
    assert counts([0, 1, 6, 3], [0, 1, 1, 1]) == (2, 0)
    assert counts([0, 1, 6, 3], [0, 0, 1, 2]) == (1, 1)
    assert counts([0, 1, 9, 7], [0, 0, 1, 1]) == (1, 1)


def test_a_switch_is_found_within_its_bounds():
    old, new = EXPECTED[0], EXPECTED[1]
    found = np.array([[0], [1], [6], [7]])
    assert switches_within(found, old, new, 0, 4) == 2
    # Where it may not lie, it does not.
    assert switches_within(found, old, new, 3, 4) == 3


def test_frames_tell_each_model_from_the_next():
    assert telling_frames(np.zeros((4, 1)), EXPECTED).tolist() == [0, 1, 3]


def test_counts_have_names():
    assert LoadedFrames(frames=4, meanwhile=2, mismatches=1, mixed=0).as_json() == {
        "frames": 4, "meanwhile": 2, "mismatches": 1, "mixed": 0
    }
