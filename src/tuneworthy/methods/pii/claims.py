"""What the recognisers of many texts have claimed so far, kept as columns over all the texts."""

from collections.abc import Sequence
from itertools import chain, compress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tuneworthy.methods.pii.hit import HARMLESS, SEPARATOR, Found, Hit, Severity, claim, hit_of

_Places = NDArray[np.int64]
_NONE: _Places = np.empty(0, np.int64)


class _Claimed(NamedTuple):
    """Hits of one recogniser, as columns; places count over all texts, one after the other."""

    kinds: Sequence[str]
    starts: _Places
    ends: _Places
    severities: Sequence[Severity]


class Claims:
    """Claims on the texts of a run: a later hit may not overlap an earlier one.

    It answers as ``claim`` does for each text by itself, for all texts at once.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._lengths: _Places = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
        self._offsets = _begins(self._lengths)
        self._claimed: list[_Claimed] = []
        self._starts = self._ends = _NONE

    def add(self, places: Sequence[int], found: Sequence[Found]) -> None:
        """Claim what one recogniser found in the block of the texts at ``places``."""
        if not found:
            return
        kinds, first, last, severities = zip(*found, strict=True)
        starts, ends = np.array(first), np.array(last)
        at = np.array(places)
        begins = _begins(self._lengths[at])
        part = np.searchsorted(begins, starts, side="right") - 1
        shift = self._offsets[at[part]] - begins[part]
        starts += shift
        ends += shift
        mine = self._free(_Claimed(kinds, starts, ends, severities))
        self._claimed.append(mine)
        # Spans are apart, so starts and ends are in the same order, each sorted by itself.
        self._starts = np.sort(np.concatenate((self._starts, mine.starts)), kind="stable")
        self._ends = np.sort(np.concatenate((self._ends, mine.ends)), kind="stable")

    def with_room(self, places: Sequence[int], fewest: int) -> list[int]:
        """Of some texts, those with so many ASCII digits outside all claims."""
        block = SEPARATOR.join([self._texts[at] for at in places])
        codes = np.frombuffer(block.encode("ascii", errors="replace") + b" ", np.uint8)
        # Codes below 48 wrap round: only digits are less than ten after it.
        before = np.concatenate(([0], np.cumsum(codes - np.uint8(48) < 10, dtype=np.int32)))
        at = np.array(places)
        lengths = self._lengths[at]
        begins = _begins(lengths)
        digits = before[begins + lengths] - before[begins]
        parts = np.full(len(self._texts), -1)
        parts[at] = np.arange(len(at))
        part = parts[np.searchsorted(self._offsets, self._starts, side="right") - 1]
        here = part >= 0
        part = part[here]
        shift = (begins - self._offsets[at])[part]
        starts, ends = self._starts[here] + shift, self._ends[here] + shift
        digits = digits - np.bincount(part, before[ends] - before[starts], len(at))
        return list(compress(places, digits >= fewest))

    def hits(self) -> list[list[Hit]]:
        """The hits of every text, left to right, without the harmless ones."""
        starts = np.concatenate([_NONE, *(one.starts for one in self._claimed)])
        ends = np.concatenate([_NONE, *(one.ends for one in self._claimed)])
        kinds = list(chain.from_iterable(one.kinds for one in self._claimed))
        severities = list(chain.from_iterable(one.severities for one in self._claimed))
        text = np.searchsorted(self._offsets, starts, side="right") - 1
        offset = self._offsets[text]
        columns = (kinds, (starts - offset).tolist(), (ends - offset).tolist(), severities)
        made = list(map(hit_of, zip(*columns, strict=True)))
        order = np.argsort(starts)
        if HARMLESS in kinds:
            order = order[np.array([kind != HARMLESS for kind in kinds])[order]]
        sorted_hits = [made[number] for number in order.tolist()]
        stops = np.cumsum(np.bincount(text[order], minlength=len(self._texts))).tolist()
        return [
            sorted_hits[first:last] for first, last in zip([0, *stops[:-1]], stops, strict=True)
        ]

    def _free(self, mine: _Claimed) -> _Claimed:
        """The hits that overlap no earlier claim and, in the order they came, no other of them."""
        starts, ends = mine.starts, mine.ends
        if len(self._ends):
            after = np.searchsorted(self._ends, starts, side="right")
            following = np.append(self._starts, np.iinfo(np.int64).max)[after]
            free = following >= ends
            if not free.all():
                mine = _Claimed(
                    list(compress(mine.kinds, free)),
                    starts[free],
                    ends[free],
                    list(compress(mine.severities, free)),
                )
        return mine if (mine.starts[1:] >= mine.ends[:-1]).all() else _apart(mine)


def _apart(mine: _Claimed) -> _Claimed:
    taken: list[Hit] = []
    for found in zip(
        mine.kinds, mine.starts.tolist(), mine.ends.tolist(), mine.severities, strict=True
    ):
        claim(taken, hit_of(found))
    kinds, starts, ends, severities = zip(*taken, strict=True)
    return _Claimed(kinds, np.array(starts), np.array(ends), severities)


def _begins(lengths: _Places) -> _Places:
    """Where each of some texts begins, the one after the other."""
    begins = np.zeros_like(lengths)
    np.cumsum(lengths[:-1], out=begins[1:])
    return begins
