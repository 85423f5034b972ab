"""The episodic LSTM: tape against plain steps and autograd, memory between episodes, lesions, the comparison agent."""

import hashlib
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from cogmeta.agents import LSTMActorCritic, load_agent, save_agent
from cogmeta.agents.episodic_lstm import EpisodicLSTM, EpisodicLSTMConfig
from cogmeta.agents.recall_lstm import RecallLSTM
from cogmeta.check import check_agent
from cogmeta.errors import UserError
from cogmeta.memory import MemoryConfig
from cogmeta.simulate import replay, simulate
from cogmeta.training import A2C, PPO, train
from cogmeta.training.collect import Collector
from tasks.barcode import BarcodeBandit, CharacterBandit
from tasks.registry import make_task

TASK = BarcodeBandit(n_arms=3, n_contexts=3, n_exposures=3, n_trials=5)
CASES = {
    "paper": (EpisodicLSTM, {}), "novelty": (EpisodicLSTM, {"novelty": True, "bounded": True}),
    "every step": (EpisodicLSTM, {"write": "every_step"}),
    "after outcome": (EpisodicLSTM, {"write": "after_outcome", "novelty": True}),
    "least recently used": (EpisodicLSTM, {
        "memory": MemoryConfig(capacity=4, n_neighbours=2, overwriting="least_recently_used")}),
    "sharp": (EpisodicLSTM, {"memory": MemoryConfig(n_neighbours=3, sharpness=5.0), "bounded": True}),
    "cue unheard": (EpisodicLSTM, {"hears_cue": False, "novelty": True}),
    "cue unheard, paper": (EpisodicLSTM, {"hears_cue": False}),
    "recall, cue unheard": (RecallLSTM, {"hears_cue": False, "write": "after_outcome"}),
    "recall": (RecallLSTM, {}), "recall with novelty": (RecallLSTM, {"novelty": True, "bounded": True}),
}


def agent_of(case="paper", n_units=7, seed=0):
    """Return an agent whose biases and initial state are not zero."""
    network, options = CASES[case]
    agent = network.for_task(TASK, n_units=n_units, seed=seed, **options)
    generator = torch.Generator().manual_seed(seed)
    agent.weights["core"][:, -1] += 0.5 * torch.randn(len(agent.weights["core"]), generator=generator)
    agent.weights["initial"].normal_(generator=generator)
    return agent


