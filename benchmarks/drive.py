"""Lets a client work against a server and reads the server's processor time around it."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from msgspec import Struct

from benchmarks.processes import cpu, pinned

_CLIENT = [sys.executable, str(Path(__file__).parent / "client.py")]


class Run(Struct, frozen=True):
    """What one run of the client saw, and what it cost the server."""

    cpu: float
    """Seconds of the server's process alone."""
    seen: dict[str, Any]

    @property
    def cpu_per_gb(self) -> float:
        return self.cpu / (self.seen["bytes"] / 1e9)

    @property
    def rate(self) -> float:
        """GB/s of a download, requests/s of hammering."""
        return self.seen.get("requests", self.seen["bytes"] / 1e9) / self.seen["seconds"]


def drive(server: int, core: int | None, **wish: Any) -> Run:
    """Start a client, have it connect, and measure its work. `server` is the process whose time counts."""
    with begin(core, **wish) as client:
        before = cpu(server)
        seen = client.work()
        return Run(cpu(server) - before, seen)


def get(path: str, port: int, *headers: str) -> str:
    """A request as it travels."""
    return "\r\n".join([f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *headers, "", ""])


class begin:  # noqa: N801 - used as `with begin(…)`
    """A client that has connected and waits."""

    def __init__(self, core: int | None, **wish: Any) -> None:
        self.process = subprocess.Popen(pinned(_CLIENT, core), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._say(json.dumps(wish))
        if self._hear() != "ready":
            raise RuntimeError("the client could not connect")

    def work(self) -> dict[str, Any]:
        self.start()
        return self.seen()

    def start(self) -> None:
        self._say("go")

    def seen(self) -> dict[str, Any]:
        answer = self._hear()
        if not answer:
            raise RuntimeError("the client gave up")
        return json.loads(answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()

    def _say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def _hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


def ranges(size: int, readers: int) -> Sequence[str]:
    """A stretch of the file for each reader, all of it together."""
    share = size // readers
    return [f"Range: bytes={number * share}-{(number + 1) * share - 1}" for number in range(readers)]
