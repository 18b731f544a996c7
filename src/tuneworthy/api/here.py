"""Which addresses are this machine's own."""

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


def is_here(url: str) -> bool:
    """Whether a URL, or ``//`` and what stands in ``Host``, is this machine by its own name."""
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False
