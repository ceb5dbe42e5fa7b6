"""Where the node listens and what its network allows."""

from pathlib import Path
from typing import Annotated

from msgspec import Struct

from revenge.core.settings.about import about, http_url
from revenge.core.settings.words import Bandwidth


class TlsSettings(Struct, frozen=True):
    """TLS by the node itself; a proxy in front that does it keeps zero-copy sending."""

    cert: Annotated[Path, about("File with the certificate and its chain, PEM.")] | None = None
    key: Annotated[Path, about("File with the certificate's private key, PEM.")] | None = None

    def __post_init__(self) -> None:
        """Refuse one half of a pair."""
        if (self.cert is None) != (self.key is None):
            raise ValueError("server.tls.cert and server.tls.key belong together: set both or neither.")


class ServerSettings(Struct, frozen=True):
    """The HTTP server of a node."""

    host: Annotated[str, about("Address to listen on; 127.0.0.1 keeps the node to this machine.")] = "0.0.0.0"  # noqa: S104 - a media server is for the house
    port: Annotated[int, about("HTTP port; 0 lets the system choose.", ge=0, le=65535)] = 8080
    public_url: Annotated[str, http_url("Address under which people reach this node, where it differs from host and port.")] | None = None
    trusted_proxies: Annotated[
        tuple[str, ...],
        about("Addresses or networks of proxies whose X-Forwarded-* headers are believed; the word unix means local sockets."),
    ] = ()
    bandwidth: (
        Annotated[Bandwidth, about("What this node may send in all, and what it may fetch; unset means no limit.", live=True)] | None
    ) = None
    user_bandwidth: Annotated[Bandwidth, about("What this node may send to one account; unset means no limit.", live=True)] | None = None
    uplink: Annotated[Bandwidth, about("What the site may send to remote networks; unset means no limit.", live=True)] | None = None
    tls: TlsSettings = TlsSettings()
