"""Who is asked what next. The same queue, person and standing give the same item, anywhere."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from tuneworthy.core.nouns.labelling import Place

_WIDE = 2.0**64


class Standing(NamedTuple):
    """A queue at one moment, as one person meets it."""

    taken: Mapping[str, int]
    """Item to the people who judged it, or hold it now; this person not among the holders."""
    done: Collection[str]
    """Items that this person judged or skipped."""
    handed: int
    """How many items this person was done with before."""


def needs(count: int, annotators: int, overlap: float, seed: int) -> list[int]:
    """How many people must judge each of ``count`` items.

    Exactly ``round(overlap * count)`` items, chosen by the seed, need ``annotators``; others one.
    """
    ranked = sorted(range(count), key=lambda place: (_hash(seed, "overlap", str(place)), place))
    chosen = set(ranked[: round(overlap * count)])
    return [annotators if place in chosen else 1 for place in range(count)]


def choose(
    items: Sequence[Place],
    gold: Collection[str],
    standing: Standing,
    *,
    person: str,
    gold_rate: float,
    seed: int,
) -> str | None:
    """The id of the item that this person should judge next; None when nothing is left.

    Each person meets the items in an order of their own. A known answer comes at ``gold_rate``,
    also in an order of their own, and never after the last open item.
    """
    open_items = [
        item.id
        for item in items
        if item.id not in gold
        and item.id not in standing.done
        and standing.taken.get(item.id, 0) < item.need
    ]
    if not open_items:
        return None
    known = [item for item in gold if item not in standing.done]
    if known and _hash(seed, person, f"gold {standing.handed}") / _WIDE < gold_rate:
        open_items = known
    return min(open_items, key=lambda item: (_hash(seed, person, item), item))


def in_order(items: Iterable[str], person: str, seed: int) -> list[str]:
    """The items as ``choose`` gives them to a person, were nobody else there."""
    return sorted(items, key=lambda item: (_hash(seed, person, item), item))


def _hash(seed: int, person: str, what: str) -> int:
    text = f"{seed}\0{person}\0{what}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")
