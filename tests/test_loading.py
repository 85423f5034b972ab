"""Modules load while the collector of garbage rests, and it works again afterwards, whatever happens."""

import gc
import subprocess
import sys

import pytest

from cogmeta.loading import loading


@pytest.fixture(autouse=True)
def _collector_as_it_was():
    yield
    gc.unfreeze()
    gc.enable()


def test_the_collector_works_again_after_a_module_that_cannot_be_loaded():
    with pytest.raises(ImportError), loading():
        raise ImportError("broken")
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    with loading():
        pass
    assert not gc.isenabled()


def test_what_a_block_has_made_is_never_gone_through_again():
    with loading():
        kept = [[k] for k in range(1000)]
    assert gc.get_freeze_count() >= len(kept) and not any(one is kept for one in gc.get_objects())


def test_a_process_that_leaves_quickly_still_does_what_it_was_to_do_in_the_end():
    program = ("import atexit, gc\nfrom cogmeta.loading import leave_quickly\n"
               "atexit.register(lambda: print('last', gc.get_freeze_count() > 0))\nleave_quickly(); leave_quickly()\n")
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "last True\n"
