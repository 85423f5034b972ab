"""Fixtures of the whole suite: a folder for doctests, and a guard on global random state."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("COGMETA_KERNELS", str(Path(__file__).parents[1] / ".pytest_cache" / "kernels"))


@pytest.fixture(autouse=True)
def _no_global_randomness():
    """Fail a test that draws from, or seeds, NumPy's global generator."""
    before = np.random.get_state()[1].copy()
    yield
    assert (np.random.get_state()[1] == before).all(), "global NumPy random state was used"


@pytest.fixture(autouse=True)
def _no_open_figures():
    """Close what a test drew, so that the next one is not warned of too many."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture
def rng():
    """A generator of its own for each test."""
    return np.random.default_rng(20181)


@pytest.fixture(autouse=True)
def _doctest_folder(doctest_namespace, tmp_path):
    doctest_namespace["tmp"] = tmp_path


@pytest.fixture(scope="session")
def data_folder():
    """The folder of real behaviour, or skip: the project does not contain it."""
    folder = Path(os.environ.get("COGMETA_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no behavioural data at {folder}; set COGMETA_DATA")
    return folder
