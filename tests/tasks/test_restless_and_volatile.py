"""Arms that drift, and arms that swap: the walks and reversals are as stated, and learners that know more earn more."""

import numpy as np
import pytest
from scipy import stats

from cogmeta.errors import UserError
from cogmeta.random_agent import RandomAgent
from cogmeta.simulate import replay, simulate
from tasks.mirrored_kalman import MirroredKalman
from tasks.players import players
from tasks.registry import make_task
from tasks.restless import WalkFilter, WalkThompson
from tasks.volatility import VolatilityLearner
from tasks.walks import reflect


def arms_of(name, n_episodes=1000, **settings):
    """Return (n_trials, n_episodes, 2) reward probabilities, and the rollout."""
    task = make_task(name, **settings)
    rollout = simulate(RandomAgent(task), task, n_episodes, seed=2)
    return rollout.hidden["reward_probability"], rollout


@pytest.mark.parametrize("name, sd", [("restless_low", 0.02), ("restless_high", 0.1)])
def test_restless_arms_sum_to_one_and_drift_as_fast_as_stated(name, sd):
    arms, _ = arms_of(f"bandit/{name}")
    assert np.allclose(arms.sum(axis=-1), 1)
    first = arms[..., 0]
    middle = np.abs(first[:-1] - 0.5) < 0.5 - 4 * sd  # where a reflection is less likely than one in 10,000
    step = np.diff(first, axis=0)[middle]
    assert abs(step.std() / sd - 1) < 4 / np.sqrt(2 * step.size) + 1e-3  # standard error of a standard deviation
    assert first.min() >= 0 and first.max() <= 1


def test_restless_walks_stay_uniform_between_their_bounds():
    arms, _ = arms_of("bandit/restless_high", 4000)
    share = np.histogram(arms[-1, :, 0], bins=5, range=(0, 1))[0] / 4000
    assert (np.abs(share - 0.2) < 4 * np.sqrt(0.2 * 0.8 / 4000)).all()


def test_half_of_the_restless_episodes_are_volatile_and_nothing_says_which():
    _, rollout = arms_of("bandit/restless", 2000)
    drift = rollout.hidden["drift_sd"]
    assert set(np.unique(drift)) == {0.02, 0.1} and (drift == drift[0]).all()
    assert abs((drift[0] == 0.1).mean() - 0.5) < 4 * 0.5 / np.sqrt(2000)
    assert not rollout.observation.any()


@pytest.mark.parametrize("name", ["restless", "restless_low", "restless_high"])
def test_who_knows_more_of_the_drift_earns_more(name):
    """Episodes of the same seed hide the same walks, so that differences are paired."""
    task = make_task(f"bandit/{name}")
    earned = {player: simulate(agent, task, 3000, seed=4).reward.sum(axis=0) for player, agent in players(task).items()
              if player != "volatility-learner"}
    for less, more in [("random", "ucb1"), ("win-stay-lose-shift", "rescorla-wagner"),
                       ("rescorla-wagner", "kalman-filter"), ("kalman-filter", "bayes-optimal"), ("bayes-optimal", "oracle")]:
        gain = earned[more] - earned[less]
        assert gain.mean() > -2 * gain.std() / np.sqrt(3000), (less, more)
    assert earned["bayes-optimal"].mean() > earned["win-stay-lose-shift"].mean() + 2
    assert earned["rescorla-wagner"].mean() > earned["ucb1"].mean(), "counts never forget"


def test_the_walk_filter_is_that_of_many_particles(rng):
    """40,000 particles know nothing of grids; they expect the same, within 4 standard errors."""
    task = make_task("bandit/restless", n_trials=30)
    agent = WalkFilter(task)
    rollout = simulate(agent, task, 1, seed=5)
    state, first, sd = agent.initial_state(1), rng.random(40_000), rng.choice([0.02, 0.1], 40_000)
    for trial in range(30):
        expected = float(state.sum(axis=1)[0] @ agent.point)
        error = first.std() * np.sqrt((1 + trial) / 40_000)  # every resampling adds its own
        assert abs(first.mean() - expected) < 4 * error + 0.002  # and a tenth of a grid cell
        action, reward = rollout.action[trial], rollout.reward[trial]
        state = agent.learn(state, action, reward)
        weight = first if (action[0] == 0) == (reward[0] == 1) else 1 - first
        kept = rng.choice(40_000, 40_000, p=weight / weight.sum())
        sd = sd[kept]
        first = reflect(first[kept] + sd * rng.normal(size=40_000), 0.0, 1.0)


def test_walk_thompson_takes_an_arm_as_often_as_the_filter_believes_it_better():
    """Of one drift both hold the same belief; 2,000 draws from it come up for arm 0 as often, within 4 standard errors."""
    task = make_task("bandit/restless_high", n_trials=20)
    rollout = simulate(RandomAgent(task), task, 3, seed=5)
    thompson, belief = WalkThompson(task), WalkFilter(task).initial_state(3)
    chance = np.exp(replay(thompson, rollout).logits)
    assert np.allclose(chance.sum(axis=-1), 1) and np.allclose(chance[0], 0.5)
    for trial in range(19):
        belief = WalkFilter(task).learn(belief, rollout.action[trial], rollout.reward[trial])
    for episode in range(3):
        drawn = np.random.default_rng(0).choice(thompson.point, 2000, p=belief[episode].sum(axis=0))
        assert abs((drawn > 0.5).mean() - chance[19, episode, 0]) < 4 * 0.5 / np.sqrt(2000)


