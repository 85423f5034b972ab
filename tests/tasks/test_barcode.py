"""Bandits whose contexts return: the bag, the cues, the trial table, and what ideal learners earn."""

import numpy as np
import pytest

from cogmeta.errors import TrialTableError, UserError
from cogmeta.simulate import replay, simulate
from tasks.barcode_players import IdealByLikeness
from tasks.characters import BLOT, N_POINTS, alphabet, discriminants, draw_characters
from tasks.contexts import draw_bag
from tasks.players import player
from tasks.registry import make_task


def by_exposure(name, n_epochs=25, design="bandit/barcode", **settings):
    """Return (n_exposures, 2) mean reward an episode and first-trial accuracy, and their standard errors."""
    task = make_task(design, **settings)
    rollout = simulate(player(name, task), task, n_epochs, seed=3)
    shape = (task.spec.episodes_per_epoch, task.n_trials, n_epochs)
    reward = rollout.reward.reshape(shape).sum(axis=1)
    first = rollout.hidden["reward_probability"].reshape(*shape, -1)[:, 0].argmax(axis=-1)
    correct = rollout.action.reshape(shape)[:, 0] == first
    exposure = rollout.hidden["exposure"].reshape(shape)[:, 0]
    groups = [(reward[exposure == k], correct[exposure == k]) for k in range(task.n_exposures)]
    mean = np.array([[one.mean() for one in group] for group in groups])
    sem = np.array([[one.std() / np.sqrt(one.size) for one in group] for group in groups])
    return mean, sem


def begun(name="bandit/barcode", n_epochs=200, **settings):
    task = make_task(name, **settings)
    return task, task.begin(n_epochs, np.random.default_rng(0))[0]


def test_every_context_returns_exactly_ten_times_in_an_epoch():
    _, state = begun()
    assert all((np.bincount(bag) == 10).all() for bag in state.context)
    assert (np.sort(state.exposure, axis=1) == np.repeat(np.arange(10), 10)).all()


@pytest.mark.parametrize("n_contexts, n_exposures", [(10, 10), (300, 2)])
def test_exposures_count_how_often_a_context_was_met_before(n_contexts, n_exposures):
    context, exposure = draw_bag(5, n_contexts, n_exposures, np.random.default_rng(1))
    for bag, count in zip(context.tolist(), exposure.tolist(), strict=True):
        assert count == [bag[:place].count(met) for place, met in enumerate(bag)]


def test_the_order_of_the_bag_is_drawn_without_replacement():
    """Ten of a hundred places in random order leave gaps of (100 + 1) / (10 + 1) in the mean."""
    _, state = begun(n_epochs=300)
    place = np.argsort(state.context, axis=1, kind="stable").reshape(-1, 10, 10)
    lags = np.diff(place, axis=2)
    assert abs(lags.mean() - 101 / 11) < 4 * lags.std() / np.sqrt(lags.size / 9)  # 4 standard errors


def test_every_arm_is_good_in_exactly_one_context():
    _, state = begun()
    assert (np.sort(state.good_arm, axis=1) == np.arange(10)).all()


def test_independent_contexts_may_share_their_good_arm():
    _, state = begun(arms="independent")
    assert not (np.sort(state.good_arm, axis=1) == np.arange(10)).all()
    counts = np.bincount(state.good_arm.ravel(), minlength=10)
    assert np.abs(counts - 200).max() < 4 * np.sqrt(200)  # 4 standard deviations of a count


def test_barcodes_of_an_epoch_are_distinct_and_never_all_zero():
    _, state = begun()
    for cue, context in zip(state.cue, state.context, strict=True):
        codes = np.unique(cue, axis=0)
        assert len(codes) == 10 == len(np.unique(np.column_stack([cue, context]), axis=0)) and codes.any(axis=1).all()


def share_found(split, n_features):
    """Return how often the nearest of the earlier drawings of an epoch, by cosine, is of the same character."""
    state, _ = make_task("bandit/barcode_class", split=split, n_features=n_features).begin(60, np.random.default_rng(0))
    direction = state.cue / np.linalg.norm(state.cue, axis=2, keepdims=True)
    likeness = np.where(np.tri(100, k=-1, dtype=bool), direction @ direction.transpose(0, 2, 1), -1.0)
    found = np.take_along_axis(state.context, likeness.argmax(axis=2), axis=1) == state.context
    return found[state.exposure > 0].mean()


