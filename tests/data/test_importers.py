"""The importers say what the files say: against independently computed statistics, and on files made by hand."""

import gzip
import json
import zipfile

import numpy as np
import pandas as pd
import pytest

from analyses.stay_probability import CELLS, group_stay, stay_indices, stay_probability
from analyses.stay_regression import stay_regression
from cogmeta.data import load_trials, published_regression, published_stay
from cogmeta.data import feher2020, shahar2019
from cogmeta.errors import UserError
from cogmeta.families import TWO_STEP
from cogmeta.trials import missing, validate_trials

ROUNDED = 0.5e-4 + 1e-9
"""The expected statistics are rounded to 4 decimals."""

FEHER = [("feher2020_twostep", {"story": story}, story) for story in ("magic_carpet", "spaceship")]
SHAHAR = [("shahar2019_twostep_nspn", {"measurement": m}, f"measurement_{m}") for m in (1, 2)]
RULES = {"A_drop_slow_then_pair": False, "B_strict_adjacent": True}
PAIRED = [(*group, rule) for group in FEHER for rule in RULES] + [(*group, None) for group in SHAHAR]


@pytest.fixture(scope="module")
def expected(data_folder):
    return lambda name, group: json.loads((data_folder / name / "expected_stats.json").read_text())[group]


@pytest.mark.parametrize(("name", "options", "group", "rule"), PAIRED)
def test_stay_statistics_of_people_equal_the_independent_ones(data_folder, expected, name, options, group, rule):
    wanted = expected(name, group)
    wanted = wanted[rule] if rule else wanted
    trials, adjacent = load_trials(name, data_folder, **options), RULES.get(rule, False)
    found = group_stay(stay_probability(trials, adjacent)).set_index("cell")
    assert found["n_pairs"].sum() == wanted["n_pairs"]
    for cell in CELLS:
        assert found["stay"][cell] == pytest.approx(wanted["stay_subject_mean"][cell], abs=ROUNDED)
        assert found["pooled"][cell] == pytest.approx(wanted["stay_pooled"][cell], abs=ROUNDED)
    overall = (found["pooled"] * found["n_pairs"]).sum() / found["n_pairs"].sum()
    assert overall == pytest.approx(wanted["stay_overall_pooled"], abs=ROUNDED)
    indices = stay_indices(found.reset_index())
    assert indices["model_based"] == pytest.approx(wanted["MB_index_from_subject_means ((rc+ur)-(rr+uc))"], abs=ROUNDED)
    assert indices["model_free"] == pytest.approx(wanted["MF_index ((rc+rr)-(uc+ur))"], abs=ROUNDED)
    logit = stay_regression(trials, adjacent)["coefficient"].tolist()
    assert logit == pytest.approx(list(wanted["pooled_logit_coefs (predictors coded +1/-1)"].values()), abs=ROUNDED)


def test_people_of_the_magic_carpet_plan_and_reward_alone_does_nothing(data_folder):
    trials = load_trials("feher2020_twostep", data_folder, story="magic_carpet")
    logit = stay_regression(trials).set_index("term")["coefficient"]
    assert logit["reward_x_transition"] == pytest.approx(0.783, abs=1e-3)
    assert abs(logit["reward"]) < 0.01


@pytest.mark.parametrize(("name", "options", "group"), FEHER)
def test_tables_of_feher2020_have_the_rows_and_missing_trials_of_the_files(data_folder, expected, name, options, group):
    wanted, trials = expected(name, group), load_trials(name, data_folder, **options)
    slow, rows = missing(trials, TWO_STEP), trials.groupby("subject").size()
    answered = trials[~slow]
    assert (trials["subject"].nunique(), len(trials)) == (wanted["n_subjects"], wanted["n_rows"])
    assert (slow.sum(), len(answered)) == (wanted["n_slow_rows"], wanted["n_valid_trials"])
    assert [rows.min(), rows.max()] == wanted["rows_per_subject"]
    assert answered["common"].mean() == pytest.approx(wanted["P(common) in valid trials"], abs=ROUNDED)
    assert answered["reward"].mean() == pytest.approx(wanted["mean_reward_pooled"], abs=ROUNDED)
    by_subject = answered.groupby("subject")["reward"].mean()
    assert by_subject.mean() == pytest.approx(wanted["mean_reward_subject_mean"], abs=ROUNDED)
    assert trials.loc[slow, ["choice1", "state2", "choice2", "reward", "common"]].isna().all(axis=None)


