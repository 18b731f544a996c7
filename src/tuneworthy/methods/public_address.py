"""Whether a network address is one that anybody may be sent to.

An IPv6 address can carry an IPv4 one that a gateway on the way unpacks; Python's ``is_global`` is
true for some of those. They are unpacked here first (RFC 4291, RFC 6052, RFC 3056, RFC 4380).
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = IPv6Network("::/96")
_SPECIAL = tuple(
    map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24")),
) + tuple(map(IPv6Network, ("100::/64", "2001::/23", "3fff::/20", "5f00::/16")))
"""Ranges of the IANA special-purpose registries that older Pythons take for public ones."""

_ISATAP = (0x00005EFE, 0x02005EFE)


def carried(text: str) -> IPv4Address | IPv6Address | None:
    """The address that is meant in the end: the IPv4 one that an IPv6 one carries, or itself.

    None for a text that is no address, or names an interface besides.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return None
        if address.teredo is not None:
            return address.teredo[1]
        if address in _NAT64_LOCAL:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        own = address.is_loopback or address.is_unspecified or address.is_link_local
        return address if own else _inside(address) or address
    return address


def is_public(text: str) -> bool:
    """Whether an address, as a socket names it, is outside every private and special range.

    >>> is_public("1.1.1.1"), is_public("64:ff9b::a9fe:a9fe"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return _plain(address)
    if address in _NAT64_LOCAL or address.teredo is not None:
        return False
    inner = _inside(address)
    if inner is not None:
        return _plain(inner) and not address.is_link_local
    return _plain(address)


def _inside(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one carries."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    low = int(address) & 0xFFFFFFFF
    if address in _NAT64 or address in _COMPATIBLE or (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return IPv4Address(low)
    return None


def _plain(address: IPv4Address | IPv6Address) -> bool:
    return (
        address.is_global
        and not any(address in network for network in _SPECIAL)
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
        and not address.is_loopback
        and not address.is_link_local
        and not (isinstance(address, IPv6Address) and address.is_site_local)
    )
