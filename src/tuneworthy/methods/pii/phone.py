"""Telephone numbers, by form and by the words beside them.

International form: ``+`` and a country code that the ITU has assigned (E.164). North American:
NANP. Harmless: the fictional 555-01xx numbers (NANPA), digits counted up or repeated, dates.
"""

import re
from collections.abc import Iterator

from tuneworthy.methods.gate import pattern_set
from tuneworthy.methods.pii.hit import (
    HARMLESS,
    SEPARATOR,
    Found,
    Recogniser,
    Severity,
    digits_of,
    words_before,
)

_PHONE = re.compile(
    r"([+(0-9](?<![\w/@#$-].)(?<!\d[ .,].)(?=[0-9 .()/\-]{6})"
    r"(?:(?<=\+)\(?[0-9]{1,4}|(?<=\()[0-9]{1,4}|(?<=0)0\(?[0-9]{1,4}|(?<=[0-9])[0-9]{0,3})\)?"
    r"(?:[ .\-/]{0,2}\(?[0-9]{1,4}+\)?){1,6}+)"
    r"(?:[ ]?(?:x|ext\.?)[ ]?[0-9]{1,6})?(?![\w@]|[-./,][0-9])"
)
"""The number, then its extension. The first sign leads, so that ``re`` skips to it; what may stand
before it, and what follows from it, look back over it."""
_FEWEST, _MOST = 7, 15
"""Digits of a number without the prefix 00 (E.164 allows fifteen)."""
_BEFORE = (
    r"(?i)\b(?:(?:tele)?phone|tel|t[eé]l[eé](?:phone|fono)|call(?:ing)?|mobile?|m[oó]vil|cell(?:phone)?"
    r"|cellulare|portable|handy|fax|sms|text|whats?app|contact|desk|office|landline|hot ?line"
    r"|help ?line|switchboard|extension|answering at|reach (?:me|us|him|her|them)|ring|dial"
    r"|(?:phone|my|his|her|their|our) number(?: is)?|(?:ruf|telefon|handy)nummer|telef[oó]n[eo]?"
    r"|telefoon|puhelin|telefonu?)\b[^\n\d]{0,30}\n?$"
)
_AFTER = re.compile(
    rf"(?:(?!{SEPARATOR})[\s,(\-]){{0,3}}(?:office|fax|mobile|cell|home|work|desk|direct|switchboard)\b",
    re.I,
)
_OTHER_BEFORE = (
    r"(?i)\b(?:licen[cs]e|orders?|invoice|tracking|ticket|account|policy|serial|reference|ref|id|isbn"
    r"|issn|sku|part|model|version|case|claim|receipt|confirmation|po|vin|order id|zip|code|pin"
    r"|passport|population|year|total|price|cost)\b[^\n\d.!?]{0,16}\n?$"
)
_NAMED, _OTHER = 0, 1
_WORDS = pattern_set([_BEFORE, _OTHER_BEFORE])
_DATE = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d([-./ ])\d{1,2}\1\d{1,2}|\d{1,2}([-./ ])\d{1,2}\2(?:19|20)\d\d)(?!\d)"
)
_WRITTEN_OUT = re.compile(
    r"0\d{8,10}|\(?\d{2,4}\)?(?: \d{2,4}){2,4}|[0(]\d{1,4}\)?(?:[ -]\d{2,4}){2,4}"
    r"|0\d{2,4}[ -]\d{5,8}|\d{3}([-.])\d{3}\1\d{4}|\d{2}([-.])\d{2}\2\d{2}\2\d{2}(?:\2\d{2})?"
)
_NANP = re.compile(r"(?:(?:\+|00)?1[ .-]?)?(?:\([2-9]\d\d\)[ ]?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}")
_BRACKETED = re.compile(r"\(\d{1,5}\)")
_COUNTRY = re.compile(
    r"1|7|2(?:0|7|1[1-368]|[2-6]\d|9[01789])|3(?:[0-469]|[57]\d|8[0-35-79])|4(?:[013-9]|2[0134])"
    r"|5(?:[1-8]|0\d|9\d)|6(?:[0-6]|7[02-9]|8[0-35-9]|9[0-2])|8(?:[1246]|5[02356]|8[0-368]|00|08|70|78)"
    r"|9(?:[0-58]|6[0-8]|7[0-79]|9[2-689])"
)
"""Country codes that begin a number (ITU-T E.164, annex of assigned codes)."""


_ASSIGNED = frozenset(first for n in range(1000) if _COUNTRY.match(first := f"{n:03}"))
"""The first three digits of all numbers that begin with a country code."""


def _phones(text: str) -> Iterator[Found]:
    for match in _PHONE.finditer(text):
        number = match[1]
        if len(number) < _FEWEST:
            continue
        digits = digits_of(number)
        own = digits[2:] if digits[:2] == "00" else digits
        if not _FEWEST <= len(own) <= _MOST:
            continue
        abroad = number[0] == "+"
        if not abroad and ("19" in number or "20" in number) and _DATE.search(number):
            continue
        start, end = match.span()
        if _fictional(digits):
            yield HARMLESS, start, end, "low"
        elif (abroad or number[:2] == "00") and len(own) >= 8 and own[:3] in _ASSIGNED:
            yield "phone", start, end, "high"
        elif not abroad:
            severity = _severity(number, len(digits), text, start, end)
            if severity:
                yield "phone", start, end, severity


def _fictional(digits: str) -> bool:
    if "1234567" in digits or digits[:3] == "000" or digits[-7:-2] == "55501":
        return True
    others = digits.replace(digits[0], "")
    return not others.strip(others[:1])  # Of one digit or two.


def _severity(number: str, count: int, text: str, start: int, end: int) -> Severity | None:
    """How sure the form of a number is; None when nothing but its length speaks for a telephone."""
    words = _WORDS(words_before(text, start, 45).encode(errors="replace")) or ()
    named = _NAMED in words or _AFTER.match(text, end)
    if named and count <= 13:
        return "high"
    if not named and _OTHER in words:
        return None
    if _NANP.fullmatch(number) or (count >= 9 and "(" in number and _BRACKETED.search(number)):
        return "high"
    return "low" if 8 <= count <= 12 and _WRITTEN_OUT.fullmatch(number) else None


PHONES = Recogniser(_phones, (r"\b[0-9](?:[ .()/-]{0,4}[0-9]){6}",), digits=_FEWEST)
