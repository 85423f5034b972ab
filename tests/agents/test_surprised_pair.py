"""The pair whose policy hears prediction errors, as a kind of its own."""

from cogmeta.agents.pair import ActorCriticPair
from cogmeta.agents.store import load_agent, load_kind, save_agent
from cogmeta.agents.surprised_pair import SurprisedPair
from cogmeta.simulate import simulate
from tasks.registry import make_task

TASK = make_task("bandit/easy", n_trials=10)


def test_it_behaves_as_the_pair_with_that_setting_and_comes_back_from_its_folder(tmp_path):
    one = SurprisedPair.for_task(TASK, n_units=6, seed=1)
    pair = ActorCriticPair.for_task(TASK, n_units=6, seed=1, policy_input="reward_prediction_error")
    assert (simulate(one, TASK, 20, seed=0).logits == simulate(pair, TASK, 20, seed=0).logits).all()
    folder = save_agent(one, tmp_path / "run")
    again = load_agent(folder)
    assert load_kind(folder) == "surprised_pair" and type(again) is SurprisedPair and again.surprised
