"""A model of one's own, 30 lines and not registered, has what the registered ones have."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from analyses.compare_results import compare_all
from analyses.comparison import Comparison
from analyses.draw import draw
from analyses.posterior_predictive import posterior_predictive
from cogmeta.errors import UserError
from cogmeta.fitting import (
    Fit, HierarchicalComparison, Recovery, Sampling, check_model, confuse, fit, fit_hbi, held_out_log_likelihood, latents, recover,
)
from cogmeta.simulate import simulate
from tasks.registry import make_task

TASK, OTHER = make_task("bandit/independent", n_trials=40), "bandit/choice_kernel"


@pytest.fixture(scope="module")
def mine():
    spec = importlib.util.spec_from_file_location("my_model", Path(__file__).parents[1] / "examples" / "my_model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.TwoRates()


@pytest.fixture(scope="module")
def people(mine):
    rng = np.random.default_rng(0)
    own = {"learning_rate_gain": rng.uniform(0.3, 0.9, 12), "learning_rate_loss": rng.uniform(0.1, 0.5, 12), "inverse_temperature": np.full(12, 6.0)}
    trials = simulate(mine.agent(own), TASK, 12, seed=1).to_trials()
    episode = trials["subject"].astype(int)
    return trials.assign(subject=[f"s{e % 6}" for e in episode], session=episode // 6, age=20 + episode % 6)


def test_it_is_fitted_saved_followed_and_held_out(mine, people, tmp_path):
    check_model(mine)
    for method, own in {"mle": {}, "map": {"priors": {"learning_rate_gain": "beta(2, 2)"}}, "em": {"covariates": "~ age"}}.items():
        found = fit(mine, people, method, n_starts=2, **own)
        found.save(tmp_path / method)
        with pytest.raises(UserError, match="not registered: pass model="):
            Fit.load(tmp_path / method)
        assert Fit.load(tmp_path / method, model=mine).parameters.equals(found.parameters)
        assert draw(found).axes
    assert latents(found, people)["reward_prediction_error"].notna().all()
    assert held_out_log_likelihood(mine, people, "session", n_starts=2).notna().all()
    assert len(posterior_predictive(found, people, 20).summary()) == 4


def test_it_is_recovered_confused_and_told_from_others(mine, people, tmp_path):
    recover(mine, people, n_starts=2).save(tmp_path / "recovery")
    assert set(Recovery.load(tmp_path / "recovery", model=mine).summary().index) == set(mine.parameter_names)
    assert confuse([mine, OTHER], people, n_starts=1).counts.index.tolist() == [mine.name, OTHER]
    fit_hbi([mine, OTHER], people, n_starts=2).save(tmp_path / "hbi")
    with pytest.raises(UserError, match=r"not registered: pass models=\[...\]"):
        HierarchicalComparison.load(tmp_path / "hbi")
    assert HierarchicalComparison.load(tmp_path / "hbi", models=[mine]).table["frequency"].idxmax() == mine.name


def test_it_stands_in_comparisons_beside_registered_ones(mine, people, tmp_path):
    results = compare_all(TASK, {"people": people}, {}, [mine, OTHER], held_out="session", hbi=True)
    score = results.comparison.likelihood.set_index("player")["held_out"]
    assert score[mine.name] > score[OTHER] > score["chance"] - 1
    results.comparison.save(tmp_path)
    assert Comparison.load(tmp_path, models={mine.name: mine}).fits["people", mine.name].model.name == mine.name


def test_its_group_is_sampled(mine, people):
    pytest.importorskip("nutpie")
    found = fit(mine, people, "nuts", sampling=Sampling(n_chains=2, n_draws=50, n_tune=100))
    assert set(found.group_table["parameter"]) == set(mine.parameter_names)
