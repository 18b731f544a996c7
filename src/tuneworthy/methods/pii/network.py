"""IP addresses (checked by ``ipaddress``) and MAC addresses (IEEE 802, six octets).

Harmless: documentation networks (RFC 5737, RFC 3849), every other range that is not routed in
public, version numbers, and the MAC addresses kept for documentation (RFC 7042, section 2.1.2).
"""

import ipaddress
import re
from collections.abc import Iterator

from tuneworthy.methods.pii.hit import HARMLESS, Hit, Recogniser

_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_IPV6 = re.compile(
    r"(?<![\w:.])(?:[0-9a-fA-F]{0,4}:){2,7}(?:[0-9a-fA-F]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])"
)
_IPV6_LIKELY = re.compile(r"(?=.*\d)(?:^|:)[0-9a-fA-F]{3,4}(?:$|:)")
"""``a::b`` is more often a name in a program than an address."""
_VERSION_BEFORE = re.compile(r"(?:\bv|version|release|build)[ :=]*$", re.I)
_MAC = re.compile(
    r"(?<![\w:-])[0-9a-fA-F]{2}(?:(?::[0-9a-fA-F]{2}){5}|(?:-[0-9a-fA-F]{2}){5})(?![\w:-])"
)


def _addresses(text: str) -> Iterator[Hit]:
    for kind, pattern in (("ipv4", _IPV4), ("ipv6", _IPV6)):
        for match in pattern.finditer(text):
            if kind == "ipv6" and not _IPV6_LIKELY.search(match[0]):
                continue
            try:
                address = ipaddress.ip_address(match[0])
            except ValueError:
                continue
            before = text[max(0, match.start() - 12) : match.start()]
            own = address.is_global and not _VERSION_BEFORE.search(before)
            yield Hit(kind if own else HARMLESS, match.start(), match.end(), "low")


def _macs(text: str) -> Iterator[Hit]:
    for match in _MAC.finditer(text):
        octets = bytes.fromhex(re.sub("[:-]", "", match[0]))
        shared = octets[0] & 1 or not any(octets) or octets[:5] == b"\x00\x00\x5e\x00\x53"
        yield Hit(HARMLESS if shared else "mac", match.start(), match.end(), "low")


_HEX = "[0-9a-fA-F]"
ADDRESSES = Recogniser(
    _addresses,
    (
        r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}",
        f"{_HEX}{{3,4}}:{_HEX}{{0,4}}:",
        f":{_HEX}{{0,4}}:{_HEX}{{3,4}}",
        f":{_HEX}{{3,4}}:",
    ),
)
MACS = Recogniser(_macs, (f"{_HEX}{{2}}(?::{_HEX}{{2}}){{5}}|{_HEX}{{2}}(?:-{_HEX}{{2}}){{5}}",))
