"""Numbers of the figures on simulating and fitting models, from tables whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from analyses.stay_probability import CELLS
from analyses.stay_regression import regression_of
from cogmeta.models.registry import make_model
from cogmeta.simulate import simulate
from figures import daw2011_fig2, gershman2018_fig, wilson2019_fig2, wilson2019_fig4, wilson2019_fig5
from figures.registry import FIGURES
from tasks.registry import make_task


@pytest.mark.parametrize("module", [daw2011_fig2, gershman2018_fig, wilson2019_fig2, wilson2019_fig4, wilson2019_fig5])
def test_the_figures_are_registered_and_can_be_made_at_a_smaller_size(module):
    assert FIGURES[module.FIGURE.name] is module.FIGURE and module.FIGURE.quick is not None
    measures = [claim.measure for claim in module.CLAIMS]
    assert len(set(measures)) == len(measures)


def test_a_learner_that_keeps_only_last_outcomes_settles_where_hand_computed_chances_say():
    # greedy and knowing only last outcomes: stays with .8 after a hit; P(both arms' last outcomes equal) picks evenly
    exact = wilson2019_fig2.exact_correct().set_index(["inverse_temperature", "period"])["exact"]
    states, chance, transition = wilson2019_fig2._last_outcomes(1e-12)
    np.testing.assert_allclose(transition.sum(axis=1), 1)
    np.testing.assert_allclose(chance, 0.5)
    # at even chance each arm's last outcome is a hit as often as the arm pays, independently
    place = np.linalg.matrix_power(transition, 200)[0]
    hits = {(a, b): (0.2 if a else 0.8) * (0.8 if b else 0.2) for a in (0, 1) for b in (0, 1)}
    for (a, b), probability in hits.items():
        assert place[(states == (a, b)).all(axis=1)][0] == pytest.approx(probability)
    assert (exact.xs("late", level=1).diff().dropna() >= 0).all()


def test_differences_of_staying_are_judged_in_their_standard_errors():
    rows = [{"model": model, "subject": str(i), "reward": win, "stay": 0.5 + win * (0.1 + 0.01 * (-1) ** i)}
            for model in (name.removeprefix("bandit/") for name in wilson2019_fig2.PARAMETERS) for i in range(10) for win in (True, False)]
    correct = pd.DataFrame({"learning_rate": [1.0, 0.5], "inverse_temperature": 5.0, "period": "late", "correct": 0.8, "standard_error": 0.01})
    exact = pd.DataFrame({"inverse_temperature": [5.0], "period": ["late"], "exact": [0.77]})
    found = wilson2019_fig2.numbers({"stay": pd.DataFrame(rows), "correct": correct, "exact": exact})
    spread = np.std([0.11, 0.09] * 5, ddof=1) / np.sqrt(10)
    assert found["random"] == pytest.approx(0.1 / spread) and found["rescorla_wagner"] == pytest.approx(0.1)
    assert (found["win_stay"], found["lose_stay"]) == pytest.approx((0.6, 0.5)) and found["exact"] == pytest.approx(3)


def test_one_subject_without_an_upper_limit_ruins_the_raw_correlation_but_not_that_of_logarithms():
    beta = np.linspace(0.5, 20, 40)
    table = pd.DataFrame({"learning_rate_simulated": np.linspace(0, 1, 40), "learning_rate_estimated": np.linspace(0, 1, 40),
                          "inverse_temperature_simulated": beta, "inverse_temperature_estimated": np.where(beta > 10, 2 * beta, beta)})
    found = wilson2019_fig4.numbers({"subjects": table})
    assert found["learning_rate"] == pytest.approx(1) and found["low"] == pytest.approx(1)
    assert found["degraded"] == pytest.approx(np.log(2))
    table.loc[0, "inverse_temperature_estimated"] = 1000.0
    found = wilson2019_fig4.numbers({"subjects": table})
    assert found["low"] < 0 and found["low_log"] > found["low"]


def confusion(diagonal):
    """Return the tidy table of two panels whose models win as often as ``diagonal`` says, else the next one does."""
    names, rows = wilson2019_fig5.MODELS, []
    for panel, share in diagonal.items():
        counts = share * np.eye(5) + (100 - share) * np.roll(np.eye(5), 1, axis=1)
        rows += [{"panel": panel, "simulated": names[i], "fit": names[j], "n": counts[i, j]} for i, j in np.ndindex(5, 5)]
    return {"confusion": pd.DataFrame(rows)}


def test_the_diagonal_dominates_where_it_exceeds_the_largest_other_of_every_row():
    found = wilson2019_fig5.numbers(confusion({"A": 45, "B": 90}))
    assert found["dominance_A"] == pytest.approx(-0.1) and found["dominance_B"] == pytest.approx(0.8)
    assert found["lead_A"] == pytest.approx(-0.1) and found["lead_B"] == pytest.approx(0.8)
    assert found["better"] == pytest.approx(0.45) and found["diagonal"] == pytest.approx(0.9)


def test_one_row_that_trails_breaks_dominance_in_every_row_and_not_the_mean_lead():
    table = confusion({"A": 45, "B": 90})["confusion"]
    table.loc[:4, "n"] = [80, 20, 0, 0, 0]  # the first of panel A leads by .6, the other four trail by .1
    found = wilson2019_fig5.numbers({"confusion": table})
    assert found["dominance_A"] == pytest.approx(-0.1) and found["lead_A"] == pytest.approx(0.2 * 0.6 - 0.8 * 0.1)


def counts(stay, n_subjects, rng):
    """Return counts of subjects who stay with given probabilities, 50 trials a cell."""
    n_stay = rng.binomial(50, np.tile(stay, (n_subjects, 1)))
    return pd.DataFrame({"stay": n_stay.ravel() / 50, "n": 50})


def test_terms_of_the_regression_are_those_of_the_statistics_package():
    table = counts((0.8, 0.6, 0.5, 0.7), 30, np.random.default_rng(0))
    table = table.assign(cell=np.tile(CELLS, 30), subject=np.repeat(np.arange(30), 4))
    ours = daw2011_fig2.measures(table, np.full(30, 0.5)).set_index("measure")
    theirs = regression_of(table).set_index("term")
    np.testing.assert_allclose(ours.loc[theirs.index, "value"], theirs["coefficient"], atol=1e-8)
    # subjects are alike here, so letting them differ changes standard errors by chance alone: 30 subjects, 13 % each, three times that
    np.testing.assert_allclose(ours.loc[theirs.index, "standard_error"], theirs["standard_error"], rtol=0.4)


def test_standard_errors_are_those_of_many_repetitions():
    rng = np.random.default_rng(1)
    repeated = [daw2011_fig2.measures(counts((0.9, 0.8, 0.6, 0.7), 40, rng), rng.normal(0.5, 0.1, 40)) for _ in range(200)]
    value, error = (np.array([table[column] for table in repeated]) for column in ("value", "standard_error"))
    # a standard deviation of 200 has a standard error of 5 %
    np.testing.assert_allclose(error.mean(axis=0), value.std(axis=0, ddof=1), rtol=0.2)


def test_a_learner_away_from_its_anchor_is_seen_in_standard_errors_of_two_simulations():
    anchored = pd.concat([pd.DataFrame({"player": name, "measure": daw2011_fig2.MEASURES, "value": anchor, "standard_error": 0.01,
                                        "n_subjects": 600}) for name, anchor in daw2011_fig2.ANCHORS.items()])
    away = (anchored["player"] == "model-based") & (anchored["measure"] == "reward_x_transition")
    anchored["value"] = anchored["value"] + 0.1 * away
    found = daw2011_fig2.distances(anchored.pivot(index="player", columns="measure", values=["value", "standard_error", "n_subjects"]))
    assert found["model-based, terms"] == pytest.approx(0.1 / (0.01 * np.sqrt(2)))
    assert found["model-based, stay"] == found["model-free, terms"] == 0


def test_without_data_published_statistics_of_people_stand_in_and_the_table_says_so(monkeypatch):
    monkeypatch.setattr(daw2011_fig2, "people_at_hand", lambda folder, listener: {})
    stay, regression = daw2011_fig2._people()
    assert (stay["source"] == "published statistics").all() and len(stay) == 4 * len(daw2011_fig2.GROUPS)
    carpet = regression[regression["player"] == "people, magic carpet"].set_index("term")["coefficient"]
    assert carpet["reward_x_transition"] == pytest.approx(0.7835) and not stay.isna().any().any()


def test_what_a_kalman_filter_believed_is_what_a_loop_over_one_episode_says():
    task = make_task(gershman2018_fig.TASK, reward_scale=1.0)
    model = make_model(gershman2018_fig.MODEL, **gershman2018_fig.VARIANCE).for_task(task)
    rollout = simulate(model.agent(dict(zip(gershman2018_fig.TERMS, (0.0, 0.1, 1.0), strict=True))), task, 3, 0)
    found = gershman2018_fig.seen(model, rollout)
    mean, variance = [0.0, 0.0], [100.0, 100.0]
    for trial, (arm, reward) in enumerate(zip(rollout.action[:, 1], rollout.reward[:, 1], strict=True)):
        row = found.iloc[3 * trial + 1]
        expected = mean[0] - mean[1], variance[0] ** 0.5 - variance[1] ** 0.5, (variance[0] + variance[1]) ** 0.5
        assert (row["value"], row["relative"], row["total"]) == pytest.approx(expected) and row["first"] == (arm == 0)
        gain = variance[arm] / (variance[arm] + 10)
        mean[arm] += gain * (reward - mean[arm])
        variance[arm] -= gain * variance[arm]


def test_every_claim_on_weights_is_a_t_over_subjects():
    rows = [{"agent": agent, "term": term, "subject": i, "fitted": 1 + (-1) ** i} for agent in gershman2018_fig.WEIGHTS
            for term in gershman2018_fig.TERMS for i in range(16)]
    found = gershman2018_fig.numbers({"weights": pd.DataFrame(rows)})
    assert {claim.measure for claim in gershman2018_fig.CLAIMS} <= set(found)
    assert found["hybrid RU"] == pytest.approx(np.sqrt(15))  # mean 1, spread sqrt(16 / 15), 16 subjects
