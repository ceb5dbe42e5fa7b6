"""What the service manager hears."""

import socket
import tempfile
from pathlib import Path

import pytest

from revenge.infra.notify import notify


@pytest.fixture
def short_dir():
    with tempfile.TemporaryDirectory(prefix="rv", dir="/tmp") as path:
        yield Path(path)


@pytest.mark.parametrize("abstract", [False, True])
def test_the_manager_hears_that_the_node_is_ready(short_dir, abstract):
    address = f"@revenge-test-{short_dir.name}" if abstract else str(short_dir / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + address[1:] if abstract else address)
        manager.settimeout(5)
        notify("READY=1", {"NOTIFY_SOCKET": address})

        assert manager.recv(100) == b"READY=1"


def test_without_a_manager_nothing_happens(short_dir):
    notify("READY=1", {})
    notify("READY=1", {"NOTIFY_SOCKET": str(short_dir / "gone")})
