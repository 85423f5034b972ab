"""Who is best by a one-sided Welch test: agrees with the test on the numbers themselves."""

import numpy as np
import pandas as pd
from scipy.stats import ttest_ind

from analyses.best_by_welch import best_by_welch, mark_best


def test_it_is_the_test_on_the_numbers_themselves():
    rng = np.random.default_rng(0)
    groups = [rng.normal(mean, 1 + mean, 50) for mean in (0.0, 0.6, 0.9, 1.2)]
    mean, sem = (np.array([f(g) for g in groups]) for f in (np.mean, lambda g: g.std(ddof=1) / np.sqrt(50)))
    top = int(mean.argmax())
    p = [ttest_ind(g, groups[top], equal_var=False, alternative="less").pvalue for g in groups]
    assert best_by_welch(mean, sem, np.full(4, 50)).tolist() == [i == top or p[i] >= 0.05 for i in range(4)]


def test_each_setting_has_its_own_best():
    table = pd.DataFrame({"setting": ["a", "a", "b", "b"], "m": [1.0, 2.0, 9.0, 3.0], "s": 0.01, "n": 100})
    assert mark_best(table, "setting", "m", "s", "n").tolist() == [False, True, True, False]
