"""Where a program that runs among other machines may go on behalf of an address somebody wrote.

Public addresses are open. What else there is takes a word of the project: the host stands in its
list, under the very spelling that the address has. A machine's own address is open where a model
server beside this program is meant, if it is written as such: a name that only leads there is not.
What clouds and links use among themselves hands out passwords, so no name opens it, listed or not;
only the address itself does (OWASP, Server Side Request Forgery Prevention).
"""

from collections.abc import Collection, Iterable
from ipaddress import ip_address

from tuneworthy.methods.here import is_loopback
from tuneworthy.methods.public_address import carried, is_public

_METADATA = frozenset(
    map(
        ip_address,
        (
            "100.100.100.200", "168.63.129.16", "192.0.0.192",
            "fd00:42::42", "fd00:ec2::254", "fd20:ce::254",
        ),
    )
)  # fmt: skip
"""Metadata services of clouds that are not link-local; Azure's even counts as public."""


def may_reach(host: str, address: str, internal: Collection[str], *, beside: bool = False) -> bool:
    """Whether a host may be connected to at an address that it has.

    Args:
        host: As it is written in a URL, without brackets.
        address: One that it was found to have, as a socket names it.
        internal: Hosts of the network behind this machine that are open.
        beside: A server on this machine is meant as often as not.

    >>> may_reach("models.example", "1.1.1.1", ())
    True
    >>> may_reach("models.example", "10.0.0.5", ()), may_reach("vllm", "10.0.0.5", ["vllm"])
    (False, True)
    >>> may_reach("vllm", "169.254.169.254", ["vllm"])
    False
    """
    listed = frozenset(map(_plain, internal))
    meant = carried(address)
    if meant is None:
        return False
    if meant.is_link_local or meant in _METADATA:
        return _plain(address) in listed
    if is_public(address) or _plain(host) in listed:
        return True
    return beside and meant.is_loopback and is_loopback(host.casefold())


def ways_in(
    host: str, found: Iterable[str], internal: Collection[str], *, beside: bool = False
) -> list[str]:
    """Those of a host's addresses that may be connected to, in their order, each once."""
    once = dict.fromkeys(found)
    return [one for one in once if may_reach(host, one, internal, beside=beside)]


def _plain(host: str) -> str:
    return host.strip("[]").casefold()
