"""IP addresses (checked by ``ipaddress``) and MAC addresses (IEEE 802, six octets).

Harmless: documentation networks (RFC 5737, RFC 3849), every other range that is not routed in
public, version numbers, and the MAC addresses kept for documentation (RFC 7042, section 2.1.2).
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator

from tuneworthy.methods.pii.hit import HARMLESS, Found, Recogniser

_IPV4 = re.compile(r"\d(?<![\w.].)\d{0,2}\.(?:\d{1,3}\.){2}\d{1,3}(?![\w]|\.\d)")
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_PUBLIC = re.compile(
    r"(?:[1-9]|1[1-9]|[2-9]\d|10[1-9]|11\d|12[0-6]|1[345]\d|20[4-9]|21\d|22[0-3])"
    rf"(?:\.{_OCTET}){{3}}"
    r"|(?:[146-9a-eA-E][0-9a-fA-F]{3}|2(?!00[12])[0-9a-fA-F]{3}|3(?![fF]{3})[0-9a-fA-F]{3})"
    r"(?::[0-9a-fA-F]{1,4}){7}"
)
"""Most addresses, away from all blocks of IANA's special-purpose registries (RFC 6890). The others
go to ``ipaddress``, which is slow."""
_IPV6 = re.compile(
    r"(?<![\w:.])(?:[0-9a-fA-F]{0,4}:){2,7}(?:[0-9a-fA-F]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])"
)
_IPV6_LIKELY = re.compile(r"(?=.*\d)(?:^|:)[0-9a-fA-F]{3,4}(?:$|:)")
"""``a::b`` is more often a name in a program than an address."""
_VERSION_BEFORE = re.compile(r"(?:\bv|version|release|build)[ :=]*$", re.I)
_MAC = re.compile(
    r"(?<![\w:-])[0-9a-fA-F]{2}(?:(?::[0-9a-fA-F]{2}){5}|(?:-[0-9a-fA-F]{2}){5})(?![\w:-])"
)


def _ipv4(text: str) -> Iterator[Found]:
    return _judged("ipv4", _IPV4.finditer(text), text)


def _ipv6(text: str) -> Iterator[Found]:
    likely = (match for match in _IPV6.finditer(text) if _IPV6_LIKELY.search(match[0]))
    return _judged("ipv6", likely, text)


def _judged(kind: str, matches: Iterable[re.Match[str]], text: str) -> Iterator[Found]:
    for match in matches:
        start, end = match.span()
        routed = _routed(match[0])
        if routed is None:
            continue
        own = routed and not _VERSION_BEFORE.search(text[max(0, start - 12) : start])
        yield kind if own else HARMLESS, start, end, "low"


def _routed(value: str) -> bool | None:
    """Whether an address is routed in public; None when it is no address."""
    if _PUBLIC.fullmatch(value):
        return True
    try:
        return ipaddress.ip_address(value).is_global
    except ValueError:
        return None


def _macs(text: str) -> Iterator[Found]:
    for match in _MAC.finditer(text):
        octets = bytes.fromhex(match[0].replace(":", "").replace("-", ""))
        shared = octets[0] & 1 or not any(octets) or octets[:5] == b"\x00\x00\x5e\x00\x53"
        yield HARMLESS if shared else "mac", match.start(), match.end(), "low"


_HEX = "[0-9a-fA-F]"
IPV4 = Recogniser(_ipv4, (r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}",))
IPV6 = Recogniser(
    _ipv6,
    (
        f"{_HEX}{{3,4}}:{_HEX}{{0,4}}:",
        f":{_HEX}{{0,4}}:{_HEX}{{3,4}}",
        f":{_HEX}{{3,4}}:",
    ),
)
MACS = Recogniser(
    _macs,
    (rf"\b{_HEX}{{2}}(?::{_HEX}{{2}}){{5}}|\b{_HEX}{{2}}(?:-{_HEX}{{2}}){{5}}",),
)
