"""How the node is reached."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from msgspec import Struct

from revenge.core.settings.about import about, http_url
from revenge.core.settings.words import Bandwidth


def _are_networks(texts: tuple[str, ...]) -> bool:
    try:
        return all(ip_network(text, strict=False) for text in texts)
    except ValueError:
        return False


class TlsSettings(Struct, frozen=True):
    """HTTPS by the node itself, where no proxy does it."""

    cert: Annotated[Path, about("Certificate and its chain, as PEM.")] | None = None
    key: Annotated[Path, about("Private key of the certificate, as PEM.")] | None = None

    def __post_init__(self) -> None:
        """Refuse one without the other."""
        if (self.cert is None) != (self.key is None):
            raise ValueError("server.tls.cert and server.tls.key belong together: set both or none.")


class ServerSettings(Struct, frozen=True):
    """The address of the node and what it may send."""

    host: Annotated[str, about("Address to listen on.")] = "0.0.0.0"  # noqa: S104 - a media server is there for the whole house
    port: Annotated[int, about("HTTP port; 0 lets the system choose one.", ge=0, le=65535)] = 8080
    public_url: Annotated[str, http_url("Address people reach this node by, such as https://media.example.org.")] | None = None
    trusted_proxies: Annotated[
        tuple[str, ...],
        about(
            "Addresses or networks of proxies whose word about the client's address is taken, separated by commas.",
            expected="a list of addresses or networks such as 10.0.0.2,172.16.0.0/12",
            check=_are_networks,
        ),
    ] = ()
    bandwidth: Annotated[Bandwidth, about("What this node may send in all; unset means no limit.", live=True)] | None = None
    uplink: Annotated[Bandwidth, about("What the site may send to remote networks; unset means no limit.", live=True)] | None = None
    tls: TlsSettings = TlsSettings()
