"""Nested cross-validation: outer folds are seen by nobody, inner folds choose, and the command writes all of it."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from analyses.fit_network_command import app
from cogmeta.errors import UserError
from cogmeta.fitting import nested
from cogmeta.fitting.nested import nested_cross_validation
from cogmeta.fitting.tiny_network import Descent, TinyData
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.registry import make_task

BRIEF = Descent(max_epochs=30, step_size=0.05)


@pytest.fixture(scope="module")
def trials():
    learner = make_model("bandit/rescorla_wagner").agent({"learning_rate": 0.5, "inverse_temperature": 6.0})
    return simulate(learner, make_task("bandit/independent", n_trials=40), 24, seed=0).to_trials()


def test_every_sequence_is_scored_once_and_by_networks_that_never_saw_it(trials, monkeypatch):
    seen, scored = [], []
    pick, descend = TinyData.pick, nested.descend

    def remember(self, chosen):
        out = pick(self, chosen)
        out.names = getattr(self, "names", np.arange(self.n_sequences))[chosen]
        return out

    monkeypatch.setattr(TinyData, "pick", remember)
    monkeypatch.setattr(nested, "descend", lambda network, train, held, *rest: (seen.append((train.names, held.names)),
                                                                                descend(network, train, held, *rest))[1])
    monkeypatch.setattr(nested, "_scored", lambda network, test, *rest: (scored.append((len(seen), test.names)), {"fold": rest[0]})[1])
    nested_cross_validation(trials, "bandit", 1, descent=Descent(max_epochs=1), penalties=(0.0, 1e-3), n_outer=4, n_inner=3)
    assert sorted(np.concatenate([names for _, names in scored])) == list(range(24))
    for k, (until, names) in enumerate(scored):
        own = seen[6 * k:until]
        assert len(own) == 2 * 3, "two penalties, three inner folds"
        for train, held in own:
            assert not set(names) & {*train, *held} and not set(train) & set(held)
            assert len(train) + len(held) + len(names) == 24


def test_what_is_chosen_is_the_penalty_whose_inner_folds_are_likeliest(trials):
    found = nested_cross_validation(trials, "bandit", 1, descent=BRIEF, penalties=(1e-5, 10.0), n_outer=3, n_inner=2)
    best = found.penalties.loc[found.penalties.groupby("fold")["validation"].idxmax()]
    np.testing.assert_array_equal(found.folds["penalty"], best["penalty"])
    assert found.held_out > np.log(0.5) + 0.05  # chance: the learner repeats what paid
    assert found.folds["n_choices"].sum() == len(trials)


def test_the_same_seed_gives_the_same_scores(trials):
    one, two = (nested_cross_validation(trials, "bandit", 1, descent=Descent(max_epochs=3), penalties=(1e-5,), n_outer=2, n_inner=2, seed=4)
                for _ in range(2))
    pd.testing.assert_frame_equal(one.folds, two.folds, check_exact=True)


@pytest.mark.parametrize(("settings", "sentence"), [
    ({"n_outer": 1}, "n_outer >= 2"), ({"penalties": ()}, "penalties >= 0"), ({"n_outer": 25}, "this trial table has 24. Ask for fewer"),
    ({"n_outer": 2, "n_inner": 13}, "2 outer and 13 inner folds"),
])
def test_folds_that_cannot_be_are_refused(settings, sentence, trials):
    with pytest.raises(UserError, match=sentence):
        nested_cross_validation(trials, "bandit", 1, descent=Descent(max_epochs=1), **settings)


def test_the_command_writes_folds_and_penalties(trials, tmp_path):
    trials.to_csv(tmp_path / "trials.csv", index=False)
    done = CliRunner().invoke(app, [str(tmp_path / "trials.csv"), "--units", "1", "--epochs", "2", "--out", str(tmp_path / "out"), "--nested",
                                    "--outer", "2", "--inner", "2", "--penalties", "1e-5,1e-3"], catch_exceptions=False)
    assert "nested cross-validation: log-likelihood a choice" in done.stdout
    assert len(pd.read_csv(tmp_path / "out" / "nested.csv")) == 2 and len(pd.read_csv(tmp_path / "out" / "penalties.csv")) == 4


def test_a_table_of_another_family_is_refused_before_its_rewards_are_looked_at(tmp_path):
    table = pd.DataFrame({"subject": "a", "trial": range(6), "state": 0, "choice": [0, 1] * 3, "reward": 5.0})
    table.to_csv(tmp_path / "mdp.csv", index=False)
    done = CliRunner().invoke(app, [str(tmp_path / "mdp.csv"), "--out", str(tmp_path / "out")])
    assert isinstance(done.exception, UserError)
    assert "families ['bandit', 'two_step'], this is a 'mdp' table" in str(done.exception)
