"""The loop of a child: receive a call and its descriptors, run it, answer."""

import inspect
import os
import socket
import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from typing import Any, get_type_hints

import msgspec
from msgspec import Raw

from revenge.media import sandbox
from revenge.media.errors import MediaError
from revenge.media.limits import Limits
from revenge.media.wire import DONE, FAILED, HEADER, MAX_DESCRIPTORS, Call, Failure

_ROOM = "revenge.media."


def receive(link: socket.socket) -> tuple[bytes, list[int]] | None:
    """The next frame and the descriptors that came with it; None when the node hung up."""
    header, fds, _, _ = socket.recv_fds(link, HEADER.size, MAX_DESCRIPTORS, socket.MSG_WAITALL)
    if len(header) < HEADER.size:
        return None
    body = link.recv(HEADER.unpack(header)[0], socket.MSG_WAITALL)
    return body, list(fds)


def send(link: socket.socket, kind: bytes, value: Any) -> None:
    """Send one frame; a broken link means that the node is gone, and with it the reason to run."""
    body = kind + msgspec.msgpack.encode(value)
    try:
        link.sendall(HEADER.pack(len(body), 0) + body)
    except OSError:
        os._exit(0)


def resolve(name: str) -> Callable[..., Any]:
    """The function `module:name`, which must live in the media room."""
    module, _, function = name.partition(":")
    if not module.startswith(_ROOM) or function.startswith("_"):
        raise MediaError(f"{name} is not a function of the media room.")
    found = getattr(sys.modules.get(module) or import_module(module), function, None)
    if not inspect.isfunction(found):
        raise MediaError(f"{name} is not a function of the media room.")
    return found


def serve(link: socket.socket, limits: Limits) -> None:
    """Answer calls one after another until the node hangs up."""
    while (frame := receive(link)) is not None:
        body, fds = frame
        sandbox.allow_seconds(limits.cpu)
        try:
            answer = perform(msgspec.msgpack.decode(body, type=Call), fds)
        except Exception as error:  # noqa: BLE001  one call's error is its answer, whatever a decoder may raise
            send(link, FAILED, Failure(sentence(error), isinstance(error, MediaError)))
        else:
            send(link, DONE, answer)
        finally:
            close(fds)


def perform(call: Call, fds: Sequence[int]) -> Any:
    """Run the call; descriptors, where there are any, arrive as the keyword `fds`."""
    function = resolve(call.function)
    values = decode(function, call.args)
    return function(*values, fds=fds) if fds else function(*values)


def decode(function: Callable[..., Any], args: Sequence[Raw]) -> list[Any]:
    """The arguments as the types that the function declares."""
    return [msgspec.msgpack.decode(raw, type=kind) for kind, raw in zip(declared(function), args, strict=False)]


@cache
def declared(function: Callable[..., Any]) -> list[Any]:
    """The types of the function's parameters, in order; looked up once, since reading them costs more than a small call."""
    hints = get_type_hints(function)
    return [hints.get(name, Any) for name in inspect.signature(function).parameters]


def sentence(error: Exception) -> str:
    """What went wrong, for people."""
    if isinstance(error, MediaError):
        return error.detail
    if isinstance(error, MemoryError):
        return "It needs more memory than one decoder may have."
    return f"{type(error).__name__}: {error}"


def close(fds: Sequence[int]) -> None:
    """Give the descriptors back, also those a function has already closed."""
    for fd in fds:
        try:
            os.close(fd)
        except OSError:
            continue


def nothing() -> None:
    """Do nothing: the call that only wants a child to be there."""
