"""Which names are this machine's own."""

import ipaddress
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_own(host: str, origin: str) -> bool:
    """Whether a request with these headers is of this machine's own programs and pages.

    A page of the web that a browser on this machine shows can send here: under its own origin, or
    by a name of its own that points here (DNS rebinding), and then read the answer too.
    Programs send no ``Origin``.
    """
    return (not host or is_here(f"//{host}")) and (not origin or is_here(origin))


def is_here(url: str) -> bool:
    """Whether a URL, or ``//`` and what stands in ``Host``, is this machine by its own name."""
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False
