"""Variables that Kubernetes (and Docker's old links) put into a container for each service beside it.

For a service called `revenge` they begin as our settings do: `REVENGE_PORT=tcp://10.0.0.1:80`, `REVENGE_SERVICE_HOST`. They are told by name
and value together, so that a misspelt setting is none of them, and `REVENGE_SERVER_PORT` is ours unless a service `revenge-server` wrote it.
"""

import re
from collections.abc import Mapping
from ipaddress import ip_address

from revenge.core.settings.fields import PREFIX

_URL = r"(tcp|udp|sctp)://\S+:\d{1,5}"
_SHAPES = (
    (re.compile(r"_SERVICE_PORT(_\w+)?|_PORT_\d+_(TCP|UDP|SCTP)_PORT"), re.compile(r"\d{1,5}")),
    (re.compile(r"_PORT(_\d+_(TCP|UDP|SCTP))?"), re.compile(_URL)),
    (re.compile(r"_PORT_\d+_(TCP|UDP|SCTP)_PROTO"), re.compile(r"tcp|udp|sctp")),
)
_ADDRESS = re.compile(r"_SERVICE_HOST|_PORT_\d+_(TCP|UDP|SCTP)_ADDR")
_STEM = re.compile(rf"{PREFIX[:-1]}(_\w+?)??")


def links(environ: Mapping[str, str]) -> list[str]:
    """Return the names of the variables that only tell where a service is."""
    return sorted(name for name, text in environ.items() if name.startswith(PREFIX) and _is_link(name, text))


def _is_link(name: str, text: str) -> bool:
    if _ends(name, _ADDRESS):
        return _is_address(text)
    return any(_ends(name, ending) and value.fullmatch(text) for ending, value in _SHAPES)


def _ends(name: str, ending: re.Pattern[str]) -> bool:
    return re.fullmatch(f"(?:{_STEM.pattern})(?:{ending.pattern})", name) is not None


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
