"""Feher da Silva & Hare 2020 (Nat Hum Behav 4:1053), magic carpet: the public trials, counted here by a plain loop.

Expected: stays of 24 people, slow trials dropped, and the pooled logistic regression on effects coded +-1 (intercept .705,
reward -.001, transition -.042, reward x transition .783), each computed from the public files by another program.
"""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analyses.stay_probability import stay_probability
from analyses.stay_regression import stay_regression
from cogmeta.data import load_trials

CELLS = {(1, True): 0.801, (1, False): 0.473, (0, True): 0.481, (0, False): 0.822}


@pytest.fixture(scope="module")
def trials(data_folder):
    return load_trials("feher2020_twostep", data_folder, story="magic_carpet")


@pytest.fixture(scope="module")
def pairs(trials):
    """(reward, common, stayed) of every trial that was answered and whose predecessor among the answered was, too."""
    rows = []
    for subject, own in trials.groupby("subject", sort=False):
        before = None
        for choice, state, reward in own[["choice1", "state2", "reward"]].itertuples(index=False):
            if pd.isna(choice):
                continue
            if before is not None:
                rows.append((subject, int(before[2]), bool(before[0] == before[1]), bool(choice == before[0])))
            before = (choice, state, reward)
    return pd.DataFrame(rows, columns=["subject", "reward", "common", "stay"])


def test_people_stay_as_published(pairs, trials):
    each = pairs.groupby(["subject", "reward", "common"])["stay"].mean()
    found, ours = each.groupby(["reward", "common"]).mean(), stay_probability(trials).groupby("cell")["stay"].mean()
    for (rewarded, common), share in CELLS.items():
        assert found[rewarded, common] == pytest.approx(share, abs=0.0005)  # as printed, to three digits
        cell = f"{'rewarded' if rewarded else 'unrewarded'}_{'common' if common else 'rare'}"
        assert ours[cell] == pytest.approx(found[rewarded, common], abs=1e-12)


def test_the_pooled_regression_is_that_of_statsmodels_and_shows_planning_alone(pairs, trials):
    reward, common = 2 * pairs["reward"] - 1, 2 * pairs["common"].astype(int) - 1
    design = np.stack([np.ones(len(pairs)), reward, common, reward * common], axis=1)
    peer = sm.GLM(pairs["stay"].astype(float), design, family=sm.families.Binomial()).fit()
    np.testing.assert_allclose(peer.params, [0.705, -0.001, -0.042, 0.783], atol=0.0005)
    ours = stay_regression(trials).set_index("term")
    np.testing.assert_allclose(ours["coefficient"], peer.params, atol=1e-6)  # both stop when the score vanishes
    np.testing.assert_allclose(ours["standard_error"], peer.bse, rtol=1e-4)
