"""Networks of a few units fitted to choices: one arithmetic in fit, likelihood and play; rules that come back."""

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from analyses.fit_network_command import app
from analyses.phase_portrait import phase_portrait, plot_phase_portrait
from analyses.players import find_player
from cogmeta.errors import UserError
from cogmeta.fitting import log_likelihood
from cogmeta.fitting.sequences import sequences_of
from cogmeta.fitting.tiny_network import Descent, TinyData, TinyFit, fit_tiny_network, log_likelihood_of
from cogmeta.models import make_model
from cogmeta.models.tiny_network import KINDS, TinyNetwork, weight_shapes
from cogmeta.models.trial import Trial
from cogmeta.simulate import simulate
from tasks.registry import make_task

DESIGNS = {"bandit": ("bandit/independent", "bandit", False), "two choices": ("two_step/daw2011", "two_step", True),
           "one choice": ("two_step/wang2018", "two_step", False)}


def random_network(rng, kind, family="bandit", second_choice=False, n_units=2):
    network = TinyNetwork(family, n_units, kind, second_choice=second_choice)
    return network.with_weights({name: rng.normal(size=shape) for name, shape in weight_shapes(network).items()})


def learner(seed, n_episodes=40, n_trials=40):
    player = make_model("bandit/rescorla_wagner").agent({"learning_rate": 0.4, "inverse_temperature": 4.0})
    return simulate(player, make_task("bandit/independent", n_trials=n_trials), n_episodes, seed=seed).to_trials()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("design", DESIGNS)
def test_what_descends_is_what_is_scored_and_what_behaves(kind, design, rng):
    task_name, family, second = DESIGNS[design]
    task, network = make_task(task_name, n_trials=30), random_network(rng, kind, family, second)
    rollout = simulate(network.agent({}), task, n_episodes=6, seed=1)
    trials = rollout.to_trials()
    scored = log_likelihood((network, {}), trials)
    said = np.bincount(rollout.row.ravel(), weights=rollout.log_likelihood.ravel())
    np.testing.assert_allclose(scored, said, atol=1e-10)  # rounding only
    tensors = {name: torch.tensor(array, dtype=torch.float32) for name, array in network.weights.items()}
    descended = log_likelihood_of(network, tensors, TinyData(network, sequences_of(network, trials)))
    assert float(descended) == pytest.approx(scored.sum(), rel=1e-5)  # single precision over 360 choices


def test_the_units_are_those_of_torch(rng):
    network = random_network(rng, "gru", n_units=3)
    cell = torch.nn.GRUCell(network.input_size, 3).double()
    w = {name: torch.tensor(array) for name, array in network.weights.items()}
    cell.load_state_dict({"weight_ih": w["input"], "weight_hh": w["recurrent"][0], "bias_ih": w["bias"][0],
                          "bias_hh": w["recurrent_bias"][0]})
    hidden = torch.tensor(rng.normal(size=(4, 3)))
    choice, reward = np.eye(2)[[0, 1, 1, 0]].T, np.array([0.0, 1.0, 0.0, 1.0])
    ours = network.update(hidden.numpy().T, None, Trial(choice=choice, reward=reward))
    theirs = cell(torch.tensor(np.concatenate([choice, reward[None]]).T), hidden).detach().numpy().T
    np.testing.assert_allclose(ours, theirs, atol=1e-12)  # rounding only


def test_missing_trials_are_as_if_they_had_not_been(rng):
    network, trials = random_network(rng, "switching_gru"), learner(0, 2)
    holes = trials.copy()
    holes.loc[5, ["choice", "reward"]] = None
    without = trials.drop(index=5)
    scored = log_likelihood((network, {}), holes)
    assert np.isnan(scored[5])
    np.testing.assert_allclose(scored.dropna(), log_likelihood((network, {}), without), atol=1e-12)


def test_a_fit_is_the_same_twice_and_better_than_chance():
    trials, brief = learner(0), Descent(max_epochs=150, step_size=0.03)
    first, second = (fit_tiny_network(trials, "bandit", 1, "switching_gru", brief, seed=3) for _ in range(2))
    assert all((first.network.weights[k] == second.network.weights[k]).all() for k in first.network.weights)
    assert log_likelihood((first.network, {}), learner(1)).mean() > np.log(0.5) + 0.1


@pytest.mark.slow
def test_two_switching_units_predict_new_choices_of_a_two_valued_learner_as_well_as_its_own_rule():
    new = learner(1, 100, 100)
    truth = log_likelihood((make_model("bandit/rescorla_wagner"), {"learning_rate": 0.4, "inverse_temperature": 4.0}), new)
    found = fit_tiny_network(learner(0, 100, 100), "bandit", 2, "switching_gru")
    # measured: 0.0012 nats a choice short of the truth with seed 0; one value fewer to remember costs .02
    assert log_likelihood((found.network, {}), new).mean() > truth.mean() - 0.005


