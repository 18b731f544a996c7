"""Checks ECDSA signatures on P-256 with SHA-256 (FIPS 186-5, section 6.4.2) with Python alone.

Slow and not in constant time, which matters to signers only: nothing secret is read here.
"""

import hashlib

P256Point = tuple[int, int, int]
"""Jacobian coordinates: x / z**2 and y / z**3; z is 0 at infinity."""

_P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
_P256_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_P256_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_P256_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    1,
)
_NOWHERE = (1, 1, 0)


def _p256_twice(point: P256Point) -> P256Point:
    """Doubling for a curve with a = -3."""
    x, y, z = point
    delta, gamma = z * z % _P256, y * y % _P256
    beta, alpha = x * gamma % _P256, 3 * (x - delta) * (x + delta) % _P256
    x3 = (alpha * alpha - 8 * beta) % _P256
    y3 = (alpha * (4 * beta - x3) - 8 * gamma * gamma) % _P256
    return x3, y3, ((y + z) * (y + z) - gamma - delta) % _P256


def _p256_add(one: P256Point, two: P256Point) -> P256Point:
    if not one[2] or not two[2]:
        return one if one[2] else two
    z1, z2 = one[2] * one[2] % _P256, two[2] * two[2] % _P256
    u1, u2 = one[0] * z2 % _P256, two[0] * z1 % _P256
    s1, s2 = one[1] * z2 * two[2] % _P256, two[1] * z1 * one[2] % _P256
    h, r = (u2 - u1) % _P256, (s2 - s1) % _P256
    if not h:
        return _NOWHERE if r else _p256_twice(one)
    h2 = h * h % _P256
    h3, v = h * h2 % _P256, u1 * h2 % _P256
    x3 = (r * r - h3 - 2 * v) % _P256
    return x3, (r * (v - x3) - s1 * h3) % _P256, h * one[2] * two[2] % _P256


def _p256_times(number: int, point: P256Point) -> P256Point:
    total: P256Point = _NOWHERE
    for bit in bin(number)[2:]:
        total = _p256_twice(total)
        if bit == "1":
            total = _p256_add(total, point)
    return total


def _der_number(data: bytes) -> tuple[int, bytes]:
    """The INTEGER at the start of DER bytes, and what comes after it. Raises ValueError."""
    size = data[1] if len(data) > 2 and data[0] == 2 else 0
    body, rest = data[2 : 2 + size], data[2 + size :]
    if not 1 <= size <= 33 or len(body) != size or body[0] & 0x80:
        raise ValueError("no positive whole number")
    if size > 1 and not body[0] and not body[1] & 0x80:
        raise ValueError("a number with a needless zero")
    return int.from_bytes(body, "big"), rest


def _der_pair(signature: bytes) -> tuple[int, int]:
    """The two numbers of an ECDSA signature in DER, the only spelling. Raises ValueError."""
    if len(signature) < 8 or signature[0] != 0x30 or signature[1] != len(signature) - 2:
        raise ValueError("no sequence of just this length")
    r, rest = _der_number(signature[2:])
    s, rest = _der_number(rest)
    if rest:
        raise ValueError("more than two numbers")
    return r, s


def p256_verifies(x: bytes, y: bytes, signature: bytes, data: bytes) -> bool:
    """Whether a DER signature is over ``data`` by the key with these coordinates, 32 bytes each.

    Of a signature (r, s) the other one (r, n - s) counts too, as the standard has it.
    """
    key = int.from_bytes(x, "big"), int.from_bytes(y, "big"), 1
    on_curve = not (key[1] ** 2 - key[0] ** 3 + 3 * key[0] - _P256_B) % _P256
    if len(x) != 32 or len(y) != 32 or max(key) >= _P256 or not on_curve:
        return False
    try:
        r, s = _der_pair(signature)
    except ValueError:
        return False
    if not (0 < r < _P256_N and 0 < s < _P256_N):
        return False
    part = pow(s, -1, _P256_N)
    hashed = int.from_bytes(hashlib.sha256(data).digest(), "big")
    found = _p256_add(
        _p256_times(hashed * part % _P256_N, _P256_G), _p256_times(r * part % _P256_N, key)
    )
    if not found[2]:
        return False
    return found[0] * pow(found[2], -2, _P256) % _P256 % _P256_N == r
