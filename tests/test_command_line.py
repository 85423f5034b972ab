"""The cogmeta command: every slip gives one line that teaches and a non-zero exit status, never a traceback."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from functools import partial
from importlib.metadata import entry_points

import numpy as np
import pandas as pd
import pytest
import typer

from cogmeta.cli import ORDER, main

COMMANDS = ORDER


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command line in this process; return (exit status, standard output, standard error)."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["cogmeta", *map(str, arguments)])
        status = 0
        try:
            main()
        except SystemExit as end:
            status = end.code or 0
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def fails(run):
    """Run a command line that must fail with one line; return the line."""

    def fails(*arguments):
        status, _, err = run(*arguments)
        assert status != 0 and "Traceback" not in err
        assert len(err.strip().splitlines()) == 1, err
        return err.strip()

    return fails


def bandit_table(n_subjects=3, n_trials=30):
    """Return a well-formed bandit table."""
    rng = np.random.default_rng(0)
    trial = np.tile(np.arange(n_trials), n_subjects)
    return pd.DataFrame({
        "subject": np.repeat([f"s{i:02d}" for i in range(n_subjects)], n_trials), "trial": trial,
        "choice": rng.integers(0, 2, len(trial)), "reward": rng.integers(0, 2, len(trial)),
    })


@pytest.fixture
def broken(tmp_path):
    """Write a bandit table with one cell changed; return its path."""

    def broken(column, value, row=17):
        table = bandit_table().astype({column: object})
        table.loc[row, column] = value
        table.to_csv(tmp_path / "broken.csv", index=False)
        return tmp_path / "broken.csv"

    return broken


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_page_with_an_example(run, command):
    status, out, _ = run(command, "--help")
    assert status == 0
    assert f"cogmeta {command}" in out.replace("Usage: cogmeta", "")


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "data"])
def test_a_help_page_lists_every_option_once_and_ends_with_a_command_to_copy(run, command):
    _, out, _ = run(command, "--help")
    loaded = typer.main.get_command(entry_points(group="cogmeta.commands")[command].load())
    shown = re.findall(r"^  (--[a-z-]+)", out.partition("\nOptions:\n")[2], flags=re.MULTILINE)
    assert sorted(shown) == sorted(["--help", *(p.opts[0] for p in loaded.params if p.param_type_name == "option")])
    last = shlex.split(out.strip().splitlines()[-1])
    assert last[:2] == ["cogmeta", command] and {word for word in last if word.startswith("--")} <= set(shown)


def test_options_of_a_long_command_stand_in_groups_and_those_of_every_run_last(run):
    _, out, _ = run("fit", "--help")
    assert re.findall(r"^([A-Z][^:\n]*):$", out, flags=re.MULTILINE) == [
        "Arguments", "Options", "Fit", "Trials", "The group (em, nuts)", "Sampling (nuts)", "How it runs", "Example"]
    assert out.index("Sampling (nuts):") < out.index("--chains") < out.index("How it runs:") < out.index("--seed")


def test_the_help_of_cogmeta_lists_every_command_without_loading_torch():
    code = ("import sys; sys.argv = ['cogmeta', '--help']\n"
            "import cogmeta.cli\n"
            "try: cogmeta.cli.main()\n"
            "except SystemExit: pass\n"
            "print('torch' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip().endswith("False"), done.stderr
    assert all(command in done.stdout for command in COMMANDS)


def test_an_unknown_command_is_answered_with_the_nearest_one(fails):
    assert "Did you mean 'train'?" in fails("trian")


def test_a_misused_command_is_answered_in_one_line(fails, tmp_path):
    assert "--out" in fails("train", "bandit/easy") and "--help" in fails("train", "bandit/easy")
    assert "--steps" in fails("train", "bandit/easy", "--steps", "abc", "--out", tmp_path)
    assert "--lag" in fails("tasks", "--lag")


STOPPED = "cogmeta: stopped. What was written before stands."
_LISTENS = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # workers of the tests ignore Ctrl-C, and so would what they start
_STARTED = {"stderr": subprocess.PIPE, "text": True, "preexec_fn": _LISTENS, "start_new_session": True, "env": {**os.environ, "TERM": "xterm"}}


def test_ctrl_c_in_a_fit_ends_with_one_line(tmp_path):
    bandit_table(n_subjects=400, n_trials=100).to_csv(tmp_path / "many.csv", index=False)
    command = [sys.executable, "-m", "cogmeta", "fit", "bandit/rescorla_wagner_forgetting", str(tmp_path / "many.csv"), "--starts", "3000"]
    ours, theirs = pytest.importorskip("pty").openpty()  # a terminal, on which the bar appears when fits begin
    fit = subprocess.Popen([*command, "--out", str(tmp_path / "fit")], stdout=theirs, **_STARTED)
    os.close(theirs)
    said = b""
    while b"fitting" not in said:
        said += os.read(ours, 1000)
    os.killpg(fit.pid, signal.SIGINT)
    err = fit.communicate(timeout=60)[1]
    os.close(ours)
    assert fit.returncode == 130 and err.strip() == STOPPED
    assert not (tmp_path / "fit").exists()  # nothing was written


def test_ctrl_c_while_the_processes_of_a_study_start_ends_with_one_line(tmp_path):
    command = [sys.executable, "-m", "cogmeta", "recover", "bandit/rescorla_wagner", "--task", "bandit/independent", "--data-sets", "4"]
    study = subprocess.Popen([*command, "--jobs", "2", "--out", str(tmp_path)], stdout=subprocess.DEVNULL, **_STARTED)
    while study.poll() is None and not (tmp_path / "study.json").exists():  # written just before
        time.sleep(0.01)
    time.sleep(0.5)  # in the midst of their imports, which take seconds
    os.killpg(study.pid, signal.SIGINT)  # as a terminal does: to all of them
    err = study.communicate(timeout=60)[1]
    assert study.returncode == 130 and err.strip() == STOPPED


def test_a_refused_command_leaves_no_folder(fails, tmp_path):
    bandit_table(n_subjects=2, n_trials=5).to_csv(tmp_path / "few.csv", index=False)
    model, few, out = "bandit/rescorla_wagner", tmp_path / "few.csv", tmp_path / "results" / "first"
    for said, *command in (
            ("method", "fit", model, few, "--method", "mpa"), ("starts", "hbi", model, "bandit/choice_kernel", "--trials", few, "--starts", "0"),
            ("n_subjects", "recover", model, "--task", "bandit/easy", "--subjects", "0"),
            ("n_subjects", "confuse", model, "bandit/choice_kernel", "--task", "bandit/easy", "--subjects", "0"),
            ("player", "simulate", "nobody", "--task", "bandit/easy")):
        assert said in fails(*command, "--out", out)
        assert [path.name for path in tmp_path.iterdir()] == ["few.csv"], command[0]


def test_ctrl_c_while_a_command_is_loaded_ends_it_though_an_import_swallows_exceptions():
    code = ("import signal\nfrom cogmeta.cli import _load\n"
            "class Swallows:\n"
            "    def load(self):\n"
            "        try: signal.raise_signal(signal.SIGINT)\n"
            "        except BaseException: pass\n"
            "_load(Swallows()); print('went on')")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == -signal.SIGINT and not done.stdout and not done.stderr


def test_a_folder_in_the_place_of_a_table_is_told_before_anybody_plays(fails, tmp_path):
    assert "is a folder" in fails("simulate", "nobody", "--task", "bandit/easy", "--out", tmp_path)


def test_a_family_is_listed_by_its_name(run):
    status, out, _ = run("models", "two_step")
    assert status == 0 and "two_step/hybrid" in out and "bandit/random" not in out


def test_an_unknown_task_is_answered_with_the_nearest_one(fails, tmp_path):
    assert "Did you mean 'two_step/daw2011'?" in fails("train", "two_step/daw2012", "--out", tmp_path / "run")
    assert "Did you mean 'bandit/easy'?" in fails("tasks", "bandit/easi")


def test_an_unknown_agent_and_learner_are_answered_with_those_there_are(fails, tmp_path):
    assert "'lstm'" in fails("train", "bandit/easy", "--agent", "lsmt", "--out", tmp_path / "run")
    assert "'a2c'" in fails("train", "bandit/easy", "--learner", "a3c", "--out", tmp_path / "run")


def test_an_unknown_model_is_answered_with_the_nearest_one(fails, tmp_path, broken):
    assert "Did you mean 'bandit/rescorla_wagner'?" in fails(
        "fit", "bandit/rescorla_wagne", broken("choice", 1), "--out", tmp_path / "fit")


@pytest.mark.parametrize(("column", "value", "expected"), [
    ("choice", 7.5, "choice must be an integer"),
    ("choice", 7, "option 2 never is, while 7 is"),
    ("choice", -1, "choice must be an integer"),
    ("choice", "left", "choice must be a number, got 'left'"),
    ("reward", 12, "reward must lie in [0, 1], got 12"),
    ("reward", "inf", "reward must lie in [0, 1]"),
    ("trial", 16, "stands twice"),
    ("reward", None, "reward is missing"),
])
def test_a_bad_cell_is_named_with_its_row_and_subject(fails, broken, tmp_path, column, value, expected):
    message = fails("fit", "bandit/rescorla_wagner", broken(column, value), "--out", tmp_path / "fit")
    assert expected in message and "row 17" in message and "'s00'" in message


def test_options_that_are_coded_from_1_are_not_fitted_as_three(fails, run, tmp_path):
    table = bandit_table()
    table["choice"] += 1
    table.to_csv(tmp_path / "t.csv", index=False)
    message = fails("fit", "bandit/rescorla_wagner", tmp_path / "t.csv", "--out", tmp_path / "fit")
    assert "option 0 never is" in message and "subtract 1" in message
    assert run("fit", "bandit/rescorla_wagner", tmp_path / "t.csv", "--option", "n_arms=3", "--out", tmp_path / "fit")[0] == 0


def test_a_table_without_a_single_response_is_refused(fails, tmp_path):
    bandit_table().assign(choice=None, reward=None).to_csv(tmp_path / "t.csv", index=False)
    assert "nothing to fit" in fails("fit", "bandit/rescorla_wagner", tmp_path / "t.csv", "--out", tmp_path / "fit")


def test_a_missing_column_is_named(fails, tmp_path):
    bandit_table().drop(columns="reward").to_csv(tmp_path / "t.csv", index=False)
    message = fails("fit", "bandit/rescorla_wagner", tmp_path / "t.csv", "--out", tmp_path / "fit")
    assert "['reward'] missing" in message


@pytest.mark.parametrize(("content", "expected"), [
    (b"", "is empty"), (b"subject,trial,choice,reward\n", "no trials"), (b"\xe9t\xe9,trial\n1,2\n", "is not utf-8 text"),
])
def test_a_file_that_is_no_table_is_refused(fails, tmp_path, content, expected):
    (tmp_path / "t.csv").write_bytes(content)
    message = fails("fit", "bandit/rescorla_wagner", tmp_path / "t.csv", "--out", tmp_path / "fit")
    assert expected in message


def test_a_latin_1_file_can_be_read_by_saying_so(run, tmp_path):
    table = bandit_table().replace("s00", "Zoë")
    table.to_csv(tmp_path / "t.csv", index=False, encoding="latin-1")
    status, _, err = run("fit", "bandit/rescorla_wagner", tmp_path / "t.csv", "--out", tmp_path / "fit", "--encoding", "latin-1")
    assert status == 0, err
    assert "Zoë" in (tmp_path / "fit" / "parameters.csv").read_text(encoding="utf-8")


def test_a_one_trial_subject_and_one_who_never_varies_are_flagged_not_dropped(run, tmp_path):
    table = bandit_table()
    table.loc[table["subject"] == "s01", "choice"] = 0
    table = table[(table["subject"] != "s02") | (table["trial"] == 0)]
    table.to_csv(tmp_path / "t.csv", index=False)
    status, _, err = run("fit", "bandit/rescorla_wagner", tmp_path / "t.csv", "--out", tmp_path / "fit")
    assert status == 0, err
    fitted = pd.read_csv(tmp_path / "fit" / "parameters.csv", index_col="subject")
    assert list(fitted.index) == ["s00", "s01", "s02"] and fitted["learning_rate"].notna().all()
    assert "identical" in fitted["flag"]["s01"] and "one trial" in fitted["flag"]["s02"]


def test_a_negative_seed_and_zero_steps_are_refused(fails, tmp_path):
    assert "seed" in fails("train", "bandit/easy", "--seed", -1, "--out", tmp_path / "run")
    assert "steps" in fails("train", "bandit/easy", "--steps", 0, "--out", tmp_path / "run")
    assert "seed" in fails("simulate", "thompson", "--task", "bandit/easy", "--seed", -3, "--out", tmp_path / "t.csv")
    assert "episodes" in fails("simulate", "thompson", "--task", "bandit/easy", "--episodes", 0, "--out", tmp_path / "t.csv")


def test_an_output_folder_that_cannot_be_made_is_named(fails, tmp_path):
    (tmp_path / "file").write_text("in the way")
    for command in (("train", "bandit/easy"), ("quickstart",), ("simulate", "thompson", "--task", "bandit/easy")):
        assert "file" in fails(*command, "--out", tmp_path / "file" / "run")


def in_little_space(command):
    """Run a command line in a process whose files may not grow beyond 20 kB."""
    code = ("import resource, sys\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
            "from cogmeta.cli import main\n"
            f"sys.argv = {['cogmeta', *map(str, command)]!r}\n"
            "main()")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    return done.stderr


def test_a_full_disk_leaves_no_half_written_table(tmp_path):
    in_little_space(["simulate", "thompson", "--task", "bandit/easy", "--episodes", 50, "--out", tmp_path / "t.csv"])
    assert os.listdir(tmp_path) == []


def test_a_full_disk_in_training_keeps_what_was_written(tmp_path):
    said = in_little_space(["train", "bandit/easy", "--steps", 20_000, "--out", tmp_path / "run"])
    assert "cannot be written" in said and "What was written before stands" in said
    assert os.listdir(tmp_path / "run") == ["learning_curve.csv"]


def test_simulated_trials_can_be_fitted(run, tmp_path):
    status, _, err = run("simulate", "bandit/rescorla_wagner", "--task", "bandit/medium", "--episodes", 4,
                         "--out", tmp_path / "t.csv", "--seed", 3)
    assert status == 0, err
    assert run("fit", "bandit/rescorla_wagner", tmp_path / "t.csv", "--out", tmp_path / "fit")[0] == 0
    assert json.loads((tmp_path / "fit" / "summary.json").read_text())["totals"]["n_subjects"] == 4


@pytest.mark.parametrize("name", ["mfec", "nec", "similarity", "dqn"])
def test_an_agent_that_learns_while_it_behaves_is_simulated_by_name(run, tmp_path, name):
    settings = [part for setting in ("n_contexts=1", "n_exposures=3") for part in ("--set", setting)]
    status, _, err = run("simulate", name, "--task", "water_maze/contextual", "--episodes", 2, "--out", tmp_path / "t.csv",
                         "--parameters", "discount=0.8,epsilon=0.1", *settings)
    assert status == 0, err
    assert len(pd.read_csv(tmp_path / "t.csv")) == 2 * 3 * 30


def test_a_setting_that_an_agent_does_not_have_is_one_line(fails, tmp_path):
    line = fails("simulate", "mfec", "--task", "mdp/random", "--out", tmp_path / "t.csv", "--parameters", "step_size=0.1")
    assert "'mfec' has no setting 'step_size'; it has discount, epsilon" in line


def test_a_command_that_came_after_the_installation_says_to_install_again(fails, monkeypatch):
    monkeypatch.setattr("cogmeta.cli._registered", dict)
    assert "pip install -e ." in fails("hbi", "--help")


def test_the_tasks_of_one_suite_are_listed_alone(run, fails):
    listed = run("tasks", "--suite", "mdp")[1]
    assert "mdp/random" in listed and "bandit/" not in listed
    assert "Did you mean 'mdp'?" in fails("tasks", "--suite", "mpd")


def test_a_trial_table_is_not_written_under_the_name_of_a_spreadsheet(fails, tmp_path):
    asked = ("simulate", "random", "--task", "bandit/easy", "--episodes", 1, "--out", tmp_path / "trials.xlsx")
    assert "written as CSV" in fails(*asked) and not list(tmp_path.iterdir())
