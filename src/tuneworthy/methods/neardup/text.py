"""Keys to compare texts by, their shingles, and the one hash that all of this package uses."""

import unicodedata

import numpy as np
from numpy.typing import NDArray

SHINGLE = 5
PAD = "\U0010ffff"
"""Fills texts shorter than one shingle; a noncharacter that no text holds."""
HASH_BITS = 52
GOLDEN = 0x9E3779B97F4A7C15
"""Base of the polynomial over code points."""

U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]


def normalise(text: str) -> str:
    """The key to compare a text by: NFKC, case folded, white space collapsed."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def padded(text: str) -> str:
    """The normalised text, filled to the length of one shingle."""
    return normalise(text).ljust(SHINGLE, PAD)


def shingles(text: str) -> frozenset[str]:
    """The char-5 shingles of the normalised text."""
    key = padded(text)
    return frozenset(key[i : i + SHINGLE] for i in range(len(key) - SHINGLE + 1))


def jaccard(left: str, right: str) -> float:
    """Shared shingles divided by all shingles of the two texts, 0..1."""
    a, b = shingles(left), shingles(right)
    return len(a & b) / len(a | b)


def mix(value: U64) -> U64:
    """The finaliser of splitmix64 (Steele, Lea, Flood 2014), a bijection of 64 bits."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))
