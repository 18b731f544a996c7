"""One pass over a text that says which of many searches may find something in it.

RE2's set matching (https://github.com/google/re2) reads a text once, in time linear in its length,
whatever the number of patterns.
"""

from collections.abc import Sequence
from typing import Any

import re2

_MEMORY = 64 << 20
"""Bytes for RE2's automaton. For sets it is rebuilt when full; it never gives up."""


class Gate:
    """Groups of RE2 patterns; a group is open for a text in which any of its patterns matches."""

    def __init__(self, groups: Sequence[Sequence[str]]) -> None:
        options = re2.Options()
        options.max_mem = _MEMORY
        self._set: Any = re2.Set.SearchSet(options)
        self._owner = [n for n, patterns in enumerate(groups) for _ in patterns]
        for patterns in groups:
            for pattern in patterns:
                self._set.Add(pattern)
        self._set.Compile()
        self._seen: dict[tuple[int, ...], tuple[int, ...]] = {}

    def open_for(self, text: str) -> tuple[int, ...]:
        """The numbers of the open groups, ascending. ``text`` holds no lone surrogates."""
        matched = self._set.Match(text)
        if matched is None:
            return ()
        key = tuple(matched)
        groups = self._seen.get(key)
        if groups is None:
            groups = tuple(sorted({self._owner[i] for i in key}))
            if len(self._seen) < 4096:
                self._seen[key] = groups
        return groups
