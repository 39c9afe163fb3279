"""Weights fitted again to coarse values of the layer before."""

import numpy as np

from build_decoder.quant.refit import refitted


def test_equal_values_change_nothing():
    random = np.random.default_rng(0)
    x, weights, bias = random.normal(size=(200, 6)), random.normal(size=(6, 3)), np.arange(3.0)
    again, constant = refitted(weights, bias, x, x)
    np.testing.assert_allclose(again, weights, atol=1e-12)
    np.testing.assert_allclose(constant, bias, atol=1e-12)


def test_a_constant_goes_into_the_bias_and_a_factor_into_the_weights():
    random = np.random.default_rng(1)
    x, weights, bias = random.normal(size=(500, 4)), random.normal(size=(4, 2)), np.ones(2)
    taken = 0.75 * x + 2.0
    again, constant = refitted(weights, bias, x, taken)
    sums = x @ weights + bias
    before = np.abs(taken @ weights + bias - sums).mean()
    assert np.abs(taken @ again + constant - sums).mean() < before / 50
    np.testing.assert_allclose((taken @ again + constant).mean(axis=0), sums.mean(axis=0))


def test_values_that_never_change_are_no_trouble():
    x = np.random.default_rng(2).normal(size=(50, 3))
    weights, bias = np.ones((3, 2)), np.zeros(2)
    again, constant = refitted(weights, bias, x, np.zeros_like(x))
    assert np.isfinite(again).all()
    np.testing.assert_allclose(constant, (x @ weights).mean(axis=0))
