"""Nodes of the product in one process: what a cluster asks for, who is kept off its database, and how one is let in that knows nothing."""

import asyncio
import base64
from contextlib import AsyncExitStack

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from revenge.bootstrap.cluster import Clustered
from revenge.bootstrap.membership import Membership
from revenge.bootstrap.rescue import admitted, freed, left, looked
from revenge.bootstrap.settings import Settings
from revenge.core.errors import Conflict, Forbidden, Invalid, StartRefused, Unavailable
from revenge.core.settings import load
from revenge.infra.bus import Bus
from revenge.infra.epochs import Epochs
from revenge.infra.joined import joined, place
from revenge.infra.notices import Listener
from revenge.services.nodes.entity import Founding, Guest, Joining, Removal, TokenWish
from tests.fixtures.client import until
from tests.fixtures.ports import free_address
from tests.fixtures.trio import CLUSTER_SECRET


class Machine:
    """A data directory, what is set on it, and its part in the cluster while that is open."""

    def __init__(self, place, database, **said):
        self.place, self.database, self.address = place, database, free_address()
        self.said = {"CLUSTER_NODE_ID": place.name, "CLUSTER_RAFT_BIND_ADDR": self.address, **said}
        self.stack = AsyncExitStack()
        self.heard = []
        """What went through the door for guests, as anybody between could have recorded it."""
        place.mkdir()

    @property
    def settings(self):
        said = {f"REVENGE_{name}": value for name, value in self.said.items()} | {"REVENGE_DATA_DIR": str(self.place)}
        return joined(load(Settings, said), self.place).values

    def put_together(self):
        self.clustered = Clustered(self.settings, Epochs(self.database, self.place.name), Bus(Listener(self.database.url)))
        self.membership = Membership(self.settings, self.clustered)
        return self.membership

    async def open(self):
        self.put_together()
        await self.stack.enter_async_context(self.clustered.lifetime())
        return self.clustered.node

    async def close(self):
        await self.stack.aclose()
        self.stack = AsyncExitStack()


@pytest.fixture
async def machines(tmp_path, database):
    made = []

    def machine(name, **said):
        made.append(Machine(tmp_path / name, database, **said))
        return made[-1]

    yield machine
    for one in made:
        await one.close()


@pytest.fixture
def shared(database):
    """What the first node has set by hand."""
    return {
        "DATABASE_URL": database.url,
        "CACHE_URL": "redis://store.example:6379",
        "AUTH_JWT_SECRET": "j" * 32,
        "ENCRYPTION_KEY": "ab" * 32,
    }


@pytest.fixture
async def first(machines, shared):
    """A cluster of one, founded by `init`."""
    machine = machines("one", **shared)
    await machine.open()
    told = await machine.membership.found(Founding(machine.address))
    assert told.advertise_addr == machine.address
    await machine.close()
    node = await machine.open()
    await eventually(lambda: node.leadership.token)
    return machine


async def eventually(condition, seconds=10):
    await asyncio.to_thread(until, condition, seconds, 0.02)


@pytest.fixture
async def door(first):
    """The first node's HTTP address, of which only the door for guests is open."""

    async def welcome(request):
        first.heard.append(await request.read())
        guest = msgspec.json.decode(first.heard[-1], type=Guest)
        try:
            answer = await first.membership.welcome(guest)
        except (Forbidden, Conflict) as error:
            return web.json_response({"detail": error.detail}, status=403)
        first.heard.append(msgspec.json.encode(answer))
        return web.Response(body=first.heard[-1], content_type="application/json")

    app = web.Application()
    app.router.add_post("/api/v1/cluster/join", welcome)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


async def test_a_node_that_knows_nothing_joins_by_a_token_and_has_every_secret_then(first, machines, door):
    two = machines("two")
    token = (await first.membership.invite(TokenWish())).token
    told = await two.put_together().join(Joining(door, token, two.address))
    assert told.detail == f"It is ready: the node's next start joins the cluster, as {two.address}."
    settings = two.settings
    assert (settings.auth.jwt_secret, settings.cluster.secret) == (first.settings.auth.jwt_secret, first.settings.cluster.secret)
    assert (settings.cache.url, settings.cluster.raft.join_addrs) == ("redis://store.example:6379", (first.address,))
    node = await two.open()
    await eventually(lambda: {member.node_id for member in first.clustered.node.members()} == {"one", "two"})
    assert node.cluster_id == first.clustered.node.cluster_id
    with pytest.raises(Forbidden, match="unknown, used up or expired"):
        await machines("three").put_together().join(Joining(door, token, "127.0.0.1:1"))
    with pytest.raises(Conflict, match="in a cluster already"):
        await two.membership.join(Joining(door, token))
    with pytest.raises(Conflict, match="let it leave"):
        await first.membership.remove(Removal("two"))
    with pytest.raises(Conflict, match="does not remove itself"):
        await first.membership.remove(Removal(first.address))
    with pytest.raises(Invalid, match="There is no node five"):
        await first.membership.remove(Removal("five"))
    await first.membership.remove(Removal("two", force=True))
    await eventually(lambda: "was removed from its cluster" in node.trouble())
    assert [member.node_id for member in first.clustered.node.members()] == ["one"]


