"""Likelihoods compiled by Numba (extra ``fast``), from the two functions that every model has."""
