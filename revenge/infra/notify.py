"""What systemd is told: a datagram to the socket it names, nothing where there is none."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress


def notify(state: str, environ: Mapping[str, str] = os.environ) -> None:
    """Tell the service manager, for example `READY=1` or `STOPPING=1`. Never fails and never waits."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as channel:
        channel.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)
