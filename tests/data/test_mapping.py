"""Anybody's table: read as it was meant, by a mapping; and refused, with the row, where mapping and table disagree."""

import gzip
import json
import re
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from cogmeta.data import load_trials, read_mapped
from cogmeta.data.command import app
from cogmeta.data.mapping import ColumnMapping, load_mapping
from cogmeta.data.shahar2019 import TRANSCRIPT
from cogmeta.errors import UserError
from cogmeta.trials import read_trials, validate_trials

COLUMNS = {"subject": "ID", "choice": "resp", "reward": "win"}
BANDIT = {"family": "bandit", "columns": COLUMNS, "codes": {"choice": {"left": 0, "right": 1}}}


def write(folder, text, name="raw.csv", **settings):
    (folder / name).write_text(text, **settings)
    return folder / name


@pytest.mark.parametrize("code", ["-1", "null", "999", "", "NaN", "-1.0"])
def test_five_ways_of_coding_a_missing_trial_are_one(tmp_path, code):
    path = write(tmp_path, f"ID,resp,win\n007,left,1\n007,{code},0\n007,right,0\n")
    trials = read_mapped(path, BANDIT | {"missing": [-1, "null", 999]})
    assert trials["choice"].isna().tolist() == trials["reward"].isna().tolist() == [False, True, False]
    assert trials["subject"].tolist() == ["007"] * 3
    assert trials["trial"].tolist() == [0, 1, 2]


def test_a_code_that_is_missing_in_one_column_is_a_value_in_another(tmp_path):
    path = write(tmp_path, "ID,resp,win\na,left,-1\na,-1,-1\n")
    mapping = BANDIT | {"missing": {"choice": [-1]}, "reward_range": [-1, 1]}
    assert read_mapped(path, mapping)["reward"].tolist() == pytest.approx([-1, np.nan], nan_ok=True)


def test_labels_of_a_trial_are_never_missing_codes(tmp_path):
    path = write(tmp_path, "ID,t,resp,win\n999,999,left,1\n999,1000,right,0\n")
    trials = read_mapped(path, BANDIT | {"columns": COLUMNS | {"trial": "t"}, "missing": [999]})
    assert trials["trial"].tolist() == [999, 1000]
    assert trials["subject"].tolist() == ["999"] * 2


def test_everything_that_a_mapping_can_say_at_once(tmp_path):
    raw = ("Person;Phase;Lauf;Taste;Punkte;RT;Straße\n"
           "ü;warm;1;1;5;200;A\nü;main;1;2;40;300;A\nü;main;2;1;12;999;B\nx;main;1;2;7;100;B\n")
    path = write(tmp_path, raw, encoding="latin-1")
    trials = read_mapped(path, {
        "family": "bandit", "delimiter": ";", "encoding": "latin-1", "n_options": 2, "reward_range": [0, 50],
        "columns": {"subject": "Person", "block": "Lauf", "choice": "Taste", "reward": "Punkte", "rt": "RT"},
        "offset": {"choice": -1}, "scale": {"rt": 0.001}, "constants": {"session": 3}, "where": {"Phase": ["main"]},
        "missing": {"rt": [999]}, "keep": ["Straße"],
    })
    assert trials.columns.tolist() == ["subject", "session", "block", "trial", "choice", "reward", "rt", "Straße"]
    index = trials[["subject", "session", "block", "trial"]].values.tolist()
    assert index == [["ü", 3, 1, 0], ["ü", 3, 2, 0], ["x", 3, 1, 0]]
    assert trials["choice"].tolist() == [1, 0, 1]
    assert trials["rt"].tolist() == pytest.approx([0.3, np.nan, 0.1], nan_ok=True)
    assert trials["Straße"].tolist() == ["A", "B", "B"]


def test_two_registered_data_sets_read_the_same_by_mappings(data_folder):
    restless = read_mapped(data_folder / "bahrami2020_restless4" / "DataAllSubjectsRewards.csv", {
        "family": "bandit", "n_options": 4, "reward_range": [0, 100], "offset": {"choice": -1}, "scale": {"rt": 0.001},
        "columns": {"subject": "user", "choice": "choice", "reward": "reward", "rt": "time",
                    "schedule": "payoff_structure"},
    })
    loaded = load_trials("bahrami2020_restless4", data_folder)
    pd.testing.assert_frame_equal(restless, loaded[restless.columns], check_dtype=False)
    presses = read_mapped(data_folder / "dezfouli2019_twoarmed" / "choices_diagno.csv.gz", {
        "family": "bandit", "columns": {"subject": "ID", "block": "trial", "choice": "key", "reward": "outcome"},
        "codes": {"choice": {"R1": 0, "R2": 1}, "reward": {"null": 0, "O1": 1, "O2": 1}}, "offset": {"block": -1},
    })
    loaded = load_trials("dezfouli2019_twoarmed", data_folder)
    pd.testing.assert_frame_equal(presses, loaded[presses.columns], check_dtype=False)


def two_step_rows(n, swapped):
    state = np.where(np.arange(n) % 10 < 7, 0, 1) ^ swapped
    return "who,c1,s2,c2,r\n" + "".join(f"p,1,{s + 1},2,0\n" for s in state)


