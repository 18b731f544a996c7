"""What one text has that another has not, word by word.

Source: the longest matching blocks of Ratcliff and Metzener (1988), as in Python's ``difflib``.
"""

import difflib
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

MOST_WORDS = 1_500
"""Words of a text that are compared; the time grows with their square at worst."""

_WORD = re.compile(r"\w+|\s+|[^\w\s]")

Sort = Literal["same", "gone", "new"]


class Change(NamedTuple):
    """A piece of text: in both, only in the first (gone), or only in the second (new)."""

    sort: Sort
    text: str


def word_diff(before: str, after: str) -> tuple[Change, ...]:
    """The pieces in order: without the new ones they are ``before``, without the gone ``after``.

    Beyond the first 1,500 words what is left of each is one piece.
    """
    if before == after:
        return (Change("same", before),) if before else ()
    (old, old_rest), (new, new_rest) = _cut(before), _cut(after)
    pieces = list(_pieces(old, new))
    if old_rest and old_rest == new_rest:
        pieces.append(Change("same", old_rest))
    else:
        pieces += [Change("gone", old_rest), Change("new", new_rest)]
    return tuple(_joined([piece for piece in pieces if piece.text]))


def _cut(text: str) -> tuple[list[str], str]:
    words: list[str] = []
    end = 0
    for found in _WORD.finditer(text):
        if len(words) == MOST_WORDS:
            break
        words.append(found[0])
        end = found.end()
    return words, text[end:]


def _pieces(old: list[str], new: list[str]) -> Iterator[Change]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            yield Change("same", "".join(old[a:b]))
            continue
        yield Change("gone", "".join(old[a:b]))
        yield Change("new", "".join(new[c:d]))


def _joined(pieces: list[Change]) -> Iterator[Change]:
    """Neighbours of one sort as one piece."""
    held: Change | None = None
    for piece in pieces:
        if held is not None and held.sort == piece.sort:
            held = Change(held.sort, held.text + piece.text)
            continue
        if held is not None:
            yield held
        held = piece
    if held is not None:
        yield held
