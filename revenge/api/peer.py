"""Where a request really comes from: the other end of the socket, or what a trusted proxy says about it."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from aiohttp import web
from msgspec import Struct

from revenge.core.errors import StartRefused

Address: TypeAlias = IPv4Address | IPv6Address
_FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Real-IP")
_LONGEST_CHAIN = 20
"""Hops of a forwarding chain that are looked at; no honest one is longer."""


class Trusted(Struct, frozen=True):
    """Proxies whose word about the client counts."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    unix: bool = False
    """Whether whoever connects by a local socket is such a proxy."""

    def __bool__(self) -> bool:
        return bool(self.networks) or self.unix

    def holds(self, address: Address | None) -> bool:
        """Whether the address (None: a local socket) is a trusted proxy's."""
        if address is None:
            return self.unix
        return any(address in network for network in self.networks)


TRUSTED = web.AppKey("trusted_proxies", Trusted)


def trusted(names: Iterable[str]) -> Trusted:
    """Read `server.trusted_proxies`; StartRefused names an entry that is neither an address, nor a network, nor `unix`."""
    networks, unix = [], False
    for name in names:
        if name == "unix":
            unix = True
            continue
        try:
            networks.append(ip_network(name, strict=False))
        except ValueError:
            raise StartRefused(f"server.trusted_proxies: {name!r} is no address or network (such as 10.0.0.0/8).") from None
    return Trusted(tuple(networks), unix)


def is_loopback(request: web.BaseRequest) -> bool:
    """Whether a person or program on this machine asks, and no proxy in between: a forwarded request is never loopback."""
    if is_forwarded(request):
        return False
    address = socket_address(request)
    return address is None or address.is_loopback


def is_forwarded(request: web.BaseRequest) -> bool:
    """Whether anything in the headers says that somebody passed the request on."""
    headers = request.headers
    return any(name in headers for name in _FORWARDED) or any(name.lower().startswith("x-forwarded-") for name in headers)


def client_address(request: web.Request) -> str:
    """The client's address as text, for logs and rate limits: the nearest hop that is no trusted proxy; `local` for a local socket."""
    return address_behind(request, _proxies(request))


def address_behind(request: web.Request, proxies: Trusted) -> str:
    """The same, by proxies that are known already."""
    if not proxies:  # the usual house: nothing to parse
        return request.remote or "local"
    address = socket_address(request)
    if proxies.holds(address):
        for hop in reversed(_chain(request)):
            address = hop
            if hop is None or not proxies.holds(hop):
                break
    return "local" if address is None else str(address)


def is_secure(request: web.Request) -> bool:
    """Whether the client came by TLS, to us or to a trusted proxy."""
    return secure_behind(request, _proxies(request))


def secure_behind(request: web.Request, proxies: Trusted) -> bool:
    """The same, by proxies that are known already."""
    if request.secure:
        return True
    if not proxies or not proxies.holds(socket_address(request)):
        return False
    told = request.headers.get("X-Forwarded-Proto", "").rpartition(",")[2].strip().lower()
    return told == "https" or any(hop.get("proto", "").lower() == "https" for hop in request.forwarded[-1:])


def socket_address(request: web.BaseRequest) -> Address | None:
    """The address at the other end of the socket; None for a local (unix) socket."""
    return _read(request.remote or "")


def _proxies(request: web.Request) -> Trusted:
    return request.config_dict.get(TRUSTED) or Trusted()


def _chain(request: web.Request) -> list[Address | None]:
    """Hops as the proxies tell them, nearest last; an unreadable hop is None and ends the trust."""
    lists = request.headers.getall("X-Forwarded-For", [])
    hops = ",".join(lists).split(",") if lists else [hop.get("for", "") for hop in request.forwarded]
    return [_read(hop) for hop in hops[-_LONGEST_CHAIN:]]


def _read(text: str) -> Address | None:
    text = text.strip().strip('"')
    if text.startswith("["):  # [2001:db8::1]:4711
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:  # 192.0.2.1:4711
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
