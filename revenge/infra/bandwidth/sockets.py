"""What Linux knows of a TCP connection, and the rate at which it sends by itself."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

_MAX_PACING_RATE = 47
_NOTSENT_LOWAT = 25
_UNLIMITED = 0xFFFFFFFF
_INFO = struct.Struct("16xI4xI92xQ16xI")
"""Of `struct tcp_info`: `snd_mss`, `unacked`, `bytes_acked`, `notsent_bytes`."""
_KEPT = 128 << 10
"""Bytes the kernel may hold unsent of an answer that can be stopped: what it holds cannot be taken back."""


class Sent(NamedTuple):
    """How far a connection has come."""

    acked: int = 0
    """Bytes the peer has taken since the connection began."""
    queued: int = 0
    """Bytes the kernel still holds, about."""
    segment: int = 0
    """Bytes that travel at once."""


def sent(fd: int) -> Sent:
    """Return how far the connection has come; zeros where the kernel does not say."""
    try:
        with _borrowed(fd) as own:
            mss, unacked, acked, unsent = _INFO.unpack(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size))
    except (OSError, struct.error):
        return Sent()
    return Sent(acked, unsent + unacked * mss, mss)


def set_rate(fd: int, rate: float) -> None:
    """Have the kernel send at most so many bytes per second from now on; `inf` lifts it. A connection that has ended is left alone."""
    limit = _UNLIMITED if rate >= _UNLIMITED else max(int(rate), 1)
    _set(fd, socket.SOL_SOCKET, _MAX_PACING_RATE, limit)


def hold_little(fd: int, *, little: bool) -> None:
    """Have the kernel take little ahead of what it sends, or as much as usual."""
    _set(fd, socket.IPPROTO_TCP, _NOTSENT_LOWAT, _KEPT if little else 0)


def _set(fd: int, level: int, option: int, value: int) -> None:
    try:
        with _borrowed(fd) as own:
            own.setsockopt(level, option, struct.pack("I", value))
    except OSError:
        return


@contextmanager
def _borrowed(fd: int) -> Iterator[socket.socket]:
    """A socket object for a descriptor that stays its owner's. What the family is does not matter for options."""
    own = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fd)
    try:
        yield own
    finally:
        own.detach()
