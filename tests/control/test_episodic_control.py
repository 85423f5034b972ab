"""Episodic control: tables of returns against plain loops, enumeration and closed forms; lives know nothing of each other."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch

from cogmeta.check import check_agent, check_task
from cogmeta.control import DQN, MFEC, NEC, SimilarityValue
from cogmeta.control.nec import Neighbours
from cogmeta.control.visits import Step, Visits, step_returns
from cogmeta.errors import UserError
from cogmeta.memory import MemoryConfig, NeuralDictionary
from cogmeta.memory.kernels import DELTA
from cogmeta.simulate import replay, simulate
from tasks.mdp import RandomMDP
from tasks.registry import make_task

AGENTS = [MFEC, SimilarityValue, NEC, DQN]
TASKS = {
    "episodes": make_task("water_maze/contextual", n_contexts=1, n_exposures=3, size=2, n_trials=6),
    "visits of one length": make_task("mdp/random", n_states=4, n_actions=3, horizon=4, n_trials=20),
    "visits of any length": make_task("maze/grid5", size=3, n_visits=8, visit_steps=8, n_trials=24),
    "no visits": make_task("bandit/easy", n_trials=20),
}
WATER = make_task("water_maze/contextual", n_contexts=2, n_exposures=4, size=3, n_trials=8)


@pytest.mark.parametrize("kind", AGENTS)
@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_an_agent_that_learns_while_behaving_keeps_the_contract_of_every_other(kind, task):
    check_agent(kind.for_task(task, seed=1, epsilon=0.1), task)


def lived(agent, task, n_lives=3, seed=0):
    """Return a rollout, and the state after the last episode was learnt from."""
    rollout = simulate(agent, task, n_lives, seed)
    state = agent.initial_state(n_lives)
    for t in range(rollout.n_steps):
        if t and rollout.starts[t]:
            state = agent.next_episode(state, rollout.action[t - 1], rollout.reward[t - 1])
        *_, state = agent.step(rollout.observation[t], rollout.previous_action[t], rollout.previous_reward[t], state)
    return rollout, agent.next_episode(state, rollout.action[-1], rollout.reward[-1])


def visits_of(rollout, life):
    """Yield the (observation, action, reward) lists of every episode of a life, from the record alone."""
    starts = [*np.flatnonzero(rollout.starts), rollout.n_steps]
    for begin, end in zip(starts, starts[1:], strict=False):
        yield [(tuple(rollout.observation[t, life]), int(rollout.action[t, life]), rollout.reward[t, life]) for t in range(begin, end)]


def best_returns(rollout, life, discount):
    """The plain version of model-free episodic control: a Python dictionary."""
    table = {}
    for visit in visits_of(rollout, life):
        outcome = 0.0
        for seen, action, reward in reversed(visit):
            outcome = reward + discount * outcome
            table[seen, action] = max(outcome, table.get((seen, action), -np.inf))
    return table


@pytest.mark.parametrize("projection", [0, 8])
def test_the_table_of_model_free_episodic_control_is_that_of_a_plain_dictionary(projection):
    agent = MFEC.for_task(WATER, discount=0.9, epsilon=0.2, projection=projection)
    rollout, state = lived(agent, WATER)
    for life in range(3):
        table = best_returns(rollout, life, 0.9)
        assert int(state.learned.memory.n_stored.view(3, -1)[life].sum()) == len(table)
        for (seen, action), outcome in table.items():
            values = agent.values(state.learned, np.tile(np.array(seen), (3, 1)))
            assert np.isclose(values[life, action], outcome, rtol=1e-5)  # float32


def test_a_new_cue_is_worth_the_mean_of_its_nearest_neighbours():
    memory = NeuralDictionary(1, 1, 1, MemoryConfig(100, "euclidean", 3, "update_on_match"))
    for cue, outcome in ((0.0, 10.0), (1.0, 20.0), (2.0, 60.0), (9.0, 1000.0)):
        memory.write(torch.tensor([[cue]]), torch.tensor([[outcome]]))
    agent = MFEC.for_task(WATER, n_neighbours=3)
    assert agent.estimate(memory, torch.tensor([[0.4]])).item() == 30
    assert agent.estimate(memory, torch.tensor([[1.0]])).item() == 20


def test_neighbours_as_near_as_the_last_all_count():
    memory = NeuralDictionary(1, 4, 1, MemoryConfig(100, "euclidean", 2))
    for k in range(3):
        memory.write(torch.eye(4)[[k]], torch.tensor([[float(k)]]))
    assert memory.read(torch.eye(4)[[3]], even=True).cell.item() == 1  # three places, equally far


class Corridor:
    """A deterministic process of four places, two actions and three steps a visit, written out by hand."""

    after = np.array([[1, 2], [3, 0], [0, 3], [2, 1]])
    pays = np.array([[0.0, 1.0], [5.0, 0.0], [0.5, -1.0], [2.0, 0.25]])

    @classmethod
    def visit(cls, actions):
        """Return the steps of a visit, and what each of them led to, undiscounted."""
        place, steps = 0, []
        for action in actions:
            steps.append((place, action, cls.pays[place, action]))
            place = cls.after[place, action]
        rewards = [reward for *_, reward in steps]
        return [(place, action, reward, sum(rewards[t:])) for t, (place, action, reward) in enumerate(steps)]


def test_in_a_deterministic_process_values_become_the_best_returns_that_enumeration_finds():
    agent = MFEC.for_task(make_task("mdp/random", n_states=4, n_actions=2, horizon=3), discount=1.0)
    state, one, best = agent.initial_state(1), np.eye(5)[:, None], {}
    for actions in product((0, 1), repeat=3):
        previous = (np.array([-1]), np.zeros(1))
        for place, action, reward, outcome in Corridor.visit(actions):
            *_, state = agent.step(one[place], *previous, state)
            previous = (np.array([action]), np.array([reward]))
            best[place, action] = max(outcome, best.get((place, action), -np.inf))
        state = agent.next_episode(state, *previous)
    for place in range(4):
        known = [best.get((place, action)) for action in (0, 1)]
        values = agent.values(state.learned, one[place])[0]
        assert [v for v, k in zip(values, known, strict=True) if k is not None] == pytest.approx([k for k in known if k is not None])
    assert agent.values(state.learned, one[0])[0].max() == max(sum(r for *_, r, _ in Corridor.visit(a)) for a in product((0, 1), repeat=3))


def test_the_similarity_weighted_value_is_its_closed_form():
    agent = SimilarityValue.for_task(WATER, bandwidth=0.7, discount=0.9, epsilon=0.2)
    rollout, state = lived(agent, WATER)
    asked = np.random.default_rng(0).normal(0.3, 0.5, (3, WATER.spec.observation_size)).astype(np.float32)
    values = agent.values(state.learned, asked)
    for life, action in product(range(3), range(4)):
        seen, outcomes = [], []
        for visit in visits_of(rollout, life):
            returns = step_returns(np.array([[reward] for *_, reward in visit]), 0.9)[:, 0]
            seen += [np.array(s) for (s, a, _) in visit if a == action]
            outcomes += [g for (_, a, _), g in zip(visit, returns, strict=True) if a == action]
        weight = np.exp(-np.square(np.array(seen) - asked[life]).sum(axis=1) / (2 * 0.7**2))
        assert np.isclose(values[life, action], weight @ outcomes / weight.sum(), rtol=1e-4)  # float32 sums


def test_the_dictionary_of_neural_episodic_control_moves_by_the_rule_of_a_table():
    task = make_task("mdp/random", n_states=3, n_actions=2, horizon=2, n_trials=8)
    agent = NEC.for_task(task, learning_rate=0.25, discount=0.5, n_steps=9, key_size=2, learn_every=1000)
    state, seen = agent.initial_state(1), np.eye(4)[:, None]
    for rewards in ((1.0, 4.0), (3.0, 8.0)):
        *_, state = agent.step(seen[0], np.array([-1]), np.zeros(1), state)
        *_, state = agent.step(seen[1], np.array([0]), np.array(rewards[:1]), state)
        state = agent.next_episode(state, np.array([1]), np.array(rewards[1:]))
    first = state.learned.memory.stored_cell[0, state.learned.memory.written_at[0] >= 0]
    second = state.learned.memory.stored_cell[1, state.learned.memory.written_at[1] >= 0]
    assert first[:, 0].tolist() == [3 + 0.25 * (7 - 3)]  # 1 + 4 / 2, then 3 + 8 / 2
    assert second[:, 0].tolist() == [4 + 0.25 * (8 - 4)]
    key = agent.keys(state.learned.weights, seen[0])
    assert torch.allclose(first[0, 1:], key[0]) and agent.values(state.learned, seen[0])[0, 0] == pytest.approx(4, rel=1e-5)


def test_neural_episodic_control_looks_n_rewards_ahead():
    task = make_task("mdp/random", n_states=3, n_actions=2, horizon=3, n_trials=9)
    agent = NEC.for_task(task, discount=0.5, n_steps=1, learning_rate=1.0, learn_every=1000)
    state, seen = agent.initial_state(1), np.eye(4)[:, None]
    for _ in range(2):
        *_, state = agent.step(seen[0], np.array([-1]), np.zeros(1), state)
        *_, state = agent.step(seen[1], np.array([0]), np.ones(1), state)
        state = agent.next_episode(state, np.array([0]), np.array([10.0]))
    assert agent.values(state.learned, seen[0])[0, 0] == pytest.approx(1 + 0.5 * 10, rel=1e-4)
    # at first nothing was known beyond the first reward: 1, and 10 at the second place


def keys_by_hand(memory, key, k):
    """The plain version: one memory, one query, the nearest keys and their weights."""
    found = []
    for epoch in range(len(key)):
        cells = memory.stored_cell[epoch, memory.written_at[epoch] >= 0].numpy().astype(float)
        rows = []
        for query in key[epoch].numpy().astype(float):
            distance = np.square(cells[:, 1:] - query).sum(axis=1)
            near = np.argsort(distance)[:k]
            weight = 1 / (distance[near] + DELTA)
            rows.append(weight @ cells[near, 0] / weight.sum())
        found.append(rows)
    return np.array(found)


def keyed(n_epochs=2, n_entries=20, key_size=3):
    memory = NeuralDictionary(n_epochs, 5, 1 + key_size, MemoryConfig(50))
    generator = torch.Generator().manual_seed(0)
    for _ in range(n_entries):
        memory.write(torch.randn(n_epochs, 5, generator=generator), torch.randn(n_epochs, 1 + key_size, generator=generator))
    return memory, torch.randn(n_epochs, 4, key_size, generator=generator)


@pytest.mark.parametrize("k", [1, 6, 50])
def test_the_value_of_a_key_is_the_weighted_mean_of_its_nearest(k):
    memory, key = keyed()
    assert np.allclose(Neighbours.of(memory, key, k).value, keys_by_hand(memory, key, k), atol=1e-5)


def test_the_slope_of_a_value_is_that_of_small_differences():
    memory, key = keyed()
    slope, size = Neighbours.of(memory, key, 50).slope.numpy(), 1e-3
    for k in range(3):
        moved = torch.eye(3)[k] * size
        difference = (keys_by_hand(memory, key + moved, 50) - keys_by_hand(memory, key - moved, 50)) / (2 * size)
        assert np.allclose(slope[..., k], difference, rtol=1e-2, atol=1e-3)  # the kernel bends within .03, the step is .001


def test_the_network_that_makes_keys_descends_the_squared_error_of_their_values():
    task = make_task("mdp/random", n_states=4, n_actions=2, horizon=5, n_trials=40)
    agent = NEC.for_task(task, n_steps=3, epsilon=1.0, key_size=4, n_units=6, learn_every=7, capacity=50)
    _, state = lived(agent, task, n_lives=2)
    batch = state.learned.replay.draw_own(12, 100, (0,), "counts")
    gradient, weights = agent.gradient(state.learned, batch), state.learned.weights

    def loss(hidden, output):
        moved = state.learned._replace(weights=type(weights)(hidden, output))
        total = 0.0
        for row in range(12):
            key = agent.keys(moved.weights, batch["seen"][row]).repeat_interleave(2, dim=0)[:, None]
            value = Neighbours.of(moved.memory, key, 50).value.view(2, 2)
            for life in range(2):
                error = value[life, int(batch["action"][row, life])] - batch["outcome"][row, life]
                total += batch["counts"][row, life] * error**2 / 2 / batch["counts"][:, life].sum()
        return float(total)

    for name in ("hidden", "output"):
        part, size = getattr(weights, name), 1e-3
        for place in ((0, 0, 0), (1, 2, 3), (1, -1, 1)):
            moved = torch.zeros_like(part)
            moved[place] = size
            both = [loss(**{**weights._asdict(), name: part + sign * moved}) for sign in (1, -1)]
            assert float(getattr(gradient, name)[place]) == pytest.approx((both[0] - both[1]) / (2 * size), rel=0.05, abs=2e-3)


@pytest.mark.parametrize("kind", AGENTS)
def test_what_one_life_meets_never_reaches_another(kind):
    agent, task = kind.for_task(WATER, seed=3, epsilon=0.1), WATER
    rollout = simulate(agent, task, n_episodes=3, seed=0)
    other = rollout.reward.copy()
    other[:, 1:] += 7.0
    disturbed = replay(agent, replace(rollout, reward=other))
    assert np.allclose(disturbed.logits[:, 0], rollout.logits[:, 0], atol=1e-6)
    assert np.allclose(disturbed.value[:, 0], rollout.value[:, 0], atol=1e-5)
    assert not np.allclose(disturbed.value[:, 1], rollout.value[:, 1], atol=1e-1)


@pytest.mark.parametrize("kind", AGENTS)
def test_a_life_that_forks_keeps_two_pasts(kind):
    agent, task = kind.for_task(WATER, epsilon=0.1, **({"learn_every": 1} if kind in (DQN, NEC) else {})), WATER
    _, state = lived(agent, task, n_lives=2)
    seen = np.random.default_rng(0).normal(size=(40, 2, task.spec.observation_size))

    def go_on(state, reward):
        previous = (np.array([-1, -1]), np.zeros(2))
        for observation in seen:
            *_, state = agent.step(observation, *previous, state)
            previous = (np.array([0, 1]), np.full(2, reward))
        return agent.values(agent.next_episode(state, *previous).learned, seen[0])

    rich, poor, again = go_on(state, 9.0), go_on(state, -9.0), go_on(state, 9.0)
    assert np.array_equal(rich, again) and not np.allclose(rich, poor, atol=0.1)


def test_visits_that_end_at_different_steps_are_credited_each_in_its_own_time():
    visits, reward = Visits.none(2), np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]])
    written = []
    for t, over in enumerate(([False, False], [True, False], [False, True])):
        visits = visits.with_step(Step(np.full((2, 1), t), np.zeros(2, int), reward[t]))
        over = np.array(over)
        written += [(life, int(step.observation[life, 0]), outcome[life])
                    for step, outcome, where in visits.credited(over, 1.0) for life in np.flatnonzero(where)]
        visits = visits.without(over) if over.any() else visits
    assert written == [(0, 1, 2.0), (0, 0, 3.0), (1, 2, 40.0), (1, 1, 60.0), (1, 0, 70.0)]
    assert len(visits.steps) == 1 and visits.begun.tolist() == [0, 1]  # life 0's third step waits


class RestartsNowhere(RandomMDP):
    """Says that visits begin where an entry is 1 that its observation does not have."""

    @property
    def spec(self):
        return replace(super().spec, restart=99)


def test_a_task_must_show_where_it_says_that_visits_begin():
    with pytest.raises(UserError, match="spec.restart must be an entry of the observation"):
        check_task(RestartsNowhere())


@pytest.mark.parametrize("kind, wrong, says", [
    (MFEC, {"epsilon": 1.5}, r"epsilon must lie in \[0, 1\]"), (DQN, {"step_size": 0.0}, "step_size must lie in"),
    (NEC, {"n_steps": 2.5}, "n_steps must be a whole number"), (MFEC, {"step_size": 0.1}, "'mfec' has no setting 'step_size'"),
    (SimilarityValue, {"bandwidth": 0.0}, "bandwidth must lie in"),
])
def test_settings_that_cannot_be_are_refused(kind, wrong, says):
    with pytest.raises(UserError, match=says):
        kind.for_task(WATER, **wrong)
