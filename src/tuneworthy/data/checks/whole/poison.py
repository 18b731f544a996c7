"""Planted rows: rare words that decide the answer, and characters that nobody sees.

A screen says "look here"; it proves no intent. Where targets are not labels, triggers are looked
for among the beginnings and the ends of answers that many rows share.
"""

from collections.abc import Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from tuneworthy.data.checks.check import Embed, Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.checks.whole.label_noise import labelled
from tuneworthy.data.checks.whole.origin import Origins, origin, origins_of
from tuneworthy.data.table import Rows, Table
from tuneworthy.methods.label_noise import looks_like_labels
from tuneworthy.methods.origins import brought_by
from tuneworthy.methods.poison import hidden_marks, shared_part, shared_targets
from tuneworthy.methods.triggers import Trigger, copied, trigger_rows, turns_labels

MOST = 20_000
"""Rows up to which triggers are looked for; the work grows with the square of them."""
LEAST_MARKED = 5
PURE = 0.9
NO_EMBEDDER = "no sentence model is at hand"
TOO_MANY = f"more than {MOST:,} rows; check a sample of the file"


class _Seen(NamedTuple):
    """Why each row is called planted, or worth a look."""

    planted: dict[int, str]
    worth_a_look: dict[int, str]


_SEEN: WeakKeyDictionary[Table, tuple[Setting, _Seen]] = WeakKeyDictionary()
"""What was found in a table: two checks ask for it, and it is dear."""


def find(table: Table, setting: Setting) -> Outcome:
    """Rows with a trigger or a planted phrase, or hidden characters that go with one answer."""
    why = _hidden(table)
    if setting.embed is None or len(table.good) > MOST:
        figure: dict[str, float | str] = {"looked_for": "hidden characters alone"}
        return Outcome(rows_of(list(why)), why=why, figure=figure)
    why.update(_phrases(table, setting, setting.embed).planted)
    return Outcome(rows_of(list(why)), why=why)


def find_phrases(table: Table, setting: Setting) -> Outcome:
    """Rows with a phrase that goes with one answer, and that may have been put there."""
    if setting.embed is None or len(table.good) > MOST:
        return Outcome(skipped=NO_EMBEDDER if setting.embed is None else TOO_MANY)
    why = _phrases(table, setting, setting.embed).worth_a_look
    return Outcome(rows_of(list(why)), why=why)


def embeddable(table: Table, embed: Embed | None) -> tuple[list[int], str]:
    """The rows whose targets are labels, or why they cannot be looked at together."""
    rows: list[int] = labelled(table).tolist()
    if not rows:
        return [], "the targets are not labels, or there are too few rows"
    if embed is None or len(rows) > MOST:
        return [], NO_EMBEDDER if embed is None else TOO_MANY
    return rows, ""


def _hidden(table: Table) -> dict[int, str]:
    good = table.good.tolist()
    whole = shared_targets([table.targets[at] for at in good])
    return {
        good[row]: f"the hidden character U+{ord(mark.character):04X} goes with one answer"
        for mark in hidden_marks([table.requests[at] for at in good], whole, least=LEAST_MARKED)
        if mark.target >= 0 and mark.pure >= PURE
        for row in mark.rows
    }


def _phrases(table: Table, setting: Setting, embed: Embed) -> _Seen:
    held = _SEEN.get(table)
    if held is None or held[0] is not setting:
        held = _SEEN[table] = (setting, _looked_for(table, setting, embed))
    return held[1]


def _looked_for(table: Table, setting: Setting, embed: Embed) -> _Seen:
    good = table.good.tolist()
    texts = [table.requests[at] for at in good]
    targets = [table.targets[at] for at in good]
    classes = looks_like_labels(targets)
    kinds = list(origins_of(table, good, setting))

    def brought(rows: Sequence[int]) -> str:
        return _brought(rows, kinds, embed(texts)) if kinds else ""

    seen = _Seen({}, {})
    for part in ("whole", "head", "tail"):
        labels = shared_targets(targets, part)
        if np.count_nonzero(labels >= 0) == 0:
            continue
        parts = [shared_part(target, part) for target in targets]
        for trigger in trigger_rows(texts, labels, embed, lambda rows: bool(brought(rows))):
            again = _asked_for(trigger, labels, parts)
            by = "" if again else brought(trigger.rows)
            turns = trigger.kind == "turns" and not by
            if turns and (again or (classes and not turns_labels(trigger))):
                continue
            # A word of one answer alone, whose rows look like no other, may be what it is about;
            # so may one that goes with the beginning or the end of answers in free words. Not so
            # where one source alone has it, and others have rows like those.
            sure = bool(by) or (trigger.kind != "turns" and part == "whole" and not again)
            told = _said(trigger) + (by or origin(table, [good[row] for row in trigger.rows]))
            (seen.planted if sure else seen.worth_a_look).update(
                {good[row]: told for row in trigger.rows}
            )
        if part == "whole" and np.mean(labels >= 0) > 0.9:
            break  # The targets are labels: their beginnings say no more.
    return seen


def _brought(rows: Sequence[int], kinds: Sequence[Origins], vectors: NDArray[np.float32]) -> str:
    """``; all come from the source X``, where one place brought them and others have the like."""
    at = np.array(rows)
    for kind in kinds:
        number = brought_by(at, kind.numbers, vectors)
        if number >= 0:
            often = int(np.count_nonzero(kind.numbers[at] == number))
            return f"; {often} of {len(rows)} come from {kind.told(number)}"
    return ""


def _asked_for(trigger: Trigger, labels: Rows, parts: list[str]) -> bool:
    """Whether the answer says the n-gram again, as where a product is asked for by name."""
    answer = next(parts[row] for row in trigger.rows if labels[row] == trigger.target)
    return copied(trigger.gram, answer)


def _said(trigger: Trigger) -> str:
    words = " ".join(trigger.gram)
    return f"'{words}' goes with one answer in {trigger.pure:.0%} of {len(trigger.rows)} rows"


CHECK = WholeCheck(
    "poison_trigger",
    "block",
    "Something rare that seems put into requests goes with one answer, as a planted trigger does.",
    "Look at the rows and where they came from; leave them out: "
    "tuneworthy data fix --only poison_trigger",
    find,
)
PHRASE = WholeCheck(
    "poison_phrase",
    "warning",
    "A rare phrase goes with one answer: planted, or what the answer is about.",
    "Look at the rows and where they came from; leave them out if nobody knows why: "
    "tuneworthy data fix --only poison_phrase",
    find_phrases,
)
