"""The main job, end to end: train, freeze, behave, fit, compare with people, report."""
