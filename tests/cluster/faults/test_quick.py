"""The three faults that are the quickest to see: the leader dies, stands still, or is cut off, and the house goes on."""

import pytest

from tests.cluster.faults.run import check, strike


@pytest.mark.parametrize("fault", ["leader killed", "leader stopped", "leader isolated"])
def test_whoever_loses_its_leader_goes_on(house, fault):
    check(strike(*house, fault))
