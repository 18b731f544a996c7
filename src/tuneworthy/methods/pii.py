"""Personal data with a checkable form: patterns, then checksums, then the known harmless values.

Card numbers by Luhn (ISO/IEC 7812-1), IBAN by mod 97 (ISO 13616), addresses by ``ipaddress``.
Harmless by their own standards: example domains (RFC 2606, RFC 6761), documentation networks
(RFC 5737, RFC 3849), fictional 555-01xx telephone numbers (NANPA), payment schemes' test cards.
So are telephone numbers whose digits are counted up or repeated.
Names and places have no such form; this scan does not claim to find them.
"""

import ipaddress
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

DETECTOR_VERSION = "pii-1"

Severity = Literal["high", "low"]


class Hit(NamedTuple):
    """One finding: what kind, where in the text, and whether it blocks training (``high``)."""

    kind: str
    start: int
    end: int
    severity: Severity


def find_pii(text: str) -> list[Hit]:
    """Personal data in a text, left to right, without overlaps and without harmless values."""
    if not _WORTH_A_LOOK.search(text):
        return []
    taken: list[Hit] = []
    for recogniser in _RECOGNISERS:
        for hit in recogniser(text):
            claim(taken, hit)
    return [hit for hit in taken if hit.kind != _HARMLESS]


def claim(taken: list[Hit], hit: Hit) -> None:
    """Add ``hit`` to ``taken``, which stays in order, unless it overlaps one that is there."""
    at = bisect_left(taken, hit.start, key=lambda other: other.start)
    clear_left = at == 0 or taken[at - 1].end <= hit.start
    if clear_left and (at == len(taken) or hit.end <= taken[at].start):
        taken.insert(at, hit)


_HARMLESS = "harmless"
_WORTH_A_LOOK = re.compile(r"@|::|\d\D{0,3}\d\D{0,3}\d\D{0,3}\d|[0-9a-fA-F]:[0-9a-fA-F]")

_URL = re.compile(
    r"\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://([^\s/:@'\"<>]{1,200}):([^\s/@'\"<>]{1,200})@[^\s'\"<>]+"
)
_PLACEHOLDER = re.compile(
    r"[<>{}$*%\[\]]|^(?:x+|\.+|password|passwd|pass|pwd|secret|token|changeme)$", re.I
)
_EMAIL = re.compile(
    r"(?<![\w.+{}-])[\w][\w.!#%&'*+=?^~-]{0,63}@"
    r"((?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{1,62})(?![\w-])"
)
_EXAMPLE_DOMAIN = re.compile(
    r"(?:^|\.)(?:example(?:\.(?:com|org|net|edu))?|test|invalid|localhost|(?:contoso|fabrikam)\.\w+"
    r"|(?:(?:my|your)-?(?:domain|company|site|org)|domain)\.\w+)$",
    re.I,
)
_IBAN = re.compile(
    r"\b([a-z]{2})[0-9]{2}(?:[ -]?[a-z0-9]{4}){2,7}(?:[ -]?[a-z0-9]{1,3})?\b", re.ASCII | re.I
)
_CARD = re.compile(r"(?<![\d.,-])(?<!\d[ -])[1-6](?:[ -]?\d){11,18}(?![\d-])(?!\.\d)")
_SSN = re.compile(r"(?<![\d-])(?!000|666|9)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\d-])")
_SSN_BARE = re.compile(
    r"(?i:\bssn\b|social[ -]security)[^\d\n]{0,30}"
    r"((?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4})(?!\d)"
)
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_IPV6 = re.compile(
    r"(?<![\w:.])(?:[0-9a-fA-F]{0,4}:){2,7}(?:[0-9a-fA-F]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])"
)
_IPV6_LIKELY = re.compile(r"(?=.*\d)(?:^|:)[0-9a-fA-F]{3,4}(?:$|:)")
"""``a::b`` is more often a name in a program than an address."""
_VERSION_BEFORE = re.compile(r"(?:\bv|version|release|build)[ :=]*$", re.I)
_PHONE = re.compile(
    r"(?<![\w.,/@#$-])(?<!\d[ ])(?:\+|00)?\(?\d{1,4}\)?(?:[ .\-/]{0,2}\(?\d{1,4}+\)?){1,6}+"
    r"(?:[ ]?(?:x|ext\.?)[ ]?\d{1,5})?(?![\w@]|[-./]\d)"
)
_PHONE_BEFORE = re.compile(
    r"\b(?:phone|telephone|tel|call(?:ing)?|mobile|cell(?:phone)?|fax|sms|whats?app|contact"
    r"|number is|reach (?:me|us|him|her)|ring|dial)\b[^\n\d]{0,30}$",
    re.I,
)
_DATE = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d([-./ ])\d{1,2}\1\d{1,2}|\d{1,2}([-./ ])\d{1,2}\2(?:19|20)\d\d)(?!\d)"
)
_WRITTEN_OUT = re.compile(
    r"0\d{8,10}|\(?\d{2,4}\)?(?: \d{2,4}){2,4}|[0(]\d{1,4}\)?(?:[ -]\d{2,4}){2,4}"
    r"|0\d{2,4}[ -]\d{5,8}"
)
_NANP = re.compile(r"(?:\+?1[ .-]?)?(?:\([2-9]\d\d\)[ ]?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TEST_CARDS = _words(
    "4111111111111111 4242424242424242 4012888888881881 4222222222222 5555555555554444 "
    "5105105105105100 2223003122003222 378282246310005 371449635398431 378734493671000 "
    "6011111111111117 6011000990139424 30569309025904 38520000023237 3530111333300000 "
    "3566002020360505 4000056655665556 5200828282828210"
)
_SAMPLE_SSNS = frozenset({"078051120", "219099999", "457555462", "123456789"})
_SAMPLE_IBANS = _words(
    "GB82WEST12345698765432 GB29NWBK60161331926819 GB33BUKB20201555555555 "
    "DE89370400440532013000 FR1420041010050500013M02606 NL91ABNA0417164300"
)
_IBAN_LENGTH = {
    pair[:2]: int(pair[2:])
    for pair in _words(
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 "
        "EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 "
        "IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 "
        "NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 "
        "TR26 UA29 VA22 VG24 XK20"
    )
}


