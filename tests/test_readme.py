"""The README's Python runs as it stands."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
SCRIPTS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def run(script, folder, **environment):
    """Run a script in a folder as a user would; return what it printed."""
    (folder / "script.py").write_text(script, encoding="utf-8")
    done = subprocess.run([sys.executable, "script.py"], cwd=folder, capture_output=True, text=True,
                          env={**os.environ, "MPLBACKEND": "Agg", **environment})
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_first_script_trains_fits_and_plots(tmp_path):
    printed = run(SCRIPTS[0], tmp_path)
    fitted, network = (float(line.split()[-1]) for line in printed.strip().splitlines()[-2:])
    assert (tmp_path / "stay.png").stat().st_size > 1000
    assert fitted < network < 0, "nobody predicts the network's choices better than itself"


def test_the_second_script_scores_people_by_model_and_network(tmp_path, data_folder):
    imports = "\n".join(line for line in SCRIPTS[0].splitlines() if "import" in line)
    printed = run(imports + "\n" + SCRIPTS[1], tmp_path, COGMETA_DATA=str(data_folder))
    network, hybrid = (float(line.split()[-1]) for line in printed.strip().splitlines()[-2:])
    assert network < hybrid < 0, "a model fitted to each person beats a network that never saw one"


def test_every_link_of_the_readme_and_the_docs_leads_somewhere():
    root = Path(__file__).parents[1]
    for page in (root / "README.md", *sorted((root / "docs").glob("*.md"))):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert target.startswith("http") or (page.parent / target).exists(), f"{page.name} links {target}"


def test_the_readme_names_every_command():
    from cogmeta.cli import ORDER

    assert all(f"`cogmeta {command}" in README for command in ORDER)
