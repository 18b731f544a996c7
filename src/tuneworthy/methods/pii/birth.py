"""Dates of birth: a date with the word for birth before it.

A label (``date of birth:``, ``DOB``) blocks; prose (``born on``) is low, for much of it is about
people in books. Years up to 1900 are harmless: nobody born then is alive.
"""

import re
from collections.abc import Iterator

from tuneworthy.methods.pii.hit import HARMLESS, SEPARATOR, Found, Recogniser

_MONTHS = (
    r"(?:jan|feb|fe[bv]r|mar|m[aä]r|apr|avr|may|mai|jun|juin|jul|juil|aug|ao[uû]t|sep|oct|okt|nov"
    r"|dec|dez|d[eé]c)[a-zéèûä]{0,7}\.?"
)
_DATE = (
    rf"(?:\d{{1,2}}[./ -]\d{{1,2}}[./ -](?:\d{{4}}|\d{{2}})|\d{{4}}[./-]\d{{1,2}}[./-]\d{{1,2}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.)?[ -](?:of )?{_MONTHS}[ ,-]{{1,2}}\d{{4}}"
    rf"|{_MONTHS} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})"
)
_BIRTH = re.compile(
    r"\b(?=[bdfgn])(?:(?P<label>(?:date|day)[ _]of[ _]birth|birth[ _-]?date|dob|d\.o\.b"
    r"|geburtsdatum|date de naissance|fecha de nacimiento|data di nascita|geboortedatum)"
    r"|born(?: on)?|geboren(?: am)?|birthday|n[eé]e? le)\b"
    rf"[^\w\n{SEPARATOR}]{{0,6}}(?:(?:is|was|on|am|of)[ ]{{1,2}})?(?P<date>{_DATE})(?!\d)",
    re.I,
)
_YEAR = re.compile(r"\d{4}")
_LAST_HARMLESS_YEAR = 1900


def _births(text: str) -> Iterator[Found]:
    for match in _BIRTH.finditer(text):
        year = _YEAR.search(match["date"])
        kind = HARMLESS if year and int(year[0]) <= _LAST_HARMLESS_YEAR else "date_of_birth"
        yield kind, *match.span("date"), "high" if match["label"] else "low"


BIRTHS = Recogniser(
    _births,
    (
        r"(?i)(?:birth|born|\bdob|d\.o\.b|geburtsdatum|naissance|nacimiento|nascita|geboren"
        r"|geboortedatum|n[eé]e? le)[^\n]{0,16}[0-9]",
        r"(?i)(?:birth|born|\bdob|d\.o\.b|geburtsdatum|naissance|nacimiento|nascita|geboren"
        r"|geboortedatum|n[eé]e? le)[^\n]{0,12}[a-zéèûä.]{3,12}[^\n]{0,3}[0-9]",
    ),
)
