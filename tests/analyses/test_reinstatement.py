"""The gate by exposure and trial is that of a plain loop over epochs, episodes and trials."""

import numpy as np
import pytest

from analyses.reinstatement import GATE, gate_by_exposure
from cogmeta.agents import EpisodicLSTM
from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from tasks.barcode import BarcodeBandit
from tasks.registry import make_task
from tasks.shipped import shipped_agent

TASK = BarcodeBandit(n_contexts=3, n_exposures=2, n_trials=4)


def test_every_gate_counts_once_at_its_exposure_and_trial():
    rollout = simulate(EpisodicLSTM.for_task(TASK, n_units=5), TASK, 6, record=(GATE,))
    table = gate_by_exposure(rollout).set_index(["exposure", "trial"])["mean"]
    found = {}
    for epoch in range(6):
        met = dict.fromkeys(range(3), 0)
        for episode in range(6):
            context = int(rollout.hidden["context"][4 * episode, epoch])
            met[context] += 1
            for trial in range(4):
                gate = rollout.activity[GATE][4 * episode + trial, epoch].mean()
                found.setdefault((met[context], trial + 1), []).append(gate)
    assert len(table) == len(found) == 8
    for place, gates in found.items():
        assert table[place] == pytest.approx(np.mean(gates), abs=1e-6)  # float32 gates


def test_a_rollout_without_recorded_gates_or_exposures_is_refused():
    with pytest.raises(UserError, match="needs the activity 'reinstatement_gate'"):
        gate_by_exposure(simulate(EpisodicLSTM.for_task(TASK, n_units=5), TASK, 2))


def test_the_shipped_network_opens_its_gate_where_a_context_returns():
    agent = shipped_agent("bandit/barcode", 1, "episodic_lstm")
    table = gate_by_exposure(simulate(agent, make_task("bandit/barcode"), 10, seed=5, record=(GATE,)))
    first = table[table["trial"] == 1].set_index("exposure")
    assert first.loc[2, "low"] > first.loc[1, "high"]
