"""A real node for a benchmark: started as `revenge serve` in a directory of its own, asked over HTTP, ended by its process id."""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from benchmarks.processes import pinned

SERVE = [sys.executable, "-m", "revenge", "serve"]
WATCHED = [sys.executable, "-m", "benchmarks.watched"]
"""The same house with two more doors (`watched.py`)."""
_ROOT = Path(__file__).parent.parent
_READY = re.compile(rb"Revenge is ready: http://[^:/]+:(\d+)")
_PATIENCE = 60.0
_KEPT = 10.0
"""Seconds after which a connection that nobody used is not used again."""
_BETWEEN = 0.1
"""Seconds between two questions whether a scan has ended: more of them would cost what is measured."""


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory that is gone afterwards; its path is short enough for sockets, and open to the servers' user."""
    path = Path(tempfile.mkdtemp(prefix="rvb", dir="/tmp"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Node:
    """One life of a node on a data directory."""

    def __init__(self, data: Path, command: list[str] = SERVE, core: int | None = None, **settings: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("REVENGE_")}
        own = {"REVENGE_DATA_DIR": str(data), "REVENGE_SERVER_HOST": "127.0.0.1", "REVENGE_SERVER_PORT": "0"}
        self.log = data.with_suffix(".log").open("ab")
        self.token = ""
        self._used = 0.0
        began = time.monotonic()
        self.process = subprocess.Popen(
            pinned(command, core), cwd=_ROOT, env=kept | own | settings, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log
        )
        try:
            self.port = self._port()
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
            self._until_ready()
        except BaseException:
            self.end()
            raise
        self.start_seconds = time.monotonic() - began

    @property
    def pid(self) -> int:
        return self.process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self.end()

    def end(self) -> None:
        """Stop this process, softly first."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.log.close()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The decoded answer; RuntimeError with what the node said for any other status than 2xx."""
        status, answer = self.raw(method, path, None if body is None else json.dumps(body).encode())
        if not 200 <= status < 300:
            raise RuntimeError(f"{method} {path}: {status} {answer[:500].decode(errors='replace')}")
        return json.loads(answer) if answer[:1] in (b"{", b"[") else answer

    def raw(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if time.monotonic() - self._used > _KEPT:
            self._connection.close()  # the node has hung up by now; the next request opens it anew
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        answer = response.status, response.read()
        self._used = time.monotonic()
        return answer

    def settle_in(self) -> None:
        """Make the admin and be them."""
        admin = {"username": "bench", "email": "bench@example.org", "password": "correct horse battery"}
        self.token = self.ask("POST", "/api/v1/setup", admin)["access_token"]

    def add_library(self, folder: Path) -> str:
        return self.ask("POST", "/api/v1/libraries", {"name": folder.name, "kind": "movie", "paths": [str(folder)]})["id"]

    def scan(self, library: str, told: list[float] | None = None) -> tuple[float, dict[str, Any]]:
        """Scan it; returns the seconds from the request to `completed`, and the scan. `told` takes how long each question took (ms)."""
        began = time.monotonic()
        scan = self.ask("POST", f"/api/v1/libraries/{library}/scan")
        while scan["state"] in {"queued", "running"}:
            if time.monotonic() - began > 600:
                raise RuntimeError(f"The scan does not end: {scan}")
            time.sleep(_BETWEEN)
            asked = time.monotonic()
            scan = self.ask("GET", f"/api/v1/scans/{scan['id']}")
            if told is not None:
                told.append(1000 * (time.monotonic() - asked))
        return time.monotonic() - began, scan

    def _port(self) -> int:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := _READY.match(line):
                return int(found[1])
        raise RuntimeError(f"The node did not start; see {self.log.name}: {Path(self.log.name).read_text()[-2000:]}")

    def _until_ready(self) -> None:
        """Until /health/ready says yes."""
        deadline = time.monotonic() + _PATIENCE
        while self.raw("GET", "/health/ready")[0] != http.client.OK:
            if time.monotonic() > deadline:
                raise RuntimeError("The node does not become ready.")
            time.sleep(0.01)
