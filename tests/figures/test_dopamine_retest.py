"""The retest of figure 7 measures each task as its own figure does, on players whose answer is known."""

import pandas as pd
import pytest

from analyses.rate_by_volatility import OneProbability
from cogmeta.simulate import simulate
from figures.wang2018_fig7_retest import CLAIMS, RETESTS, numbers
from tasks.players import player

KNOWN = {"matching": ("income-matcher", "random"), "inferred value": ("hidden-state", "experience-only"),
         "two-step": ("bayes-optimal", "random"), "Harlow": ("ideal", "random")}
"""Task -> a player that meets the claim, and one that does not."""


@pytest.mark.parametrize("name", KNOWN)
def test_who_solves_the_task_meets_its_claim_and_who_does_not_misses_it(name):
    retest, claim = RETESTS[name], next(claim for claim in CLAIMS if claim.measure == name)
    good, bad = (retest.measure(simulate(player(one, retest.task()), retest.task(), 100, seed=0)) for one in KNOWN[name])
    assert claim.met(good) and not claim.met(bad)


def test_who_infers_volatility_learns_faster_by_it_and_a_learner_of_one_rate_does_not():
    retest, claim = RETESTS["volatility"], next(claim for claim in CLAIMS if claim.measure == "volatility")
    one_rate = OneProbability().for_task(retest.task()).agent({"learning_rate": 0.2, "inverse_temperature": 10.0})
    infers, steady = (retest.measure(simulate(agent, retest.task(), 100, seed=0))
                      for agent in (player("volatility-learner", retest.task()), one_rate))
    assert claim.met(infers) and abs(steady) < 4 * 0.006  # 4 standard errors of the difference of two rates


def test_claims_are_about_the_pairs_that_hear_errors():
    table = pd.DataFrame([{"task": name, "hears": hears, "seed": seed, "number": number}
                          for name in RETESTS for hears, seed, number in (("rewards", 0, 9.0), ("errors", 0, 0.5), ("errors", 1, 0.75))])
    found = numbers({"measures": table})
    assert set(found) == set(RETESTS) and all(found[name] == pytest.approx([0.5, 0.75]) for name in found)
