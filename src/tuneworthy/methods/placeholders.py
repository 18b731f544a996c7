"""What stands in place of personal data and secrets, in three modes.

- ``redact``: the kind in brackets, ``[EMAIL]``.
- ``mask``: the form stays, the content goes, ``j***@e***.com``; of cards and IBAN the last digits
  stay, as PCI DSS 4.0 (requirement 3.4) allows.
- ``pseudonymise``: the same value gets the same stand-in, of a valid form and from a range that no
  real person has. It is derived by HMAC-SHA256 (RFC 2104) of the value, so that it cannot be
  turned back, nor guessed at, without the key.

Telephone numbers have 80,000 stand-ins (NANPA's fictional 555-01xx) and IPv4 addresses 131,072
(RFC 2544), so two values may share one; the others have at least 10**6.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Literal

from tuneworthy.methods.pii.checksums import luhn

Mode = Literal["redact", "mask", "pseudonymise"]
KEY_BYTES = 16
"""The least length of the key of ``pseudonymise``."""

_KEEP = {"credit_card": 4, "iban": 2, "us_ssn": 4, "phone": 2}
_CASELESS = frozenset({"email", "iban", "mac", "ipv6"})


def placeholder(code: str, value: str, mode: Mode, key: bytes = b"") -> str:
    """The stand-in of a value. ``code`` is ``pii_<kind>`` or ``secret_<kind>``.

    Raises:
        ValueError: ``pseudonymise`` with a key of fewer than 16 bytes.
    """
    group, _, kind = code.partition("_")
    if mode == "pseudonymise":
        if len(key) < KEY_BYTES:
            raise ValueError(f"the key must have at least {KEY_BYTES} bytes")
        number = _number(kind, value, key)
        if group == "secret":
            return f"[SECRET-{_letters(number).upper()}]"
        stand_in = _STAND_INS.get(kind)
        return stand_in(number) if stand_in else f"{kind.replace('_', '-')}-{_letters(number)}"
    if group == "secret":
        return "[SECRET]"
    return f"[{kind.upper()}]" if mode == "redact" else _mask(kind, value)


def same_value(kind: str, value: str) -> str:
    """The form in which two spellings of one value are equal (``+49 30 1`` and ``0049-301``)."""
    if kind == "phone":
        return re.sub(r"\D", "", re.split("x|ext", value)[0]).removeprefix("00")
    if kind in _CASELESS or kind in _KEEP:
        value = value.lower()
    return value if "@" in value else re.sub(r"[\s./-]", "", value) if kind in _KEEP else value


def _number(kind: str, value: str, key: bytes) -> int:
    message = f"{kind}\0{same_value(kind, value)}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hmac.new(key, message, hashlib.sha256).digest(), "big")


def _letters(number: int) -> str:
    """Twelve letters, 56 bits: without digits, no pattern takes them for a number."""
    out = ""
    for _ in range(12):
        number, rest = divmod(number, 26)
        out += chr(97 + rest)
    return out


def _phone(n: int) -> str:
    return f"+1-{200 + n % 800}-555-01{n // 800 % 100:02}"


def _card(n: int) -> str:
    # ISO/IEC 7812-1 gives no issuer the digit 0; the check digit is wrong on purpose.
    body = f"09{n % 10**13:013}"
    wrong = next(digit for digit in "0123456789" if not luhn(body + digit))
    return body + wrong


_STAND_INS: dict[str, Callable[[int], str]] = {
    "email": lambda n: f"person-{_letters(n)}@example.invalid",
    "phone": _phone,
    "credit_card": _card,
    "iban": lambda n: f"XX00{_letters(n).upper()}",
    "us_ssn": lambda n: f"000-{n % 100:02}-{n // 100 % 10_000:04}",
    "ipv4": lambda n: f"198.{18 + n % 2}.{n // 2 % 256}.{n // 512 % 256}",
    "ipv6": lambda n: f"2001:db8::{n % 65536:04x}:{n // 65536 % 65536:04x}",
    "mac": lambda n: f"00:00:5e:00:53:{n % 256:02x}",
    "url": lambda n: f"https://example.invalid/{_letters(n)}",
    "url_credentials": lambda n: f"https://example.invalid/{_letters(n)}",
    "date_of_birth": lambda _: "1900-01-01",
}


def _mask(kind: str, value: str) -> str:
    if kind == "email":
        name, _, domain = value.rpartition("@")
        return f"{name[:1]}***@{domain[:1]}***.{domain.rpartition('.')[2]}"
    left = sum(c.isalnum() for c in value) - _KEEP.get(kind, 0)
    out = ""
    for char in value:
        hidden = char.isalnum() and left > 0
        left -= char.isalnum()
        out += "*" if hidden else char
    return out
