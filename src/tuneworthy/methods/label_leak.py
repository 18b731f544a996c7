"""The answer stands in the question: what a model then learns is to copy.

Four definitions, from the surest down:

* ``marker``: the request names its target after a label word, as in ``label: refund`` or
  ``### Answer: 42``; wherever the request is used, nobody will have written that. Of a target that
  is a JSON object it is the value of the field of that name (``intent: AddToPlaylist``).
* ``tag``: the label stands in brackets where the request begins or ends, behind ``#``, or as a
  name with an underscore, while no other label stands there: a list to choose from names several.
  Needs targets that look like labels.
* ``whole``: the whole target, at least ``LEAST`` characters and three words, stands in the request.
* ``code``: every row of a label, and no other row, holds one same token that is no plain word
  (``#a17``, ``cat_3``) and no part of the label: a key left over from the export. Needs targets
  that look like labels.

To copy is the task in extraction, grounded answers, slot filling, tool calls and rewriting. There
the target, or its values, stand in the request by right. So ``whole`` is told only when it is the
exception (``RULE`` of the rows or fewer): a set in which most answers are copies is an extraction
set, and says so. A label that is a common word of the request ("weather") is not a leak.
"""

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Literal, NamedTuple

from tuneworthy.methods.neardup import normalise

LEAST = 12
RULE = 0.2
CODE_ROWS = 8
CODE_SHARE = 0.9

_MARK = (
    r"(?:^|[\s\[(<{|#*\"'])(?:label|answer|output|target|class|category|intent|gold|solution|response"
    r"|expected(?: output| answer)?|ground truth)[\"'*\]]*\s*(?:is ?)?(?:[:=]|->)>?\s*[\"'*\[]*"
)
_FIELDS = ("label", "answer", "class", "intent", "gold", "solution", "ground truth")
_OPEN, _CLOSE = r"[\[(<{]+\s*", r"\s*[\])>}]+"
_TOKEN = re.compile(r"[^\s,;()\[\]{}\"']+")
_CODE = re.compile(r"(?=.*[\d_#@$%^~=<>|\\])(?=.*[^\W\d_]).{2,}")


class Leak(NamedTuple):
    """A row whose request gives its target away, how, and the piece that does."""

    row: int
    how: Literal["marker", "tag", "whole", "code"]
    piece: str


def label_leaks(
    requests: Sequence[str], targets: Sequence[str], *, labels: bool = False
) -> list[Leak]:
    """Rows that leak, in order; a row is named once, by the surest definition.

    Args:
        requests: All that the model is shown of a row.
        targets: What it is to answer.
        labels: The targets look like labels, so that ``code`` and ``tag`` make sense.

    Raises:
        ValueError: The two differ in length.
    """
    if len(requests) != len(targets):
        raise ValueError(f"{len(requests)} requests but {len(targets)} targets")
    asked = [normalise(text) for text in requests]
    wanted = [normalise(text) for text in targets]
    found: dict[int, Leak] = {}
    if labels:
        found |= {leak.row: leak for leak in (*_codes(asked, wanted), *_tags(asked, wanted))}
    whole = [row for row, both in enumerate(zip(asked, wanted, strict=True)) if _copied(*both)]
    if len(whole) <= RULE * len(asked):
        found |= {row: Leak(row, "whole", targets[row]) for row in whole}
    for row, (request, target) in enumerate(zip(asked, wanted, strict=True)):
        said = (target, _spoken(target)) if labels else (target, *_field_values(target))
        if mark := next(filter(None, (_marked(request, one) for one in said)), ""):
            found[row] = Leak(row, "marker", mark)
    return [found[row] for row in sorted(found)]


def copied_share(requests: Sequence[str], targets: Sequence[str]) -> float:
    """Share of rows whose whole target stands in the request; 0 of no rows."""
    pairs = zip(requests, targets, strict=True)
    hits = sum(_copied(normalise(request), normalise(target)) for request, target in pairs)
    return hits / len(requests) if requests else 0.0


def _copied(request: str, target: str) -> bool:
    return len(target) >= LEAST and target.count(" ") >= 2 and target in request


def _marked(request: str, target: str) -> str:
    """The label word and the target after it, where they end the word; or empty."""
    if not target or len(target) > 200 or target not in request:
        return ""
    pattern = _MARK + re.escape(target) + r"(?![\w])"
    hit = re.search(pattern, request) if re.search(r"\w", target) else None
    return hit.group(0).strip() if hit else ""


def _spoken(label: str) -> str:
    """A label as people write it: ``card_arrival`` becomes ``card arrival``."""
    return re.sub(r"[_-]+", " ", label)


def _field_values(target: str) -> list[str]:
    """What a target that is a JSON object says under a name that is a label word."""
    if not target.startswith("{"):
        return []
    try:
        value = json.loads(target)
    except (ValueError, RecursionError):
        return []
    named = [value.get(name) for name in _FIELDS] if isinstance(value, dict) else []
    return [text for text in named if isinstance(text, str)]


def _tags(requests: Sequence[str], targets: Sequence[str]) -> list[Leak]:
    """Rows with their own label in a place where nobody who asks would write it."""
    known = set(targets)
    leaks = []
    for row, (request, target) in enumerate(zip(requests, targets, strict=True)):
        said = [one for one in (target, _spoken(target)) if one in request]
        if not said or not re.search(r"\w", target):
            continue
        words = re.findall(r"[\w-]+", request)
        choices = any(word in known and word != target for word in words)
        if tag := next(filter(None, (_tag(request, one, choices) for one in said)), ""):
            leaks.append(Leak(row, "tag", tag))
    return leaks


def _tag(request: str, label: str, choices: bool) -> str:
    """The label with its mark, or empty; ``choices`` says that the request names other labels."""
    name = re.escape(label)
    places = [rf"^\W*?{_OPEN}{name}{_CLOSE}", rf"{_OPEN}{name}{_CLOSE}\W*$"]
    if not choices:
        places.append(rf"(?<!\w)#{name}(?!\w)")
        if re.search(r"\w_\w", label):
            places.append(rf"(?<![\w./-]){name}(?![\w./-])")
    found = re.search("|".join(places), request)
    return found.group(0).strip() if found else ""


def _codes(requests: Sequence[str], targets: Sequence[str]) -> list[Leak]:
    """Tokens that are no words and stand in the rows of one label and in no other row."""
    sizes: defaultdict[str, int] = defaultdict(int)
    held: defaultdict[str, list[int]] = defaultdict(list)
    for row, (request, target) in enumerate(zip(requests, targets, strict=True)):
        sizes[target] += 1
        for token in sorted(set(_TOKEN.findall(request))):
            if _CODE.fullmatch(token):
                held[token].append(row)
    leaks: list[Leak] = []
    for token, rows in sorted(held.items()):
        label = targets[rows[0]]
        enough = len(rows) >= max(CODE_ROWS, CODE_SHARE * sizes[label])
        if enough and token not in label and all(targets[row] == label for row in rows):
            leaks.extend(Leak(row, "code", token) for row in rows)
    return leaks