@pytest.mark.parametrize(("name", "options", "group"), SHAHAR)
def test_tables_of_shahar2019_have_the_rows_and_times_of_the_files(data_folder, expected, name, options, group):
    wanted, trials = expected(name, group), load_trials(name, data_folder, **options)
    per_subject = trials.groupby("subject").size()
    assert (trials["subject"].nunique(), len(trials)) == (wanted["n_subjects"], wanted["n_trials"])
    assert [per_subject.min(), per_subject.median(), per_subject.max()] == wanted["trials_per_subject"]
    assert trials["common"].mean() == pytest.approx(wanted["P(common)"], abs=ROUNDED)
    assert trials["reward"].mean() == pytest.approx(wanted["mean_reward_pooled"], abs=ROUNDED)
    assert trials["rt1"].median() * 1000 == pytest.approx(wanted["median_rt1_ms"])
    assert trials["rt2"].median() * 1000 == pytest.approx(wanted["median_rt2_ms"])


def test_the_transcripts_of_shahar2019_read_as_the_table_that_was_derived_from_them(data_folder):
    derived = pd.read_csv(data_folder / "shahar2019_twostep_nspn" / "derived_trials.csv.gz")
    trials = load_trials("shahar2019_twostep_nspn", data_folder)
    for column in ("measurement", "trial", "reward"):
        assert (trials[column] == derived[column]).all()
    assert (trials["subject"] == derived["subject"].astype(str)).all()
    assert (trials["choice1"] == derived["choice1"] - 1).all()
    assert (trials["state2"] == 2 - derived["state2"]).all()
    assert (trials["choice2"] == derived["choice2"] - 1).all()
    assert (trials["common"] == (derived["common"] == 1)).all()
    # milliseconds to seconds and back: within rounding of a float
    assert np.allclose(trials[["rt1", "rt2"]] * 1000, derived[["rt1", "rt2"]], rtol=1e-12)


def test_the_zip_of_the_public_address_reads_as_the_gzip(data_folder, tmp_path):
    packed = data_folder / "shahar2019_twostep_nspn" / "prompts.jsonl.gz"
    lines = gzip.decompress(packed.read_bytes()).split(b"\n")[:3]
    with zipfile.ZipFile(tmp_path / "prompts.jsonl.zip", "w") as archive:
        archive.writestr("prompts.jsonl", b"\n".join(lines))
    zipped = shahar2019.SHAHAR2019.trials({"prompts.jsonl.zip": tmp_path / "prompts.jsonl.zip"})
    whole = load_trials("shahar2019_twostep_nspn", data_folder)
    pd.testing.assert_frame_equal(zipped[whole.columns], whole[whole["subject"].isin(["1", "2", "3"])])


def test_the_spaceship_planet_is_the_one_that_the_display_and_the_side_imply(data_folder):
    trials = load_trials("feher2020_twostep", data_folder, story="spaceship")
    files = sorted((data_folder / "feher2020_twostep" / "spaceship").glob("*.csv"))
    raw = pd.concat([pd.read_csv(file) for file in files], ignore_index=True)
    answered = raw["slow"] == 0
    implied = raw["symbol0"] ^ raw["symbol1"] ^ raw["choice1"].where(answered, 0)
    assert (trials.loc[answered, "choice1"] == implied[answered]).all()


def test_both_stories_together_are_the_two_one_after_the_other(data_folder):
    both = load_trials("feher2020_twostep", data_folder)
    each = [load_trials("feher2020_twostep", data_folder, story=story) for story in feher2020.STORIES]
    pd.testing.assert_frame_equal(both, pd.concat(each, ignore_index=True))
    assert both["subject"].nunique() == 45
    validate_trials(both, TWO_STEP)


@pytest.mark.parametrize(("name", "options", "group", "rule"), PAIRED)
def test_the_published_statistics_are_those_of_the_trials(data_folder, name, options, group, rule):
    adjacent, trials = RULES.get(rule, False), load_trials(name, data_folder, **options)
    pairing = "adjacent" if adjacent else "drop_missing"
    stay, found = published_stay(name, pairing, **options), group_stay(stay_probability(trials, adjacent))
    # both are rounded to 4 decimals
    assert np.allclose(stay[["stay", "low", "high"]], found[["stay", "low", "high"]], atol=ROUNDED)
    same = ["cell", "reward", "common", "n_subjects"]
    assert (stay[same] == found[same]).all(axis=None)
    terms = published_regression(name, pairing, **options)
    assert np.allclose(terms["coefficient"], stay_regression(trials, adjacent)["coefficient"], atol=ROUNDED)


