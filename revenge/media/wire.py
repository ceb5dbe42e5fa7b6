"""What travels between the node and a child: length-prefixed msgpack, never pickle, so a captured child can only send values."""

import struct

from msgspec import Raw, Struct

from revenge.media.limits import Limits

HEADER = struct.Struct("!IB")
"""Length of the body in bytes, and how many descriptors came with the header."""
MAX_DESCRIPTORS = 32
DONE, FAILED = b"+", b"-"
"""First byte of a reply: the rest is the result, or a Failure."""


class Setup(Struct, frozen=True, array_like=True):
    """The first thing a child is told."""

    pool: str
    parent: int
    """Process id of the node: a child that finds another parent was orphaned before it could ask to die with it."""
    preload: tuple[str, ...]
    """Modules imported before the doors are locked; nothing can be imported afterwards."""
    warm: tuple[str, ...]
    """Functions (`module:name`, no arguments) run once before the doors are locked, so that late imports happen early."""
    limits: Limits


class Hello(Struct, frozen=True, array_like=True):
    """A child is ready; `locks` says of each lock `on`, or why it is not."""

    locks: dict[str, str]


class Call(Struct, frozen=True, array_like=True):
    """One function to run. Its arguments are decoded by the types it declares."""

    function: str
    args: tuple[Raw, ...] = ()


class Failure(Struct, frozen=True, array_like=True):
    """The call ended in an error."""

    reason: str
    """A sentence for people."""
    expected: bool = True
    """Whether the function itself refused, and nothing unforeseen happened; the other kind is logged."""
