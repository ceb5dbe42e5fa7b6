"""A house with three nodes in network namespaces of its own: wires that can be cut, parts that can be restarted, nodes that can be hit.

A bridge stands in a namespace of its own, database and store listen there; each node has a namespace behind a wire to it, and so has whoever
talks to the nodes: `lab.inside()` puts the calling thread there. Nothing leaves the machine.
"""

import asyncio
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import redis

from revenge.infra.embedded import postgres, valkey
from tests.cluster.faults.watch import Interval, read
from tests.fixtures.client import Api, until
from tests.fixtures.database import run_on
from tests.fixtures.node import PASSWORD, Node
from tests.fixtures.people import SECRET
from tests.fixtures.servers import HASTE, running, short_directory

T = TypeVar("T")
NAMES = ("one", "two", "three", "four")
NET = "10.77.0"
HTTP, RAFT = 8080, 7000
CLUSTER_SECRET = "a secret that every node of this cluster knows"
_NOWHERE = "02:00:00:00:00:ff"
_LIBC = ctypes.CDLL(None, use_errno=True)
_NEW_NET = 0x40000000


def why_not() -> str:
    """Why the lab cannot be built here, or nothing."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return "network namespaces need root and iproute2"
    tried = subprocess.run(["ip", "netns", "add", f"rvtry{os.getpid()}"], capture_output=True, text=True, check=False)
    if tried.returncode:
        return f"no network namespaces here: {tried.stderr.strip()}"
    ip("netns", "del", f"rvtry{os.getpid()}")
    return ""


def ip(*words: str) -> None:
    """Say something to iproute2."""
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class Wires:
    """The namespaces, and what can be done to the wires between them."""

    def __init__(self) -> None:
        self.prefix = f"rv{os.getpid()}"
        self.hub = self.space("hub")

    def space(self, name: str) -> str:
        return f"{self.prefix}{name}"

    @staticmethod
    def address(name: str) -> str:
        return f"{NET}.{11 + NAMES.index(name)}" if name in NAMES else f"{NET}.250"

    @contextmanager
    def standing(self) -> Iterator[None]:
        _clear()
        try:
            ip("netns", "add", self.hub)
            ip("-n", self.hub, "link", "add", "br0", "type", "bridge")
            ip("-n", self.hub, "address", "add", f"{NET}.1/24", "dev", "br0")
            for link in ("lo", "br0"):
                ip("-n", self.hub, "link", "set", link, "up")
            for name in (*NAMES, "people"):
                self._connect(name)
            yield
        finally:
            for name in (*NAMES, "people", "hub"):
                with suppress(subprocess.CalledProcessError):
                    ip("netns", "del", self.space(name))

    def _connect(self, name: str) -> None:
        space = self.space(name)
        ip("netns", "add", space)
        ip("-n", self.hub, "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", space)
        ip("-n", space, "address", "add", f"{self.address(name)}/24", "dev", "eth0")
        for link in ("lo", "eth0"):
            ip("-n", space, "link", "set", link, "up")
        ip("-n", self.hub, "link", "set", name, "master", "br0", "up")

    def cut(self, name: str) -> None:
        """Nothing goes to this node or comes from it; nobody is told."""
        ip("-n", self.hub, "link", "set", name, "nomaster")

    def mend(self, name: str) -> None:
        ip("-n", self.hub, "link", "set", name, "master", "br0")

    def deafen(self, name: str, *, to: str) -> None:
        """What `to` sends to this node is lost, the other way is open."""
        ip("-n", self.space(to), "neigh", "replace", self.address(name), "lladdr", _NOWHERE, "nud", "permanent", "dev", "eth0")

    def hear(self, name: str, *, to: str) -> None:
        with suppress(subprocess.CalledProcessError):
            ip("-n", self.space(to), "neigh", "del", self.address(name), "dev", "eth0")


def _clear() -> None:
    """Remove the namespaces of labs whose program was killed."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout.split()
    for space in listed:
        found = re.fullmatch(r"rv(\d+)(hub|people|" + "|".join(NAMES) + ")", space)
        if found and not Path(f"/proc/{found[1]}").exists():
            ip("netns", "del", space)


