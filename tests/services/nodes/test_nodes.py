"""A node without a cluster is a cluster of one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from cluster.alone import Alone
from revenge.services.nodes.state import shown


class Identity:
    id = UUID(int=7)


@pytest.mark.parametrize(("draining", "state"), [(False, "up"), (True, "draining")])
async def test_a_lone_node_leads_itself_and_says_so(draining, state):
    told = shown(Alone("http://nas:8080", "1.2.3", "nas", draining), Identity)
    assert (told.role, told.leader, told.has_quorum) == ("alone", "nas", True)
    assert (told.server_id, told.cluster_id) == (str(Identity.id), "")
    [node] = told.nodes
    assert (node.node_id, node.http_address, node.raft_address, node.state, node.version) == (
        "nas",
        "http://nas:8080",
        None,
        state,
        "1.2.3",
    )
    assert datetime.now(UTC) - node.last_seen < timedelta(seconds=5)
