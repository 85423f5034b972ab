"""Readouts find what is there, and nothing where there is nothing."""

import numpy as np
import pytest

from analyses.decoding import area_under_curve, cross_validated_readout
from cogmeta.errors import UserError


def test_what_lies_along_a_line_of_activity_is_read_out_as_well_as_noise_allows(rng):
    target = rng.normal(size=(40, 60))
    noise = rng.normal(size=(40, 60, 5))
    activity = target[..., None] * np.ones(5) + noise  # five noisy copies: their mean has noise of sd 1 / sqrt(5)
    readout = cross_validated_readout(activity, target, rng)
    assert np.corrcoef(readout.ravel(), target.ravel())[0, 1] == pytest.approx(np.sqrt(1 / 1.2), abs=0.02)  # 4 se and more


def test_what_marks_an_episode_does_not_foretell_other_episodes(rng):
    """Every episode has a target of its own and activity of its own: whoever had seen half of it would know the rest."""
    target = np.tile(rng.integers(0, 2, 60), (40, 1))
    activity = np.tile(rng.normal(size=(60, 20)), (40, 1, 1))
    readout = cross_validated_readout(activity, target, rng)
    assert area_under_curve(readout[0], target[0]) < 0.5 + 4 * np.sqrt(1 / (12 * 15))  # 60 episodes, standard error .075


def test_the_area_is_that_of_all_pairs(rng):
    score, positive = rng.integers(0, 5, 40), rng.random(40) < 0.4
    pairs = score[positive][:, None] - score[~positive]
    assert area_under_curve(score, positive) == pytest.approx((pairs > 0).mean() + (pairs == 0).mean() / 2)


@pytest.mark.parametrize("n_folds, target, sentence", [(9, np.zeros((4, 6)), "number of episodes, 6"), (2, np.zeros(6), "one number a step")])
def test_what_cannot_be_cross_validated_is_refused(n_folds, target, sentence, rng):
    with pytest.raises(UserError, match=sentence):
        cross_validated_readout(np.zeros((4, 6, 2)), target, rng, n_folds)