TWO_STEP = {"family": "two_step",
            "columns": {"subject": "who", "choice1": "c1", "state2": "s2", "choice2": "c2", "reward": "r"},
            "offset": {"choice1": -1, "state2": -1, "choice2": -1}}


def test_swapped_states_of_a_two_step_task_are_refused_unless_meant(tmp_path):
    assert read_mapped(write(tmp_path, two_step_rows(40, False)), TWO_STEP)["common"].mean() == pytest.approx(0.7)
    path = write(tmp_path, two_step_rows(40, True))
    with pytest.raises(UserError, match="subject 'p' .from row 0. just 30% of transitions are common. Swap the codes"):
        read_mapped(path, TWO_STEP)
    columns = {"offset": {"choice1": -1, "choice2": -1}, "codes": {"state2": {1: 1, 2: 0}}}
    assert read_mapped(path, TWO_STEP | columns)["common"].mean() == pytest.approx(0.7)
    assert read_mapped(path, TWO_STEP | {"check_transitions": False})["common"].mean() == pytest.approx(0.3)


REFUSED = [
    ({"codes": {"choice": {"left": 0}}},
     "choice is 'right' in column 'resp' at row 1, but .codes.choice. names only 'left'"),
    ({"codes": {}}, "choice must be a number, got 'left' in column 'resp' at row 0"),
    ({"codes": {"choice": {"left": 0, "right": 2}}, "n_options": 2},
     r"choice must be an integer in \[0, 2\), got 2 at row 1"),
    ({"codes": {"choice": {"left": 1, "right": 0.5}}},
     "codes of 'choice' must be integers from 0, got 0.5 for 'right'"),
    ({"codes": {"choices": {}}}, "unknown column under .codes. 'choices'.* Did you mean 'choice'"),
    ({"columns": COLUMNS | {"reward": "wins"}}, "unknown column of the file 'wins'.* Did you mean 'win'"),
    ({"columns": {"subject": "ID", "choice": "resp"}}, "does not say what 'reward' is"),
    ({"columns": COLUMNS | {"reward": "points"}}, r"reward must lie in \[0, 1\], got 40 at row 2"),
    ({"constants": {"choice": 0}}, "'choice' both as a column and as a constant"),
    ({"constants": {"reward": 0}, "columns": {"subject": "ID", "choice": "resp"}, "missing": ["left", "right"]},
     "no trial has a response"),
    ({"where": {"ID": ["zz"]}}, "no row has 'ID' among .'zz'., as .where. of the mapping wants; found .'a', 'b'."),
    ({"missing": "null"}, "missing must be a list of codes"),
    ({"missing": {"answer": [1]}}, "unknown column under .missing. 'answer'"),
    ({"delimiter": ";"}, "has one column only, 'ID,resp,win,points,n', with the delimiter ';'"),
    ({"reward_range": [1, 0]}, "reward_range must be .lowest, highest."),
    ({"scale": {"reward": "x"}}, "scale and offset of 'reward' must be numbers, got 'x'"),
    ({"encoding": "utf-99"}, "encoding must be one such as"),
    ({"family": "bandits"}, "unknown family 'bandits'.* Did you mean 'bandit'"),
    ({"columns": COLUMNS | {"choice": "n"}, "codes": {}},
     r"nobody ever takes option 0, the lowest choice is 1.*\[offset\] choice = -1"),
    ({"separator": ","}, "unknown mapping key 'separator'"),
    ({"columns": "ID"}, "columns of a mapping must be a table"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_a_wrong_mapping_is_refused_in_one_sentence_that_says_where(tmp_path, change, message):
    path = write(tmp_path, "ID,resp,win,points,n\na,left,1,0,1\na,right,0,1,2\nb,left,0,40,1\n")
    read_mapped(path, BANDIT)
    with pytest.raises(UserError, match=message) as error:
        read_mapped(path, BANDIT | change)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("text", "message"), [
    ("", "is empty"), ("ID,resp,win\n", "has a header but no trials"),
    ("ID,resp,win\na,left,1\na,left,1,7\n", "cannot be read as a CSV table"),
    ("ID,resp,win\na,left,\n", "reward is missing at row 0"), ("ID,resp,win\n,left,1\n", "subject is missing at row 0"),
])
def test_a_broken_table_is_refused_in_one_sentence(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        read_mapped(write(tmp_path, text), BANDIT)


TOML = """family = "bandit"
missing = [-1, "null"]
[columns]
subject = "ID"
choice = "resp"
reward = "win"
[codes.choice]
left = 0
right = 1
"""


def test_a_toml_file_says_the_same_as_a_dictionary(tmp_path):
    assert load_mapping(write(tmp_path, TOML, "map.toml")) == ColumnMapping(**BANDIT, missing=[-1, "null"])
    with pytest.raises(UserError, match="there is no mapping file"):
        load_mapping(tmp_path / "none.toml")
    with pytest.raises(UserError, match="is not a TOML file: .* line 1"):
        load_mapping(write(tmp_path, "family = bandit", "bad.toml"))
    with pytest.raises(UserError, match="the mapping has no 'family'"):
        load_mapping({"columns": COLUMNS})


def test_the_command_converts_a_table_and_what_it_writes_is_a_trial_table(tmp_path):
    raw = write(tmp_path, "ID,resp,win\n1,left,1\n1,null,0\n2,right,0\n")
    mapping, out = write(tmp_path, TOML, "map.toml"), tmp_path / "trials.csv"
    result = CliRunner().invoke(app, ["convert", str(raw), "--mapping", str(mapping), "--out", str(out)])
    assert result.exit_code == 0
    assert "2 subjects, 3 trials, 1 without a response" in result.output
    trials = validate_trials(read_trials(out), "bandit", n_options=2)
    assert trials["choice"].isna().tolist() == [False, True, False]
    write(tmp_path, "ID,resp,win\n1,up,1\n")
    refused = CliRunner().invoke(app, ["convert", str(raw), "--mapping", str(mapping), "--out", str(out)])
    assert isinstance(refused.exception, UserError)
    assert len(read_trials(out)) == 3  # what stood there stays


def test_transcripts_are_read_by_a_mapping_as_by_the_importer(data_folder, tmp_path):
    with gzip.open(data_folder / "shahar2019_twostep_nspn" / "prompts.jsonl.gz", "rt") as lines:
        (tmp_path / "some.jsonl").write_text("".join(next(lines) for _ in range(4)))
    names = ("choice1", "state2", "choice2", "reward", "session", "rt1", "rt2")
    mapping = {
        "family": "two_step", "columns": {name: name for name in ("subject", *names)},
        "codes": {"reward": {"a": 1, "no": 0}}, "transcript": asdict(TRANSCRIPT),
    }
    trials = read_mapped(tmp_path / "some.jsonl", mapping)
    loaded = load_trials("shahar2019_twostep_nspn", data_folder)
    first = loaded[loaded["subject"].isin(trials["subject"].unique())].reset_index(drop=True)
    pd.testing.assert_frame_equal(trials, first[trials.columns], check_dtype=False)


def test_the_toml_of_the_page_reads_the_transcripts_of_a_data_set(data_folder, tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "trial_table.md").read_text(encoding="utf-8")
    (told,) = [block for block in re.findall(r"```toml\n(.*?)```", page, re.DOTALL) if "[transcript]" in block]
    (tmp_path / "mine.toml").write_text(told)
    with gzip.open(data_folder / "shahar2019_twostep_nspn" / "prompts.jsonl.gz", "rt") as lines:
        (tmp_path / "some.jsonl").write_text("".join(next(lines) for _ in range(3)))
    trials = read_mapped(tmp_path / "some.jsonl", tmp_path / "mine.toml")
    loaded = load_trials("shahar2019_twostep_nspn", data_folder)
    first = loaded[loaded["subject"].isin(trials["subject"].unique())].reset_index(drop=True)
    pd.testing.assert_frame_equal(trials, first[trials.columns], check_dtype=False)


def test_transcripts_that_do_not_read_as_the_pattern_says_are_refused(tmp_path):
    person = {"participant": "s1", "text": "Choose J or F. You press <<J>> and win 1. You press <<X>> and win 0."}
    path = write(tmp_path, json.dumps(person) + "\n", "told.jsonl")
    mapping = {"family": "bandit", "columns": {"subject": "subject", "choice": "choice", "reward": "reward"}}
    pattern = r"press <<(?P<choice>\w)>> and win (?P<reward>\d)"
    letters = {"codes": {"choice": {"J": 0, "X": 1}}, "transcript": {"trial": pattern}}
    assert read_mapped(path, mapping | letters)["choice"].tolist() == [0, 1]
    for transcript, message in [
        ({"trial": pattern, "names": r"(?P<choice_0>\w) or (?P<choice_1>\w)"},
         "choice is 'X' at row 1 of subject 's1'"),
        ({"trial": pattern, "names": r"(?P<choice_0>Q)"},
         "names of the options were not found in the transcript of subject 's1'"),
        ({"trial": r"press <<(?P<choice>\d)>>"}, "no trial was found in the transcript of subject 's1'"),
        ({"trial": "press"}, "no named group"),
        ({"trial": "(press"}, "is not a regular expression"),
        ({"trail": pattern}, "cannot be read as transcripts"),
        ({"trial": pattern, "times": ["rt"]}, "found 2 trials and 0 response times"),
    ]:
        with pytest.raises(UserError, match=message):
            read_mapped(path, mapping | {"transcript": transcript})


def test_true_and_false_are_asked_for_and_read_by_their_codes(tmp_path):
    path = write(tmp_path, json.dumps([{"who": "a", "key": 0, "correct": True}, {"who": "a", "key": 1, "correct": False}]), "a.json")
    mapping = {"family": "bandit", "columns": {"subject": "who", "choice": "key", "reward": "correct"}}
    with pytest.raises(UserError, match=r"\[codes.reward\] true = 1, false = 0"):
        read_mapped(path, mapping)
    assert read_mapped(path, mapping | {"codes": {"reward": {"true": 1, "false": 0}}})["reward"].tolist() == [1, 0]