def _digits(text: str) -> str:
    return "".join(c for c in text if c in "0123456789")


def luhn(digits: str) -> bool:
    """Whether a string of digits passes the Luhn check."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def iban_valid(value: str) -> bool:
    """Whether a compact IBAN has its country's length and passes mod 97."""
    if _IBAN_LENGTH.get(value[:2]) != len(value):
        return False
    turned = value[4:] + value[:4]
    return int("".join(str(int(c, 36)) for c in turned)) % 97 == 1


def _urls(text: str) -> Iterator[Hit]:
    for match in _URL.finditer(text):
        kind = _HARMLESS if _PLACEHOLDER.search(match[2]) else "url_credentials"
        yield Hit(kind, match.start(), match.end(), "high")


def _emails(text: str) -> Iterator[Hit]:
    if "@" in text:
        for match in _EMAIL.finditer(text):
            kind = _HARMLESS if _EXAMPLE_DOMAIN.search(match[1]) else "email"
            yield Hit(kind, match.start(), match.end(), "high")


def _ibans(text: str) -> Iterator[Hit]:
    for match in _IBAN.finditer(text):
        size = _IBAN_LENGTH.get(match[1].upper(), 0)
        # The pattern may run on into the words that follow; cut at the country's length.
        seen, end = 0, match.start()
        while end < match.end() and seen < size:
            seen += text[end].isalnum()
            end += 1
        value = re.sub("[ -]", "", text[match.start() : end]).upper()
        if iban_valid(value) and not text[end : end + 1].isalnum():
            yield Hit(_HARMLESS if value in _SAMPLE_IBANS else "iban", match.start(), end, "high")


def _cards(text: str) -> Iterator[Hit]:
    for match in _CARD.finditer(text):
        value = _digits(match[0])
        if luhn(value) and _scheme(value):
            kind = _HARMLESS if value in _TEST_CARDS else "credit_card"
            yield Hit(kind, match.start(), match.end(), "high")


_SCHEMES = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}|(?:6011|65\d\d|64[4-9]\d)\d{12}|35\d{14}|(?:2131|1800)\d{11}"
    r"|62\d{14,17}|(?:50(?:18|20|38)|5893|6304|6759|676[123])\d{8,15}"
)


def _scheme(value: str) -> bool:
    return _SCHEMES.fullmatch(value) is not None


def _ssns(text: str) -> Iterator[Hit]:
    for match in _SSN.finditer(text):
        kind = _HARMLESS if _digits(match[0]) in _SAMPLE_SSNS else "us_ssn"
        yield Hit(kind, match.start(), match.end(), "high")
    for match in _SSN_BARE.finditer(text):
        kind = _HARMLESS if match[1] in _SAMPLE_SSNS else "us_ssn"
        yield Hit(kind, match.start(1), match.end(1), "high")


def _addresses(text: str) -> Iterator[Hit]:
    for kind, pattern in (("ipv4", _IPV4), ("ipv6", _IPV6)):
        for match in pattern.finditer(text):
            try:
                address = ipaddress.ip_address(match[0])
            except ValueError:
                continue
            before = text[max(0, match.start() - 12) : match.start()]
            own = address.is_global and not _VERSION_BEFORE.search(before)
            if kind == "ipv6" and not _IPV6_LIKELY.search(match[0]):
                continue
            yield Hit(kind if own else _HARMLESS, match.start(), match.end(), "low")


def _dates(text: str) -> Iterator[Hit]:
    for match in _DATE.finditer(text):
        yield Hit(_HARMLESS, match.start(), match.end(), "low")


def _phones(text: str) -> Iterator[Hit]:
    for match in _PHONE.finditer(text):
        number = re.split("x|ext", match[0])[0]
        digits = _digits(number)
        if not 7 <= len(digits) <= 15:
            continue
        if digits[-7:-2] == "55501" or "1234567" in digits or len(set(digits)) < 3:
            yield Hit(_HARMLESS, match.start(), match.end(), "low")
            continue
        named = _PHONE_BEFORE.search(text[max(0, match.start() - 45) : match.start()])
        severity = _phone_severity(number.strip(), digits, named is not None)
        if severity:
            yield Hit("phone", match.start(), match.end(), severity)


def _phone_severity(number: str, digits: str, named: bool) -> Severity | None:
    """How sure the form of a number is; None when nothing but its length speaks for a telephone."""
    if number.startswith("+") or _NANP.fullmatch(number):
        return "high" if len(digits) >= 8 else None
    if named and len(digits) <= 13:
        return "high"
    if re.search(r"\(\d{1,5}\)", number) and len(digits) >= 9:
        return "high"
    written_out = _WRITTEN_OUT.fullmatch(number) and 8 <= len(digits) <= 12
    return "low" if written_out else None


_RECOGNISERS: tuple[Callable[[str], Iterator[Hit]], ...] = (
    _urls,
    _emails,
    _ibans,
    _cards,
    _ssns,
    _addresses,
    _dates,
    _phones,
)
"""Surest first: a later one may not claim what an earlier one has taken."""
