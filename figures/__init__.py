"""Figures of the papers, one a file, each with the published claim checked beside it."""
