"""Opening and closing the front door, with a house in small in a process of its own."""

import asyncio
import ipaddress
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ROOT = Path(__file__).parents[1]


class Visit:
    """A running house, what it says, and its end."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[str] = []
        self.url = ""

    async def until(self, word: str) -> str:
        """Read on until a line has this word."""
        async with asyncio.timeout(20):
            while line := (await self.process.stdout.readline()).decode().rstrip():
                self.said.append(line)
                if word in line:
                    return line
        raise AssertionError(f"the house never said {word!r}, only {self.said}; {(await self.process.stderr.read()).decode()}")

    async def ready(self) -> "Visit":
        self.url = (await self.until("Revenge is ready")).rpartition(" ")[2]
        return self

    def signal(self, number=signal.SIGTERM) -> None:
        self.process.send_signal(number)

    async def end(self) -> int:
        """The exit status; what was said meanwhile is kept."""
        async with asyncio.timeout(20):
            rest, self.errors = await self.process.communicate()
        self.said += rest.decode().splitlines()
        return self.process.returncode


@pytest.fixture
async def house():
    """Opens houses by plan, and ends what is still open afterwards."""
    visits = []

    async def opened(environ=None, **plan):
        command = [sys.executable, "-m", "tests.small_house", msgspec.json.encode(plan).decode()]
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=ROOT,
            env={**os.environ, **(environ or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        visits.append(process)
        return Visit(process)

    yield opened
    for process in visits:
        if process.returncode is None:
            process.kill()
            await process.communicate()


@pytest.fixture
async def browser():
    async with aiohttp.ClientSession() as session:
        yield session


async def test_it_prints_the_page_it_serves_and_closes_in_order(house, browser):
    visit = await (await house()).ready()
    assert re.fullmatch(r"http://127\.0\.0\.1:[1-9]\d+/", visit.url)
    async with browser.get(visit.url) as answer:
        assert await answer.text() == "hello"
    began = time.monotonic()
    visit.signal(signal.SIGINT)
    assert await visit.end() == 0
    assert time.monotonic() - began < 8  # the browser's idle connection holds nobody up
    assert visit.said == [
        "first opened",
        "second opening",
        visit.said[2],
        "stood aside",
        "drained",
        "second closed",
        "first closed",
        "over",
    ]


async def test_a_port_in_use_is_named_before_anything_is_opened(house):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        visit = await house(port=port)
        assert await visit.end() == 1
    assert f"refused: Cannot listen on port {port} of 127.0.0.1: it is in use." in visit.errors.decode()
    assert "REVENGE_SERVER_PORT" in visit.errors.decode()
    assert visit.said == []


@pytest.mark.parametrize(
    ("host", "sentence"),
    [("192.0.2.1", "that is no address of this machine"), ("no.such.host.invalid", "there is no such host")],
)
async def test_a_strange_host_is_named(house, host, sentence):
    visit = await house(host=host)
    assert await visit.end() == 1
    assert f"{host}: {sentence}" in visit.errors.decode()


async def test_a_failed_start_closes_what_it_opened(house):
    visit = await house(opening="fails")
    assert await visit.end() == 1
    assert visit.said == ["first opened", "second opening", "first closed"]
    assert "refused: The second part is not to be had." in visit.errors.decode()


async def test_a_start_can_be_broken_off(house):
    visit = await house(opening="hangs")
    await visit.until("second opening")
    visit.signal()
    assert await visit.end() == 0
    assert visit.said == ["first opened", "second opening", "first closed", "over"]


async def test_a_running_request_finishes_and_nobody_else_comes_in(house, browser):
    visit = await (await house()).ready()
    asking = asyncio.create_task(fetch(browser, visit.url + "slow"))
    await visit.until("slow begun")
    visit.signal()
    await visit.until("drained")
    with pytest.raises(aiohttp.ClientConnectorError):
        await fetch(browser, visit.url)
    assert await asking == "done"
    assert await visit.end() == 0


async def fetch(browser, url):
    async with browser.get(url) as answer:
        return await answer.text()


async def test_a_signal_to_the_whole_group_leaves_the_store_standing_until_the_end(house, browser, open_dir):
    visit = await (await house(store=str(open_dir))).ready()
    asking = asyncio.create_task(fetch(browser, visit.url + "slow"))
    await visit.until("slow begun")
    os.killpg(visit.process.pid, signal.SIGINT)
    assert await asking == "1"  # it spoke to the store half a second after the signal
    assert await visit.end() == 0


async def test_the_second_signal_cancels_what_runs(house, browser):
    visit = await (await house()).ready()
    asking = asyncio.create_task(fetch(browser, visit.url + "for-ever"))
    await visit.until("for ever begun")
    visit.signal()
    await visit.until("drained")
    began = time.monotonic()
    visit.signal()
    assert await visit.end() == 0
    assert time.monotonic() - began < 8
    assert "for ever cancelled" in visit.said
    assert visit.said[-3:] == ["second closed", "first closed", "over"]
    with pytest.raises(aiohttp.ClientError):
        await asking


async def test_the_grace_ends_without_a_second_signal(house, browser):
    visit = await (await house(grace=0.2)).ready()
    asking = asyncio.create_task(fetch(browser, visit.url + "for-ever"))
    await visit.until("for ever begun")
    visit.signal()
    assert await visit.end() == 0
    assert "for ever cancelled" in visit.said
    with pytest.raises(aiohttp.ClientError):
        await asking


async def test_the_third_signal_exits_at_once(house):
    visit = await (await house(closing="hangs")).ready()
    visit.signal()
    await visit.until("second hangs")
    visit.signal()
    await asyncio.sleep(0.1)
    visit.signal()
    assert await visit.end() == 128 + signal.SIGTERM
    assert "first closed" not in visit.said


async def test_a_part_that_does_not_close_keeps_no_other_open(house):
    visit = await (await house(closing="fails")).ready()
    visit.signal()
    assert await visit.end() == 0
    assert visit.said[-2:] == ["first closed", "over"]
    assert "the second part does not close" in visit.errors.decode()


async def test_systemd_is_told(house, open_dir):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(open_dir / "notify"))
        manager.settimeout(10)
        visit = await (await house({"NOTIFY_SOCKET": str(open_dir / "notify")})).ready()
        assert manager.recv(100) == b"READY=1"
        visit.signal()
        assert await visit.end() == 0
        assert manager.recv(100) == b"STOPPING=1"


async def test_every_address_of_the_machine_is_shown_as_localhost(house, browser):
    visit = await (await house(host="0.0.0.0")).ready()
    assert visit.url.startswith("http://localhost:")
    assert await fetch(browser, visit.url) == "hello"


async def test_tls_with_ones_own_certificate(house, browser, tmp_path):
    cert, key = certificate_in(tmp_path)
    visit = await (await house(cert=str(cert), key=str(key))).ready()
    trusted = ssl.create_default_context(cafile=cert)
    async with browser.get(visit.url, ssl=trusted) as answer:
        assert await answer.text() == "hello"
    assert visit.url.startswith("https://")


async def test_a_certificate_that_is_none_is_named(house, tmp_path):
    (tmp_path / "cert").write_text("not a certificate")
    visit = await house(cert=str(tmp_path / "cert"), key=str(tmp_path / "key"))
    assert await visit.end() == 1
    assert f"refused: Cannot use the certificate {tmp_path / 'cert'}" in visit.errors.decode()


def certificate_in(directory: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (directory / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (directory / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return directory / "cert.pem", directory / "key.pem"
