"""The guide to adding a model says nothing that does not run."""

import re
import sys
from pathlib import Path

from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.registry import make_task

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "add_a_model.md").read_text(encoding="utf-8")

sys.path.insert(0, str(ROOT / "tests" / "examples"))
from my_model import TwoRates  # noqa: E402


class MyModel(TwoRates):
    """The guide's name for one's own model, with the parameters that its example gives."""

    parameters = make_model("bandit/rescorla_wagner").parameters
    policy, update = (vars(type(make_model("bandit/rescorla_wagner")))[name] for name in ("policy", "update"))


def test_the_example_of_the_guide_runs():
    agent = make_model("bandit/rescorla_wagner").agent({"learning_rate": 0.3, "inverse_temperature": 5.0})
    trials = simulate(agent, make_task("bandit/independent", n_trials=20), n_episodes=2).to_trials()
    (example,) = re.findall(r"```python\n(.*?)```", GUIDE, flags=re.DOTALL)
    known = {"MyModel": MyModel, "trials": trials}
    exec(example, known)
    assert known["played"]["choice"].max() == 3, "for_task made it play all four arms"


def test_the_files_that_the_guide_names_are_there():
    named = re.findall(r"`((?:cogmeta|tests)/[\w/]+(?:\.py|/))`", GUIDE)
    assert len(named) >= 6
    assert [path for path in named if not (ROOT / path).exists()] == []
