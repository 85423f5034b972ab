"""What the presets promise, from scratch: slow, because they train."""

import numpy as np
import pytest

from analyses.episodic_stay import episodic_regression, episodic_stay
from analyses.multi_lag_regression import multi_lag_regression
from analyses.reward_by_exposure import reward_by_exposure
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


@pytest.mark.slow
def test_the_episodic_two_step_preset_recalls_what_the_cued_visit_paid_and_plans_with_it():
    agent, task = trained("two_step/episodic", 0)
    trials = {name: simulate(one, task, 200, seed=11).to_trials() for name, one in
              (("whole", agent), ("shut", agent.with_lesion(gate=0.0)))}
    cued = trials["whole"]["cued_trial"].notna()
    assert trials["whole"]["reward"][cued].mean() > 0.72  # an episodic planner; exact without memory .674, with it .801
    crossover = {name: episodic_regression(episodic_stay(table)).set_index(["panel", "term"])["coefficient"]
                 ["episodic", "reward_x_transition"] for name, table in trials.items()}
    assert crossover["whole"] > 1 and abs(crossover["shut"]) < 0.2  # learners without memory of visits: .08 to .18


def by_exposure(agent, task, measure, n_epochs=60):
    """Return (n_exposures,) means of a measure."""
    curve = reward_by_exposure(simulate(agent, task, n_epochs, seed=11).to_trials())
    return curve[curve["measure"] == measure].sort_values("exposure")["mean"].to_numpy()


@pytest.mark.slow
def test_the_class_preset_knows_characters_again_in_other_drawings_and_such_as_it_never_saw():
    agent, task = trained("bandit/barcode_class", 0)
    for other in (task, make_task("bandit/barcode_class", split="test")):
        reward = by_exposure(agent, other, "reward")
        assert 3.6 < reward[0] < reward[1] < reward[2]  # 4.07 to 4.33, standard error .12
        assert reward[3:].mean() >= 8.0  # the bar; perfect memory 9.0
    assert abs(np.ptp(by_exposure(agent.with_lesion(gate=0.0), task, "reward"))) < 1.0


@pytest.mark.slow
def test_the_water_maze_preset_goes_to_the_goal_when_a_context_returns():
    agent, task = trained("water_maze/contextual", 0)
    steps = by_exposure(agent, task, "steps_to_goal", 20)
    assert steps[0] < 19 and steps[1:].mean() < (12.53 + 3.33) / 2  # random moves 22; nearer to who remembers than to who searches
    shut = by_exposure(agent.with_lesion(gate=0.0), task, "steps_to_goal", 20)
    assert shut[1:].mean() > 12.53  # exhaustive search without memory
