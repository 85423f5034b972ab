"""Finding, checking and downloading data sets, without a network."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pooch
import pytest
from typer.testing import CliRunner

from cogmeta.data import DATA_SETS, check_files, data_path, load_trials, published_stay
from cogmeta.data.command import app
from cogmeta.data.dataset import DataFile, DataSet
from cogmeta.errors import UserError

CONTENT = b"subject,trial,choice,reward\na,0,1,1\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def read_tiny(paths, half=None):
    return pd.read_csv(paths["one/trials.csv"]).assign(session=0, block=0)


TINY = DataSet(
    name="tiny", family="bandit", task="bandit/independent", who="nobody", n_subjects=1,
    licence="none", citation="none", doi="none", source="https://example.org/tiny",
    files=(DataFile("one/trials.csv", "https://example.org/tiny/trials.csv", SHA256),),
    read=read_tiny, options={"half": (1, 2)},
)


@pytest.fixture(autouse=True)
def nowhere(monkeypatch, tmp_path):
    """No data at hand, an empty cache, and no network."""
    monkeypatch.delenv("COGMETA_DATA", raising=False)
    monkeypatch.setenv("COGMETA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(DATA_SETS, "tiny", TINY)
    serve(monkeypatch, OSError("no route to host"))


def serve(monkeypatch, answer):
    """Let downloads write ``answer``, or fail with it."""
    def downloader(**settings):
        def download(url, output_file, _):
            if isinstance(answer, Exception):
                raise answer
            Path(output_file).write_bytes(answer)
        return download
    monkeypatch.setattr(pooch, "HTTPDownloader", downloader)


def put(folder, content=CONTENT):
    (folder / "one").mkdir(parents=True)
    (folder / "one" / "trials.csv").write_bytes(content)
    return folder


def test_files_are_found_in_a_folder_of_data_sets_and_in_the_folder_of_one(tmp_path):
    folder = put(tmp_path / "data" / "tiny")
    assert data_path("tiny", tmp_path / "data") == folder
    assert data_path("tiny", folder) == folder


def test_the_environment_variable_names_a_folder_and_the_argument_comes_first(tmp_path, monkeypatch):
    named, given = put(tmp_path / "named" / "tiny"), put(tmp_path / "given" / "tiny")
    monkeypatch.setenv("COGMETA_DATA", str(tmp_path / "named"))
    assert data_path("tiny") == named
    assert data_path("tiny", tmp_path / "given") == given


def test_a_folder_without_the_data_set_is_an_error_that_names_the_file_expected_there(tmp_path):
    with pytest.raises(UserError, match="'tiny' is not in .*: expected .*trials.csv"):
        data_path("tiny", tmp_path)


def test_offline_one_line_says_what_to_do():
    with pytest.raises(UserError) as error:
        load_trials("tiny")
    message = str(error.value)
    assert "\n" not in message
    for word in ("COGMETA_DATA", "--data", "tiny/one/trials.csv", "https://example.org/tiny"):
        assert word in message


def test_a_download_is_kept_and_read_without_a_network_afterwards(monkeypatch, tmp_path):
    serve(monkeypatch, CONTENT)
    assert load_trials("tiny")["choice"].tolist() == [1]
    serve(monkeypatch, OSError("no route to host"))
    assert data_path("tiny") == tmp_path / "cache" / "tiny"
    assert load_trials("tiny")["choice"].tolist() == [1]


def test_a_download_with_another_sha256_is_refused_and_not_kept(monkeypatch, tmp_path):
    serve(monkeypatch, b"something else")
    with pytest.raises(UserError, match="sha256 is not the registered one"):
        load_trials("tiny")
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_check_tells_registered_changed_and_missing_files(tmp_path):
    assert check_files("tiny", tmp_path)["status"].tolist() == ["missing"]
    put(tmp_path / "good")
    assert check_files("tiny", tmp_path / "good")["status"].tolist() == ["as registered"]
    put(tmp_path / "bad", CONTENT.replace(b"1,1", b"0,1"))
    assert check_files("tiny", tmp_path / "bad")["status"].tolist() == ["changed"]


def test_the_real_files_are_the_registered_ones(data_folder):
    found = {name: set(check_files(name, data_folder)["status"]) for name in DATA_SETS if name != "tiny"}
    assert found == {name: {"as registered"} for name in found}


def test_half_a_data_set_is_named_as_such(data_folder, tmp_path):
    (tmp_path / "magic_carpet").mkdir()
    (tmp_path / "magic_carpet" / "03187_game.csv").write_bytes(b"")
    with pytest.raises(UserError, match="44 of the 45 files of 'feher2020_twostep' are missing"):
        data_path("feher2020_twostep", tmp_path)


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b broken", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03"])
def test_an_unreadable_file_is_one_line_and_not_a_traceback(tmp_path, content):
    (tmp_path / "prompts.jsonl.gz").write_bytes(content)
    message = "cannot be read .* cogmeta data check shahar2019_twostep_nspn|has no transcripts"
    with pytest.raises(UserError, match=message):
        load_trials("shahar2019_twostep_nspn", tmp_path)


def test_unknown_names_options_and_values_say_what_there_is():
    with pytest.raises(UserError, match="Did you mean 'feher2020_twostep'"):
        load_trials("feher2020")
    with pytest.raises(UserError, match="Known options of feher2020_twostep: 'story'"):
        load_trials("feher2020_twostep", tale="spaceship")
    with pytest.raises(UserError, match="one of 'magic_carpet', 'spaceship', or None for all; got 'carpet'"):
        load_trials("feher2020_twostep", story="carpet")
    with pytest.raises(UserError, match="one of 1, 2, or None for all; got 3"):
        load_trials("shahar2019_twostep_nspn", measurement=3)


def test_every_registered_data_set_can_be_cited_and_fetched():
    for name, data_set in DATA_SETS.items():
        assert name == data_set.name
        assert all((data_set.task, data_set.licence, data_set.citation, data_set.doi, data_set.who))
        for file in data_set.files:
            assert file.url.startswith("https://")
            assert all(len(sha256) == 64 and int(sha256, 16) >= 0 for _, sha256 in file.packings)


def test_published_statistics_come_with_their_source_and_need_no_data():
    table = published_stay("feher2020_twostep")
    assert table["story"].unique().tolist() == ["magic_carpet", "spaceship"]
    assert table["citation"].str.contains("Feher da Silva").all()
    assert table["provenance"].str.len().min() > 50
    assert ((table["low"] < table["stay"]) & (table["stay"] < table["high"])).all()
    with pytest.raises(UserError, match="no published statistics of 'shahar2019_twostep_nspn' for pairing='adjacent'"):
        published_stay("shahar2019_twostep_nspn", pairing="adjacent")
    with pytest.raises(UserError, match="unknown data set with published statistics 'tiny'"):
        published_stay("tiny")


def test_the_commands_list_check_and_find(tmp_path):
    folder, run = put(tmp_path / "tiny"), CliRunner().invoke
    listed = run(app, ["list", "--data", str(tmp_path)], env={"COLUMNS": "200"})
    assert listed.exit_code == 0
    assert all(name in listed.output for name in DATA_SETS)
    assert run(app, ["check", "tiny", "--data", str(tmp_path)]).exit_code == 0
    assert run(app, ["check", "--data", str(tmp_path)]).exit_code == 0
    assert run(app, ["path", "tiny", "--data", str(tmp_path)]).output.strip() == str(folder)


def test_the_check_command_fails_where_a_file_changed(tmp_path):
    put(tmp_path / "tiny", b"changed")
    result = CliRunner().invoke(app, ["check", "tiny", "--data", str(tmp_path)])
    assert isinstance(result.exception, UserError)
    assert "tiny/one/trials.csv is changed" in str(result.exception)
    with pytest.raises(UserError, match="no registered data set is at hand"):
        raise CliRunner().invoke(app, ["check"]).exception


@pytest.mark.parametrize("command", ["list", "check", "path"])
def test_every_command_shows_an_example(command):
    assert f"cogmeta data {command}" in CliRunner().invoke(app, [command, "--help"]).output


def test_a_data_set_is_a_frozen_record():
    assert replace(TINY, name="other").name == "other"
    with pytest.raises(AttributeError):
        TINY.name = "other"
