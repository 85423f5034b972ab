"""The page about fitting says nothing that does not run."""

import importlib.util
import re
import shlex
from configparser import ConfigParser
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "fitting.md").read_text(encoding="utf-8")
WRITES = {"fit": "parameters.csv", "hbi": "responsibility.csv", "recover": "summary.csv", "compare": "likelihood.csv",
          "fit-network": "nested.csv", "posterior-predictive": "check.csv"}
BAYES = all(importlib.util.find_spec(name) for name in ("nutpie", "arviz"))
"""Whether the extra is there that sampling needs."""


@pytest.fixture(scope="module")
def known():
    """What the Python blocks of the page leave behind, run one after the other."""
    names = {}
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)):
        if "nuts" in block and not BAYES:
            continue
        exec(compile(block, f"docs/fitting.md, block {number}", "exec"), names)
    return names


def commands():
    """Return the commands of the page as lists of words."""
    return [shlex.split(line) for block in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


def test_the_python_of_the_page_gives_what_it_says(known):
    trials = known["trials"]
    assert len(known["alone"].parameters) == 12 and known["errors"].notna().all()
    assert known["group"].coefficients["term"].unique().tolist() == ["Intercept", "age"]
    assert known["who"].responsibility.shape == (12, 2)
    assert known["unseen"].index.equals(trials.index) and known["unseen"].mean() > np.log(0.5)
    assert known["back"].summary().loc["learning_rate", "n"] == 20


@pytest.mark.parametrize("words", commands(), ids=lambda words: " ".join(words[1:3]))
def test_the_commands_of_the_page_run(words, known, tmp_path, monkeypatch):
    if "nuts" in words and not BAYES:
        pytest.skip("needs the extra bayes (nutpie, ArviZ)")
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    entries = dict(line.replace(" ", "").split("=") for line in config["options.entry_points"]["cogmeta.commands"].split("\n") if line)
    module, app = entries[words[1]].split(":")
    monkeypatch.chdir(tmp_path)
    known["trials"].to_csv("trials.csv", index=False)
    if words[1] == "posterior-predictive":
        known["alone"].save("fit")  # as the first command of the page does
    result = CliRunner().invoke(getattr(import_module(module), app), words[2:], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert len(pd.read_csv(Path(words[words.index("--out") + 1]) / WRITES[words[1]])) > 0


@pytest.mark.skipif(not BAYES, reason="needs the extra bayes (nutpie, ArviZ)")
def test_models_are_compared_by_what_was_left_out(known):
    table = known["loo_table"](known["fits"], known["trials"])
    assert table["model"].tolist() == ["bandit/rescorla_wagner", "bandit/choice_kernel"]


def test_every_method_of_the_page_has_an_example():
    assert {words[1] for words in commands()} == set(WRITES)
    assert {"method=\"em\"", "covariates=", "fit_hbi(", "latents(", "held_out_log_likelihood(", "recover("} <= {
        call for call in re.findall(r"method=\"em\"|covariates=|\w+\(", PAGE)}
