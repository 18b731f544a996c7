"""Asks for a time stamp over a digest, and sees that the answer is about it (RFC 3161).

Only what is needed to ask is written here. Whether the authority's signature holds is for
``openssl ts -verify`` with the authority's own certificate.
"""

_SHA256 = bytes.fromhex("300d06096086480165030402010500")
"""AlgorithmIdentifier of SHA-256: object 2.16.840.1.101.3.4.2.1, parameters NULL."""


def request(digest: bytes, nonce: int) -> bytes:
    """A TimeStampReq, DER, over a SHA-256 digest; it asks for the certificate too."""
    return _sequence(_integer(1), _imprint(digest), _integer(nonce), b"\x01\x01\xff")


def require_granted(answer: bytes, digest: bytes, nonce: int) -> None:
    """Raise ValueError unless a TimeStampResp was granted and is about this digest and nonce."""
    body, rest = _read(answer, 0x30)
    if rest:
        raise ValueError("something stands behind the answer")
    status_info, token = _read(body, 0x30)
    status, _ = _read(status_info, 0x02)
    if status not in (b"\0", b"\1") or not token:
        raise ValueError("no time stamp was granted")
    if _imprint(digest) not in token or _integer(nonce) not in token:
        raise ValueError("the time stamp is over something else")


def _imprint(digest: bytes) -> bytes:
    return _sequence(_SHA256, _encoded(0x04, digest))


def _sequence(*parts: bytes) -> bytes:
    return _encoded(0x30, b"".join(parts))


def _integer(value: int) -> bytes:
    return _encoded(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _encoded(tag: int, data: bytes) -> bytes:
    size = len(data)
    if size < 0x80:
        return bytes([tag, size]) + data
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + data


def _read(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of the first element, which must have this tag, and what follows it."""
    if len(data) < 2 or data[0] != tag:
        raise ValueError("not an answer of a time stamping authority")
    size, start = data[1], 2
    if size & 0x80:
        start += size & 0x7F
        if size & 0x7F > 4:
            raise ValueError("an answer too large to be one")
        size = int.from_bytes(data[2:start], "big")
    if size > len(data) - start:
        raise ValueError("the answer is cut")
    return data[start : start + size], data[start + size :]
