"""Imposed choices are learned from, not scored: in play, in training, in tables, in fits and in measures."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from analyses.best_arm import best_arm
from analyses.stay_after_outcome import stay_after_outcome
from analyses.stay_probability import stay_probability
from cogmeta.agent import NO_ACTION
from cogmeta.agents import LSTMActorCritic
from cogmeta.check import check_agent, check_task
from cogmeta.errors import TrialTableError, UserError
from cogmeta.families import BANDIT
from cogmeta.fitting import fit, log_likelihood
from cogmeta.fitting.lanes import Engine
from cogmeta.fitting.sequences import sequences_of
from cogmeta.models import make_model
from cogmeta.simulate import replay, simulate
from cogmeta.task import TaskSpec
from cogmeta.training import A2C, PPO
from cogmeta.training.collect import Collector
from cogmeta.training.run import Run
from cogmeta.trials import read_trials, validate_trials, write_trials
from references.plain_loops import rescorla_wagner
from tasks.arms import ArmsTask, of_chosen
from tasks.registry import make_task
from tasks.train_run import measure

PARAMETERS = {"learning_rate": 0.3, "inverse_temperature": 4.0}


@dataclass(frozen=True)
class Instructed(ArmsTask):
    """Arms that pay with a hidden probability; the first ``n_forced`` choices are imposed, drawn anew each episode."""

    n_forced: int = 3
    n_arms: int = 2
    n_trials: int = 8
    name: str = "tests/instructed"

    @property
    def spec(self):
        return TaskSpec(self.name, BANDIT, 1, self.n_arms, self.n_trials, self.n_trials, (0.0, 1.0), "made for tests")

    def begin(self, n_episodes, rng):
        order = rng.integers(0, self.n_arms, (n_episodes, self.n_trials))
        return (0, rng.random((n_episodes, self.n_arms)), order), self.observe(0, n_episodes)

    def imposed(self, state):
        trial, _, order = state
        return order[:, trial] if trial < self.n_forced else None

    def advance(self, state, action, rng):
        trial, pays, order = state
        action = self.check_action(action, len(pays))
        reward = (rng.random(len(pays)) < of_chosen(pays, action)).astype(float)
        done = self.done(trial + 1, len(pays))
        return (trial + 1, pays, order), self.observe(trial + 1, len(pays)), reward, done

    def hidden(self, state):
        return {"reward_probability": state[1]}


@pytest.fixture
def played():
    """A model's episodes, three choices of eight imposed."""
    agent = make_model("bandit/rescorla_wagner").agent(PARAMETERS)
    return agent, simulate(agent, Instructed(), n_episodes=40, seed=3)


def test_a_task_that_imposes_choices_keeps_its_contract():
    for task in (Instructed(), Instructed(n_arms=3), Instructed(n_forced=8)):
        check_task(task)
        check_agent(make_model("bandit/rescorla_wagner").for_task(task).agent(PARAMETERS), task)


def test_the_imposed_action_is_done_whatever_was_answered_and_is_not_scored(played):
    agent, rollout = played
    task_rng = np.random.default_rng(3).spawn(2)[0]
    state, _ = Instructed().begin(40, task_rng)
    assert (rollout.action[:3] == state[2][:, :3].T).all()
    assert rollout.forced[:3].all() and not rollout.forced[3:].any()
    assert (rollout.scored == ~rollout.forced).all()
    assert (rollout.log_likelihood[:3] == 0).all() and (rollout.log_likelihood[3:] < 0).all()


def test_the_table_tells_which_choices_were_imposed_through_a_file_and_back(played, tmp_path):
    agent, rollout = played
    trials = rollout.to_trials()
    assert trials["forced"].tolist() == [True] * 3 + [False] * 5 + trials["forced"].tolist()[8:]
    assert trials["forced"].sum() == 3 * 40
    write_trials(trials, tmp_path / "trials.csv")
    back = Instructed().from_trials(read_trials(tmp_path / "trials.csv"))
    assert (back.forced == rollout.forced).all() and (back.scored == rollout.scored).all()


def test_a_table_without_the_column_has_free_choices_alone(played):
    _, rollout = played
    trials = rollout.to_trials().drop(columns="forced")
    assert Instructed().from_trials(trials).forced is None
    assert log_likelihood((make_model("bandit/rescorla_wagner"), PARAMETERS), trials).notna().all()


