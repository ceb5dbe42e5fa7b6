"""Words for the service manager: systemd waits for READY before it calls the node started."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress


def notify(state: str, environ: Mapping[str, str] = os.environ) -> None:
    """Say `READY=1`, `STOPPING=1` or `STATUS=…` to the manager that started the process; nothing where there is none.

    The message is one datagram and does not wait; a manager that is gone is no reason to stop.
    """
    address = environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as line:
        line.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)
