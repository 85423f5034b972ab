"""The page of data sets is what its command prints, and says of every set what one must know before using it."""

import subprocess
import sys
from pathlib import Path

import pytest

from cogmeta.data import load_trials
from cogmeta.data.page import page
from cogmeta.data.registry import DATA_SETS
from cogmeta.families import INDEX, get_family

ROOT = Path(__file__).parents[2]


def test_the_page_in_docs_is_what_the_command_prints():
    printed = subprocess.run([sys.executable, "-m", "cogmeta.data.page"], cwd=ROOT, capture_output=True, check=True)
    assert (ROOT / "docs" / "data.md").read_text(encoding="utf-8") == printed.stdout.decode() == page()


def test_the_page_says_who_under_which_licence_and_whom_to_cite():
    text = page()
    for name, data_set in DATA_SETS.items():
        section = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
        facts = (data_set.who, data_set.licence, data_set.citation, data_set.doi, data_set.source)
        for said in (*facts, *data_set.statistics):
            assert said in section
        assert all(option in section for option in data_set.options)
        assert data_set.columns


def test_columns_that_the_page_names_are_those_of_the_table(data_folder):
    pytest.importorskip("h5py")
    for name, data_set in DATA_SETS.items():
        trials, described = load_trials(name, data_folder), ", ".join(data_set.columns)
        family = get_family(data_set.family)
        common = {*INDEX, *(c.column for c in family.choices), *(s for s, _ in family.states), "reward", "common"}
        for column in set(trials) - common:
            stem = column.split("_0")[0].split("_1")[0].split("_2")[0].split("_3")[0]  # of columns that have a number
            assert stem in described, (name, column)
        for column in described.replace(" ... ", ", ").split(", "):
            assert "<" in column or column in trials, (name, column)
