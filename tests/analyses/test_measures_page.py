"""docs/measures.md: its example runs, and it names what there is."""

import importlib
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analyses.measure_command import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "measures.md").read_text(encoding="utf-8")
ROWS = [[re.findall(r"`(\w+)`", cell) for cell in line.split("|")[2:4]] for line in PAGE.splitlines() if line.startswith("|") and "`" in line]


def test_the_example_runs_and_so_does_its_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(block, "docs/measures.md", "exec"), {})
    assert {"stay.png", "lags.png", "trials.csv"} <= {path.name for path in tmp_path.iterdir()}
    for line in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)[0].splitlines():
        done = CliRunner().invoke(app, shlex.split(line, comments=True)[2:])
        assert done.exit_code == 0, done.output
    assert (tmp_path / "first_look" / "behaviour.csv").exists()


@pytest.mark.parametrize(("files", "names"), ROWS, ids=lambda x: ",".join(x))
def test_every_function_is_where_the_page_says(files, names):
    modules = [importlib.import_module(f"analyses.{file}") for file in files]
    for name in names:
        assert any(callable(getattr(module, name, None)) for module in modules), f"{name} is in none of {files}"


def test_every_file_that_draws_behaviour_or_units_has_a_row():
    named = {file for files, _ in ROWS for file in files}
    drawing = {path.stem for path in (ROOT / "analyses").glob("*.py") if re.search(r"^def plot_", path.read_text(encoding="utf-8"), re.MULTILINE)}
    assert drawing - named <= {"recovery", "fitted_parameters"}, "fits and recovery studies have their own page"
