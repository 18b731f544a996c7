"""Check digits of public numbering schemes. Each takes a string of ASCII digits (or letters)."""

import string
from collections.abc import Sequence

_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")
"""The digit sum of each digit's double."""
_RANKS = {ord(c): str(int(c, 36)) for c in string.ascii_letters}
_VERHOEFF_STEP = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def luhn(digits: str) -> bool:
    """Whether a string of digits passes the Luhn check (ISO/IEC 7812-1, annex B)."""
    codes = digits.encode("ascii")
    # Codes stand for digits: each is 48 too much, on both sides of the table.
    total = sum(codes[-1::-2] + codes[-2::-2].translate(_DOUBLED))
    return (total - 48 * len(codes)) % 10 == 0


def mod97(value: str) -> int:
    """ISO/IEC 7064 MOD 97: the remainder of letters and digits read as one number (A = 10)."""
    return int(value if value.isdecimal() else value.translate(_RANKS)) % 97


def weighted(digits: str, weights: Sequence[int], modulus: int) -> int:
    """The weighted sum of the first ``len(weights)`` digits, modulo ``modulus``."""
    return sum(int(d) * w for d, w in zip(digits, weights, strict=False)) % modulus


def mod11_10(digits: str) -> bool:
    """ISO/IEC 7064 MOD 11,10, the check of the German tax number."""
    product = 10
    for digit in digits[:-1]:
        total = (int(digit) + product) % 10 or 10
        product = 2 * total % 11
    return (11 - product) % 10 == int(digits[-1])


def verhoeff(digits: str) -> bool:
    """Verhoeff (1969), over the dihedral group of order 10, the check of Aadhaar numbers."""
    state = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit)
        for _ in range(place % 8):
            value = _VERHOEFF_STEP[value]
        state = _dihedral(state, value)
    return state == 0


def _dihedral(a: int, b: int) -> int:
    """The product of two elements of D5; 0 to 4 are turns, 5 to 9 are mirrors."""
    turn = (a + b) % 5 if a < 5 else (a - b) % 5
    return turn + 5 * ((a < 5) != (b < 5))


def ean13(digits: str) -> bool:
    """The check digit of GTIN-13 (GS1 General Specifications), used by the Swiss AHV number."""
    return weighted(digits, (1, 3) * 6 + (1,), 10) == 0
