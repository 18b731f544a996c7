"""One pass over a text that says which of many searches may find something in it.

RE2's set matching (https://github.com/google/re2) reads a text once, in time linear in its length,
whatever the number of patterns. Its automaton has a state for each mix of half-read patterns that
occurs: patterns that count characters of overlapping kinds multiply each other's states. So such
patterns stand in a second set, which reads only the texts in which a simpler pattern matched.
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
    """A search for many RE2 patterns at once: UTF-8 to the numbers of those that match, or None."""
    options = re2.Options()
    options.max_mem = _MEMORY
    compiled = re2.Set.SearchSet(options)
    for pattern in patterns:
        compiled.Add(pattern)
    compiled.Compile()
    return cast(Callable[[bytes], list[int] | None], compiled.Match)


class Gate:
    """Groups of RE2 patterns; a group is open for a text in which any of its patterns matches.

    ``closer`` holds more patterns by group number: such a group is open where one of these matches
    too. A text in which the first patterns do not match is not read for them.
    """

    def __init__(
        self, groups: Sequence[Sequence[str]], closer: dict[int, Sequence[str]] | None = None
    ) -> None:
        closer = closer or {}
        self._first = pattern_set(chain(*groups))
        self._owner = [number for number, group in enumerate(groups) for _ in group]
        self._second = pattern_set(chain(*closer.values()))
        self._closer_owner = [number for number, group in closer.items() for _ in group]
        self._strict = frozenset(closer)
        self._seen: dict[_Numbers, tuple[_Numbers, bool]] = {}
        self._seen_twice: dict[tuple[_Numbers, _Numbers], _Numbers] = {}

    def open_for(self, text: str) -> _Numbers:
        """The numbers of the open groups, ascending. A lone surrogate is read as ``?``."""
        raw = text.encode(errors="replace")
        matched = self._first(raw)
        if not matched:
            return ()
        key = tuple(matched)
        seen = self._seen.get(key)
        groups, again = seen or self._remember(key)
        if not again:
            return groups
        both = groups, tuple(self._second(raw) or ())
        found = self._seen_twice.get(both)
        return self._remember_twice(*both) if found is None else found

    def alike(self, texts: Iterable[str]) -> dict[_Numbers, list[int]]:
        """The places of the texts for which the same groups are open."""
        places: defaultdict[_Numbers, list[int]] = defaultdict(list)
        for at, text in enumerate(texts):
            places[self.open_for(text)].append(at)
        return places

    def _remember(self, matched: _Numbers) -> tuple[_Numbers, bool]:
        groups = tuple(sorted({self._owner[i] for i in matched}))
        found = groups, not self._strict.isdisjoint(groups)
        if len(self._seen) < _REMEMBERED:
            self._seen[matched] = found
        return found

    def _remember_twice(self, groups: _Numbers, matched: _Numbers) -> _Numbers:
        closed = self._strict - {self._closer_owner[i] for i in matched}
        found = tuple(n for n in groups if n not in closed)
        if len(self._seen_twice) < _REMEMBERED:
            self._seen_twice[groups, matched] = found
        return found
