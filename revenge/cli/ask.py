"""`revenge health`, and how the running node is asked anything: without loading the house, since a container asks every half minute."""

import http.client
import json
import os
import ssl
from argparse import Namespace
from contextlib import suppress
from typing import Any

from msgspec import Struct

from revenge.api.settings import ServerSettings
from revenge.core.settings.load import load

_PATIENCE = 5.0
"""Seconds a node gets for its answer."""
_EVERYWHERE = {"", "*", "0.0.0.0", "::"}  # noqa: S104 - what people write for all addresses


class Door(Struct, frozen=True):
    """The only section that says where the node answers."""

    server: ServerSettings = ServerSettings()


def health(wish: Namespace) -> int:
    """Ask the node on this machine; 0 when it is ready to serve."""
    status, said = ask(load(Door, os.environ, wish.config, partly=True).values.server, "/health/ready")
    print(said)
    return int(status != http.client.OK)


def ask(server: ServerSettings, path: str) -> tuple[int, str]:
    """The running node's status and a sentence about it; status 0 when nobody answers."""
    host = "127.0.0.1" if server.host in _EVERYWHERE else server.host
    try:
        door = _door(server, host)
        door.request("GET", path)
        response = door.getresponse()
        body = response.read(1 << 20)
    except (OSError, http.client.HTTPException) as error:
        return 0, f"No node answers on port {server.port} of {host} ({error}): is it running, and with the same settings?"
    return response.status, _sentence(response.status, body)


def _door(server: ServerSettings, host: str) -> http.client.HTTPConnection:
    if server.tls.cert is None:
        return http.client.HTTPConnection(host, server.port, timeout=_PATIENCE)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the certificate names the house, and we ask for this very machine
    return http.client.HTTPSConnection(host, server.port, timeout=_PATIENCE, context=context)


def _sentence(status: int, body: bytes) -> str:
    """Whether the node is ready, and which parts are not."""
    told: Any = None
    with suppress(ValueError):
        told = json.loads(body)
    if not isinstance(told, dict) or "checks" not in told:
        return f"The node answers with status {status}."
    ill = [f"{check['name']}: {check.get('detail', check['status'])}" for check in told["checks"] if check["status"] != "healthy"]
    return f"The node is {told['status']}" + (f" ({'; '.join(ill)})." if ill else ".")
