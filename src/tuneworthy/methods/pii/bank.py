"""Card numbers (ISO/IEC 7812-1) and IBAN (ISO 13616, mod 97).

A card number passes Luhn and has a scheme's range, or the word "card" before it.

Harmless: the payment schemes' published test cards and the registries' sample IBANs.
"""

import re
from collections.abc import Iterator

from tuneworthy.methods.pii.checksums import luhn, mod97
from tuneworthy.methods.pii.hit import HARMLESS, Found, Recogniser, digits_of, words_before

_CARD = re.compile(
    r"[0-9](?<!\w.)(?<![\d)][ .,-].)(?=[0-9 -]{11})(?:[ -]?[0-9]){11,18}(?![\w-]|[.,]\d)"
)
_CARD_BEFORE = re.compile(
    r"\b(?:credit|debit|bank|visa|master|maestro|amex|payment)?[ -]?card\b[^\d\n]{0,20}$", re.I
)
_SCHEMES = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}|(?:6011|65\d\d|64[4-9]\d)\d{12}|35\d{14}|(?:2131|1800)\d{11}"
    r"|62\d{14,17}|(?:50(?:18|20|38)|5893|6304|6759|676[123])\d{8,15}"
)
_MAESTRO = re.compile(r"(?:5[06-8]|6\d)\d{10,17}")
"""Maestro's whole range: ten numbers in a hundred pass for one, so it is low by itself."""
_IBAN = re.compile(
    r"[0-9](?<=[A-Za-z]{2}.)(?<![A-Za-z0-9_][A-Za-z]{2}.)[0-9]"
    r"(?:[ -]?[A-Za-z0-9]{4}){2,7}(?:[ -]?[A-Za-z0-9]{1,3})?(?![A-Za-z0-9_])"
)
"""From the check digits on, the country behind it: digits are rarer than letters."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TEST_CARDS = _words(
    "4111111111111111 4242424242424242 4012888888881881 4222222222222 5555555555554444 "
    "5105105105105100 2223003122003222 378282246310005 371449635398431 378734493671000 "
    "6011111111111117 6011000990139424 30569309025904 38520000023237 3530111333300000 "
    "3566002020360505 4000056655665556 5200828282828210"
)
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


_COUNTRY_DIGITS = {country: "".join(str(int(c, 36)) for c in country) for country in _IBAN_LENGTH}


def iban_valid(value: str) -> bool:
    """Whether a compact IBAN has its country's length and passes mod 97."""
    if _IBAN_LENGTH.get(value[:2]) != len(value):
        return False
    # Most hold no letter but the country's, and those are dear to exchange one by one.
    country = _COUNTRY_DIGITS[value[:2]] if value[2:].isdecimal() else value[:2]
    return mod97(value[4:] + country + value[2:4]) == 1


def _cards(text: str) -> Iterator[Found]:
    for match in _CARD.finditer(text):
        value = digits_of(match[0])
        if not luhn(value):
            continue
        sure = _SCHEMES.fullmatch(value) or _named(text, match.start())
        if sure or _MAESTRO.fullmatch(value):
            kind = HARMLESS if value in _TEST_CARDS else "credit_card"
            start, end = match.span()
            yield kind, start, end, "high" if sure else "low"


def _named(text: str, start: int) -> bool:
    return _CARD_BEFORE.search(words_before(text, start, 35)) is not None


def _ibans(text: str) -> Iterator[Found]:
    for match in _IBAN.finditer(text):
        start, end = match.start() - 2, match.end()
        size = _IBAN_LENGTH.get(text[start : start + 2].upper())
        if not size:
            continue
        value = text[start:end].replace(" ", "").replace("-", "").upper()
        if len(value) > size:
            # The pattern has run on into the words that follow; cut at the country's length.
            end = _end_of(text, start, size)
            value = value[:size]
        if iban_valid(value) and not text[end : end + 1].isalnum():
            yield HARMLESS if value in _SAMPLE_IBANS else "iban", start, end, "high"


def _end_of(text: str, start: int, size: int) -> int:
    """Where ``size`` letters and digits end, counted from ``start``."""
    end = start
    while size:
        size -= text[end].isalnum()
        end += 1
    return end


CARDS = Recogniser(_cards, (r"\b[0-9](?:[ -]?[0-9]){11}",))
IBANS = Recogniser(_ibans, (r"\b[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]{4}){2}",))
