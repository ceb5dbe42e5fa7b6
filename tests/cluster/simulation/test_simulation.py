"""Random faults in made-up time: leases never overlap, tokens never repeat, nothing acknowledged is lost."""

import pytest

from tests.cluster.simulation.faults import play
from tests.cluster.simulation.world import World, patch


def survive(seed, monkeypatch, size):
    world = World(seed, size)
    patch(monkeypatch, world)
    play(world)
    assert world.acknowledged
    assert world.reigns
    return world


@pytest.mark.parametrize("seed", range(30))
def test_whatever_happens_to_three_nodes_one_leads_and_nothing_acknowledged_is_lost(seed, monkeypatch):
    survive(seed, monkeypatch, 3)


@pytest.mark.parametrize("seed", range(9000, 9005))
def test_and_nothing_that_happens_to_five_nodes_breaks_it(seed, monkeypatch):
    survive(seed, monkeypatch, 5)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("hundred", range(10))
def test_a_thousand_sequences_of_faults_break_no_promise(hundred, monkeypatch):
    worked = 0
    for seed in range(hundred * 100, hundred * 100 + 100):
        with monkeypatch.context() as patched:
            worked += len(survive(seed, patched, 5 if seed % 5 == 0 else 3).tokens)
    assert worked > 100
