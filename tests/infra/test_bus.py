"""Tags leave by every way there is, and come back by any."""

from revenge.infra.bus import EVERYTHING, Bus
from revenge.infra.notices import Listener


def test_what_a_transaction_made_stale_is_dropped_here_and_sent_by_the_other_way_too():
    bus, dropped, sent = Bus(Listener("postgresql:///nowhere")), [], []
    bus.listen(dropped.append)
    bus.carry(sent.append)
    bus.committed(["film:1"])
    assert (dropped, sent) == ([["film:1"]], [["film:1"]])
    bus.carried(["film:2"])
    bus.carried(None)
    assert dropped[1:] == [["film:2"], [EVERYTHING]]
    assert len(sent) == 1