MAGIC_CARPET = """trial,common,reward.1.1,reward.1.2,reward.2.1,reward.2.2,isymbol_lft,isymbol_rgt,\
rt1,choice1,final_state,fsymbol_lft,fsymbol_rgt,rt2,choice2,reward,slow
0,1,.1,.2,.3,.4,2,1,.7,2,2,2,1,.3,1,1,0
1,0,.1,.2,.3,.4,2,1,.4,2,1,1,2,-1,-1,0,1
2,0,.1,.2,.3,.4,1,2,-1,-1,-1,-1,-1,-1,-1,0,1
3,0,.1,.2,.3,.4,1,2,.5,1,2,1,2,.6,2,0,0
"""
SPACESHIP = """trial,rwrd_prob0,rwrd_prob1,rwrd_prob2,rwrd_prob3,symbol0,symbol1,common,choice1,rt1,final_state,\
choice2,rt2,reward,slow
1,.1,.2,.3,.4,1,1,0,1,.5,0,0,.7,1,0
2,.1,.2,.3,.4,0,0,0,0,.3,1,1,.6,1,0
"""


@pytest.fixture
def files(tmp_path):
    paths = {"magic_carpet/00001_game.csv": MAGIC_CARPET, "spaceship/00001.csv": SPACESHIP}
    for name, text in paths.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    return {name: tmp_path / name for name in paths}


def test_a_slow_trial_is_kept_as_a_row_without_choices_or_reward(files):
    trials = feher2020.FEHER2020.trials(files, story="magic_carpet")
    assert trials["choice1"].isna().tolist() == [False, True, True, False]
    assert trials["reward"].isna().tolist() == [False, True, True, False]
    assert trials["rt1"].isna().tolist() == [False, False, True, False]
    answered = trials.dropna(subset="choice1")
    assert answered[["trial", "choice1", "state2", "choice2"]].values.tolist() == [[0, 1, 1, 0], [3, 0, 1, 1]]
    assert answered["common"].tolist() == [True, False]
    hidden = [f"reward_probability_{state}_{option}" for state in (0, 1) for option in (0, 1)]
    assert answered[hidden].values.tolist() == [[0.1, 0.2, 0.3, 0.4]] * 2


def test_a_spaceship_choice_is_the_planet_and_never_the_side(files):
    trials = feher2020.FEHER2020.trials(files, story="spaceship")
    assert trials[["trial", "choice1", "state2", "choice2"]].values.tolist() == [[1, 1, 0, 0], [2, 0, 1, 1]]
    assert trials["common"].tolist() == [False, False]


def test_people_of_two_stories_with_one_number_stay_two_people(files):
    assert feher2020.FEHER2020.trials(files)["subject"].unique().tolist() == ["magic_carpet_00001", "spaceship_00001"]


def test_a_file_that_contradicts_itself_is_refused_with_its_row(files):
    path = files["magic_carpet/00001_game.csv"]
    path.write_text(path.read_text().replace("0,1,.1", "0,0,.1"))
    with pytest.raises(UserError, match="magic_carpet/00001_game.csv says common=0 at row 0"):
        feher2020.FEHER2020.trials(files)


INSTRUCTIONS = (
    "In the first stage, you will choose between two options: M and Z.\n"
    "Your first-stage choice will lead to one of two second-stage states: S or A.\n"
    "In each second-stage state, you will make another choice between two options: R and W.\n"
)
TRIAL = "You choose <<{}>>. This leads to state {}. In state {}, you choose <<{}>>. You receive {} reward.\n"


def transcript(rts):
    text = (INSTRUCTIONS + TRIAL.format("M", "A", "A", "W", "a") + TRIAL.format("Z", "A", "A", "R", "no")
            + "You are now back 18 months later.\n" + TRIAL.format("Z", "S", "S", "R", "a"))
    return json.dumps({"text": text, "participant": "7", "RTs": rts})


def read_transcript(folder, line):
    with gzip.open(folder / "prompts.jsonl.gz", "wt") as file:
        file.write(line)
    return shahar2019.SHAHAR2019.trials({"prompts.jsonl.zip": folder / "prompts.jsonl.gz"})


def test_a_transcript_reads_as_it_was_told(tmp_path):
    trials = read_transcript(tmp_path, transcript([500, 600, 700, 800, 900, 1000]))
    told = trials[["session", "trial", "choice1", "state2", "choice2"]].values.tolist()
    assert told == [[0, 0, 0, 0, 1], [0, 1, 1, 0, 0], [1, 0, 1, 1, 0]]
    assert trials["reward"].tolist() == [1, 0, 1]
    assert trials["common"].tolist() == [True, False, True]
    assert trials["rt2"].tolist() == [0.6, 0.8, 1.0]


def test_a_transcript_with_a_response_time_too_few_is_refused(tmp_path):
    with pytest.raises(UserError, match="transcript of subject '7' .* found 3 trials and 5 response times"):
        read_transcript(tmp_path, transcript([500, 600, 700, 800, 900]))
