"""What past outcomes do to choices tells four strategies of the episodic two-step task apart."""

import numpy as np
import pytest

from analyses.episodic_stay import PANELS, episodic_regression, episodic_stay, plot_episodic_stay
from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from tasks.players import players
from tasks.registry import make_task

STRATEGIES = ("model-free", "model-based", "episodic-model-free", "episodic-model-based")


@pytest.fixture(scope="module")
def played():
    """The trial table of each strategy."""
    task = make_task("two_step/episodic")
    return {name: simulate(players(task)[name], task, 200, seed=1).to_trials() for name in STRATEGIES}


@pytest.fixture(scope="module")
def effects(played):
    """The effects of reward and of reward x transition, and their standard errors, by strategy and panel."""
    out = {}
    for name, trials in played.items():
        table = episodic_regression(episodic_stay(trials)).set_index(["panel", "term"])
        out |= {(name, panel): table.loc[panel] for panel in PANELS}
    return out


def effect(effects, name, panel, term):
    return effects[name, panel].loc[term, ["coefficient", "standard_error"]].to_numpy(float)


def test_on_uncued_trials_planning_crosses_over_and_model_free_learning_has_an_effect_of_reward(effects):
    for name in STRATEGIES:
        reward, reward_error = effect(effects, name, PANELS[0], "reward")
        cross, cross_error = effect(effects, name, PANELS[0], "reward_x_transition")
        if name.endswith("model-based"):
            assert abs(reward) < 4 * reward_error and cross > 6 * cross_error
        else:
            assert reward > 6 * reward_error and reward > cross


def test_recalled_visits_cross_over_for_episodic_planning_alone(effects):
    cross = {name: effect(effects, name, "episodic", "reward_x_transition") for name in STRATEGIES}
    reward = {name: effect(effects, name, "episodic", "reward") for name in STRATEGIES}
    assert cross["episodic-model-based"][0] > 20 * cross["episodic-model-based"][1]
    assert abs(reward["episodic-model-based"][0]) < 4 * reward["episodic-model-based"][1]
    assert reward["episodic-model-free"][0] > 20 * reward["episodic-model-free"][1]
    assert abs(cross["episodic-model-free"][0]) < 4 * cross["episodic-model-free"][1]
    for name in ("model-free", "model-based"):
        # not zero: they learn from other cued outcomes, which repeat the same quarter of the episode (.12, measured)
        assert abs(cross[name][0]) + 4 * cross[name][1] < cross["episodic-model-based"][0] / 5
        assert abs(reward[name][0]) < 4 * reward[name][1]


def test_who_recalls_heeds_the_trial_before_less_where_there_is_a_cue(effects):
    for name, term in (("episodic-model-based", "reward_x_transition"), ("episodic-model-free", "reward")):
        uncued, cued = (effect(effects, name, panel, term)[0] for panel in PANELS[:2])
        assert abs(cued) < uncued / 4


def test_repeats_are_counted_as_a_plain_loop_counts_them(played):
    trials = played["episodic-model-based"]
    trials = trials[trials["subject"].isin(["0", "1"])]
    found = episodic_stay(trials).set_index(["panel", "subject", "cell"])
    for subject, rows in trials.groupby("subject"):
        row = {r.trial: r for r in rows.itertuples()}
        counts = {}
        for t, r in row.items():
            pairs = [(PANELS[1] if t >= 50 else PANELS[0], row.get(t - 1))]
            pairs += [("episodic", row[r.cued_trial])] if t >= 50 else []
            for panel, then in pairs:
                if then is not None:
                    cell = ("rewarded" if then.reward else "unrewarded") + ("_common" if then.common else "_rare")
                    counts.setdefault((panel, cell), []).append(then.choice1 == r.choice1)
        for (panel, cell), stays in counts.items():
            assert found.loc[(panel, subject, cell), "n"] == len(stays)
            assert found.loc[(panel, subject, cell), "stay"] == pytest.approx(np.mean(stays))


def test_three_panels_are_drawn_for_each_agent(played):
    axes = plot_episodic_stay({name: episodic_stay(played[name]) for name in STRATEGIES[2:]})
    assert axes.shape == (2, 3) and all(len(ax.patches) == 4 for ax in axes.ravel())


def test_a_table_without_cues_or_without_the_cued_trials_is_refused(played):
    trials = played["model-free"]
    with pytest.raises(UserError, match="need the column cued_trial"):
        episodic_stay(trials.drop(columns="cued_trial"))
    with pytest.raises(UserError, match="Keep every trial that a cue names"):
        episodic_stay(trials[trials["trial"] >= 50])
