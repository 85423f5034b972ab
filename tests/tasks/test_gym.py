"""Every registered task is a Gymnasium environment, and plays there as it plays here."""

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium")

from gymnasium.utils.env_checker import check_env  # noqa: E402

from cogmeta.errors import UserError  # noqa: E402
from cogmeta.gym import TaskEnv, TaskVectorEnv  # noqa: E402
from tasks.gym import gym_id  # noqa: E402
from tasks.registry import make_task, task_names  # noqa: E402


@pytest.mark.filterwarnings("ignore:.*Box observation space m.*imum value is.*infinity")
@pytest.mark.filterwarnings("error:.*:UserWarning")
@pytest.mark.parametrize("hears", [False, True])
@pytest.mark.parametrize("name", task_names())
def test_every_task_passes_the_checker_of_gymnasium(name, hears):
    check_env(gymnasium.make(gym_id(name), hears=hears).unwrapped, skip_render_check=True)


@pytest.mark.parametrize("name", task_names())
def test_every_task_is_a_vector_environment_by_its_id(name):
    env = gymnasium.make_vec(gym_id(name), 3, "vector_entry_point", hears=True)
    observation, _ = env.reset(seed=0)
    shown, reward, over, cut, _ = env.step(np.zeros(3, np.int64))
    assert env.num_envs == 3 and env.observation_space.contains(observation) and env.observation_space.contains(shown)
    assert reward.shape == over.shape == cut.shape == (3,) and not over.any()
    assert env.single_action_space.n == make_task(name).spec.n_actions


def test_a_vector_environment_plays_what_the_task_plays():
    task = make_task("two_step/wang2018", n_trials=5)
    env = TaskVectorEnv(task, 7)
    shown, _ = env.reset(seed=3)
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(3)))
    state, observation = task.begin(7, rng)
    actions = np.random.default_rng(0).integers(0, 2, (10, 7))
    assert np.array_equal(shown, observation)
    for action in actions:
        shown, reward, over, cut, _ = env.step(action)
        state, observation, expected, done = task.advance(state, action, rng)
        assert np.array_equal(shown, observation) and np.array_equal(reward, expected) and np.array_equal(over, done)
        assert not cut.any()
    assert over.all()


def test_a_vector_environment_begins_afresh_at_the_step_after_the_last():
    env = gymnasium.make_vec(gym_id("bandit/easy"), 4, "vector_entry_point", n_trials=3, hears=True)
    env.reset(seed=0)
    overs = []
    for _ in range(9):
        shown, reward, over, _, _ = env.step(env.action_space.sample())
        assert env.observation_space.contains(shown) and reward.shape == (4,)
        overs.append(over.all())
    assert overs == [False, False, True, False] * 2 + [False]


def test_a_single_environment_and_a_vector_of_one_play_alike():
    task = make_task("bandit/restless")
    single, vector = TaskEnv(task, hears=True), TaskVectorEnv(task, 1, hears=True)
    assert np.array_equal(single.reset(seed=5)[0], vector.reset(seed=5)[0][0])
    for action in np.random.default_rng(1).integers(0, 2, 100):
        one, many = single.step(int(action)), vector.step(np.array([action]))
        assert np.array_equal(one[0], many[0][0]) and one[1] == many[1][0] and one[2] == many[2][0]


def test_what_was_done_and_got_stands_in_the_observation_when_asked_for():
    env = TaskEnv(make_task("bandit/informative"), hears=True)
    observation, _ = env.reset(seed=0)
    assert not observation.any()
    observation, reward, _, _, _ = env.step(10)
    assert observation[1:12].tolist() == [0.0] * 10 + [1.0] and observation[12] == np.float32(reward)


def test_a_step_before_the_first_reset_or_after_the_last_step_is_refused():
    env = TaskEnv(make_task("bandit/easy", n_trials=1))
    with pytest.raises(UserError, match="call reset"):
        env.step(0)
    env.reset(seed=0)
    env.step(0)
    with pytest.raises(UserError, match="is over"):
        env.step(0)
