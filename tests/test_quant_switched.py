"""Continuous models whose weights change: states stay."""

import numpy as np
import pytest

from build_decoder.quant.operations.recurrence import Recurrence
from build_decoder.quant.other_weights import with_other_weights
from build_decoder.quant.switched import compute_switched
from tests.continuous import KINDS, quantised
from tests.reloads import built_model, other_model


@pytest.mark.parametrize("kind", KINDS)
def test_states_stay_when_weights_change(kind):
    model, x_raw = quantised(kind, count=12, headroom=2)
    other = with_other_weights(model)
    assert other.fingerprint() != model.fingerprint()
    which = np.array([0, 0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 0])
    got = compute_switched((model, other), which, x_raw)
    # Step by step, layer by layer.
    value = x_raw.reshape(12, 1, -1)
    for number in range(len(model.nodes)):
        state, given = None, []
        for step, model_number in enumerate(which):
            layer = (model, other)[model_number].nodes[number].layer
            if not hasattr(layer, "cell"):
                given.append(layer.compute(value[step : step + 1])[0])
                continue
            cell = layer.cell
            projected = cell.products.compute(value[step].reshape(1, -1))
            state = cell.compute(projected, cell.start(1) if state is None else state)
            given.append(state[0].reshape(layer.output_shape).astype(np.int64))
        value = np.array(given)
    np.testing.assert_array_equal(got, value.reshape(12, -1))
    # Before the first change, it is the old model; after it, not the new one from zero states.
    np.testing.assert_array_equal(got[:3], model.compute(x_raw)[:3])
    assert (got[3:5] != other.compute(x_raw[3:5])).any()


def test_without_a_change_it_is_the_model():
    model, x_raw = quantised("two", headroom=2)
    which = np.zeros(len(x_raw), dtype=int)
    np.testing.assert_array_equal(
        compute_switched((model,), which, x_raw), model.compute(x_raw)
    )


def test_frames_of_models_without_states_are_each_models_own():
    models = built_model(), other_model(built_model(), 1)
    x_raw = np.random.default_rng(0).integers(0, 16, (5, 11))
    which = np.array([1, 0, 0, 1, 1])
    expected = np.stack([model.compute(x_raw) for model in models])[which, np.arange(5)]
    np.testing.assert_array_equal(compute_switched(models, which, x_raw), expected)


def test_a_run_goes_on_where_the_one_before_it_ended():
    model, x_raw = quantised("gru")
    cell = model.nodes[0].layer.cell
    recurrence = Recurrence(cell, sequences=True, backward=False)
    projected = cell.products.compute(x_raw.reshape(1, *x_raw.shape))
    whole, last = recurrence.run(projected, cell.start(1))
    first, state = recurrence.run(projected[:, :7], cell.start(1))
    second, state = recurrence.run(projected[:, 7:], state)
    np.testing.assert_array_equal(np.concatenate([first, second], axis=1), whole)
    np.testing.assert_array_equal(state[0], last[0])
