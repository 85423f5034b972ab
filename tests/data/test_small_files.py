"""Importers on files made by hand: codes, missing trials, and files that contradict themselves."""

import zipfile

import numpy as np
import pytest
from scipy.io import savemat

from cogmeta.data import bahrami2020, dezfouli2019, miller2022, song2019, zorowitz2023
from cogmeta.errors import UserError
from cogmeta.families import TWO_STEP
from cogmeta.trials import missing

RESTLESS = """user,choice,reward,time,payoff_structure,reward_1,reward_2,reward_3,reward_4
1,4,50,900,2,10,20,30,50
1,NaN,NaN,NaN,2,11,21,31,51
2,1,12,700,3,12,22,32,52
"""


def restless(folder, text=RESTLESS, **options):
    (folder / "raw.csv").write_text(text)
    return bahrami2020.BAHRAMI2020.trials({bahrami2020.FILE: folder / "raw.csv"}, **options)


def test_a_missed_restless_trial_is_missing_and_points_stay_points(tmp_path):
    trials = restless(tmp_path)
    assert trials["choice"].isna().tolist() == trials["reward"].isna().tolist() == [False, True, False]
    assert trials[["trial", "choice"]].dropna().values.tolist() == [[0, 3], [0, 0]]
    assert trials["reward"].tolist() == pytest.approx([50, np.nan, 12], nan_ok=True)
    assert trials["payoff_3"].tolist() == [50, 51, 52]
    assert restless(tmp_path, schedule=3)["subject"].tolist() == ["2"]


def test_restless_points_that_no_arm_paid_or_arms_that_are_none_are_refused(tmp_path):
    with pytest.raises(UserError, match="says reward 40 at row 0, but not that the chosen arm paid it"):
        restless(tmp_path, RESTLESS.replace("4,50,900", "4,40,900"))
    with pytest.raises(UserError, match=r"choice must be an integer in \[0, 4\), got 4 at row 0"):
        restless(tmp_path, RESTLESS.replace("4,50,900", "5,10,900"))


PRESSES = """,ID,key,block,time,condition,outcome,reward,code,trial,choice,diag,PressRate.sec,Mania,Depression
1,s1,R2,1,500,6,null,0,2,1,R2,Healthy,1.5,1,13
2,s1,R1,1,900,6,O2,1,3,1,R1,Healthy,1.5,1,13
3,s1,R2,2,200,1,O1,1,1,7,R1,Healthy,1.5,1,13
4,s2,R1,1,300,4,null,0,4,1,R2,Bipolar,1.2,0,9
"""


def presses(folder, text=PRESSES, **options):
    with zipfile.ZipFile(folder / "raw.zip", "w") as archive:
        archive.writestr("choices_diagno.csv", text)
    return dezfouli2019.DEZFOULI2019.trials({dezfouli2019.FILE: folder / "raw.zip"}, **options)


def test_a_press_is_the_key_and_the_word_null_is_no_missing_trial(tmp_path):
    trials = presses(tmp_path)
    rows = trials[["block", "trial", "choice", "reward"]].values.tolist()
    assert rows == [[0, 0, 1, 0], [0, 1, 0, 1], [6, 0, 1, 1], [0, 0, 0, 0]]
    assert trials["good_arm"].tolist() == [0, 0, 1, 1]  # key and recoded choice agree, or are reversed
    nominal = trials[["reward_probability_0", "reward_probability_1"]].values.tolist()
    assert nominal == [[.08, .05], [.08, .05], [.05, .25], [.05, .125]]
    assert trials["outcome"].isna().tolist() == [True, False, False, True]
    assert presses(tmp_path, diagnosis="Bipolar")["subject"].tolist() == ["s2"]


@pytest.mark.parametrize("change", [("null,0,2", "null,1,2"), ("6,O2", "7,O2"), ("s1,R2,1,500", "s1,R3,1,500")])
def test_presses_that_contradict_themselves_are_refused_with_their_row(tmp_path, change):
    with pytest.raises(UserError, match="the presses do not read as expected at row [01]: .'key'"):
        presses(tmp_path, PRESSES.replace(*change))


REVERSALS = """platform,subject,block,trial,correct,choice,key,rt,accuracy,outcome
mturk,aa,1,1,2,1.0,38.0,0.5,0.0,1.0
mturk,aa,2,2,0,0.0,37.0,0.4,1.0,0.0
prolific,bb,1,1,1,1.0,38.0,0.3,1.0,1.0
"""


def reversals(folder, text=REVERSALS, **options):
    (folder / "data.csv").write_text(text)
    (folder / "metrics.csv").write_text("platform,subject,infreq\nmturk,aa,2\n")
    return zorowitz2023.ZOROWITZ2023.trials({name: folder / name for name in ("data.csv", "metrics.csv")}, **options)


