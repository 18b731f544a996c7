"""Numbers that a state gives a person, by form, check digit and the words before them.

``alone`` is how sure the form is with no such word near it; None: the word is needed. Sources stand
beside each row.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tuneworthy.methods.pii.checksums import ean13, luhn, mod11_10, verhoeff, weighted
from tuneworthy.methods.pii.hit import HARMLESS, Find, Found, Recogniser, Severity, words_before

_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_HETU = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_CF_ODD = (
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
)  # fmt: skip


def _steuer_id(v: str) -> bool:
    repeats = [v[:10].count(d) for d in set(v[:10])]
    return max(repeats) in (2, 3) and len(repeats) >= 8 and mod11_10(v)


def _nhs(v: str) -> bool:
    return (11 - weighted(v, range(10, 1, -1), 11)) % 11 == int(v[9])


def _nino(v: str) -> bool:
    return v[:2] not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")


def _dni(v: str) -> bool:
    return _LETTERS[int(v[:8]) % 23] == v[8]


def _nie(v: str) -> bool:
    return _dni(str("XYZ".index(v[0])) + v[1:])


def _nir(v: str) -> bool:
    body = v[:13].replace("2A", "19").replace("2B", "18")
    return 97 - int(body) % 97 == int(v[13:])


def _cpf(v: str) -> bool:
    if len(set(v)) == 1:
        return False
    for n in (9, 10):
        check = weighted(v[:n], range(n + 1, 1, -1), 11)
        if int(v[n]) != (0 if check < 2 else 11 - check):
            return False
    return True


def _codice_fiscale(v: str) -> bool:
    ranks = [int(c) if c.isdigit() else ord(c) - 65 for c in v[:15]]
    total = sum(r if n % 2 else _CF_ODD[r] for n, r in enumerate(ranks))
    return chr(65 + total % 26) == v[15]


def _pesel(v: str) -> bool:
    return weighted(v, (1, 3, 7, 9) * 2 + (1, 3, 1), 10) == 0


def _bsn(v: str) -> bool:
    return weighted(v, (9, 8, 7, 6, 5, 4, 3, 2, -1), 11) == 0


def _resident_id(v: str) -> bool:
    powers = [2**n % 11 for n in range(17, 0, -1)]
    return "10X98765432"[weighted(v, powers, 11)] == v[17]


def _hetu(v: str) -> bool:
    return _HETU[int(v[:6] + v[7:10]) % 31] == v[10]


def _any(_: str) -> bool:
    return True


class _Number(NamedTuple):
    kind: str
    pattern: re.Pattern[str]
    """The form; separators (space, dot, hyphen, slash) are dropped before the check."""
    gate: str
    check: Callable[[str], bool]
    words: re.Pattern[str] | None
    """Words of which one stands within the 50 characters before it."""
    alone: Severity | None


_LEADING_DIGIT = re.compile(r"\[[\d-]+\](?![?*+{])")


def _number(
    kind: str,
    form: str,
    gate: str,
    check: Callable[[str], bool],
    words: str,
    alone: Severity | None,
) -> _Number:
    lead = _LEADING_DIGIT.match(form)
    # Where a digit leads, ``re`` skips to it; what may stand before it then looks back over it.
    start = rf"{lead[0]}(?<![\w+].)(?<!\d[ .,-].)" if lead else r"(?<![\w+])(?<!\d[ .,-])"
    pattern = re.compile(rf"{start}(?:{form[len(lead[0]) if lead else 0 :]})(?![\w]|[-.]\d)", re.I)
    spelled = rf"(?:\b|_)(?:{words})(?:\b|_)"
    named = re.compile(spelled, re.I) if words else None
    return _Number(kind, pattern, gate if alone else f"(?i){spelled}", check, named, alone)


_DAY = r"(?:0[1-9]|[12]\d|3[01])"
_MONTH = r"(?:0[1-9]|1[0-2])"
_NUMBERS = (
    # Social Security Administration, "The SSN Numbering Scheme"; randomised since 2011.
    _number(
        "us_ssn", r"[0-8]\d\d(?<!000|666)([- ])(?!00)\d{2}\1(?!0000)\d{4}",
        r"\b[0-9]{3}[ -][0-9]{2}[ -][0-9]{4}", _any, "", "high",
    ),
    _number(
        "us_ssn", r"[0-8]\d\d(?<!000|666)(?!00)\d{2}(?!0000)\d{4}", "[0-9]{9}", _any,
        r"ssn|social[ _-]?security", None,
    ),
    # IRS Publication 1915: 9xx and 50-65, 70-88, 90-92, 94-99 in the middle.
    _number(
        "us_itin", r"[9]\d{2}-(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])-\d{4}",
        r"\b9[0-9]{2}-[0-9]{2}-[0-9]{4}", _any, "", "high",
    ),
    # HMRC manual NIM39110.
    _number(
        "uk_nino", r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]",
        r"\b[A-Za-z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-Da-d]", _nino,
        r"national insurance|nino|ni (?:no|number)", "low",
    ),
    # NHS data dictionary: NHS NUMBER, modulus 11.
    _number(
        "uk_nhs", r"[0-9]\d\d[ -]?\d{3}[ -]?\d{4}", "[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}", _nhs,
        "nhs", None,
    ),
    # Bundeszentralamt für Steuern; ISO/IEC 7064 MOD 11,10; one digit twice or thrice.
    _number(
        "de_steuer_id", r"[1-9]\d(?:[ ]?\d{3}){3}", "[0-9]{2}(?: ?[0-9]{3}){3}", _steuer_id,
        r"steuer-?(?:id|identifikationsnummer|nummer)|idnr|tax (?:id|number)|tin", None,
    ),
    # Real Decreto 1553/2005: the letter is the number modulo 23.
    _number(
        "es_dni", r"[0-9]\d{7}-?[A-HJ-NP-TV-Z]", r"\b[0-9]{8}-?[A-Za-z]", _dni, "dni|nif", "low",
    ),
    _number(
        "es_nie", r"[XYZ]-?\d{7}-?[A-HJ-NP-TV-Z]", r"\b[XYZxyz]-?[0-9]{7}-?[A-Za-z]", _nie,
        "nie", "low",
    ),
    # INSEE: sex, year, month, place, order, key 97 - n mod 97.
    _number(
        "fr_nir", r"[12][ .]?\d{2}[ .]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .]?(?:\d{2}|2[AB])[ .]?\d{3}"
        r"[ .]?\d{3}[ .]?\d{2}",
        r"\b[12](?:[ .]?[0-9]{2}){2}[ .]?[0-9][0-9ABab](?:[ .]?[0-9]{3}){2}[ .]?[0-9]{2}", _nir,
        "", "high",
    ),
    # UIDAI: 12 digits, not 0 or 1 first, Verhoeff.
    _number(
        "in_aadhaar", r"[2-9]\d{3}([ -]?)\d{4}\1\d{4}", "[2-9][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}",
        verhoeff, "aadhaar|aadhar|uidai", None,
    ),
    # Income Tax Department: PAN; the fourth letter is the holder's status, P for a person.
    _number(
        "in_pan", r"[A-Z]{3}P[A-Z]\d{4}[A-Z]", r"\b[A-Za-z]{3}[Pp][A-Za-z][0-9]{4}[A-Za-z]", _any,
        r"pan|permanent account", "low",
    ),
    # Receita Federal: two check digits modulo 11.
    _number(
        "br_cpf", r"[0-9]\d\d\.\d{3}\.\d{3}-\d{2}", r"\b[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}",
        _cpf, "", "high",
    ),
    _number("br_cpf", r"\d{11}", "[0-9]{11}", _cpf, "cpf", None),
    # Decreto ministeriale 23.12.1976; without the substitutes for equal codes (omocodia).
    _number(
        "it_codice_fiscale",
        r"[A-Z]{6}\d{2}[A-EHLMPR-T](?:[04][1-9]|[1256]\d|[37][01])[A-Z]\d{3}[A-Z]",
        r"\b[A-Za-z]{6}[0-9]{2}[A-Za-z][0-9]{2}[A-Za-z][0-9]{3}[A-Za-z]", _codice_fiscale,
        "", "high",
    ),
    # Ustawa o ewidencji ludności, art. 15.
    _number("pl_pesel", r"\d{11}", "[0-9]{11}", _pesel, "pesel", None),
    # Rijksdienst voor Identiteitsgegevens: the eleven test.
    _number(
        "nl_bsn", r"\d{9}", "[0-9]{9}", _bsn, r"bsn|burgerservicenummer|sofi-?nummer", None,
    ),
    # Skatteverket SKV 704: Luhn over ten digits.
    _number(
        "se_personnummer", rf"\d{{2}}{_MONTH}{_DAY}[-+]\d{{4}}", r"\b[0-9]{6}[+-][0-9]{4}", luhn,
        r"person(?:nummer|al (?:identity )?number)|pnr", "low",
    ),
    # Digi- ja väestötietovirasto: remainder of nine digits modulo 31.
    _number(
        "fi_hetu", rf"{_DAY}{_MONTH}\d{{2}}[-+ABCDEFYXWVU]\d{{3}}[0-9A-FHJ-NPR-Y]",
        r"\b[0-9]{6}[+A-FU-Ya-fu-y-][0-9]{3}[0-9A-Ya-y]", _hetu, "hetu|henkilötunnus", "low",
    ),
    # Zentrale Ausgleichsstelle: 756 and a GTIN-13 check digit.
    _number(
        "ch_ahv", r"[7]56\.?\d{4}\.?\d{4}\.?\d{2}", r"\b756\.?[0-9]{4}\.?[0-9]{4}\.?[0-9]{2}",
        ean13, "", "high",
    ),
    # GB 11643-1999: ISO/IEC 7064 MOD 11-2.
    _number(
        "cn_resident_id", rf"[1-9]\d{{5}}(?:19|20)\d{{2}}{_MONTH}{_DAY}\d{{3}}[\dX]",
        r"\b[1-9][0-9]{5}(?:19|20)[0-9]{2}[01][0-9][0-3][0-9]{4}[0-9Xx]", _resident_id, "", "high",
    ),
    # Service Canada: Luhn.
    _number(
        "ca_sin", r"[1-79]\d{2}([ -]?)\d{3}\1\d{3}", "[1-79][0-9]{2}[ -]?[0-9]{3}[ -]?[0-9]{3}",
        luhn, r"sin|social insurance", None,
    ),
    # ICAO Doc 9303: at most nine letters and digits; no check digit outside the machine-read zone.
    _number(
        "passport", r"(?=(?:[A-Z]*\d){4})[A-Z0-9]{6,9}", "[0-9]", _any,
        r"passports?|passeport|reisepass(?:nummer)?|pasaporte|passaporto|paspoort", None,
    ),
    _number(
        "driver_license", r"(?=[\w-]*\d{2})[A-Z0-9][A-Z0-9-]{4,18}[A-Z0-9]", "[0-9]{2}", _any,
        r"driv(?:er'?s?|ing) licen[cs]e|führerschein(?:nummer)?|permis de conduire", None,
    ),
)  # fmt: skip
_SAMPLES = frozenset({"078051120", "219099999", "457555462", "123456789"})


def _find(number: _Number) -> Find:
    def find(text: str) -> Iterator[Found]:
        for match in number.pattern.finditer(text):
            value = match[0].upper()
            if number.kind != "fi_hetu":
                value = value.encode().translate(None, b" ./-+").decode()
            if not number.check(value):
                continue
            severity = number.alone
            before = words_before(text, match.start(), 50) if number.words else ""
            if number.words and number.words.search(before):
                severity = "high"
            if severity:
                kind = HARMLESS if value in _SAMPLES else number.kind
                yield kind, match.start(), match.end(), severity

    return find


NUMBERS = tuple(Recogniser(_find(number), (number.gate,)) for number in _NUMBERS)