@pytest.mark.parametrize("cell, shown", [(None, "nan"), ("maybe", "maybe"), (2, "2")])
def test_a_cell_that_is_neither_true_nor_false_is_refused_with_its_row(cell, shown):
    table = pd.DataFrame({"subject": "s1", "trial": [0, 1], "choice": [0, 1], "reward": [1, 0], "forced": [True, cell]},
                         dtype=object)
    with pytest.raises(TrialTableError, match=r"forced must be True .* at row 1 \(subject 's1', trial 1\)"):
        validate_trials(table, "bandit")


def test_a_model_learns_from_imposed_choices_as_a_plain_loop_does_and_they_score_nothing(played):
    agent, rollout = played
    trials = rollout.to_trials()
    scores = log_likelihood((make_model("bandit/rescorla_wagner"), PARAMETERS), trials)
    assert (scores.isna() == trials["forced"]).all()
    for _, own in trials.groupby("subject"):
        wanted = np.array(rescorla_wagner(list(zip(own["choice"], own["reward"])), PARAMETERS))
        assert np.allclose(scores[own.index][3:], wanted[3:], atol=1e-12)  # the same arithmetic
    as_agent = log_likelihood(agent, trials, Instructed())
    assert np.allclose(scores, as_agent, atol=1e-12, equal_nan=True)


def test_a_fit_counts_free_choices_alone_and_its_bic_does(played):
    _, rollout = played
    trials = rollout.to_trials(subject="one")
    fitted = fit("bandit/rescorla_wagner", trials, method="mle")
    row = fitted.table.iloc[0]
    assert row["n_trials"] == 5 * 40
    assert row["log_likelihood"] == pytest.approx(log_likelihood(fitted, trials).sum(), abs=1e-9)
    assert row["bic"] == pytest.approx(2 * np.log(200) - 2 * row["log_likelihood"])


@pytest.mark.parametrize("n_arms", [2, 3])
def test_slope_and_curvature_of_a_fit_leave_imposed_choices_out(n_arms):
    model = make_model("bandit/rescorla_wagner", n_arms=n_arms)
    task = Instructed(n_arms=n_arms)
    trials = simulate(model.for_task(task).agent(PARAMETERS), task, n_episodes=30, seed=1).to_trials(subject="one")
    engine = Engine(model, sequences_of(model, trials, ("subject", "session", "block")))
    u, h, one = np.array([[0.2], [0.5]]), 1e-5, np.zeros(1, int)
    value, score, fisher = engine.evaluate(u, one)
    natural = {p.name: p.to_natural(x) for p, x in zip(model.scaled_parameters, u)}
    assert value[0] == pytest.approx(np.nansum(log_likelihood((model, natural), trials)))
    slope = [(engine.log_likelihood(u + h * e, one) - engine.log_likelihood(u - h * e, one))[0] / (2 * h)
             for e in np.eye(2)[:, :, None]]
    assert np.allclose(score[0], slope, rtol=1e-4)  # central differences of step 1e-5 are good to about 1e-6
    nothing = trials.assign(forced=True)
    assert not any(part.any() for part in Engine(model, sequences_of(model, nothing)).evaluate(u, one))


def test_a_subject_without_a_free_choice_is_flagged_and_a_table_without_any_is_refused(played):
    _, rollout = played
    trials = rollout.to_trials()
    first = trials["subject"] == "0"
    fitted = fit("bandit/rescorla_wagner", trials[trials["subject"].isin(["0", "1"])].assign(
        forced=trials["forced"] | first), method="mle")
    assert fitted.table["flag"].iloc[0].startswith("no free choice: nothing was fitted")
    assert np.isnan(fitted.table["learning_rate"].iloc[0]) and fitted.table["n_trials"].tolist() == [0, 5]
    with pytest.raises(UserError, match="all answered trials are forced"):
        fit("bandit/rescorla_wagner", trials.assign(forced=True))


@pytest.mark.parametrize("learner", [
    A2C(n_steps=80, n_episodes=10, entropy_weight=0.0, value_weight=1.0),
    A2C(n_steps=80, n_episodes=10, entropy_weight=0.0, value_weight=1.0, normalise_advantages=True),
    PPO(n_steps=80, n_episodes=12, entropy_weight=0.0),
], ids=["a2c", "a2c-normalised", "ppo"])
def test_imposed_actions_teach_the_critic_and_not_the_policy(learner):
    task = Instructed(n_forced=8)
    agent = LSTMActorCritic.for_task(task, n_units=4)
    before = agent.weights["readout"].clone()
    Run(agent, task, learner, seed=0).advance()
    moved = (agent.weights["readout"] != before).any(dim=1).tolist()
    assert moved == [False, False, True]  # rows: the two actions, the value


