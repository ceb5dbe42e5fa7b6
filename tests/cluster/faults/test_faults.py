"""Everything that can happen to a house of three nodes, once each; `benchmarks/cluster.py` does it again and again, and measures."""

import pytest

from tests.cluster.faults.faults import FAULTS
from tests.cluster.faults.run import check, strike

pytestmark = pytest.mark.long
"""Minutes, and the figures of three nodes want the machine to themselves."""
QUICK = {"leader killed", "leader stopped", "leader isolated"}


@pytest.mark.parametrize("fault", [name for name in FAULTS if name not in QUICK])
def test_the_house_goes_on(house, fault):
    check(strike(*house, fault))