@contextmanager
def thread_in(space: str) -> Iterator[None]:
    """Put the calling thread, and whatever it starts, into a namespace while the block runs."""
    with Path("/proc/thread-self/ns/net").open() as here, Path(f"/run/netns/{space}").open() as there:
        _enter(there.fileno())
        try:
            yield
        finally:
            _enter(here.fileno())


def _enter(space: int) -> None:
    if _LIBC.setns(space, _NEW_NET):
        raise OSError(ctypes.get_errno(), "setns")


class FaultyNode(Node):
    """A node in its namespace, with a task of every second beside the product's own, and places where it can be hit."""

    def __init__(self, lab: "Lab", name: str) -> None:
        place = lab.place / name
        super().__init__(place / "data", lab.shared | self._own(lab, name, place), through=("ip", "netns", "exec", lab.wires.space(name)))
        self.name, self.place = name, place
        self.raft, self.clock, self.slow, self.beats = place / "raft", place / "clock", place / "slow", place / "beats"
        self.raft.mkdir(parents=True, exist_ok=True)
        self.base_url = f"http://{Wires.address(name)}:{HTTP}"
        self.in_use = name in NAMES[:3]
        """Whether people are sent to it."""

    @staticmethod
    def _own(lab: "Lab", name: str, place: Path) -> dict[str, str]:
        address = Wires.address(name)
        everybody = ",".join(f"{Wires.address(other)}:{RAFT}" for other in NAMES[:3])
        return {
            "REVENGE_SERVER_HOST": address,
            "REVENGE_SERVER_PORT": str(HTTP),
            "REVENGE_CLUSTER_ENABLED": "true",
            "REVENGE_CLUSTER_NODE_ID": name,
            "REVENGE_CLUSTER_SECRET": CLUSTER_SECRET,
            "REVENGE_CLUSTER_RAFT_BIND_ADDR": f"{address}:{RAFT}",
            "REVENGE_CLUSTER_RAFT_ADVERTISE_ADDR": f"{address}:{RAFT}",
            "REVENGE_CLUSTER_RAFT_DATA_DIR": str(place / "raft"),
            "REVENGE_CLUSTER_RAFT_BOOTSTRAP": str(name == "one").lower(),
            "REVENGE_CLUSTER_RAFT_JOIN_ADDRS": everybody,
            "FAULTS_PLACE": str(place),
        }

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.cluster.faults.serve"]

    def ask(self, name: str, **body: Any) -> Any:
        """Ask it by the socket for commands of its own machine; raises OSError where it does not answer."""
        from revenge.cli.control import tell
        from revenge.core.errors import RevengeError

        try:
            return tell(self.data_dir, name, body, patience=4.0)
        except RevengeError as error:
            raise OSError(error.detail) from error

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def active(self) -> list[Interval]:
        """When it led, by the clock all processes of the machine share."""
        return read(self.beats)