def test_volatile_halves_pay_and_reverse_as_stated():
    for order, volatile in [("stable_first", slice(100, 200)), ("volatile_first", slice(0, 100))]:
        arms, rollout = arms_of("bandit/volatile", 400, order=order)
        assert rollout.hidden["volatile"][volatile].all() and rollout.hidden["volatile"].sum() == 100 * 400
        first = arms[..., 0]
        assert set(np.unique(first[volatile].round(9))) == {0.2, 0.8}
        better = first > 0.5
        swaps = np.flatnonzero((better[1:] != better[:-1]).any(axis=1)) + 1
        assert swaps.tolist() == list(range(volatile.start + 25, volatile.start + 100, 25))
        assert (better[swaps] != better[swaps - 1]).all()


def test_halves_come_in_either_order_and_either_arm_is_better_at_first():
    arms, rollout = arms_of("bandit/volatile", 2000)
    for share in (rollout.hidden["volatile"][0].mean(), (arms[0, :, 0] > 0.5).mean()):
        assert abs(share - 0.5) < 4 * 0.5 / np.sqrt(2000)


def test_the_volatility_learner_sees_more_volatility_where_there_is_more():
    """In the second halves, of which the volatile one comes after a stable one and the other way round."""
    task = make_task("bandit/volatile")
    rollout = simulate(VolatilityLearner(task), task, 60, seed=3, record=("volatility",))
    believed = rollout.activity["volatility"][150:, :, 0].mean(axis=0)
    volatile = rollout.hidden["volatile"][150]
    assert stats.ttest_ind(believed[volatile], believed[~volatile], alternative="greater").pvalue < 1e-3


def test_the_volatility_learner_expects_the_truth_where_nothing_changes():
    """After 200 trials of .75 it expects about what the last trials showed, and its belief is a belief."""
    task = make_task("bandit/volatile", volatile_probability=0.75, reversal_every=1000)
    agent = VolatilityLearner(task)
    rollout = replay(agent, simulate(RandomAgent(task), task, 100, seed=4), record=("probability",))
    expected = rollout.activity["probability"][-50:, :, 0].mean()
    truth = rollout.hidden["reward_probability"][-50:, :, 0].mean()
    better = np.sign(rollout.hidden["reward_probability"][-1, :, 0] - 0.5)
    toward = ((rollout.activity["probability"][-1, :, 0] - 0.5) * better).mean()
    assert 0.15 < toward < 0.3, "the truth is .25 away from even"
    assert abs(expected - truth) < 0.05


@pytest.mark.parametrize("name", ["restless_low", "restless_high"])
def test_the_volatility_learner_comes_within_two_rewards_of_the_optimum(name):
    task = make_task(f"bandit/{name}")
    agents = players(task)
    learner, optimal = (simulate(agents[name], task, 400, seed=6).reward.sum(axis=0)
                        for name in ("volatility-learner", "bayes-optimal"))
    gap = optimal - learner
    assert gap.mean() < 2 and gap.mean() > -2 * gap.std() / np.sqrt(400)


def test_in_the_volatile_task_learners_come_in_the_order_of_what_they_infer():
    task = make_task("bandit/volatile")
    names = ("win-stay-lose-shift", "rescorla-wagner", "volatility-learner", "oracle")
    earned = [simulate(players(task)[name], task, 400, seed=7).reward.sum(axis=0) for name in names]
    for less, more in zip(earned, earned[1:], strict=False):
        gain = more - less
        assert gain.mean() > 2 * gain.std() / np.sqrt(400)


@pytest.mark.parametrize("name", ["volatile", "shifting_volatility"])
def test_a_filter_whose_rate_settles_by_itself_earns_more_than_the_best_fixed_rate(name):
    task = make_task(f"bandit/{name}")
    fixed, filtered = (simulate(players(task)[who], task, 1500, seed=8).reward.sum(axis=0)
                       for who in ("rescorla-wagner", "kalman-filter"))
    gain = filtered - fixed
    assert gain.mean() > 4 * gain.std() / np.sqrt(1500)


def test_the_filter_of_mirrored_arms_is_the_posterior_of_a_plain_regression():
    """Without noise in its walk: mean and variance are those of the conjugate normal after as many looks."""
    agent = MirroredKalman(make_task("bandit/restless"), 0.05, 1.0)
    state, y = agent.initial_state(1), []
    for action, reward in [(0, 1.0), (1, 1.0), (1, 0.0), (0, 0.0), (0, 1.0)]:
        state = agent.learn(state, np.array([action]), np.array([reward]))
        y.append(reward if action == 0 else 1 - reward)
    precision = 1 / 0.05 + len(y) / 0.2
    assert state.variance[0] == pytest.approx(1 / precision)
    assert state.mean[0] == pytest.approx((0.5 / 0.05 + sum(y) / 0.2) / precision)


def test_the_filter_of_mirrored_arms_forgets_toward_one_half():
    agent = MirroredKalman(make_task("bandit/restless"), 0.05, 0.5)
    state = agent.learn(agent.initial_state(1), np.array([0]), np.array([1.0]))
    assert state.mean[0] == pytest.approx(0.5 + 0.5 * 0.5 * 0.05 / 0.25) and 0.0375 < state.variance[0] < 0.05
    with pytest.raises(UserError, match="correlation in"):
        MirroredKalman(make_task("bandit/restless"), 0.05, 1.5)


@pytest.mark.parametrize(
    "name, settings, sentence",
    [
        ("restless", {"drift_sd": (-0.1,)}, "drift_sd must be one or more numbers >= 0"),
        ("volatile", {"order": "stable"}, "Did you mean 'stable_first'"),
        ("volatile", {"stable_probability": 75.0}, "stable_probability must lie in"),
    ],
)
def test_settings_that_cannot_be_are_refused(name, settings, sentence):
    with pytest.raises(UserError, match=sentence):
        make_task(f"bandit/{name}", **settings)
