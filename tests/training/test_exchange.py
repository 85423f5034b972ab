"""What stands between a network and its task: compiled, it gives what the plain functions give; tasks check what they are handed."""

import copy
import pickle

import numpy as np
import pytest

from cogmeta.agents import fused
from cogmeta.agents.network import write_inputs
from cogmeta.errors import UserError
from cogmeta.training.collect import choose
from tasks.bandit import BernoulliBandit

compiled = fused.exchange_kernels()
needs_numba = pytest.mark.skipif(compiled is None, reason="Numba is not installed (extra 'fast')")


@needs_numba
@pytest.mark.parametrize("n_actions, n_episodes, scale", [(2, 64, 1), (3, 7, 20), (10, 128, 300), (50, 33, 5)])
def test_compiled_draws_are_the_actions_that_the_plain_function_draws(n_actions, n_episodes, scale):
    rng = np.random.default_rng(n_actions)
    for _ in range(50):
        head = (scale * rng.standard_normal((n_actions + 1, n_episodes))).astype(np.float32)
        dart = rng.random(n_episodes)
        assert compiled.choose(head[:-1], dart).tolist() == choose(head[:-1], dart).tolist()


@needs_numba
def test_a_policy_that_is_not_a_number_takes_the_first_action_either_way():
    logits = np.array([[0, np.nan, 0], [np.nan, 0, 0], [0, 0, np.nan]], np.float32)
    assert compiled.choose(logits, np.full(3, 0.99)).tolist() == choose(logits, np.full(3, 0.99)).tolist() == [0, 0, 0]


@needs_numba
def test_compiled_exponentials_are_exact_to_the_last_bit_but_one():
    x = np.concatenate([-np.geomspace(1e-12, 690, 20_000), [0.0, -0.0, -np.log(2)]])
    found = x.copy()
    compiled.exponentials(found, np.empty(x.size, np.int64))
    assert (np.abs(found - np.exp(x)) <= 2 * np.spacing(np.exp(x))).all()  # both may err by one unit in the last place
    assert found[-3] == found[-2] == 1


@needs_numba
@pytest.mark.parametrize("layout", ["C", "F"])
def test_compiled_inputs_are_the_bytes_that_the_plain_function_writes(layout):
    rng = np.random.default_rng(0)
    observation = np.asarray(rng.standard_normal((9, 4)), np.float32, order=layout)
    action, reward = rng.integers(-1, 3, 9), rng.standard_normal(9)
    plain, found = np.empty((8, 9), np.float32), np.empty((8, 9), np.float32)
    write_inputs(plain, observation, action, reward)
    compiled.write_inputs(found, observation, action, reward)
    assert found.tobytes() == plain.tobytes()


@pytest.mark.parametrize("bad", [-1, 2, 2**40])
@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint64])
def test_an_action_that_the_task_does_not_have_is_named_with_its_episode(bad, kind):
    if not np.iinfo(kind).min <= bad <= np.iinfo(kind).max:
        pytest.skip("no such number")
    with pytest.raises(UserError, match=rf"got {bad} in episode 2"):
        BernoulliBandit().check_action(np.array([0, 1, bad, 0], kind), 4)


def test_actions_of_any_kind_of_integer_are_taken():
    for kind in (np.int8, np.int64, np.uint64):
        taken = BernoulliBandit().check_action(np.array([0, 1, 1], kind)[::-1], 3)
        assert taken.dtype == np.int64 and taken.tolist() == [1, 1, 0]


def test_a_task_makes_its_spec_once_and_copies_without_it():
    task = BernoulliBandit(n_arms=3)
    assert task.spec is task.spec
    for twin in (copy.copy(task), pickle.loads(pickle.dumps(task))):
        assert twin == task and twin.spec == task.spec


def test_a_spec_that_builds_on_that_of_the_class_above_leaves_that_one_alone():
    class Longer(BernoulliBandit):
        @property
        def spec(self):
            return BernoulliBandit.spec_of(self, 5, super().spec.citation)

        @property
        def above(self):
            return super().spec

    task = Longer(n_arms=2)
    assert (task.spec.n_actions, task.above.n_actions, task.spec.n_actions) == (5, 2, 5)