def test_a_character_looks_different_at_every_return_and_most_like_itself():
    _, state = begun("bandit/barcode_class", n_epochs=20)
    assert all(len(np.unique(cue, axis=0)) == 100 for cue in state.cue)
    assert share_found("training", 0) > 0.97  # of 5,400 returns; .982 (standard error .002)


@pytest.mark.parametrize("split", ["training", "test"])
def test_discriminants_halve_the_errors_of_pixels_also_for_characters_they_were_not_fitted_to(split):
    assert 1 - share_found(split, 24) < 0.65 * (1 - share_found(split, 0))  # about half, standard error a tenth


def test_an_embedded_drawing_has_length_1_and_pixels_are_shown_on_demand():
    _, state = begun("bandit/barcode_class")
    assert state.cue.shape[2] == 24 and np.allclose(np.linalg.norm(state.cue, axis=2), 1, atol=1e-6)
    pixels = make_task("bandit/barcode_class", n_features=0)
    cue = pixels.begin(3, np.random.default_rng(0))[0].cue
    assert pixels.cue_size == 64 == cue.shape[2] and 0 <= cue.min() <= cue.max() <= 1
    with pytest.raises(UserError, match="n_features must lie in"):
        make_task("bandit/barcode_class", n_features=65)


def test_discriminants_are_uncorrelated_within_characters_and_the_first_tell_most():
    """They are uncorrelated within characters, and tell characters apart the better the earlier they come."""
    mean, direction = discriminants(6, 200, 0.04, 8)
    drawing = draw_characters(np.repeat(np.arange(200), 40), "training", np.random.default_rng(1))
    feature = ((drawing.reshape(8000, -1) - mean) @ direction).reshape(200, 40, 6)
    own = feature.mean(axis=1)
    within = np.mean([np.cov(one.T) for one in feature], axis=0)
    correlation = within / np.sqrt(np.outer(np.diag(within), np.diag(within)))
    assert np.abs(correlation - np.eye(6)).max() < 0.05  # 4 / sqrt(7,800)
    assert (direction.max(axis=0) > -direction.min(axis=0)).all()  # one sign, whatever the eigenvalue solver gives
    told = own.var(axis=0) / np.diag(within)
    assert (np.diff(told) < 0).all() and told[-1] > 1


@pytest.mark.parametrize("n_pixels", [4, 8, 32])
def test_a_drawing_is_what_a_plain_loop_over_points_and_pixels_gives(n_pixels):
    """In double precision; ours are single, with distances up to 31 pixels: 1e-4 of a grey level is 8 bits of room."""
    character = np.array([[3, 5], [3, 0]])
    ours = draw_characters(character, "test", np.random.default_rng(2), 0.04, n_pixels)
    rng = np.random.default_rng(2)
    points = alphabet("test", 6)[character]
    moved = points + 0.04 * rng.standard_normal(points.shape, dtype=np.float32)
    moved = moved + 0.04 * rng.standard_normal((2, 2, 1, 1, 2), dtype=np.float32)
    for place in np.ndindex(2, 2):
        ink = np.zeros((n_pixels, n_pixels))
        for first, second, third in moved[place].astype(float):
            for t in np.linspace(0, 1, N_POINTS):
                x, y = (n_pixels - 1) * ((1 - t) ** 2 * first + 2 * t * (1 - t) * second + t**2 * third)
                for row, column in np.ndindex(n_pixels, n_pixels):
                    ink[row, column] += np.exp(-((column - x) ** 2 + (row - y) ** 2) / (2 * BLOT**2))
        assert np.abs(ours[place] - (1 - np.exp(-ink))).max() < 1e-4


def test_training_and_test_characters_have_none_in_common():
    distance = np.abs(alphabet("training", 300)[:, None] - alphabet("test", 300)[None]).max(axis=(2, 3, 4))
    assert distance.min() > 0.05


def test_the_good_arm_pays_nine_times_in_ten_and_the_others_once():
    task = make_task("bandit/barcode")
    rollout = simulate(player("random", task), task, 20, seed=0)
    pays = np.take_along_axis(rollout.hidden["reward_probability"], rollout.action[..., None], -1)[..., 0]
    for probability in (0.9, 0.1):
        reward = rollout.reward[pays == probability]
        assert abs(reward.mean() - probability) < 4 * np.sqrt(0.09 / reward.size)  # 4 standard errors


def test_blocks_of_the_trial_table_are_episodes_with_their_context_and_exposure():
    task = make_task("bandit/barcode", n_exposures=2, n_trials=4)
    table = simulate(player("random", task), task, 3, seed=0).to_trials()
    assert table.groupby(["subject", "block"]).size().eq(4).all() and table["block"].max() == 19
    assert (table.groupby(["subject", "block"])[["context", "exposure"]].nunique() == 1).all(axis=None)
    assert table.groupby(["subject", "context"])["exposure"].nunique().eq(2).all()


