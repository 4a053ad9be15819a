"""Affiliation metrics against the slow obvious version, and of random alarms."""

import numpy as np
from hypothesis import given, settings

import naive_metrics as naive
from labelled_rows import reported
from spectra import metrics


@settings(deadline=None)
@given(reported())
def test_affiliation_is_that_of_the_definition(case):
    labels, alarms = case
    np.testing.assert_allclose(
        metrics.affiliation(labels, alarms), naive.affiliation(labels, alarms), atol=1e-12
    )


def test_random_alarms_have_an_affiliation_of_about_a_half():
    rng = np.random.default_rng(6)
    labels = np.zeros(20_000, dtype=int)
    labels[10_000] = 1
    found = [
        metrics.affiliation(labels, np.arange(20_000) == row).precision
        for row in rng.integers(0, 20_000, 400)
    ]
    # The mean of a uniform probability, within four standard errors.
    assert abs(np.mean(found) - 0.5) < 4 * np.sqrt(1 / 12 / 400)