def test_a_saved_network_comes_back_and_plays_by_name(tmp_path, rng):
    network = random_network(rng, "gru")
    folder = TinyFit(network, -0.5, 10, {"seed": 0}).save(tmp_path / "tiny")
    back = TinyFit.load(folder)
    trials = learner(0, 2)
    assert (log_likelihood((back.network, {}), trials) == log_likelihood((network, {}), trials)).all()
    task = make_task("bandit/independent")
    assert simulate(find_player(str(folder), task), task, 2, seed=0).action.shape == (100, 2)
    with pytest.raises(UserError, match="chooses among 2 options"):
        find_player(str(folder), make_task("bandit/reversal3"))
    weights = folder / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:60])
    with pytest.raises(UserError, match="not a whole safetensors file"):
        TinyFit.load(folder)
    (folder / "record.json").write_text("{}")
    with pytest.raises(UserError, match="not the record of a tiny network"):
        TinyFit.load(folder)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: TinyNetwork("harlow"), "unknown family of tiny networks 'harlow'"),
    (lambda: TinyNetwork("bandit", kind="lstm"), "unknown kind of tiny network 'lstm'"),
    (lambda: TinyNetwork("bandit", n_units=0), "n_units >= 1"),
    (lambda: log_likelihood((TinyNetwork("bandit"), {}), learner(0, 1)), "has no weights yet"),
    (lambda: fit_tiny_network(learner(0, 1), "bandit"), "two sequences"),
    (lambda: Descent(validation=1.0), "validation lie in"),
    (lambda: phase_portrait(TinyNetwork("bandit", n_units=3)), "one or two units"),
    (lambda: TinyNetwork("bandit").with_weights({"input": np.zeros((2, 2))}), "these weights have the shapes"),
])
def test_what_cannot_be_is_refused_with_what_to_do(call, message):
    with pytest.raises(UserError, match=message):
        call()


def leaky(n_units=1):
    """A switching network by construction: the last choice's win pulls the unit, everything else lets it leak by half."""
    network = TinyNetwork("bandit", n_units, "switching_gru")
    weights = {name: np.zeros(shape) for name, shape in weight_shapes(network).items()}  # keep = 1/2
    weights["bias"][3, 2 * n_units:], weights["bias"][1, 2 * n_units:] = 50.0, -50.0  # tanh = +-1
    weights["readout"][1] = 1.0
    return network.with_weights(weights)


def test_the_portrait_of_a_rule_known_by_construction_shows_that_rule():
    portrait = phase_portrait(leaky()).set_index("input")
    for name, target in (("choice 0, reward 0", 0), ("choice 1, reward 0", 0), ("choice 0, reward 1", -1),
                         ("choice 1, reward 1", 1)):
        rows = portrait.loc[name]
        np.testing.assert_allclose(rows["logit_change"], 0.5 * (target - rows["logit"]), atol=1e-12)


@pytest.mark.parametrize("n_units", [1, 2])
def test_portraits_are_drawn_with_every_input(n_units):
    figure = plot_phase_portrait(phase_portrait(leaky(n_units), n_points=21))
    shown = [line.get_label() for line in figure.axes[0].lines][:4] if n_units == 1 else [a.get_title() for a in figure.axes]
    assert [s.replace("\n", ", ") for s in shown] == [f"choice {c}, reward {r}" for c in (0, 1) for r in (0, 1)]


def test_options_that_are_coded_from_1_are_not_learnt_as_three():
    trials = learner(0, n_episodes=4).assign(choice=lambda table: table["choice"] + 1)
    with pytest.raises(UserError, match="option 0 never is.*subtract 1"):
        fit_tiny_network(trials, "bandit", 1)
    assert fit_tiny_network(trials, "bandit", 1, descent=Descent(max_epochs=1), n_arms=3).network.n_arms == 3


def test_rewards_of_any_range_are_fitted_by_a_command_that_is_told_so(tmp_path):
    trials = learner(0, n_episodes=4).assign(reward=lambda table: 10 * table["reward"])
    trials.to_csv(tmp_path / "points.csv", index=False)
    asked = [str(tmp_path / "points.csv"), "--units", "1", "--epochs", "1", "--out", str(tmp_path / "networks")]
    with pytest.raises(UserError, match="--reward-range LOW HIGH"):
        CliRunner().invoke(app, asked, catch_exceptions=False)
    assert CliRunner().invoke(app, [*asked, "--reward-range", "0", "10"]).exit_code == 0
    assert (tmp_path / "networks" / "gru_1" / "record.json").is_file()
