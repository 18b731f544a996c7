"""Searching bytes for any of many texts at once, however the texts were written down.

All texts are one alternation of RE2, which looks at each byte once (github.com/google/re2).
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import re2

LEAST = 4
"""Bytes of the shortest text that is looked for."""

LEAST_NAME = 6
"""Characters of a name that is looked for as a whole JSON string; a shorter one is a word."""

_MEMORY = 1 << 30


class Needles:
    """Texts to find, as plain bytes and as JSON writes them.

    Args:
        texts: Found wherever they stand; those under ``LEAST`` bytes are left out.
        names: Found as a whole JSON string only (``"ann-17"``), from ``LEAST_NAME`` characters on.
    """

    def __init__(self, texts: Iterable[str], names: Iterable[str] = ()) -> None:
        spellings = {s for text in texts for s in _spellings(text) if len(s) >= LEAST}
        spellings |= {s for name in names if len(name) >= LEAST_NAME for s in _quoted(name)}
        self.count = len(spellings)
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.max_mem = _MEMORY
        options.log_errors = False
        pattern = b"|".join(re2.escape(s) for s in sorted(spellings, key=lambda s: (-len(s), s)))
        self._found: Any = re2.compile(pattern, options) if spellings else None

    def __bool__(self) -> bool:
        return self._found is not None

    def hit(self, data: bytes) -> bool:
        """Whether any of the texts stands in the bytes."""
        return self._found is not None and self._found.search(data) is not None

    def hits(self, data: bytes) -> int:
        """How many places hold one of the texts; texts that overlap count once."""
        return 0 if self._found is None else sum(1 for _ in self._found.finditer(data))


def scrub(value: Any, needles: Needles, instead: str) -> tuple[Any, int]:
    """A JSON value with every string (and key) that holds a needle replaced; and how many were."""
    if isinstance(value, str):
        hit = needles.hit(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
        return (instead, 1) if hit else (value, 0)
    if isinstance(value, dict):
        pairs = [(scrub(k, needles, instead), scrub(v, needles, instead)) for k, v in value.items()]
        count = sum(k[1] + v[1] for k, v in pairs)
        return {k[0]: v[0] for k, v in pairs}, count
    if isinstance(value, list):
        items = [scrub(item, needles, instead) for item in value]
        return [item for item, _ in items], sum(count for _, count in items)
    return value, 0


def _spellings(text: str) -> Iterator[bytes]:
    yield from _in_json(text)
    # Where a text stands as it is, its lines stand apart.
    plain = max(text.strip().splitlines(), key=len, default="").strip()
    yield plain.encode("utf-8", "replace")


def _quoted(name: str) -> set[bytes]:
    """The name as a JSON string, and as one inside another JSON string."""
    once = {json.dumps(name, ensure_ascii=flag) for flag in (True, False)}
    twice = {json.dumps(one, ensure_ascii=flag)[1:-1] for one in once for flag in (True, False)}
    return {one.encode("utf-8", "replace") for one in once | twice}


def _in_json(text: str) -> set[bytes]:
    """The text inside JSON's quotes; in UTF-8 and in ASCII, and as a string inside a string."""
    once = {json.dumps(text.strip(), ensure_ascii=flag)[1:-1] for flag in (True, False)}
    twice = {json.dumps(one, ensure_ascii=flag)[1:-1] for one in once for flag in (True, False)}
    return {one.encode("utf-8", "replace") for one in once | twice}
