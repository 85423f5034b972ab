"""Figures of the papers, one a file, each with the published claim checked beside it.

A figure file has four parts: a docstring (paper, figure, what is claimed); ``CLAIMS`` (written from the paper before the
run); ``compute`` (tables, no drawing) with ``numbers`` (one number a claim and seed, from the tables); ``draw`` (no
computing, one function a panel).
"""