async def test_who_records_how_a_node_joins_learns_nothing(first, machines, door):
    token = (await first.membership.invite(TokenWish())).token
    two = machines("two")
    await two.put_together().join(Joining(door, token, two.address))
    asked, answered = first.heard
    told = two.settings
    secrets = [
        told.cluster.secret.reveal(),
        told.auth.jwt_secret.reveal(),
        told.encryption.key.reveal(),
        told.database.url,
        token.partition(".")[2],
    ]
    for secret in secrets:
        for form in (secret.encode(), base64.b64encode(secret.encode())[:-4], secret.encode().hex().encode()):
            assert form not in asked + answered
    guest = msgspec.json.decode(asked, type=Guest)
    with pytest.raises(Forbidden, match="unknown, used up or expired"):
        await first.membership.welcome(guest)  # played again, it gets no answer


async def test_who_speaks_another_protocol_is_told_before_its_token_is_used(first):
    token = (await first.membership.invite(TokenWish())).token
    with pytest.raises(Conflict, match="speaks 99: bring both"):
        await first.membership.welcome(Guest(token.partition(".")[0], b"", "9.9", 99))
    assert first.clustered.node.content.tokens


@pytest.mark.parametrize(
    ("url", "token", "error", "words"),
    [
        ("http://127.0.0.1:1", f"{'0' * 16}.{'A' * 43}", Unavailable, "No node of Revenge answers"),
        ("http://127.0.0.1:1", "nonsense", Forbidden, "no join token"),
    ],
)
async def test_what_cannot_be_joined_changes_nothing(machines, url, token, error, words):
    machine = machines("one")
    with pytest.raises(error, match=words):
        await machine.put_together().join(Joining(url, token))
    assert not place(machine.place).exists()


async def test_a_node_of_no_cluster_and_a_second_cluster_are_kept_off_the_clusters_database(first, machines, shared):
    with pytest.raises(StartRefused, match="is off on this node"):
        await machines("two", **shared).open()
    other = machines("three", **shared, **by_secret("127.0.0.1:1"), CLUSTER_RAFT_BOOTSTRAP="true")
    with pytest.raises(StartRefused, match="belongs to a cluster already"):
        await other.open()


def by_secret(address):
    return {"CLUSTER_ENABLED": "true", "CLUSTER_SECRET": CLUSTER_SECRET, "CLUSTER_RAFT_ADVERTISE_ADDR": address}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"CLUSTER_ENABLED": "true"}, "needs cluster.secret"),
        ({"CLUSTER_ENABLED": "true", "CLUSTER_SECRET": CLUSTER_SECRET}, "needs cluster.raft.advertise_addr"),
        ({**by_secret("a:1"), "CLUSTER_RAFT_HEARTBEAT_TIMEOUT": "100ms"}, "at least half a second"),
    ],
)
async def test_what_a_cluster_needs_is_asked_for_in_a_sentence(machines, shared, said, words):
    with pytest.raises(StartRefused, match=words):
        machines("one", **shared, **said).put_together()


async def test_a_cluster_needs_a_shared_database_and_a_node_of_none_cannot_invite(machines):
    membership = machines("one").put_together()
    with pytest.raises(Invalid, match="A cluster needs database"):
        await membership.found(Founding())
    for deed in (membership.invite(TokenWish()), membership.leave(), membership.remove(Removal("two"))):
        with pytest.raises(Conflict, match="is in no cluster"):
            await deed


async def test_a_node_that_does_not_run_tells_what_it_knows_leaves_and_is_let_in_again(first, machines, shared):
    said = by_secret(first.address) | {"CLUSTER_SECRET": first.settings.cluster.secret.reveal(), "CLUSTER_RAFT_JOIN_ADDRS": first.address}
    two = machines("two", **shared, **said)
    two.said["CLUSTER_RAFT_ADVERTISE_ADDR"] = two.address
    assert await asyncio.to_thread(looked, two.settings) == "This node is in no cluster."
    node = await two.open()
    await eventually(lambda: len(node.members()) == 2)
    await two.close()
    told = await asyncio.to_thread(looked, two.settings)
    assert f"answers   {first.address}" in told
    assert f"silent    {two.address}" in told
    moved = machines("moved", **shared, **said, CLUSTER_RAFT_DATA_DIR=str(two.place / "raft"))
    moved.said["CLUSTER_RAFT_ADVERTISE_ADDR"] = moved.address
    with pytest.raises(StartRefused, match="run `revenge cluster leave`, then `revenge cluster join`"):
        await moved.open()
    assert "has left its cluster" in await asyncio.to_thread(lambda: left(moved.settings, force=False))
    assert [member.node_id for member in first.clustered.node.members()] == ["one"]
    with pytest.raises(StartRefused, match="has left its cluster"):
        await moved.open()
    assert "joins the cluster" in await asyncio.to_thread(admitted, moved.settings)
    node = await moved.open()
    await eventually(lambda: len(node.members()) == 2)


async def test_the_database_of_a_lost_cluster_is_freed_by_name_and_that_of_a_living_one_is_not(first, machines, shared):
    owner = first.clustered.node.cluster_id
    await first.close()
    new = machines("new", **shared, **by_secret("127.0.0.1:7000"))
    with pytest.raises(Conflict, match=f"--cluster {owner}"):
        await freed(new.settings, None)
    assert "The database is free" in await freed(new.settings, owner)
    with pytest.raises(Conflict, match="This is the last node"):
        await asyncio.to_thread(lambda: left(first.settings, force=False))
    assert "a cluster of one now" in await freed(first.settings, None)
    node = await first.open()
    await eventually(lambda: node.leadership.token)
    assert node.cluster_id != owner