def test_epochs_of_one_subject_are_sessions_and_lead_back():
    task = make_task("bandit/barcode", n_exposures=2, n_trials=4)
    rollout = simulate(player("ideal-with-memory", task), task, 3, seed=0)
    back = task.from_trials(rollout.to_trials(subject="s"))
    assert np.array_equal(back.observation, rollout.observation) and np.array_equal(back.action, rollout.action)
    again = replay(player("ideal-with-memory", task), back)
    assert np.array_equal(again.log_likelihood, rollout.log_likelihood)


def test_a_table_with_half_an_episode_is_refused():
    task = make_task("bandit/barcode", n_exposures=2, n_trials=4)
    table = simulate(player("random", task), task, 2, seed=0).to_trials()
    with pytest.raises(TrialTableError, match="every block must be an episode with 4 answered trials"):
        task.from_trials(table.drop(index=5))


PUBLISHED = [(4.42, 0.10), (8.14, 0.79), (8.82, 0.96), (8.96, 0.99), (9.0, 1.0)]
"""Reward an episode and first-trial accuracy at exposures 1 to 5, independent contexts, computed elsewhere."""


def test_who_finds_characters_by_their_looks_earns_what_a_plain_loop_does():
    task = make_task("bandit/barcode_class", n_exposures=4)
    rollout = simulate(IdealByLikeness(task), task, 6, seed=3)
    for e in range(6):
        before = []  # cue and belief of every episode
        for start in range(0, rollout.n_steps, task.n_trials):
            cue = rollout.observation[start, e, 1:].astype(float)
            likeness = [float(cue @ other) / np.linalg.norm(cue) / np.linalg.norm(other) for other, _ in before]
            belief = np.full(10, 0.1)
            if before and max(likeness) >= 0.64:
                belief = 0.99 * before[int(np.argmax(likeness))][1] + 0.001
            for t in range(start, start + task.n_trials):
                best = np.isclose(belief, belief.max(), rtol=1e-6)
                assert np.array_equal(np.exp(rollout.logits[t, e]) > 1e-9, best)
                chosen = np.arange(10) == rollout.action[t, e]
                paid = rollout.reward[t, e] > 0
                belief = belief * np.where(chosen, 0.9 if paid else 0.1, 0.1 if paid else 0.9)
                belief = belief / belief.sum()
            before.append((cue, belief))


def test_the_nearest_match_falls_short_of_perfect_memory_and_explores_nearly_as_well():
    near, perfect = (by_exposure(name, 60, "bandit/barcode_class")[0][:, 0] for name in ("ideal-by-likeness", "ideal-with-memory"))
    assert abs(near[0] - perfect[0]) < 0.25 and (near[1:] < perfect[1:] + 0.05).all() and near[3:].mean() > 8.5


def test_the_ideal_learner_with_perfect_memory_earns_what_was_computed_elsewhere():
    mean, sem = by_exposure("ideal-with-memory", arms="independent")
    assert (np.abs(mean[:5] - PUBLISHED) < 4 * sem[:5] + 0.01).all()  # 4 standard errors, and rounding
    assert (np.abs(mean[5:, 0] - 9.0) < 4 * sem[5:, 0]).all() and mean[5:, 1].min() > 0.99


def test_without_memory_every_exposure_is_like_the_first():
    mean, sem = by_exposure("ideal-without-memory", arms="independent")
    assert (np.abs(mean - PUBLISHED[0]) < 4 * sem + 0.01).all()


@pytest.mark.parametrize("name, reward", [("oracle", 9.0), ("random", 1.8)])
def test_oracle_and_chance_earn_the_same_at_every_exposure(name, reward):
    mean, sem = by_exposure(name)
    assert (np.abs(mean[:, 0] - reward) < 4 * sem[:, 0]).all()


@pytest.mark.parametrize("settings, sentence", [
    ({"n_bits": 3}, "distinct barcodes"), ({"good": 0.1}, "bad < good"), ({"arms": "twice"}, "unknown arms"),
    ({"trial_index": True}, "no trial index"), ({"n_contexts": 0}, "n_contexts must be at least 1"),
])
def test_settings_that_cannot_be_are_refused(settings, sentence):
    with pytest.raises(UserError, match=sentence):
        make_task("bandit/barcode", **settings)
