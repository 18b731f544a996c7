"""Addresses of crypto-currency wallets.

Bitcoin: Base58Check (double SHA-256) and Bech32/Bech32m (BIP 173, BIP 350), both with checksums.
Ethereum: 0x and 40 hex digits (its mixed-case checksum, EIP-55, is optional, so not asked for).
"""

import hashlib
import re
from collections.abc import Iterator

from tuneworthy.methods.pii.hit import HARMLESS, Found, Recogniser

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_LEGACY = re.compile(r"[13](?<![A-Za-z0-9].)[1-9A-HJ-NP-Za-km-z]{25,34}(?![A-Za-z0-9])")
_SEGWIT = re.compile(r"bc1(?<![A-Za-z0-9]bc1)[02-9ac-hj-np-z]{11,71}(?![A-Za-z0-9])")
_ETHER = re.compile(r"0x(?<![A-Za-z0-9]0x)[0-9a-fA-F]{40}(?![A-Za-z0-9])")
_SAMPLES = frozenset(
    {
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    }
)


def base58check(value: str) -> bool:
    """Whether a Base58 text ends in the first four bytes of the double SHA-256 of the rest."""
    number = 0
    for char in value:
        number = number * 58 + _BASE58.index(char)
    if number >= 1 << 200:
        return False
    raw = number.to_bytes(25, "big")
    twice = hashlib.sha256(hashlib.sha256(raw[:-4]).digest()).digest()
    return twice[:4] == raw[-4:]


def bech32(value: str) -> bool:
    """Whether a lower-case ``bc1`` address has the checksum of BIP 173 (1) or of BIP 350."""
    state = 1
    prefix = [3, 3, 0, 2, 3]  # "bc", expanded as BIP 173 says
    for item in prefix + [_BECH32.index(char) for char in value[3:]]:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ item
        for bit, term in enumerate(_GENERATOR):
            state ^= term if top >> bit & 1 else 0
    return state in (1, 0x2BC830A3)


def _wallets(text: str) -> Iterator[Found]:
    for pattern, check in ((_LEGACY, base58check), (_SEGWIT, bech32)):
        for match in pattern.finditer(text):
            if check(match[0]):
                kind = HARMLESS if match[0] in _SAMPLES else "crypto_wallet"
                yield kind, match.start(), match.end(), "high"
    for match in _ETHER.finditer(text):
        if len(set(match[0].lower())) > 4:
            yield "crypto_wallet", match.start(), match.end(), "low"


WALLETS = Recogniser(
    _wallets,
    (r"(?:^|[^0-9A-Za-z])(?:[13][0-9A-Za-z]{25}|bc1[02-9a-z]{11}|0x[0-9A-Fa-f]{40})",),
)
