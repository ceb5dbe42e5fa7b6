"""A node's HTTP frame on a free port, with people who need no database."""

import asyncio
import ssl as tls
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid5

import aiohttp
import pytest
import uvloop
from aiohttp import web
from loguru import logger

from revenge.api.endpoint import Endpoint
from revenge.api.mount import Frame, mount
from revenge.api.server import Runner
from revenge.core.caller import Caller, Role
from revenge.core.errors import Unauthenticated
from revenge.core.tickets import Tickets

_SPACE = UUID("0190f1c4-0000-7000-8000-000000000000")
BOTH_LOOPS = {"test_sender.py", "test_wire.py", "test_events_endpoint.py"}

Serve = Callable[..., Awaitable["Client"]]


def pytest_asyncio_loop_factories(config, item):
    """What touches sockets and loops directly is tested on both loops, the rest on the product's."""
    both = {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}
    return both if item.path.name in BOTH_LOOPS else {"uvloop": uvloop.new_event_loop}


class People:
    """Whoever shows `ann` is Ann, an admin; `bob` is Bob, a user; a session that was closed is nobody's."""

    roles: ClassVar[dict[str, Role]] = {"ann": "admin", "bob": "user"}

    def __init__(self) -> None:
        self.closed: set[UUID] = set()

    def person(self, name: str, via: Any = "bearer") -> Caller:
        return Caller(uuid5(_SPACE, name), self.session(name), name, self.roles[name], via=via)

    def session(self, name: str) -> UUID:
        return uuid5(_SPACE, f"{name} on a phone")

    async def authenticate(self, credential: str, via: Any) -> Caller:
        if credential not in self.roles or self.session(credential) in self.closed:
            raise Unauthenticated("Nobody has this token.")
        return self.person(credential, via)

    async def of_session(self, session_id: UUID) -> Caller:
        for name in self.roles:
            if self.session(name) == session_id and session_id not in self.closed:
                return self.person(name)
        raise Unauthenticated("This session has ended.")


class Client:
    """A running frame and a session that talks to it."""

    def __init__(self, runner: Runner, session: aiohttp.ClientSession, frame: Frame) -> None:
        self.runner = runner
        self.session = session
        self.frame = frame
        self.host, self.port = runner.addresses[0][:2]
        self.base = f"http://{self.host}:{self.port}"

    def request(self, method: str, path: str, *, as_: str | None = None, **options: Any) -> Any:
        headers = dict(options.pop("headers", {}))
        if as_:
            headers.setdefault("Authorization", f"Bearer {as_}")
        return self.session.request(method, self.base + path, headers=headers, allow_redirects=False, **options)

    async def raw(self, text: bytes, wait: float = 5.0) -> bytes:
        """What the server answers to these bytes until it closes."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        writer.write(text)
        try:
            async with asyncio.timeout(wait):
                return await reader.read()
        finally:
            writer.close()


@pytest.fixture
def people() -> People:
    return People()


@pytest.fixture
def tickets() -> Tickets:
    return Tickets("a secret of thirty-two characters")


@pytest.fixture
async def serve(people, tickets) -> AsyncIterator[Serve]:
    """Start a frame: `await serve([get(…)])`."""
    closing = []

    async def start(endpoints: Sequence[Endpoint], *, ssl: Any = None, stall: float | None = None, **options: Any) -> Client:
        app = web.Application()
        frame = Frame(**({"authenticator": people, "tickets": tickets} | options))
        mount(app, endpoints, frame)
        runner = Runner(app)
        await runner.setup()
        closing.append(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=ssl).start()
        session = aiohttp.ClientSession(auto_decompress=False)
        closing.append(session.close)
        return Client(runner, session, frame)

    yield start
    for close in reversed(closing):
        await close()


@pytest.fixture
def logged():
    """Every log line that is written during the test, with its traceback and extras."""
    lines: list[str] = []
    sink = logger.add(lambda line: lines.append(str(line)), format="{level} {message} {extra} {exception}", level="DEBUG")
    yield lines
    logger.remove(sink)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1)).sign(
        key, hashes.SHA256()
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    context = tls.SSLContext(tls.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
