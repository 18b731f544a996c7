"""Checks Ed25519 signatures (RFC 8032, section 5.1.7) with Python alone.

Slow and not in constant time, which matters to signers only: nothing secret is read here.
"""

import hashlib

Point = tuple[int, int, int, int]
"""Extended homogeneous coordinates, as in RFC 8032, section 5.1.4."""

_P = 2**255 - 19
_Q = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)


def _add(one: Point, two: Point) -> Point:
    a = (one[1] - one[0]) * (two[1] - two[0]) % _P
    b = (one[1] + one[0]) * (two[1] + two[0]) % _P
    c, d = 2 * one[3] * two[3] * _D % _P, 2 * one[2] * two[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(number: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = _add(total, point)
        point, number = _add(point, point), number >> 1
    return total


def _point(data: bytes) -> Point | None:
    """The point that 32 bytes stand for, or None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if len(data) != 32 or y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _bytes(point: Point) -> bytes:
    flip = pow(point[2], _P - 2, _P)
    x, y = point[0] * flip % _P, point[1] * flip % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


_BASE = _point((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little")) or (0, 1, 1, 0)


def ed25519_verifies(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether 64 bytes are a signature over ``data`` by the key of 32 bytes."""
    key, scalar = _point(public), int.from_bytes(signature[32:], "little")
    if key is None or len(signature) != 64 or scalar >= _Q:
        return False
    digest = hashlib.sha512(signature[:32] + public + data).digest()
    negative = (_P - key[0], key[1], 1, _P - key[3])
    challenge = int.from_bytes(digest, "little") % _Q
    return _bytes(_add(_times(scalar, _BASE), _times(challenge, negative))) == signature[:32]
