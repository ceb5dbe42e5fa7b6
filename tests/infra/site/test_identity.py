"""A server has one id, whichever of its nodes is asked."""

import asyncio

from revenge.infra.site.identity import ServerIdentity


async def test_every_node_of_a_database_is_the_same_server(database):
    nodes = [ServerIdentity(database) for _ in range(3)]

    async def started(node):
        async with node.lifetime():
            return node.id

    ids = set(await asyncio.gather(*map(started, nodes)))
    assert len(ids) == 1
    assert ids == {await started(ServerIdentity(database))}
    assert ids.pop().version == 4
