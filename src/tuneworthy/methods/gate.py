"""One pass over a text that says which of many searches may find something in it.

RE2's set matching (https://github.com/google/re2) reads a text once, in time linear in its length,
whatever the number of patterns. Its automaton has a state for each mix of half-read patterns that
occurs: patterns that count characters of overlapping kinds multiply each other's states. So a
pattern that counts begins at the edge of a word, where few are half read at a time.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import cast

import re2

_MEMORY = 64 << 20
"""Bytes for RE2's automaton. For sets it is rebuilt when full; it never gives up."""
_REMEMBERED = 4096

_Numbers = tuple[int, ...]


def pattern_set(patterns: Iterable[str]) -> Callable[[bytes], list[int] | None]:
    """A search for many RE2 patterns at once: UTF-8 to the numbers of those that match, if any."""
    options = re2.Options()
    options.max_mem = _MEMORY
    compiled = re2.Set.SearchSet(options)
    for pattern in patterns:
        compiled.Add(pattern)
    compiled.Compile()
    # Where the binding's own set is within reach, past the layer that takes text as well as bytes.
    search = getattr(compiled, "_set", compiled).Match
    return cast(Callable[[bytes], list[int] | None], search)


class Gate:
    """Groups of RE2 patterns; a group is open for a text in which any of its patterns matches."""

    def __init__(self, groups: Sequence[Sequence[str]]) -> None:
        self._matches = pattern_set(chain(*groups))
        self._owner = [number for number, group in enumerate(groups) for _ in group]
        self._seen: dict[_Numbers, _Numbers] = {}

    def open_for(self, text: str) -> _Numbers:
        """The numbers of the open groups, ascending. A lone surrogate is read as ``?``."""
        matched = self._matches(text.encode(errors="replace"))
        return self._groups(tuple(matched)) if matched else ()

    def alike(self, texts: Iterable[str]) -> dict[_Numbers, list[int]]:
        """The places of the texts for which the same groups are open."""
        matches = self._matches
        by_patterns: defaultdict[_Numbers, list[int]] = defaultdict(list)
        for at, text in enumerate(texts):
            by_patterns[tuple(matches(text.encode(errors="replace")) or ())].append(at)
        places: defaultdict[_Numbers, list[int]] = defaultdict(list)
        for matched, some in by_patterns.items():
            places[self._groups(matched)] += some
        return places

    def _groups(self, matched: _Numbers) -> _Numbers:
        seen = self._seen.get(matched)
        if seen is None:
            seen = tuple(sorted({self._owner[i] for i in matched}))
            if len(self._seen) < _REMEMBERED:
                self._seen[matched] = seen
        return seen
