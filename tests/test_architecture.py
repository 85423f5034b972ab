"""The four floors: imports run downward, every public name is documented, every module imports alone."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from optional_modules import lacking

ROOT = Path(__file__).parents[1]
FLOORS = ("cogmeta", "tasks", "analyses", "figures")
FILES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in FILES]


def imported(tree):
    """Yield the top package of everything that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "import by full name"
            yield node.module.partition(".")[0]


def public_definitions(node):
    """Yield public functions, methods and classes."""
    for child in node.body:
        if isinstance(child, ast.FunctionDef | ast.ClassDef) and not child.name.startswith("_"):
            yield child
            if isinstance(child, ast.ClassDef):
                yield from public_definitions(child)


@pytest.mark.parametrize("name", NAMES)
def test_imports_run_downward(name):
    floor = FLOORS.index(name.split("/")[0])
    upward = set(FLOORS[floor + 1:]) & set(imported(ast.parse((ROOT / name).read_text(encoding="utf-8"))))
    assert not upward, f"{name} imports {upward} from a floor above"


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_documented(name):
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    bare = [d.name for d in public_definitions(tree) if not ast.get_docstring(d)]
    assert ast.get_docstring(tree) and not bare, f"{name} lacks docstrings: {bare}"


@pytest.mark.parametrize("name", NAMES)
def test_no_function_is_longer_than_sixty_lines(name):
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    long = [f.name for f in functions if f.body[-1].end_lineno - _first_line(f) + 1 > 60]
    assert not long, f"{name}: {long}"


def _first_line(function):
    documented = ast.get_docstring(function) is not None and len(function.body) > 1
    return function.body[1 if documented else 0].lineno


def test_the_library_imports_in_a_folder_that_has_a_file_named_tasks(tmp_path):
    (tmp_path / "tasks.py").write_text("raise SystemExit('a script of the user was imported')")
    code = "import cogmeta.simulate, cogmeta.fitting, cogmeta.training, cogmeta.data, cogmeta.models"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_module_imports_alone():
    names = [name.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for name in NAMES]
    names = [name for name in names if not lacking(name)]
    code = (
        "import importlib, sys\n"
        f"for name in {names!r}:\n"
        f"    for loaded in [m for m in sys.modules if m.partition('.')[0] in {FLOORS!r}]:\n"
        "        del sys.modules[loaded]\n"
        "    importlib.import_module(name)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_only_some_users_need_is_loaded_by_them_alone():
    code = (
        "import sys, analyses.simulate_command\n"
        "heavy = {'numba', 'patsy', 'scipy.stats', 'scipy.optimize', 'statsmodels', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