class Lab:
    """Everything, running."""

    def __init__(self, place: Path, wires: Wires, database: str, store: str, postmaster: Path) -> None:
        self.place, self.wires = place, wires
        self.shared = {
            "REVENGE_DATABASE_URL": database,
            "REVENGE_CACHE_URL": store,
            "REVENGE_AUTH_JWT_SECRET": SECRET,
            "REVENGE_ENCRYPTION_KEY": "ab" * 32,
            "REVENGE_LOG_LEVEL": "info",
        }
        self.database, self.store, self._postmaster = database, store, postmaster
        self.nodes = {name: FaultyNode(self, name) for name in NAMES}
        self.token = ""

    # ---- nodes
    def start(self, *names: str) -> None:
        """Start nodes at once and wait until each is ready."""
        for name in names:
            self.nodes[name].spawn()
        for name in names:
            until(self.nodes[name]._url, 60, 0.05)

    def running(self) -> list[FaultyNode]:
        return [node for node in self.nodes.values() if node.process is not None]

    def leader(self) -> FaultyNode:
        """The node that leads now."""
        return until(self.leading, 20, 0.02)

    def leading(self) -> FaultyNode | None:
        now = boottime()
        for node in self.running():
            if any(interval.end > now - 0.1 for interval in node.active()[-1:]):
                return node
        return None

    def follower(self) -> FaultyNode:
        leader = self.leader()
        return next(node for node in self.running() if node is not leader)

    def leader_not(self, node: FaultyNode) -> FaultyNode:
        """The leader, once it is another one than this."""
        while (leader := self.leader()) is node:
            node.ask("drain", draining=True)
        return leader

    def state(self, node: FaultyNode) -> dict[str, Any]:
        return self.api(node).get("/api/v1/admin/cluster")

    def api(self, node: FaultyNode) -> Api:
        api = node._client(Api(node.base_url, self.token))
        api.http.timeout = 5.0
        return api

    def settled(self) -> None:
        """Wait until every running node sees every other, and one of them leads."""
        expected = len(self.running())

        def looks_right() -> bool:
            with suppress(Exception):
                states = [self.state(node) for node in self.running()]
                ups = [sum(one["state"] == "up" for one in state["nodes"]) for state in states]
                return (
                    len({state["leader"] for state in states}) == 1
                    and all(s["has_quorum"] for s in states)
                    and ups == [expected] * expected
                )
            return False

        until(looks_right, 40, 0.1)

    def set_up(self) -> None:
        """Make the admin."""
        body = {"username": "anna", "email": "anna@example.org", "password": PASSWORD}
        first = Api(self.nodes["one"].base_url)
        code = (self.nodes["one"].data_dir / "setup_code").read_text().strip()
        self.token = first.post("/api/v1/setup", body | {"setup_code": code})["access_token"]
        first.close()

    def renew_token(self) -> None:
        """A token lives for a quarter of an hour."""
        for node in self.running():
            with suppress(Exception):
                fresh = Api(node.base_url)
                fresh.http.timeout = 5.0
                self.token = fresh.post("/api/v1/auth/login", {"username": "anna", "password": PASSWORD})["access_token"]
                return

    # ---- parts
    def pid(self, part: str) -> int:
        """The process of `database` or `store`."""
        if part == "database":
            return int(self._postmaster.read_text().split()[0])
        with redis.Redis.from_url(self.store) as store:
            return int(store.info("server")["process_id"])

    def flush(self) -> None:
        """Let the store forget everything."""
        with redis.Redis.from_url(self.store) as store:
            store.flushall()

    @staticmethod
    def await_(work: Coroutine[Any, Any, T]) -> T:
        """What a coroutine returns; the calling thread has no loop."""
        with asyncio.Runner() as runner:
            return runner.run(work)

    def leads(self) -> list[tuple[str, Interval]]:
        """Every time of leading there was, in order."""
        return sorted(((name, one) for name, node in self.nodes.items() for one in node.active()), key=lambda pair: pair[1].start)


def boottime() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@contextmanager
def running_lab() -> Iterator[Lab]:
    """The lab with three nodes that run, its admin made; the calling thread stands among the people."""
    wires = Wires()
    with short_directory() as place, wires.standing(), ExitStack() as stack:
        with thread_in(wires.hub):  # threads and processes begun here stay here
            database = postgres.EmbeddedPostgres(place / "pg", place / "pgrun", _DATABASE)
            stack.enter_context(running(database.lifetime()))
            (database.directory / "pg_hba.conf").open("a").write(f"\nhost all all {NET}.0/24 trust\n")
            postmaster = database.directory / "postmaster.pid"
            os.kill(int(postmaster.read_text().split()[0]), signal.SIGHUP)
            store = valkey.EmbeddedStore(place / "st", place / "strun", _STORE)
            stack.enter_context(running(store.lifetime()))
        stack.enter_context(thread_in(wires.space("people")))
        lab = Lab(place, wires, f"postgresql://revenge@{NET}.1/revenge", f"redis://{NET}.1:6379", postmaster)
        small = lab.nodes["three"].raft
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(small)], check=True)
        stack.callback(subprocess.run, ["umount", "-l", str(small)], check=False)
        lab.await_(run_on(lab.database, "create table faults (slot timestamptz not null, token bigint not null, node text not null)"))
        try:
            lab.start("one", "two", "three")
            lab.set_up()
            lab.settled()
            yield lab
        finally:
            for node in lab.running():
                with suppress(ProcessLookupError):
                    node.signal(signal.SIGCONT)
                node.kill()


_DATABASE = {**postgres.SETTINGS, **HASTE, "listen_addresses": f"{NET}.1", "max_connections": "150"}
_STORE = {**valkey.SETTINGS, "appendonly": "no", "bind": f"{NET}.1", "port": "6379", "protected-mode": "no"}