def test_the_measured_regret_is_that_of_free_choices():
    agent = LSTMActorCritic.for_task(Instructed(), n_units=4)
    assert measure(agent, Instructed(n_forced=8), 50)["regret"] == 0.0
    assert measure(agent, Instructed(n_forced=0), 50)["regret"] > measure(agent, Instructed(n_forced=6), 50)["regret"] > 0


def test_a_batch_says_which_steps_were_free_and_holds_what_was_done():
    task = Instructed()
    agent = LSTMActorCritic.for_task(task, n_units=4)
    rngs = np.random.default_rng(0).spawn(2)
    orders = task.begin(6, np.random.default_rng(0).spawn(2)[0])[0][2]
    batch = Collector(agent, task, 6, 8, *rngs).collect()
    assert (batch.action[:3] == orders[:, :3].T).all()
    assert not batch.free[:3].any() and batch.free[3:].all() and batch.valid.all()


def test_a_gymnasium_environment_does_what_is_imposed_and_names_it_before():
    gym = pytest.importorskip("cogmeta.gym")
    env = gym.TaskEnv(Instructed(), hears=True)
    _, info = env.reset(seed=0)
    for step in range(8):
        imposed = info.get("imposed", NO_ACTION)
        assert (imposed != NO_ACTION) == (step < 3)
        answered = 1 - max(imposed, 0)
        observation, _, _, _, info = env.step(answered)
        assert observation[1:3].argmax() == (imposed if step < 3 else answered)
    many = gym.TaskVectorEnv(Instructed(), 5, hears=True)
    _, info = many.reset(seed=0)
    observation, *_ = many.step(np.zeros(5, int))
    assert (observation[:, 1:3].argmax(axis=1) == info["imposed"]).all()


def test_measures_of_choices_leave_imposed_ones_out():
    trials = pd.DataFrame({
        "subject": "a", "trial": range(6), "choice": [1, 1, 0, 0, 0, 1], "reward": [1, 1, 1, 1, 1, 0],
        "reward_probability_0": 0.2, "reward_probability_1": 0.8, "forced": [True, True, False, False, False, False]})
    assert best_arm(trials)["best"].tolist() == pytest.approx([np.nan, np.nan, 0, 0, 0, 1], nan_ok=True)
    stay = stay_after_outcome(trials).set_index("reward")
    assert stay.loc[True, ["stay", "n"]].tolist() == pytest.approx([2 / 3, 3])  # pairs of free choices: 0-0, 0-0, 0-1
    two_step = pd.DataFrame({"subject": "a", "trial": range(4), "choice1": [0, 0, 1, 1], "state2": [0, 0, 1, 1],
                             "reward": 1, "forced": [True, False, False, False]})
    assert stay_probability(two_step)["n"].sum() == 2


def test_a_two_step_table_with_instructed_choices_scores_the_free_ones_for_models_and_agents_alike():
    task = make_task("two_step/wang2018", n_trials=30)
    agent = make_model("two_step/hybrid").for_task(task).agent(
        {p.name: p.middle for p in make_model("two_step/hybrid").for_task(task).parameters})
    trials = simulate(agent, task, n_episodes=4, seed=0).to_trials()
    forced = trials["trial"] % 3 == 0
    marked = trials.assign(forced=forced)
    free = log_likelihood(agent, trials, task)
    assert np.allclose(log_likelihood(agent, marked, task), free.where(~forced), equal_nan=True, atol=1e-12)
    heard = replay(agent, task.from_trials(marked))
    assert heard.scored.sum() == (~forced).sum()
    assert (heard.to_trials()["forced"] == marked["forced"]).all()


class Broken(Instructed):
    """Imposes an arm that is not there."""

    def imposed(self, state):
        return np.full(len(state[1]), 2)


def test_check_task_refuses_an_imposed_action_that_does_not_exist():
    with pytest.raises(UserError, match=r"imposed must give an integer array .* an action in \[0, 2\)"):
        check_task(Broken())