def played(agent, n_epochs=4, n_episodes=6, unroll=5):
    """Return a tape on which ``n_episodes`` episodes were played, and what was heard, done and said in all of them.

    ``tape.memory_before`` is what memory held before the last unroll.
    """
    collector = Collector(agent, TASK, n_epochs, unroll, np.random.default_rng(0), np.random.default_rng(1))
    heard, heads, actions, rewards = [], [], [], []
    for _ in range(n_episodes * TASK.n_trials // unroll):
        collector.tape.memory_before = collector.tape.memory.clone()
        batch = collector.collect()
        heard.append(collector.tape.inputs[:unroll].clone())
        heads.append(collector.tape.head[:unroll].clone())
        actions.append(batch.action)
        rewards.append(batch.reward)
    return collector.tape, *map(torch.cat, (heard, heads)), *map(np.concatenate, (actions, rewards))


@pytest.mark.parametrize("unroll", [1, 5])
@pytest.mark.parametrize("case", CASES)
def test_the_tape_of_an_epoch_is_the_agent_step_by_step(case, unroll):
    agent = agent_of(case)
    _, heard, heads, action, reward = played(agent, unroll=unroll)
    state = agent.initial_state(4)
    for t, x in enumerate(heard):
        if t and t % TASK.n_trials == 0:
            state = agent.next_episode(state, action[t - 1], reward[t - 1])
        head, state = agent.plain_step(agent.weights, x.t(), state)
        assert torch.allclose(head.t(), heads[t], atol=1e-5)  # float32 rounding, carried through memory


def state_before_last(agent, weights, tape, n_epochs=4):
    """The state in which the last of the played episodes starts, with what the tape's memory held then."""
    memory = tape.memory if agent.config.write == "episode_end" else tape.memory_before  # an episode is written when the next begins
    hidden, cell = (row.expand(n_epochs, -1) for row in weights["initial"])
    return agent.initial_state(n_epochs)._replace(hidden=hidden, cell=cell, memory=memory)


@pytest.mark.parametrize("n_units", [1, 48])
@pytest.mark.parametrize("case", CASES)
def test_the_hand_written_gradient_is_that_of_autograd(case, n_units):
    agent = agent_of(case, n_units)
    tape, heard, *_ = played(agent)
    gradient = torch.randn(5, 4, 4, generator=torch.Generator().manual_seed(2))
    ours = tape.backward(gradient)
    weights = {name: w.double().clone().requires_grad_() for name, w in agent.weights.items()}
    state, loss = state_before_last(agent, weights, tape), 0.0
    for t, x in enumerate(heard[-5:].double()):
        head, state = agent.plain_step(weights, x.t(), state)
        loss = loss + (head.t() * gradient[t].double()).sum()
    loss.backward()
    for name, weight in weights.items():
        error = (ours[name].double() - weight.grad).norm() / weight.grad.norm()
        assert error < 1e-5, f"{name}: {error}"


def test_a_wide_tape_says_the_same_as_a_narrow_one():
    """Above 3000 units times episodes tanh is computed by a sigmoid."""
    agent = agent_of(n_units=48)
    _, heard, heads, *_ = played(agent, n_epochs=70, n_episodes=2)
    state = agent.initial_state(70)
    for t in range(10):
        state = agent.next_episode(state, None, None) if t == 5 else state
        head, state = agent.plain_step(agent.weights, heard[t].t(), state)
        assert torch.allclose(head.t(), heads[t], atol=1e-5)


@pytest.mark.parametrize("case", CASES)
def test_the_contract_of_an_agent_holds(case):
    check_agent(agent_of(case), TASK)


def test_what_comes_back_is_the_cell_of_the_last_episode_in_this_context():
    agent, n = agent_of(), 5
    rollout = simulate(agent, TASK, n, record=("cell", "reinstated_cell", "reinstatement_gate"))
    context, cells = rollout.hidden["context"], {}
    for t in range(rollout.n_steps):
        for e in range(n):
            back = rollout.activity["reinstated_cell"][t, e]
            if (e, context[t, e]) in cells:
                assert np.array_equal(back, cells[e, context[t, e]])
        if (t + 1) % TASK.n_trials == 0:
            cells |= {(e, context[t, e]): rollout.activity["cell"][t, e] for e in range(n)}
    gate = rollout.activity["reinstatement_gate"]
    assert ((gate > 0) & (gate < 1)).all() and not rollout.activity["reinstated_cell"][:5].any()


def test_a_closed_gate_is_an_lstm_without_memory():
    agent = agent_of()
    closed, plain = agent.with_lesion(gate=0.0), LSTMActorCritic.for_task(TASK, n_units=7)
    i, f, o, _, g = agent.weights["core"].chunk(5)
    plain.weights |= {**agent.weights, "core": torch.cat([i, f, o, g])}
    played_by = simulate(closed, TASK, 6)
    assert np.allclose(replay(plain, played_by).logits, played_by.logits, atol=1e-6)
    assert not np.allclose(replay(agent, played_by).logits, played_by.logits, atol=1e-2)


def test_shuffled_memory_brings_back_another_cell_and_weights_stay():
    agent = agent_of()
    shuffled = agent.with_lesion(shuffled=True)
    whole = simulate(agent, TASK, 20, record=("reinstated_cell",))
    other = replay(shuffled, whole, record=("reinstated_cell",))
    moved = (whole.activity["reinstated_cell"] != other.activity["reinstated_cell"]).any(axis=-1)
    assert not moved[:10].any() and moved[20:].mean() > 0.4  # one memory cannot be shuffled; nine of 3 contexts often are
    assert shuffled.fingerprint() == agent.fingerprint() and "memory shuffled" in shuffled.name


def test_a_lesion_outside_the_gate_is_refused():
    with pytest.raises(UserError, match="a clamped gate must lie in"):
        agent_of().with_lesion(gate=1.5)


@pytest.mark.parametrize("case", CASES)
def test_an_agent_is_saved_and_loaded_with_its_memorys_settings(case, tmp_path):
    agent = agent_of(case)
    again = load_agent(save_agent(agent, tmp_path))
    assert type(again) is type(agent) and again.config == agent.config
    assert again.fingerprint() == agent.fingerprint()


def test_a_task_without_a_cue_is_remembered_by_the_whole_observation():
    assert EpisodicLSTM.for_task(TASK).config.cue == (1, 11)
    config = EpisodicLSTM.for_task(BarcodeBandit(n_bits=4), cue=(0, 2)).config
    assert config.cue == (0, 2)
    with pytest.raises(UserError, match="cue must be"):
        EpisodicLSTMConfig(observation_size=3, n_actions=2, cue=(2, 4))


@pytest.mark.parametrize("learner", [A2C(n_steps=400, n_episodes=8), PPO(n_steps=400, n_episodes=8, n_minibatches=2)])
@pytest.mark.parametrize("case", ["novelty", "recall", "cue unheard"])
def test_every_learner_trains_it_to_the_same_bits_from_one_seed(case, learner):
    agents = [train(agent_of(case), TASK, learner, seed=3) for _ in range(2)]
    assert agents[0].fingerprint() == agents[1].fingerprint() != agent_of(case).fingerprint()


@pytest.mark.parametrize("case", ["novelty", "cue unheard"])
def test_a_minibatch_replays_what_was_read_when_it_was_played(case):
    agent = agent_of(case)
    tape, *_ = played(agent)
    chosen, replayed = torch.tensor([2, 0]), agent.tape(5, 2)
    replayed.take_over(tape, chosen)
    replayed.start()
    replayed.forward()
    assert torch.allclose(replayed.head[:5], tape.head[:5, :, chosen], atol=1e-6)


def test_a_cue_that_is_not_heard_tells_the_lstm_nothing_but_what_memory_holds():
    agent = agent_of("cue unheard, paper")
    shut, played_by = agent.with_lesion(gate=0.0), simulate(agent, TASK, 6)
    alike = played_by.observation.copy()
    alike[..., slice(*TASK.spec.cue)] = 1.0
    masked = replace(played_by, observation=alike)
    assert np.array_equal(replay(shut, masked).logits, replay(shut, played_by).logits)
    assert not np.allclose(replay(agent, masked).logits, played_by.logits, atol=1e-3)


def test_a_field_that_came_later_leaves_older_fingerprints_as_they_were_unless_it_is_set():
    config = agent_of().config
    settings = asdict(config)
    del settings["hears_cue"], settings["memory"]["sharpness"]
    digest = hashlib.sha256(repr(sorted(settings.items())).encode())
    for name in sorted(agent_of().weights):
        digest.update(name.encode() + agent_of().weights[name].numpy().tobytes())
    assert digest.hexdigest() == agent_of().fingerprint()


def test_drawings_of_characters_are_cues_too():
    task = CharacterBandit(n_contexts=2, n_exposures=2, n_trials=2, n_characters=20)
    check_agent(EpisodicLSTM.for_task(task, n_units=4, novelty=True), task)


@pytest.mark.parametrize("write", ["every_step", "after_outcome"])
def test_within_an_episode_a_cue_brings_back_the_cell_that_heard_what_the_visit_paid(write):
    """After the outcome: the cell one step after the visit, when its reward has been heard; every step: the visit's own."""
    task, n = make_task("two_step/episodic", n_trials=20), 4
    agent = EpisodicLSTM.for_task(task, n_units=5, write=write)
    rollout = simulate(agent, task, n, record=("cell", "reinstated_cell"))
    cue, later = rollout.observation[..., slice(*task.spec.cue)], int(write == "after_outcome")
    n_cued = 0
    for e in range(n):
        for t in range(2 * 10, 2 * 20, 2):  # first stages of cued trials
            visit = next(s for s in range(1, t, 2) if np.array_equal(cue[s, e], cue[t, e]))
            assert np.array_equal(rollout.activity["reinstated_cell"][t, e], rollout.activity["cell"][visit + later, e])
            n_cued += 1
    assert n_cued == 40


def test_after_the_outcome_memory_carries_over_unrolls_but_not_over_episodes():
    """An unroll's first step writes under the last cue of the one before; an episode's first step writes nothing."""
    agent = agent_of("after outcome")
    n_writes = [played(agent, n_episodes=6, unroll=unroll)[0].memory.n_writes for unroll in (1, 5)]
    assert n_writes == [6 * 4, 6 * 4]


def test_an_unknown_time_of_writing_is_refused():
    with pytest.raises(UserError, match="unknown time of writing 'never'"):
        EpisodicLSTMConfig(observation_size=3, n_actions=2, write="never")
