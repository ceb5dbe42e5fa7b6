"""Who is at the other end, said in the first sealed message of a link and answered in the second."""

from typing import Any, Literal

import msgspec
from msgspec import Struct

PROTOCOL = 1
"""Grows when nodes of two versions can no longer understand each other's messages."""
LARGEST = 8192
"""Bytes of a sealed frame before the introduction is done."""


class Intro(Struct, frozen=True):
    """What the dialer says of itself: a node that stays, or somebody with one question."""

    kind: Literal["node", "ask"]
    address: str = ""
    protocol: int = PROTOCOL
    version: str = ""
    question: str = ""
    body: dict[str, Any] = {}


class Welcome(Struct, frozen=True):
    """What the other side answers."""

    refused: str = ""
    """Why the link ends here, as a sentence; empty when it goes on."""
    version: str = ""
    body: dict[str, Any] = {}


def refusal(intro: Intro, version: str, known: bool) -> str:
    """Why this node does not talk to that one, or nothing."""
    if intro.protocol != PROTOCOL:
        return (
            f"This node ({version}) speaks protocol {PROTOCOL}, yours ({intro.version}) speaks {intro.protocol}: bring both to one version."
        )
    if intro.kind == "node" and not known:
        return f"{intro.address} is not a member of this cluster."
    return ""


def encode(said: Intro | Welcome) -> bytes:
    """The words as bytes."""
    return msgspec.msgpack.encode(said)


_INTRO, _WELCOME = msgspec.msgpack.Decoder(Intro), msgspec.msgpack.Decoder(Welcome)


def intro(data: bytes) -> Intro:
    """The dialer's words; raise msgspec.DecodeError for anything else."""
    return _INTRO.decode(data)


def welcome(data: bytes) -> Welcome:
    """The answer; raise msgspec.DecodeError for anything else."""
    return _WELCOME.decode(data)
