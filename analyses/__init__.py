"""Measures and pipelines, one a file: trial tables in, tidy tables and plots out."""
