"""The client's side, in a process of its own: plain sockets, ready-made requests, one buffer. It costs little and is in no number.

Reads one JSON object from standard input (`Drive`), connects, says `ready`, waits for a line, works, and prints one JSON object (`Done`).
"""

import json
import select
import socket
import sys
import time

_BUFFER = 256 << 10


def main() -> None:
    wish = json.loads(sys.stdin.readline())
    work = download if wish["kind"] == "download" else hammer
    requests = [request.encode() for request in wish["requests"]]
    count = len(requests) if wish["kind"] == "download" else wish["connections"]
    sockets = [socket.create_connection(("127.0.0.1", wish["port"]), timeout=60) for _ in range(count)]
    for one in sockets:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        one.setblocking(False)
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(work(sockets, requests, wish)), flush=True)


def download(sockets: list[socket.socket], requests: list[bytes], wish: dict) -> dict:
    """One request per connection, all at once; returns bytes of bodies and seconds to the last byte."""
    buffer = memoryview(bytearray(_BUFFER))
    poll, by_fd, left = select.epoll(), {}, {}
    began = time.perf_counter()
    for one, request in zip(sockets, requests, strict=True):
        one.send(request)
        by_fd[one.fileno()], left[one.fileno()] = one, None
        poll.register(one.fileno(), select.EPOLLIN)
    total, ends = 0, []
    while left:
        for fd, _ in poll.poll(60):
            got = by_fd[fd].recv_into(buffer)
            if not got:
                raise SystemExit("the server closed a connection early")
            rest = left[fd]
            if rest is None:
                head, _, body = bytes(buffer[:got]).partition(b"\r\n\r\n")
                got, rest = len(body), length(head)
            total += got
            left[fd] = rest - got
            if left[fd] <= 0:
                ends.append(time.perf_counter() - began)
                poll.unregister(fd)
                del left[fd]
    return {"bytes": total, "seconds": time.perf_counter() - began, "first_end": ends[0]}


def hammer(sockets: list[socket.socket], requests: list[bytes], wish: dict) -> dict:
    """Request after request on each connection for so many seconds; returns how many, and how long they took."""
    buffer = memoryview(bytearray(_BUFFER))
    poll, by_fd, left, sent = select.epoll(), {}, {}, {}
    clock = time.perf_counter
    took, number, size = [], 0, 0
    began = clock()
    until = began + wish["seconds"]
    for one in sockets:
        fd = one.fileno()
        by_fd[fd], left[fd], sent[fd] = one, 0, clock()
        poll.register(fd, select.EPOLLIN)
        one.send(requests[number % len(requests)])
        number += 1
    busy = len(sockets)
    while busy:
        for fd, _ in poll.poll(60):
            got = by_fd[fd].recv_into(buffer)
            if not got:
                raise SystemExit("the server closed a connection early")
            rest = left[fd]
            if not rest:
                end = bytes(buffer[: min(got, 8192)]).find(b"\r\n\r\n") + 4
                rest = end + length(bytes(buffer[:end]))
            left[fd] = rest - got
            size += got
            if left[fd]:
                continue
            now = clock()
            took.append(now - sent[fd])
            if now >= until:
                busy -= 1
                continue
            by_fd[fd].send(requests[number % len(requests)])
            number += 1
            sent[fd] = now
    seconds = clock() - began
    took.sort()
    return {
        "requests": len(took), "seconds": seconds, "p50": took[len(took) // 2], "p95": took[int(len(took) * 0.95)], "bytes": size / len(took),
    }  # fmt: skip


def length(head: bytes) -> int:
    """The length of the body that this head of an answer announces."""
    if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 206")):
        raise SystemExit(f"the server answered {head[:200]!r}")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise SystemExit("the answer has no length")


if __name__ == "__main__":
    main()
