"""The first look at a trial table: every table and figure of its family, against the measures themselves."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from analyses.measure_command import app, by_group
from analyses.stay_regression import stay_regression
from cogmeta.errors import UserError
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.registry import make_task


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments], env={"COLUMNS": "200"})


@pytest.fixture(scope="module")
def two_step():
    task = make_task("two_step/daw2011", n_trials=80)
    own = {"learning_rate_2": 0.5, "inverse_temperature_1": 5.0, "inverse_temperature_2": 4.0, "perseveration": 0.1}
    trials = simulate(make_model("two_step/model_based").agent(own), task, 12, seed=0).to_trials()
    return trials.assign(group=np.where(trials["subject"].astype(int) < 5, "old", "young"))


def test_groups_stand_beside_one_another_in_every_table(two_step, tmp_path):
    two_step.to_csv(tmp_path / "mine.csv", index=False)
    done = run(tmp_path / "mine.csv", "--by", "group", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "old" in done.output and "model-based index" in done.output
    for name in ("behaviour", "stay_probability", "stay_regression", "multi_lag_regression"):
        assert (tmp_path / "out" / f"{name}.png").stat().st_size > 5_000 and (tmp_path / "out" / f"{name}.pdf").exists()
        table = pd.read_csv(tmp_path / "out" / f"{name}.csv")
        assert set(table["group"]) == {"old", "young"}
    found = pd.read_csv(tmp_path / "out" / "stay_regression.csv")
    alone = stay_regression(two_step[two_step["group"] == "old"])
    np.testing.assert_allclose(found.loc[found["group"] == "old", "coefficient"], alone["coefficient"])


def test_two_arms_have_kernels_and_three_have_none(tmp_path):
    for n_arms in (2, 3):
        task = make_task("bandit/rl2_k2_n100", n_arms=n_arms, n_trials=40)
        simulate(make_model("bandit/rescorla_wagner").for_task(task).agent({"learning_rate": 0.4, "inverse_temperature": 4.0}), task, 8,
                 seed=0).to_trials().to_csv(tmp_path / f"arms{n_arms}.csv", index=False)
        assert run(tmp_path / f"arms{n_arms}.csv", "--out", tmp_path / str(n_arms)).exit_code == 0
    assert (tmp_path / "2" / "history_regression.csv").exists() and not (tmp_path / "3" / "history_regression.csv").exists()
    assert (tmp_path / "3" / "learning_curve.png").exists()


def test_halves_of_a_block_and_sessions_are_groups_but_not_what_goes_to_and_fro(two_step):
    halves = two_step.assign(half=np.where(two_step["trial"] < 40, "early", "late"))
    assert [len(own) for own in by_group("mine", halves, "half").values()] == [480, 480]
    sessions = pd.concat([two_step, two_step.assign(session=1)]).sort_values("subject", kind="stable")
    assert list(by_group("mine", sessions, "session")) == ["0", "1"]
    with pytest.raises(UserError, match="to and fro within subject 0"):
        by_group("mine", two_step.assign(odd=two_step["trial"] % 2), "odd")


def test_what_is_wrong_is_said_before_anything_is_written(two_step, tmp_path):
    two_step.to_csv(tmp_path / "mine.csv", index=False)
    holed = two_step.assign(group=two_step["group"].where(two_step["subject"] != "7"))
    holed.to_csv(tmp_path / "holed.csv", index=False)
    bandit = pd.DataFrame({"subject": "a", "trial": [0, 1], "choice": [0, 1], "reward": [0, 1]})
    bandit.to_csv(tmp_path / "bandit.csv", index=False)
    for arguments, said in (
        (("mine.csv", "--by", "diagnosis"), "no column 'diagnosis'"),
        (("holed.csv", "--by", "group"), "'group' is missing in row 560 of holed \\(subject '7'\\)"),
        (("mine.csv", "--by", "reward"), "'reward' of mine goes to and fro within subject 0, session 0, block 0, so that trials"),
        (("mine.csv", "mine.csv"), "is named twice"),
        (("mine.csv", "bandit.csv"), "mine \\(two_step\\), bandit \\(bandit\\)"),
    ):
        done = run(*(tmp_path / a if a.endswith(".csv") else a for a in arguments), "--out", tmp_path / "out")
        assert isinstance(done.exception, UserError)
        with pytest.raises(UserError, match=said):
            raise done.exception
    assert not (tmp_path / "out").exists()
