"""NAME=VALUE arguments: the same rules wherever a command takes them."""

import pytest
from typer.testing import CliRunner

from analyses.players import read_settings
from analyses.recover_command import app as recover
from analyses.simulate_command import app as simulate
from cogmeta.data.named import read_named
from cogmeta.errors import UserError
from cogmeta.fitting.command import app as fit
from cogmeta.models.options import read_options, read_priors
from cogmeta.named_values import named_numbers
from tasks.learner_settings import parse_grid, parse_settings
from tasks.train_command import make_app

EVERY_COMMAND = {
    "fit --option": (fit, "bandit/rescorla_wagner trials.csv --out out", "--option", "initial_value"),
    "fit --prior": (fit, "bandit/rescorla_wagner trials.csv --out out", "--prior", "learning_rate"),
    "fit --group-prior": (fit, "bandit/rescorla_wagner trials.csv --out out", "--group-prior", "sd_scale"),
    "recover --option": (recover, "bandit/rescorla_wagner --task bandit/easy --out out", "--option", "initial_value"),
    "recover --prior": (recover, "bandit/rescorla_wagner --task bandit/easy --out out", "--prior", "learning_rate"),
    "recover --set": (recover, "bandit/rescorla_wagner --task bandit/easy --out out", "--set", "n_trials"),
    "simulate --set": (simulate, "random --task bandit/easy --out out.csv", "--set", "n_trials"),
    "train --set": (make_app(), "bandit/easy --steps 100 --out out", "--set", "step_size"),
    "train --grid": (make_app(), "bandit/easy --steps 100 --out out", "--grid", "step_size"),
}


@pytest.mark.parametrize("where", EVERY_COMMAND)
@pytest.mark.parametrize(("slips", "says"), [
    (["{name}"], "there is no '='"), (["{name}="], "nothing stands after the '='"), (["=1"], "nothing stands before the '='"),
    (["{name}= "], "nothing stands after the '='"), (["{name}=1", "{name} = 2"], "{name} twice, as '1' and as '2'"),
])
def test_every_command_says_what_a_slip_was(where, slips, says, tmp_path, monkeypatch):
    app, rest, option, name = EVERY_COMMAND[where]
    (tmp_path / "trials.csv").write_text("subject,trial,choice,reward\na,0,0,1\na,1,1,0\n")
    monkeypatch.chdir(tmp_path)
    given = [part for slip in slips for part in (option, slip.format(name=name))]
    result = CliRunner().invoke(app, [*rest.split(), *given])
    assert isinstance(result.exception, UserError), result.output
    assert str(result.exception).startswith(f"{option} ") and says.format(name=name) in str(result.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["trials.csv"]


@pytest.mark.parametrize(("given", "says"), [
    ("discount", "there is no '='"), ("discount=", "after the '='"), ("discount=.9,discount=.8", "discount twice"), ("discount=high", "NAME=NUMBER"),
])
def test_parameters_of_a_player_follow_the_same_rules(given, says, tmp_path):
    result = CliRunner().invoke(simulate, ["dqn", "--task", "bandit/easy", "--parameters", given, "--out", str(tmp_path / "out.csv")])
    assert isinstance(result.exception, UserError) and says in str(result.exception)


@pytest.mark.parametrize(("name", "says"), [
    ("feher2020_twostep:", "there is no '='"), ("feher2020_twostep:story", "there is no '='"),
    ("feher2020_twostep:story=a,story=b", "story twice"),
])
def test_parts_of_data_sets_follow_the_same_rules(name, says):
    with pytest.raises(UserError, match=says):
        read_named(name)


def test_spaces_around_name_and_value_do_not_count():
    assert read_options("two_step/hybrid", [" common_probability = 0.8 "]) == {"common_probability": 0.8}
    assert read_priors(["learning_rate = beta(2, 2)"]) == {"learning_rate": "beta(2, 2)"}
    assert read_settings(["n_trials = 120", "arms = easy"]) == {"n_trials": 120, "arms": "easy"}
    assert parse_settings(["step_size = 3e-3"]) == {"step_size": 0.003}
    assert parse_grid(["step_size = 1e-3, 3e-3"]) == [{"step_size": 0.001}, {"step_size": 0.003}]
    assert named_numbers(["sd_scale = 1"], "--group-prior", "sd_scale=1") == {"sd_scale": 1.0}


def test_a_value_may_hold_the_sign_itself():
    assert read_settings(["label=a=b"]) == {"label": "a=b"}
