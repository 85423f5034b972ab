"""Behavioural data by name: what is registered, where it lies, and what it looks like as a trial table."""

from cogmeta.data.load import load_trials
from cogmeta.data.locate import check_files, data_path
from cogmeta.data.mapping import read_mapped
from cogmeta.data.published import published_regression, published_stay
from cogmeta.data.registry import DATA_SETS, get_data_set

__all__ = [
    "DATA_SETS", "check_files", "data_path", "get_data_set", "load_trials", "published_regression", "published_stay",
    "read_mapped",
]
