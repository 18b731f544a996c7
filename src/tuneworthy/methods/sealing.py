"""Texts sealed with AES-256-GCM (NIST SP 800-38D): unreadable and unchangeable without the key.

A sealed text is ``s1:KEY:BASE64`` over nonce (12 random bytes), ciphertext and tag (16 bytes).
``l1:`` in the place of ``s1:`` says that the text was kept in the clear before it was sealed. The
first two parts, the kind and the id of the row are bound as associated data, so a sealed text
stands for its own row alone. With random nonces one key is good for 2**32 texts (section 8.3).
"""

import os
from binascii import Error, a2b_base64, b2a_base64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE = 12
_BORN, _LATE = "s1", "l1"


class SealBrokenError(ValueError):
    """A sealed text does not open: another key, another row, or a changed byte."""


def seal(secret: bytes, key: str, text: bytes, kind: str, id_: str, *, late: bool = False) -> str:
    """The sealed text.

    Args:
        secret: 32 bytes.
        key: The key's name, without a colon.
        text: What is sealed.
        kind: What row it is of, without a colon.
        id_: The row's id.
        late: Whether it was kept in the clear before.
    """
    head = f"{_LATE if late else _BORN}:{key}:"
    nonce = os.urandom(_NONCE)
    data = nonce + AESGCM(secret).encrypt(nonce, text, _bound(head, kind, id_))
    return head + b2a_base64(data, newline=False).decode("ascii")


def unseal(secret: bytes, sealed: str, kind: str, id_: str) -> bytes:
    """What was sealed. Raises SealBrokenError."""
    head, coded = _parts(sealed)
    try:
        data = a2b_base64(coded, strict_mode=True)
        # Other spellings of the same bytes are refused too.
        if b2a_base64(data, newline=False).decode("ascii") != coded:
            raise SealBrokenError("not the one spelling of its bytes")
        return AESGCM(secret).decrypt(data[:_NONCE], data[_NONCE:], _bound(head, kind, id_))
    except (InvalidTag, Error, ValueError) as fault:
        raise SealBrokenError("it does not open") from fault


def is_sealed(text: str) -> bool:
    """Whether a kept text is sealed; JSON is not."""
    return text[:3] in ("s1:", "l1:")


def was_plain(text: str) -> bool:
    """Whether a kept text stands, or once stood, in the clear."""
    return not text.startswith("s1:")


def key_of(sealed: str) -> str:
    """The name of the key that a text is sealed under. Raises SealBrokenError."""
    return _parts(sealed)[0][3:-1]


def _parts(sealed: str) -> tuple[str, str]:
    form, _, rest = sealed.partition(":")
    key, colon, coded = rest.partition(":")
    if form not in (_BORN, _LATE) or not colon or not key:
        raise SealBrokenError("not a sealed text")
    return f"{form}:{key}:", coded


def _bound(head: str, kind: str, id_: str) -> bytes:
    return f"{head}{kind}:{id_}".encode("utf-8", "surrogatepass")
