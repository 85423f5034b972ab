"""Selection between groups: exact where memberships are certain, and by simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import betaln, expit

from cogmeta.errors import UserError
from cogmeta.fitting.group_selection import compare_groups


def certain(first):
    """Evidence of subjects of whom it is certain which of two models they use."""
    return pd.DataFrame(np.where(np.asarray(first, bool)[:, None], [[0.0, -500.0]], [[-500.0, 0.0]]), columns=["one", "other"],
                        index=[f"s{i}" for i in range(len(first))])


@pytest.mark.parametrize("counts", [((7, 10), (2, 10)), ((5, 10), (5, 10)), ((9, 9), (0, 12)), ((3, 8), (4, 9), (8, 8))])
def test_where_memberships_are_certain_it_is_the_ratio_of_beta_functions(counts):
    # p(k of n use the first) under one frequency, uniform in (0, 1): Beta(k + 1, n - k + 1), exactly
    first = np.concatenate([[True] * k + [False] * (n - k) for k, n in counts])
    groups = np.repeat([f"g{i}" for i in range(len(counts))], [n for _, n in counts])
    k, n = np.sum(counts, axis=0)
    apart = sum(betaln(a + 1, b - a + 1) for a, b in counts)
    expected = expit(betaln(k + 1, n - k + 1) - apart)
    assert compare_groups(certain(first), groups).same == pytest.approx(expected, rel=1e-6)


def test_groups_go_by_the_names_of_subjects_and_each_is_told_alone():
    evidence = certain([True] * 8 + [False] * 8)
    groups = pd.Series({f"s{i}": "patient" if i < 8 else "control" for i in range(16)}).sample(frac=1, random_state=0)
    found = compare_groups(evidence, groups)
    assert found.same < 0.01 and found.together.omnibus_risk > 0.5
    table = found.table.set_index(["group", "model"])["frequency"]
    assert table["patient", "one"] == pytest.approx(0.9) and table["control", "one"] == pytest.approx(0.1)  # (8 + 1) / (8 + 2)


@pytest.mark.parametrize(("groups", "sentence"), [
    (["a"] * 4, "all subjects are in 'a'"), (["a", "b"], "4 subjects, groups has 2"),
    (pd.Series({"s0": "a", "s1": "b", "s2": "a"}), "subject 's3' has no group"),
])
def test_subjects_without_a_group_are_named(groups, sentence):
    with pytest.raises(UserError, match=sentence):
        compare_groups(certain([True, False, True, False]), groups)
