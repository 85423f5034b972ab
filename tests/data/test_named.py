"""Trial tables by name: what every command takes where it asks for trials."""

import pandas as pd
import pytest
from typer.testing import CliRunner

from cogmeta.data import load_trials
from cogmeta.data.named import read_named, read_several, titles
from cogmeta.errors import UserError
from cogmeta.fitting.command import app as fit_app


def test_a_part_of_a_data_set_is_what_loads_in_python(data_folder):
    (title, trials), = read_several(["feher2020_twostep:story=magic_carpet"], data_folder).items()
    assert title == "feher2020_twostep:story=magic_carpet"
    pd.testing.assert_frame_equal(trials, load_trials("feher2020_twostep", data_folder, story="magic_carpet"))


def test_a_fit_of_a_data_set_is_the_fit_of_its_table(data_folder, tmp_path):
    name = "feher2020_twostep:story=magic_carpet"
    read_named(name, data_folder).to_csv(tmp_path / "same.csv", index=False)
    for given, out in ((name, "by_name"), (tmp_path / "same.csv", "by_file")):
        asked = ["two_step/hybrid", given, "--starts", 2, "--data", data_folder, "--out", tmp_path / out]
        done = CliRunner().invoke(fit_app, [str(a) for a in asked])
        assert done.exit_code == 0, done.output
    by_name, by_file = (pd.read_csv(tmp_path / out / "parameters.csv") for out in ("by_name", "by_file"))
    pd.testing.assert_frame_equal(by_name, by_file)


def test_files_of_one_name_in_two_folders_are_both_read(tmp_path):
    paths = []
    for folder, reward in (("first", 0), ("second", 1)):
        (tmp_path / folder).mkdir()
        paths.append(f"{tmp_path / folder}/trials.csv")
        pd.DataFrame({"subject": ["a"], "trial": [0], "choice": [0], "reward": [reward]}).to_csv(paths[-1], index=False)
    tables = read_several(paths)
    assert [table["reward"].tolist() for table in tables.values()] == [[0], [1]]
    assert list(tables) == [path.removesuffix(".csv") for path in paths]
    with pytest.raises(UserError, match="named twice"):
        read_several([paths[0], paths[0]])


def test_a_name_is_its_last_part_where_that_tells_it_apart():
    assert titles(["runs/lstm/", "thompson", "a/b.csv"]) == ["lstm", "thompson", "b"]
    assert titles(["one/net", "two/net"]) == ["one/net", "two/net"]


@pytest.mark.parametrize(("name", "says"), [
    ("feher2020_twostp", "unknown data set 'feher2020_twostp'. Did you mean 'feher2020_twostep'"),
    ("nowhere.csv", "there is no file"),
    ("feher2020_twostep:stry=magic_carpet", "Did you mean 'story'"),
])
def test_a_slip_in_the_name_is_told(name, says):
    with pytest.raises(UserError, match=says):
        read_named(name)
