"""How a command asks the node that runs on this machine."""

import socket
from pathlib import Path
from typing import Any

import msgspec

from revenge.core.errors import Invalid, Unavailable
from revenge.infra.control import Answered, Asked, place
from revenge.infra.embedded.lock import holder

_LONGEST = 1 << 20


def tell(data_dir: Path, name: str, body: dict[str, Any] | None = None, patience: float = 60.0) -> Any:
    """What the running node answers, within `patience` seconds; raises Unavailable where none runs, Invalid with the node's own sentence."""
    node = holder(data_dir)
    if node is None:
        raise Unavailable(f"No node runs on {data_dir}: start it first (`revenge serve`), or name its directory with REVENGE_DATA_DIR.")
    try:
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(patience)
            door.connect(str(place(node.runtime_dir)))
            door.sendall(msgspec.json.encode(Asked(name, body or {})) + b"\n")
            answered = msgspec.json.decode(_line(door), type=Answered)
    except (OSError, msgspec.DecodeError) as error:
        raise Unavailable(f"The node does not answer ({error or type(error).__name__}): it is starting, stopping, or busy.") from error
    if answered.error is not None:
        raise Invalid(answered.error)
    return answered.value


def _line(door: socket.socket) -> bytes:
    said = b""
    while not said.endswith(b"\n") and len(said) < _LONGEST:
        more = door.recv(65536)
        if not more:
            break
        said += more
    return said
