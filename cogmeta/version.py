"""The version of cogmeta, stated once."""

__version__ = "0.1.0"
