"""Files as experiments write them: jsPsych, JATOS, PsychoPy, MATLAB, one a participant, all give one and the same table."""

import json

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat
from typer.testing import CliRunner

from cogmeta.data import read_mapped
from cogmeta.data.command import app
from cogmeta.data.raw_table import read_raw
from cogmeta.errors import UserError
from cogmeta.trials import read_trials

CHOICE, REWARD = [0, 1, None, 1], [1, 0, None, 1]
EXPECTED = pd.DataFrame({"choice": CHOICE, "reward": REWARD}).astype(float)
JSPSYCH = [{"trial_type": "instructions", "rt": 900}] + [
    {"trial_type": "html-button-response", "rt": 400.5 + k, "response": choice, "task": {"won": None if r is None else bool(r)}}
    for k, (choice, r) in enumerate(zip(CHOICE, REWARD))]
FROM_JSPSYCH = {"family": "bandit", "columns": {"subject": "file", "choice": "response", "reward": "task.won", "rt": "rt"},
                "codes": {"reward": {"true": 1, "false": 0}}, "where": {"trial_type": ["html-button-response"]},
                "scale": {"rt": 0.001}}


def same(trials, subject):
    assert set(trials["subject"]) == set(subject if isinstance(subject, list) else [subject])
    for _, own in trials.groupby("subject"):
        np.testing.assert_array_equal(own[["choice", "reward"]].to_numpy(float, na_value=np.nan), EXPECTED)


def test_jspsych_s_array_is_a_trial_table_by_a_mapping(tmp_path):
    (tmp_path / "p01.json").write_text(json.dumps(JSPSYCH))
    trials = read_mapped(tmp_path / "p01.json", FROM_JSPSYCH)
    same(trials, "p01")
    assert trials["rt"][0] == pytest.approx(0.4005)


def test_jatos_exports_one_array_a_line_and_each_is_a_participant(tmp_path):
    (tmp_path / "jatos.json").write_text(json.dumps(JSPSYCH) + "\n\n" + json.dumps(JSPSYCH) + "\n")
    same(read_mapped(tmp_path / "jatos.json", FROM_JSPSYCH), ["jatos_1", "jatos_2"])


def test_a_folder_with_a_psychopy_file_a_participant_is_one_table(tmp_path):
    # PsychoPy writes routines of other loops as rows with empty cells, and columns in the order in which they came up
    for name, columns in (("a", "key.keys,points,trials.thisN"), ("b", "trials.thisN,key.keys,points")):
        rows = [{"key.keys": {0: "f", 1: "j", None: "None"}[c], "points": "" if r is None else r, "trials.thisN": k}
                for k, (c, r) in enumerate(zip(CHOICE, REWARD))]
        text = "\n".join([columns, ",,", *(",".join(str(row[c]) for c in columns.split(",")) for row in rows)])
        (tmp_path / f"{name}.csv").write_text(text + "\n")
    (tmp_path / "a.log").write_text("not data")
    mapping = {"family": "bandit", "columns": {"subject": "file", "trial": "trials.thisN", "choice": "key.keys", "reward": "points"},
               "codes": {"choice": {"f": 0, "j": 1}}, "missing": ["None"], "where": {"trials.thisN": "*"}}
    same(read_mapped(tmp_path, mapping), ["a", "b"])
    same(read_mapped(tmp_path, mapping | {"where": {"trials.thisN": [0, 1, 2, 3]}}), ["a", "b"])
    with pytest.raises(UserError, match=r"trial must be a number, got '' .* at row 0. If rows without it are no trials .*\[where\] \"trials.thisN\" = \"\*\""):
        read_mapped(tmp_path, mapping | {"where": {}})


def hdf5_struct(path):
    """Write what MATLAB 7.3 writes for s.choice, s.reward (numbers) and s.side (a cell array of words)."""
    with h5py.File(path, "w", userblock_size=512) as file:
        group = file.create_group("s")
        for name, values in (("choice", CHOICE), ("reward", REWARD)):
            group[name] = np.array([[np.nan if v is None else v for v in values]])
            group[name].attrs["MATLAB_class"] = np.bytes_("double")
        words = []
        for k, word in enumerate(["left", "right", "none", "right"]):
            file[f"#refs#/{k}"] = np.array([[ord(letter)] for letter in word], np.uint16)
            file[f"#refs#/{k}"].attrs["MATLAB_class"] = np.bytes_("char")
            words.append(file[f"#refs#/{k}"].ref)
        group.create_dataset("side", data=np.array([words], dtype=h5py.ref_dtype))
        group["side"].attrs["MATLAB_class"] = np.bytes_("cell")
    head = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM"
    with open(path, "r+b") as file:
        file.write(head)


