"""Which addresses are out on the internet."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""IPv6 that stands for IPv4 in its last 32 bits (NAT64)."""


def is_outside(address: Address) -> bool:
    """Whether the address is somewhere on the internet: neither this machine, nor its network, nor anything that leads back to them."""
    inner: Address | None = None
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and any(address in network for network in _TRANSLATED):
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
    return address.is_global and not address.is_multicast if inner is None else is_outside(inner)
