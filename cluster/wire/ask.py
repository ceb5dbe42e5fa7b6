"""One question to a node, from a thread that may wait: joining asks this way, and whoever looks from outside."""

import socket
from typing import Any

import msgspec

from cluster.errors import Refused
from cluster.wire import intro as words
from cluster.wire.handshake import HELLO, Dialer, Stranger
from cluster.wire.intro import Intro
from cluster.wire.names import split
from cluster.wire.seal import Forged, Session


class NoAnswer(Exception):
    """Nobody is there, or nobody who knows the secret; a stranger looks the same on purpose."""


def ask(address: str, key: bytes, question: str, body: dict[str, Any], version: str = "", patience: float = 2.0) -> dict[str, Any]:
    """The answer of the node at `address`; raise NoAnswer within `patience` seconds, Refused with the node's own sentence."""
    try:
        with socket.create_connection(split(address), patience) as sock:
            sock.settimeout(patience)
            said = _converse(sock, key, Intro("ask", version=version, question=question, body=body))
    except (OSError, Stranger, Forged, msgspec.DecodeError) as failed:
        raise NoAnswer(f"No node of this cluster answers at {address} ({type(failed).__name__}).") from failed
    if said.refused:
        raise Refused(said.refused)
    return said.body


def _converse(sock: socket.socket, key: bytes, intro: Intro) -> words.Welcome:
    dialer = Dialer(key)
    sock.sendall(dialer.hello)
    session = dialer.finish(_exactly(sock, HELLO))
    sock.sendall(session.seal(words.encode(intro)))
    return words.welcome(_message(sock, session))


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += (more := sock.recv(size - len(data)))
        if not more:
            raise Stranger
    return data


def _message(sock: socket.socket, session: Session) -> bytes:
    while data := sock.recv(65536):
        for message in session.open(data):
            return message
    raise Stranger
