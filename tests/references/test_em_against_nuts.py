"""EM-Laplace beside full Bayes on the same 50 people: two routes to the same hierarchy, one approximate and one sampled."""

import importlib.util

import numpy as np
import pytest

from benchmarks.bayes import SAMPLING, agreement
from benchmarks.fitting import synthetic_people
from cogmeta.fitting import fit
from cogmeta.models import make_model

INSTALLED = all(importlib.util.find_spec(name) for name in ("nutpie", "arviz"))


@pytest.fixture(scope="module")
def both():
    model = make_model("two_step/hybrid", perseveration="outside")
    trials = synthetic_people(model, 50, 0)
    return [fit(model, trials, method, covariance="diagonal", **own) for method, own in (("em", {}), ("nuts", {"sampling": SAMPLING}))]


@pytest.mark.slow
@pytest.mark.skipif(not INSTALLED, reason="needs the extra bayes (nutpie, ArviZ)")
def test_em_finds_the_subjects_that_full_bayes_finds(both):
    for parameter, r in agreement(*both)["unconstrained"].items():
        assert r >= 0.98, parameter


@pytest.mark.slow
@pytest.mark.skipif(not INSTALLED, reason="needs the extra bayes (nutpie, ArviZ)")
def test_em_s_group_lies_inside_the_intervals_of_full_bayes(both):
    em, nuts = both
    table = nuts.group_table
    means, sds = table[table["quantity"] == "mean"], table[table["quantity"] == "sd"]
    assert ((means["low"] < em.group["mean"]) & (em.group["mean"] < means["high"])).all()
    sd = np.sqrt(np.diag(em.group["covariance"]))
    # EM's SDs are the likeliest ones, which stand below the mean of a skewed posterior but inside its 95 %
    assert ((sds["low"] < sd) & (sd < sds["high"])).all()
