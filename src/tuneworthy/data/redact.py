"""Takes personal data and secrets out of rows, so that the rows stay usable.

- JSON stays JSON: only strings and numbers of it are exchanged, and numbers become 0.
- A value found anywhere in a row is exchanged everywhere in it, in each of its spellings, so that
  a request and the tool call that answers it agree.
- Nothing high is left: the result is searched again, and a row that cannot be mended is not
  returned. Redacting twice is redacting once.

No change repeats the value it took out.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tuneworthy.data.json_tokens import Token, decoded, encoded, json_regions, tokens
from tuneworthy.methods.pii import Hit, Severity, claim, find_pii
from tuneworthy.methods.placeholders import KEY_BYTES, Mode, placeholder, same_value
from tuneworthy.methods.secrets import find_secrets

_PASSES = 4
_LEAST_KNOWN = 6
"""Characters below which a value is not looked for in the row's other texts."""


@dataclass(frozen=True)
class Redaction:
    """How to redact. ``key`` is kept by the user and needed for ``pseudonymise`` alone.

    Raises:
        ValueError: ``pseudonymise`` with a key of fewer than 16 bytes.
    """

    mode: Mode = "redact"
    key: bytes = b""
    least: Severity = "high"
    """``low``: the doubtful findings are taken out too."""

    def __post_init__(self) -> None:
        if self.mode == "pseudonymise" and len(self.key) < KEY_BYTES:
            raise ValueError(f"the key must have at least {KEY_BYTES} bytes")

    def __repr__(self) -> str:
        return f"Redaction(mode={self.mode!r}, least={self.least!r})"


class Change(NamedTuple):
    """One exchanged value: ``start`` to ``end`` before, ``new_start`` to ``new_end`` after.

    Both count in the text as it stood before and after its ``step``; the first step is 1; a
    second is rare.
    """

    path: str
    code: str
    start: int
    end: int
    new_start: int
    new_end: int
    step: int


class Redacted(NamedTuple):
    """The new texts by path (None: something high could not be taken out) and the changes."""

    texts: dict[str, str] | None
    changes: list[Change]


class _Find(NamedTuple):
    """A value to exchange: its place in the text as written, and what it says."""

    start: int
    end: int
    code: str
    value: str
    token: Token | None
    """The JSON string or number that it stands in."""


def findings(text: str, least: Severity = "high") -> list[Hit]:
    """Secrets and personal data in one list; kinds are ``secret_<kind>`` and ``pii_<kind>``."""
    taken: list[Hit] = []
    for prefix, hits in (("secret_", find_secrets(text)), ("pii_", find_pii(text))):
        for hit in hits:
            if hit.severity == "high" or least == "low":
                claim(taken, hit._replace(kind=prefix + hit.kind))
    return taken


def redact_text(text: str, how: Redaction) -> Redacted:
    """One text by itself; its path is the empty string."""
    return redact_texts({"": text}, how)


def redact_texts(texts: Mapping[str, str], how: Redaction) -> Redacted:
    """All texts of one row, by path."""
    out, changes = dict(texts), list[Change]()
    for step in range(1, _PASSES + 1):
        found = {path: _find(text, how.least) for path, text in out.items()}
        known = _Known.of(find for finds in found.values() for find in finds)
        if known is None:
            break
        # What a stand-in and its neighbours make anew is taken out in the plainest way.
        now = how if step == 1 else Redaction(least=how.least)
        for path, text in out.items():
            out[path], made = _exchange(text, _find(text, how.least, known), now, path, step)
            changes += made
    left = any(findings(text) for text in out.values())
    broken = any(len(json_regions(out[path])) < len(json_regions(texts[path])) for path in out)
    return Redacted(None if left or broken else out, changes)


class _Known(NamedTuple):
    """The spellings of the values found in a row, to be found again without their context."""

    pattern: re.Pattern[str]
    codes: dict[str, str]

    @classmethod
    def of(cls, finds: Iterable[_Find]) -> "_Known | None":
        """None when there are no finds."""
        codes: dict[str, str] = {}
        any_find = False
        for find in finds:
            any_find = True
            kind = find.code.partition("_")[2]
            plain = same_value(kind, find.value)
            for spelling in (find.value, plain, f"+{plain}" if kind == "phone" else plain):
                if len(spelling) >= _LEAST_KNOWN:
                    codes.setdefault(spelling.lower(), find.code)
        if not any_find:
            return None
        longest_first = sorted(codes, key=lambda s: (-len(s), s))
        either = "|".join(map(re.escape, longest_first)) or "(?!)"
        return cls(re.compile(rf"(?<![\w+])(?:{either})(?!\w)", re.I), codes)

    def hits(self, text: str) -> Iterator[Hit]:
        for match in self.pattern.finditer(text):
            code = self.codes.get(match[0].lower())
            if code:
                yield Hit(code, match.start(), match.end(), "high")


def _search(text: str, least: Severity, known: _Known | None) -> list[Hit]:
    taken = findings(text, least)
    for hit in known.hits(text) if known else ():
        claim(taken, hit)
    return taken


def _find(text: str, least: Severity, known: _Known | None = None) -> list[_Find]:
    """What must go from a text, left to right, without overlaps."""
    hits = _search(text, least, known)
    escaped = "\\" in text
    regions = json_regions(text) if hits or escaped else []
    if not regions:
        return [_Find(h.start, h.end, h.kind, text[h.start : h.end], None) for h in hits]
    finds: list[_Find] = []
    edge = 0
    for region in regions:
        finds += _outside(text, hits, edge, region.start)
        for token in tokens(text, region):
            near = [h for h in hits if h.start < token.end and token.start < h.end]
            if token.is_string:
                finds += _in_string(text, token, near, least, known)
            elif near:
                written = text[token.start : token.end]
                finds.append(_Find(token.start, token.end, near[0].kind, written, token))
        edge = region.end
    return finds + _outside(text, hits, edge, len(text))


def _outside(text: str, hits: list[Hit], start: int, end: int) -> list[_Find]:
    """The parts of hits between two places where there is no JSON."""
    parts = [(max(h.start, start), min(h.end, end), h.kind) for h in hits]
    return [_Find(s, e, kind, text[s:e], None) for s, e, kind in parts if s < e]


def _in_string(
    text: str, token: Token, near: list[Hit], least: Severity, known: _Known | None
) -> list[_Find]:
    if not near and "\\" not in text[token.start : token.end]:
        return []
    value, places = decoded(text, token)
    # An escape hides a value from the search of the text as written, or lends it a letter.
    taken = _search(value, least, known) if len(value) < token.end - token.start else []
    for hit in near:
        start, end = bisect_left(places, hit.start), bisect_left(places, hit.end)
        if start < min(end, len(value)):
            claim(taken, hit._replace(start=start, end=min(end, len(value))))
    return [
        _Find(places[h.start], places[h.end], h.kind, value[h.start : h.end], token) for h in taken
    ]


def _exchange(
    text: str, finds: list[_Find], how: Redaction, path: str, step: int
) -> tuple[str, list[Change]]:
    out, edge, changes = "", 0, []
    for find in finds:
        new = placeholder(find.code, find.value, how.mode, how.key)
        if find.token:
            new = encoded(new) if find.token.is_string else "0"
        out += text[edge : find.start]
        changes.append(
            Change(path, find.code, find.start, find.end, len(out), len(out) + len(new), step)
        )
        out, edge = out + new, find.end
    return out + text[edge:], changes
