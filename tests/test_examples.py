"""Every example in a docstring runs."""

import doctest
import importlib
import pkgutil
import re

import pytest
from optional_modules import NEEDS, lacking

FLOORS = ("cogmeta", "tasks", "analyses", "figures")
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL


def modules():
    """Return the names of all modules of the four floors."""
    return [m.name for floor in FLOORS for m in pkgutil.walk_packages([floor], f"{floor}.") if not re.search("__main__", m.name)]


@pytest.mark.parametrize("name", modules())
def test_the_examples_of_every_module_run(name, tmp_path):
    if lacking(name):
        pytest.skip(f"{NEEDS[name]} is not installed")
    result = doctest.testmod(importlib.import_module(name), extraglobs={"tmp": tmp_path}, optionflags=OPTIONS)
    assert result.failed == 0
