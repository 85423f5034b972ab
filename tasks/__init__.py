"""Families of tasks, one a file, and the registry of their published designs."""
