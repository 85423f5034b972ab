"""The whole of a comparison: scores by subject, frequencies, behaviour, groups, one page."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from analyses.compare import compare
from analyses.compare_command import app
from analyses.compare_results import Groups, compare_all
from analyses.players import find_player
from cogmeta.errors import UserError
from cogmeta.fitting import log_evidence, select_models
from cogmeta.fitting.hbi_result import HierarchicalComparison
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.registry import make_task

TASK = make_task("bandit/independent", n_trials=40)
MODELS = ("bandit/rescorla_wagner", "bandit/choice_kernel")
RANDOM = find_player("random", TASK)


@pytest.fixture(scope="module")
def people():
    """Twelve learners, slow ones in one group and fast ones in the other, two episodes each."""
    rate = np.tile(np.repeat([0.1, 0.9], 6), 2)
    own = {"learning_rate": rate, "inverse_temperature": np.full(24, 6.0)}
    trials = simulate(make_model(MODELS[0]).agent(own), TASK, 24, seed=3).to_trials()
    episode = pd.factorize(trials["subject"])[0]
    trials = trials.assign(subject=[f"s{e % 12}" for e in episode], session=episode // 12, group=np.where(episode % 12 < 6, "slow", "fast"))
    return trials.sort_values(["subject", "session", "trial"], ignore_index=True)


def test_the_evidence_of_models_is_that_of_their_fits(people):
    comparison = compare(TASK, {"people": people}, {"random": RANDOM}, MODELS)
    for model in MODELS:
        own = comparison.subjects[comparison.subjects["player"] == model].set_index("subject")
        table = comparison.fits["people", model].table.set_index("subject")
        np.testing.assert_allclose(own["log_likelihood"], table["log_likelihood"].loc[own.index], rtol=1e-9)
        assert (own["n_choices"] == table["n_trials"].loc[own.index]).all()
    found = comparison.frequencies(seed=0).set_index("player")
    evidence = log_evidence([comparison.fits["people", model] for model in MODELS])
    alone = select_models(evidence, seed=0).table
    assert found.loc[MODELS[0], "frequency"] > 0.5 and alone.loc[MODELS[0], "frequency"] > 0.5
    assert found["frequency"].sum() == pytest.approx(1) and set(found.index) == {"chance", "random", *MODELS, "random, tempered"}


def test_who_rules_a_choice_out_has_no_frequency(people):
    oracle = compare(TASK, {"people": people}, {"oracle": find_player("oracle", TASK)}, MODELS[:1])
    assert "oracle" not in set(oracle.frequencies()["player"])


def test_groups_that_learn_at_different_rates_are_told_apart(people):
    results = compare_all(TASK, {"people": people}, {}, MODELS[:1], groups=Groups("~ group"))
    table = results.differences["people"].set_index("measure")
    rate = table.loc["bandit/rescorla_wagner: learning_rate"]
    assert rate["term"] == "group[T.slow]" and rate["coefficient"] < 0 and rate["p_holm"] < 0.05
    assert set(table.index) >= {"reward a trial", "stays after reward", "stays after none", "takes the best arm"}


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=True)


def test_the_command_writes_one_page_with_everything_on_it(people, tmp_path):
    people.to_csv(tmp_path / "people.csv", index=False)
    done = run(tmp_path / "people.csv", "--task", "bandit/independent", "--set", "n_trials=40", "--agents", "thompson", "--models", *MODELS,
               "--covariates", "~ group", "--hbi", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    told = HierarchicalComparison.load(tmp_path / "out" / "hbi_people")
    assert told.table["frequency"].idxmax() == MODELS[0] and len(told.responsibility) == 12
    page = (tmp_path / "out" / "report.html").read_text()
    for title in ("Who predicts the choices", "How everybody behaves", "Whom each describes", "Who uses which model",
                  "Which groups differ", "Fitted parameters"):
        assert f"{title}</h2>" in page
    assert "<script" not in page and "http" not in page.replace("http-equiv", ""), "self-contained"
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written >= {"likelihood.csv", "behaviour.csv", "frequencies.csv", "group_differences.csv", "parameters.csv", "summary.json",
                       "behaviour_people.png", "groups_people.pdf"}
    differences = pd.read_csv(tmp_path / "out" / "group_differences.csv")
    assert differences["data"].unique().tolist() == ["people"]


def test_one_model_cannot_be_told_from_others(people, tmp_path):
    people.to_csv(tmp_path / "people.csv", index=False)
    done = run(tmp_path / "people.csv", "--task", "bandit/independent", "--models", MODELS[0], "--hbi", "--out", tmp_path / "out")
    assert isinstance(done.exception, UserError) and "name two or more with --models" in str(done.exception)


def test_a_table_of_covariates_needs_a_formula(people, tmp_path):
    people.to_csv(tmp_path / "people.csv", index=False)
    done = run(tmp_path / "people.csv", "--task", "bandit/independent", "--models", MODELS[0], "--subject-table", tmp_path / "people.csv",
               "--out", tmp_path / "out")
    assert isinstance(done.exception, UserError) and "--covariates '~ age + group'" in str(done.exception)
    assert not (tmp_path / "out").exists(), "nothing was begun"