@pytest.mark.parametrize("version", ["5", "7.3"])
def test_a_matlab_struct_is_a_table(tmp_path, version):
    path = tmp_path / "rat7.mat"
    if version == "7.3":
        hdf5_struct(path)
    else:
        as_float = [[np.nan if v is None else float(v) for v in values] for values in (CHOICE, REWARD)]
        words = np.array(["left", "right", "none", "right"], object)
        savemat(path, {"s": {"choice": as_float[0], "reward": as_float[1], "side": words}, "note": "x"})
    mapping = {"family": "bandit", "variable": "s", "columns": {"subject": "file", "choice": "side", "reward": "reward"},
               "codes": {"choice": {"left": 0, "right": 1}}, "missing": ["none"]}
    same(read_mapped(path, mapping), "rat7")
    same(read_mapped(path, mapping | {"columns": {"subject": "file", "choice": "choice", "reward": "reward"}, "codes": {}}), "rat7")


def test_an_array_of_matlab_structs_is_a_table(tmp_path):
    rows = np.zeros(4, dtype=[("choice", object), ("reward", object)])
    for row, c, r in zip(rows, CHOICE, REWARD):
        row["choice"], row["reward"] = (np.nan if x is None else float(x) for x in (c, r))
    savemat(tmp_path / "s1.mat", {"trials": rows})
    mapping = {"family": "bandit", "variable": "trials", "columns": {"subject": "file", "choice": "choice", "reward": "reward"}}
    same(read_mapped(tmp_path / "s1.mat", mapping), "s1")


def test_the_command_takes_many_files(tmp_path):
    for name in ("p1", "p2"):
        (tmp_path / f"{name}.json").write_text(json.dumps(JSPSYCH))
    (tmp_path / "map.toml").write_text(
        'family = "bandit"\n[columns]\nsubject = "file"\nchoice = "response"\nreward = "task.won"\n'
        '[codes.reward]\ntrue = 1\nfalse = 0\n[where]\ntrial_type = ["html-button-response"]\n')
    files = [str(tmp_path / f"{name}.json") for name in ("p1", "p2")]
    answer = CliRunner().invoke(app, ["convert", *files, "--mapping", str(tmp_path / "map.toml"), "--out", str(tmp_path / "t.csv")])
    assert answer.exit_code == 0, answer.output
    same(read_trials(tmp_path / "t.csv"), ["p1", "p2"])


@pytest.mark.parametrize(("name", "content", "message"), [
    ("a.json", b'[{"x": 1}', "not whole JSON"),
    ("a.json", b'[{"x": 1}]\n[{"x": 1}\n', "nor is its line 2"),
    ("a.json", b"[1, 2]", "holds no table"),
    ("a.json", b'{"x": []}', "has no rows"),
    ("a.mat", b"nothing of MATLAB's" * 20, "not a whole MATLAB file"),
])
def test_a_broken_file_is_refused_in_one_sentence(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=message):
        read_raw(tmp_path / name)


@pytest.mark.parametrize(("call", "message"), [
    (lambda folder: read_raw(folder / "no.json"), "there is no file"),
    (lambda folder: read_raw(folder / "no.mat"), "there is no file"),
    (lambda folder: read_raw(folder), "has no file that ends in"),
    (lambda folder: read_raw([]), "no file to read"),
])
def test_a_file_that_is_not_there_is_named(tmp_path, call, message):
    with pytest.raises(UserError, match=message):
        call(tmp_path)


def test_a_variable_that_is_not_there_is_answered_with_those_that_are(tmp_path):
    (tmp_path / "a.json").write_text('{"results": {"trials": [{"x": 1}]}}')
    assert read_raw(tmp_path / "a.json", "results.trials")["x"].tolist() == ["1"]
    with pytest.raises(UserError, match=r"'trial' is not among \['trials'\]"):
        read_raw(tmp_path / "a.json", "results.trial")
