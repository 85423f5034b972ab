"""cogmeta recover and cogmeta confuse: what they write, and what they say to a slip."""

import pandas as pd
import pytest
from typer.testing import CliRunner

from analyses.confuse_command import app as confuse_app
from analyses.recover_command import app as recover_app
from cogmeta.errors import UserError
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.registry import make_task


def run(app, *arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


def test_recover_writes_its_tables_and_goes_on_where_it_was(tmp_path):
    call = ("bandit/rescorla_wagner", "--task", "bandit/independent", "--set", "n_trials=40", "--subjects", 8, "--starts", 1,
            "--out", tmp_path / "r")
    assert run(recover_app, *call).exit_code == 0
    table = pd.read_csv(tmp_path / "r" / "summary.csv")
    assert table["parameter"].tolist() == ["learning_rate", "inverse_temperature"] and (table["n"] == 8).all()
    assert (tmp_path / "r" / "recovery.png").stat().st_size > 10_000
    before = (tmp_path / "r" / "recovery.csv").read_bytes()
    run(recover_app, *call)
    assert (tmp_path / "r" / "recovery.csv").read_bytes() == before


def test_recover_takes_one_s_own_trials(tmp_path):
    model = make_model("bandit/rescorla_wagner")
    learner = model.agent({"learning_rate": 0.4, "inverse_temperature": 5.0})
    simulate(learner, make_task("bandit/independent", n_trials=30), 6, seed=0).to_trials().to_csv(tmp_path / "t.csv", index=False)
    run(recover_app, "bandit/rescorla_wagner", "--trials", tmp_path / "t.csv", "--draw", "fitted", "--data-sets", 2,
        "--starts", 1, "--out", tmp_path / "r")
    assert len(pd.read_csv(tmp_path / "r" / "recovery.csv")) == 2 * 6 * 2


def test_confuse_writes_both_matrices(tmp_path):
    run(confuse_app, "bandit/random", "bandit/choice_kernel", "--task", "bandit/independent", "--set", "n_trials=40",
        "--subjects", 6, "--starts", 1, "--out", tmp_path / "c")
    for name, axis in (("confusion", 1), ("inversion", 0)):
        table = pd.read_csv(tmp_path / "c" / f"{name}.csv", index_col=0)
        assert (table.sum(axis=axis).dropna().round(12) == 1).all() and (tmp_path / "c" / f"{name}.pdf").exists()


def test_confuse_plays_the_trials_of_one_s_own_table(tmp_path):
    played = simulate(make_model("bandit/random").agent({"bias": 0.3}), make_task("bandit/independent", n_trials=30), 5, seed=0)
    played.to_trials().assign(reward=lambda own: 100 * own["reward"]).to_csv(tmp_path / "own.csv", index=False)
    said = run(confuse_app, "bandit/random", "bandit/rescorla_wagner", "--trials", tmp_path / "own.csv", "--reward-range", 0, 100,
               "--starts", 1, "--out", tmp_path / "c")
    assert said.exit_code == 0, said.output
    assert pd.read_csv(tmp_path / "c" / "counts.csv", index_col=0).to_numpy().sum() == 10


@pytest.mark.parametrize(("arguments", "message"), [
    (("bandit/random",), "say what simulated subjects play"),
    (("bandit/random", "--task", "bandit/independent", "--draw", "fitted"), "name them with --trials"),
    (("bandit/rndom", "--task", "bandit/independent"), "Did you mean"),
])
def test_a_slip_gets_one_line(arguments, message, tmp_path):
    with pytest.raises(UserError, match=message):
        run(recover_app, *arguments, "--out", tmp_path)
