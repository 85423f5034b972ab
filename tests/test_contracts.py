"""Every registered task and every reference player keeps its contract; and what breaks it is found out."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from small_tasks import small

from analyses.compare import compare
from cogmeta.agents import LSTMActorCritic
from cogmeta.check import check_agent, check_task
from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from tasks.bandit import BanditState, BernoulliBandit
from tasks.bandit_players import BanditPlayer
from tasks.players import players
from tasks.registry import make_task, task_names
from tasks.train_run import measure

MOST_TRIALS = 60
"""Players are checked on shorter episodes; tasks are checked whole."""


def short(name):
    """Return a registered task with no more than ``MOST_TRIALS`` trials."""
    settings = small(name).settings
    return make_task(name, **{**settings, "n_trials": min(settings["n_trials"], MOST_TRIALS)})


DISTINCT = [name for name in task_names() if not name.startswith("mdp/random_n")
            and ("/rl2_" not in name or name in ("bandit/rl2_k5_n10", "bandit/rl2_k50_n500"))]
"""Without those that are another one with other numbers of arms and trials."""

REFERENCES = [(task, name) for task in DISTINCT for name in players(short(task))]

VARIANTS = [
    ("bandit/independent", {"n_arms": 5, "n_trials": 7}),
    ("bandit/independent", {"reward_probability": (0.25, 0.75)}),
    ("bandit/uniform", {"trial_index": False, "n_trials": 30}),
    ("bandit/informative", {"n_targets": 4, "target_reward": 1.0, "other_reward": 0.5, "n_trials": 3}),
    ("bandit/restless", {"drift_sd": (0.05,), "trial_index": True, "n_trials": 20}),
    ("bandit/volatile", {"order": "stable_first", "reversal_every": 7, "n_trials": 41}),
    ("bandit/restless4", {"n_arms": 2, "reward_scale": 1.0, "n_trials": 20}),
    ("bandit/matching", {"draw": "held_out", "trial_index": True, "n_trials": 20}),
    ("bandit/reversal3", {"n_arms": 2, "block_length": 4, "n_trials": 20}),
    ("bandit/reversal3_random", {"n_arms": 4, "block_length": 3, "n_trials": 20}),
    ("bandit/gaussian2018_1", {"reward_scale": 1.0, "trial_index": True}),
    ("bandit/gaussian2019", {"safe_variance": 0.0, "trial_index": True}),
    ("mdp/random", {"n_states": 3, "n_actions": 2, "horizon": 4, "n_trials": 22, "transition_weight": 0.5}),
    ("two_step/wang2016", {"fixation": True}),
    ("two_step/wang2018", {"reward_probability": (0.7, 0.2), "reversal_hazard": 0.2}),
    ("harlow/vector", {"n_trials": 10, "pair_length": 4, "unrewarded": 0.0, "object_size": 3, "objects": "test"}),
    ("two_step/miller2017", {"crossed": True, "minimum_block": 3, "n_trials": 40}),
    ("two_step/episodic", {"n_trials": 30, "uncued": 0.0, "n_bits": 6, "crossed": True, "trial_index": True}),
    ("two_step/kool2016", {"fixation": True, "trial_index": True, "bounds": (-4.0, 5.0), "n_trials": 30}),
    ("harlow/pixels", {"size": 13, "n_trials": 2, "trial_steps": 24, "unrewarded": 0.0, "momentum": 0.0}),
    ("two_step/daw2011", {"fixation": True, "trial_index": True, "n_trials": 40, "invalid_penalty": 0.5}),
    ("bandit/full_feedback", {"complete": False, "trial_index": True, "pairs": ((0.9, 0.2), (0.6, 0.6)), "swaps": (True, False), "n_trials": 9}),
    ("bandit/contextual_choice", {"n_arms": 3, "n_contexts": 4, "n_exposures": 3, "n_trials": 6, "evidence_from": (1, 4)}),
    ("water_maze/contextual", {"size": 3, "n_contexts": 4, "n_exposures": 2, "n_trials": 7, "n_bits": 3, "step_reward": -0.1}),
]


@pytest.mark.parametrize("name", task_names())
def test_every_registered_task_keeps_the_contract(name):
    check_task(small(name))


@pytest.mark.parametrize("name, settings", VARIANTS)
def test_tasks_with_other_settings_keep_the_contract(name, settings):
    check_task(make_task(name, **settings))


@pytest.mark.parametrize("task, name", REFERENCES)
def test_every_reference_player_keeps_the_contract(task, name):
    task = short(task)
    check_agent(players(task)[name], task)


@pytest.mark.parametrize("name, settings", VARIANTS)
def test_players_keep_the_contract_under_other_settings(name, settings):
    task = make_task(name, **settings)
    for agent in players(task).values():
        check_agent(agent, task)


SIMPLEST = {"bandit": "bandit/rescorla_wagner", "two_step": "two_step/model_free"}


@pytest.mark.parametrize("name", DISTINCT)
def test_an_untrained_network_plays_every_task_and_is_measured_on_it(name):
    task = small(name)
    quality = measure(LSTMActorCritic.for_task(task, n_units=4), task, n_episodes=3)
    low, high = task.spec.reward_range
    steps = task.spec.steps_per_trial
    assert steps * low <= quality["reward_per_trial"] <= steps * high
    assert quality.get("regret", 0.0) >= 0


@pytest.mark.parametrize("name", DISTINCT)
def test_a_model_a_network_and_the_references_are_compared_on_every_task(name):
    task = make_task(name, **{**small(name).settings, "n_trials": min(20, small(name).spec.n_trials)})
    models = [SIMPLEST[name] for name in (task.spec.family.name,) if name in SIMPLEST]
    agents = {"network": LSTMActorCritic.for_task(task, n_units=4), **players(task)}
    trials = simulate(agents["random"], task, n_episodes=2, seed=0).to_trials()
    scores = compare(task, {"simulated": trials}, agents, models).likelihood.set_index("player")
    expected = ["chance", *models, "network", "random"]
    assert set(expected) <= set(scores.index)
    score = scores["log_likelihood_per_trial"]
    assert np.isfinite(score[expected]).all()
    assert score["random"] == pytest.approx(score["chance"])


@dataclass(frozen=True)
class LeaksAtFirst(BernoulliBandit):
    """Shows a noisy view of the first arm."""

    def begin(self, n_episodes, rng):
        state, observation = super().begin(n_episodes, rng)
        noise = rng.normal(0, 1, n_episodes)
        return state, (observation + (state.reward_probability[:, 0] + noise)[:, None]).astype(np.float32)


@dataclass(frozen=True)
class LeaksLater(BernoulliBandit):
    """Shows the first arm from the second step on."""

    def advance(self, state, action, rng):
        state, observation, reward, done = super().advance(state, action, rng)
        return state, np.where(done[:, None], 0, state.reward_probability[:, :1]).astype(np.float32), reward, done


@dataclass(frozen=True)
class SharesArms(BernoulliBandit):
    """Draws one pair of arms for all episodes."""

    def begin(self, n_episodes, rng):
        state, observation = super().begin(1, rng)
        return BanditState(0, np.tile(state.reward_probability, (n_episodes, 1))), np.tile(observation, (n_episodes, 1))


@dataclass(frozen=True)
class SharesLuck(BernoulliBandit):
    """Draws one number a step for all episodes."""

    def advance(self, state, action, rng):
        after, observation, _, done = super().advance(state, action, rng)
        pays = np.take_along_axis(state.reward_probability, action[:, None], axis=1)[:, 0]
        return after, observation, (rng.random() < pays).astype(float), done


@dataclass(frozen=True)
class PlaysTwins(BernoulliBandit):
    """Draws half of the episodes and plays each twice, as workers that share a seed do."""

    def begin(self, n_episodes, rng):
        state, observation = super().begin(-(-n_episodes // 2), rng)
        arms, observation = (np.tile(array, (2, 1))[:n_episodes] for array in (state.reward_probability, observation))
        return BanditState(0, arms), observation

    def advance(self, state, action, rng):
        after, observation, _, done = super().advance(state, action, rng)
        pays = np.take_along_axis(state.reward_probability, action[:, None], axis=1)[:, 0]
        luck = np.tile(rng.random(-(-len(pays) // 2)), 2)[: len(pays)]
        return after, observation, (luck < pays).astype(float), done


@dataclass(frozen=True)
class ChangesState(BernoulliBandit):
    """Lets the arms decay in place."""

    def advance(self, state, action, rng):
        result = super().advance(state, action, rng)
        state.reward_probability[:] *= 0.9
        return result


@dataclass(frozen=True)
class IgnoresSeed(BernoulliBandit):
    """Draws from a generator of its own."""

    def begin(self, n_episodes, rng):
        return super().begin(n_episodes, np.random.default_rng())


@dataclass(frozen=True)
class NeverDone(BernoulliBandit):
    """Does not say when the episode is over."""

    def advance(self, state, action, rng):
        state, observation, reward, done = super().advance(state, action, rng)
        return state, observation, reward, np.zeros_like(done)


@dataclass(frozen=True)
class AcceptsAnything(BernoulliBandit):
    """Wraps wrong actions around."""

    def advance(self, state, action, rng):
        return super().advance(state, np.asarray(action).astype(int) % self.n_arms, rng)


@dataclass(frozen=True)
class ForgetsReward(BernoulliBandit):
    """Its way back from the trial table loses the last reward."""

    def from_trials(self, trials):
        rollout = super().from_trials(trials)
        reward = rollout.reward.copy()
        reward[-1] = 0
        return replace(rollout, reward=reward)


@pytest.mark.parametrize(
    "broken, sentence",
    [
        (LeaksAtFirst, "before the first action"),
        (LeaksLater, "is a copy of"),
        (SharesArms, "share draws"),
        (SharesLuck, "share draws"),
        (PlaysTwins, "share draws"),
        (ChangesState, "in place"),
        (IgnoresSeed, "all chance must come from"),
        (NeverDone, "done must be True"),
        (AcceptsAnything, "must refuse"),
        (ForgetsReward, "gave another reward"),
    ],
)
def test_a_task_that_breaks_its_contract_is_found_out(broken, sentence):
    with pytest.raises(UserError, match=sentence):
        check_task(broken(n_trials=30, trial_index=False))


class Broken(BanditPlayer):
    """A reference to break."""

    name = "broken"

    def __init__(self):
        super().__init__(make_task("bandit/independent"))

    def logits(self, counts):
        return np.zeros(counts.successes.shape)


class CountsInPlace(Broken):
    """Adds to its state in place."""

    def initial_state(self, n_episodes):
        return np.zeros((n_episodes, 2))

    def step(self, observation, previous_action, previous_reward, state):
        state += previous_reward[:, None] + 1
        return state * [1.0, 2.0], np.full(len(state), np.nan), state


class LooksAtNeighbours(Broken):
    """Prefers what the whole batch was paid for."""

    def step(self, observation, previous_action, previous_reward, state):
        logits, value, state = super().step(observation, previous_action, previous_reward, state)
        return logits + [0.0, previous_reward.mean()], value, state


class DrawsItself(Broken):
    """Has randomness of its own."""

    def __init__(self):
        super().__init__()
        self.rng = np.random.default_rng(0)

    def step(self, observation, previous_action, previous_reward, state):
        logits, value, state = super().step(observation, previous_action, previous_reward, state)
        return logits + self.rng.random(logits.shape), value, state


class ReportsNoDiscount(Broken):
    """A critic without a discount."""

    def step(self, observation, previous_action, previous_reward, state):
        logits, value, state = super().step(observation, previous_action, previous_reward, state)
        return logits, np.zeros_like(value), state


class ChoosesNothing(Broken):
    """Gives no action a probability."""

    def logits(self, counts):
        return np.full(counts.successes.shape, -np.inf)


class NeedsThreeArms(Broken):
    """Made for another task."""

    def logits(self, counts):
        return np.zeros((len(counts.successes), 3))


class RemembersTheLastGame(Broken):
    """Its memory outlives the episode."""

    played = 0

    def initial_state(self, n_episodes):
        self.played += 1
        return super().initial_state(n_episodes)

    def logits(self, counts):
        return np.tile([0.0, float(self.played)], (len(counts.successes), 1))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    "broken, sentence",
    [
        (CountsInPlace, "in place"),
        (LooksAtNeighbours, "depends on which other episodes"),
        (DrawsItself, "other logits|draw from randomness"),
        (ReportsNoDiscount, "no discount"),
        (ChoosesNothing, "no action a probability"),
        (NeedsThreeArms, "must have shape"),
        (RemembersTheLastGame, "remember earlier|differ by up to"),
    ],
)
def test_an_agent_that_breaks_its_contract_is_found_out(broken, sentence):
    with pytest.raises(UserError, match=sentence):
        check_agent(broken(), make_task("bandit/independent", n_trials=20))
