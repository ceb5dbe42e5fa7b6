"""Entry of a child process: `python -m revenge.media.child <descriptor>`. Small on purpose: it imports no part of the node."""

import os
import socket
import sys
from importlib import import_module

import msgspec

from revenge.media import sandbox
from revenge.media.child import trial as _trial  # noqa: F401  so that every pool's locks can be tried
from revenge.media.child.serve import receive, resolve, send, serve
from revenge.media.wire import DONE, FAILED, Failure, Hello, Setup


def prepare(setup: Setup) -> Hello:
    """Leave the network, import and warm everything, then lock the other doors."""
    sandbox.take_turns()
    locks = sandbox.leave_network()
    for name in setup.preload:
        import_module(name)
    for name in setup.warm:
        resolve(name)()
    locks |= sandbox.lock(setup.limits)
    sandbox.die_with(setup.parent)
    return Hello(locks)


def main() -> None:
    """Say hello, then answer calls until the node hangs up."""
    link = socket.socket(fileno=int(sys.argv[1]))
    first = receive(link)
    if first is None:
        return
    try:
        hello = prepare(msgspec.msgpack.decode(first[0], type=Setup))
    except Exception as error:  # noqa: BLE001  whatever it is, the node logs it; nobody reads a child's stderr
        send(link, FAILED, Failure(f"{type(error).__name__}: {error}"))
        return
    send(link, DONE, hello)
    serve(link, msgspec.msgpack.decode(first[0], type=Setup).limits)


if __name__ == "__main__":
    try:
        main()
    finally:
        os._exit(0)  # nothing to tidy: open files and memory are the kernel's, and finalizers only take time
