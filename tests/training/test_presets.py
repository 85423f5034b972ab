"""What the presets promise, from scratch: slow, because they train."""

import pytest

from analyses.multi_lag_regression import multi_lag_regression
from cogmeta.simulate import simulate
from cogmeta.training import train
from tasks.presets import make_agent, preset
from tasks.registry import make_task
from tasks.train_run import measure


def trained(name, seed):
    """Return the agent of a preset and its task."""
    task = make_task(name)
    return train(make_agent(name, seed=seed), task, preset(name).learner, seed=seed), task


@pytest.mark.slow
def test_the_bandit_preset_comes_closer_to_the_optimum_than_thompson_sampling():
    agent, task = trained("bandit/independent", 0)
    assert 1.748 < measure(agent, task, 20_000)["regret"] <= 2.4  # Bayes-optimal by dynamic programming; the bar


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_the_two_step_preset_earns_nearly_the_optimum_and_learns_from_the_state_not_the_action(seed):
    agent, task = trained("two_step/wang2018", seed)
    rollout = simulate(agent, task, 600, seed=11)
    assert 0.698 <= measure(agent, task, 4_000)["reward_per_trial"] < 0.71  # the bar; Bayes-optimal 0.706
    weights = multi_lag_regression(rollout.to_trials(subject="network"))
    first = weights[weights["lag"] == 1].set_index("term")["coefficient"]
    assert first["rewarded_rare"] < 0 < first["rewarded_common"]  # Wang et al. 2018, Fig. 5e