def test_a_reversal_starts_no_new_block_and_the_sample_can_be_chosen(tmp_path):
    trials = reversals(tmp_path)
    rows = trials[["block", "trial", "choice", "reversals"]].values.tolist()
    assert rows == [[0, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]]
    hidden = trials[[f"reward_probability_{arm}" for arm in range(3)]].values.tolist()
    assert hidden == [[.2, .2, .8], [.8, .2, .2], [.2, .8, .2]]
    assert trials["failed_attention_items"].tolist() == pytest.approx([2, 2, np.nan], nan_ok=True)
    assert reversals(tmp_path, sample="analysed")["subject"].tolist() == ["aa", "aa"]
    assert reversals(tmp_path, sample="returned")["subject"].tolist() == ["bb"]
    with pytest.raises(UserError, match="accuracy=1.0 at row 0, but its choice says otherwise"):
        reversals(tmp_path, REVERSALS.replace("0.5,0.0", "0.5,1.0"))


def explorer(folder, best=(2.0, 3.0, 3.0)):
    rows = [[1, 5, day, 800.0, explore, reward, so_far]
            for day, explore, reward, so_far in zip((1, 2, 3), (1, 1, 0), (2.0, 3.0, 3.0), best, strict=True)]
    savemat(folder / "raw.mat", {"data": np.asarray(rows)})
    return song2019.SONG2019.trials({"Exp2 (Mturk)/mturk7.mat": folder / "raw.mat"}, experiment=None)


def test_the_first_day_is_a_forced_choice(tmp_path):
    trials = explorer(tmp_path)
    assert trials["subject"].unique().tolist() == ["exp2_mturk7"]
    assert trials["choice"].tolist() == [1, 1, 0]
    assert trials["forced"].tolist() == [True, False, False]
    assert trials["reward"].tolist() == [2, 3, 3]
    assert trials["best_before"].tolist() == pytest.approx([np.nan, 2, 3], nan_ok=True)
    with pytest.raises(UserError, match="the best reward so far is 4 at row 1, but its rewards say 3"):
        explorer(tmp_path, (2.0, 4.0, 3.0))


def rat(folder, congruent=True, common=(1, 0, 1, 1)):
    """Write one rat: a left choice, a right one, an instructed left one, and a violation."""
    h5py = pytest.importorskip("h5py")
    ports = "llll" if congruent else "rrrr"
    fields = {"sides1": "lrlr", "sides2": ports[:3] + "v"}
    numbers = {"trans_common": common, "rewards": (1, 0, 1, 0), "leftprobs": (.8,) * 4, "rightprobs": (.2,) * 4,
               "better_choices": (1, 0, np.nan, np.nan), "new_sess": (1, 0, 1, 0), "viols": (0,) * 4}
    with h5py.File(folder / "raw.mat", "w") as file:
        struct = file.create_group("#refs#/a")
        for name, values in numbers.items():
            struct[name] = np.asarray(values, float)[None]
        for name, letters in fields.items():
            struct[name] = np.asarray([[ord(letter) for letter in letters]], np.uint16)
        struct["ratname"] = np.asarray([[ord(letter)] for letter in "M1"], np.uint16)
        file["ratdatas"] = np.asarray([[struct.ref]], h5py.ref_dtype)
    return miller2022.MILLER2022.trials({miller2022.FILE: folder / "raw.mat"})


@pytest.mark.parametrize("congruent", [True, False])
def test_side_zero_commonly_leads_to_state_zero_in_every_rat(tmp_path, congruent):
    trials = rat(tmp_path, congruent)
    assert trials["subject"].unique().tolist() == ["M1"]
    assert trials[["session", "trial"]].values.tolist() == [[0, 0], [0, 1], [1, 2], [1, 3]]
    assert trials["state2"].iloc[:3].tolist() == [0, 0, 0]
    assert trials["common"].iloc[:2].tolist() == [True, False]
    assert trials["congruent"].tolist() == [congruent] * 4
    assert trials["reward_probability_0"].tolist() == [0.8 if congruent else 0.2] * 4


def test_instructed_choices_are_forced_and_violations_are_no_choices(tmp_path):
    trials = rat(tmp_path)
    assert missing(trials, TWO_STEP).tolist() == [False, False, False, True]
    assert trials["forced"].tolist() == [False, False, True, True]
    assert trials["choice1"].fillna(-1).tolist() == [0, 1, 0, -1]
    assert trials["reward"].tolist() == pytest.approx([1, 0, 1, np.nan], nan_ok=True)
    assert trials["violation"].tolist() == [False, False, False, True]


def test_a_rat_whose_record_of_transitions_is_another_is_refused(tmp_path):
    with pytest.raises(UserError, match="trans_common=1 at trial 1 of rat 'M1', but its sides say otherwise"):
        rat(tmp_path, common=(1, 1, 1, 1))


def test_without_h5py_one_sentence_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(miller2022, "h5py", None)
    with pytest.raises(UserError, match=r"needs h5py. Install it: pip install 'cogmeta\[matlab\]'"):
        miller2022.read({miller2022.FILE: tmp_path / "raw.mat"})
