"""A task may have a preset for a symmetric network and one for an LSTM: which is asked for is which one gets."""

import pytest

from tasks.duan2016_presets import LSTM, SYMMETRIC
from tasks.presets import learner_for, make_agent, preset
from tasks.registry import task_names
from tasks.shipped import shipped


def test_the_preset_of_a_task_is_the_symmetric_one_and_another_kind_of_network_gets_that_of_the_lstm():
    name = "bandit/rl2_k10_n100"
    assert preset(name) is preset(name, "symmetric_lstm") is SYMMETRIC[name]
    assert preset(name, "lstm") is preset(name, "gru") is LSTM[name]
    assert learner_for(name, agent="lstm") == LSTM[name].learner != learner_for(name)
    assert preset("bandit/independent", "gru") is preset("bandit/independent")  # one preset for all


@pytest.mark.parametrize("kind", ["lstm", "symmetric_lstm"])
def test_a_network_goes_on_from_the_shipped_one_of_its_own_kind(kind):
    agent = make_agent("bandit/rl2_k50_n100", kind)
    assert agent.kind == kind and agent.config.n_actions == 50


def test_what_a_preset_starts_with_ships():
    for presets in (LSTM, SYMMETRIC):
        for chosen in presets.values():
            assert not chosen.start or (chosen.start, 0, chosen.kind) in shipped()


def test_every_registered_task_has_a_preset_whose_score_is_told_or_that_says_why_there_is_none():
    for name in task_names():
        chosen = preset(name)
        scores = [len(by_seed) for by_seed in chosen.expected.values()]
        assert set(scores) == {len(chosen.seeds)} if scores else chosen.note.startswith("Not trained: "), name


def test_another_kind_of_network_than_the_symmetric_one_does_not_get_its_settings():
    for name in ("bandit/rl2_k2_n100", "bandit/rl2_k10_n500", "mdp/random_n25"):  # for which no LSTM was tried
        chosen = preset(name, "lstm")
        assert chosen.kind == "lstm" and not chosen.start and chosen.learner.n_steps > 1_000_000
