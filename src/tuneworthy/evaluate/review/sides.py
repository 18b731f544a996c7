"""Which answer stands where: a keyed hash decides, anew for every person and item.

The hash is HMAC-SHA-256 (RFC 2104) over item and person: without the key its bits cannot be told
from coin flips, so neither ids nor order nor other people's views say anything of a side.
"""

import hashlib
import hmac
from collections.abc import Sequence

from tuneworthy.core.nouns.review import Said, Side

KEY_BYTES = 32


def candidate_left(key: bytes, item: str, person: str) -> bool:
    """Whether the candidate's answer stands on the left for this person."""
    return _bits(key, "side", item, person)[0] & 1 == 1


def candidate_first(key: bytes, case: str) -> bool:
    """Whether a kept item has the candidate's answer first, or in slot 0; no person sees this."""
    return _bits(key, "kept", case)[0] & 1 == 1


def arranged(key: bytes, names: Sequence[str]) -> list[int]:
    """Places of the names in an order that only the key explains."""
    return sorted(range(len(names)), key=lambda at: (_bits(key, "order", names[at]), at))


def side_of(said: Said, *, candidate_is_left: bool) -> Side:
    """Whose answer a person chose."""
    if said == "tie" or said == "both_bad":
        return said
    return "candidate" if (said == "left") == candidate_is_left else "baseline"


def _bits(key: bytes, *parts: str) -> bytes:
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key of {len(key)} bytes")
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hmac.new(key, text, hashlib.sha256).digest()
