"""Whether a predicate holds now, by which evidence, and if not, why."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from tuneworthy.assess.conditions import unmet
from tuneworthy.assess.cost_rows import has_amount
from tuneworthy.assess.counting import Piece
from tuneworthy.assess.ground import Ground
from tuneworthy.assess.rubric import ANSWERS, GATE_FACTS, Predicate
from tuneworthy.core.nouns.evidence import Grade
from tuneworthy.core.nouns.project import Answers
from tuneworthy.core.nouns.scorecard import PredicateResult, Reason

_RANK = {grade: place for place, grade in enumerate(Grade)}
_NO = frozenset({"", "no", "none", "n/a", "unknown", "?"})


class _Found(NamedTuple):
    """The evidence looked at; ``reason`` is empty when the predicate holds by it."""

    piece: Piece | None = None
    reason: Reason = ""
    why: str = ""
    left: float | None = None


def prove(predicate: Predicate, on: Ground) -> PredicateResult:
    """Judge one predicate, by evidence first and by the answers where a declaration will do."""
    if predicate.about in GATE_FACTS:
        return _by_gate(predicate, on)
    found = _by_evidence(predicate, on)
    declared = predicate.grade is Grade.DECLARED and is_declared(predicate, on.answers, on.measured)
    if not found.reason or not declared:
        return _result(predicate, on, found)
    return _plain(
        predicate, True, grade=Grade.DECLARED.value, stale_when="an answer that is taken back"
    )


def is_declared(
    predicate: Predicate, answers: Answers, measured: Collection[str] = frozenset()
) -> bool:
    """Whether people answered every question that declares the predicate, or measurements did."""
    return bool(predicate.answers) and all(
        id_ in measured or _answered(id_, answers) for id_ in predicate.answers
    )


def _by_gate(predicate: Predicate, on: Ground) -> PredicateResult:
    name = predicate.about.removeprefix("gate.")
    if name in on.gates:
        words = f"new evidence or a rejection that shuts the {name} gate"
        return _plain(predicate, True, grade=Grade.MEASURED.value, stale_when=words)
    return _plain(predicate, False, reason="gate_shut", why=f"the {name} gate is shut")


def _by_evidence(predicate: Predicate, on: Ground) -> _Found:
    """What the evidence says, the signed waiver included."""
    found = _of_fact(predicate, on)
    if found.reason and predicate.or_about:
        signed = predicate.model_copy(
            update={
                "about": predicate.or_about,
                "grade": Grade.ATTESTED,
                "subject": "any",
                "where": (),
                "count": 1,
                "before": "",
            }
        )
        waived = _of_fact(signed, on)
        return waived if not waived.reason else found
    return found


def _of_fact(predicate: Predicate, on: Ground) -> _Found:
    pieces = on.facts.get(predicate.about, ())
    if not pieces or predicate.about == ANSWERS:
        return _nothing(predicate, on)
    graded = [p for p in pieces if _RANK[p.item.grade] >= _RANK[predicate.grade]]
    if not graded:
        newest = pieces[-1]
        why = f"it is {newest.item.grade.value}, at least {predicate.grade.value} is needed"
        return _Found(newest, "low_grade", why)
    about_now = [p for p in graded if _is_about_now(p, predicate, on)]
    if not about_now:
        return _Found(graded[-1], "other_subject", _other_subject(predicate, on))
    young = [p for p in about_now if _is_young(p, predicate)]
    if not young:
        return _too_old(predicate, on, about_now[-1])
    return _weigh(predicate, on, young)


def _weigh(predicate: Predicate, on: Ground, young: Sequence[Piece]) -> _Found:
    """Whether live evidence says what it must."""
    governing = young if predicate.pick == "any" else _newest(young)
    good = [p for p in governing if not _fault(p, predicate, on).reason]
    if predicate.pick == "newest" and len(good) < len(governing):
        return _fault(next(p for p in governing if p not in good), predicate, on)
    if len(good) < predicate.count:
        first = _fault(governing[-1], predicate, on)
        if predicate.count == 1:
            return first
        why = f"{len(good)} of {predicate.count} pieces of evidence hold"
        return _Found(first.piece or good[-1], "count", f"{why}; {first.why}" if first.why else why)
    if bad := next(_speaking_against(predicate, on, governing), None):
        why = "newer evidence with a doubtful time stamp says otherwise: "
        return _Found(bad, "unknown", why + _unmet(bad, predicate, on))
    lives = [p.left(predicate.max_age_days) for p in good]
    longest = sorted((x for x in lives if x is not None), reverse=True)
    unlimited = len(lives) - len(longest)
    left = longest[predicate.count - unlimited - 1] if unlimited < predicate.count else None
    return _Found(good[-1], left=left)


def _newest(young: Sequence[Piece]) -> list[Piece]:
    """The newest piece; two where time stamps and the ledger's order disagree on which it is."""
    by_stamp, by_place = young[-1], max(young, key=lambda p: p.place)
    return [by_stamp] if by_place.age <= by_stamp.age else [by_place, by_stamp]


def _fault(piece: Piece, predicate: Predicate, on: Ground) -> _Found:
    """Why a live piece does not serve; an empty reason when it does."""
    if why := _unmet(piece, predicate, on):
        return _Found(piece, "condition", why)
    if not _in_time(piece, predicate, on):
        why = f"it is not older than every {predicate.before} about the same {predicate.subject}"
        return _Found(piece, "order", why)
    return _Found(piece)


def _unmet(piece: Piece, predicate: Predicate, on: Ground) -> str:
    faults = (unmet(text, piece.item.result, on.known) for text in predicate.where)
    return "; ".join(fault for fault in faults if fault)


def _in_time(piece: Piece, predicate: Predicate, on: Ground) -> bool:
    """Whether it is older, by stamp and by its place in the ledger, than what must come later."""
    if not predicate.before:
        return True
    digest = on.current.get(predicate.subject, "")
    doubtful = on.doubtful.get(predicate.before, ())
    return all(
        piece.age >= later.age and piece.place < later.place
        for later in on.facts.get(predicate.before, ())
        if digest in later.item.subjects
    ) and all(piece.place < later.place for later in doubtful if digest in later.item.subjects)


def _speaking_against(
    predicate: Predicate, on: Ground, governing: Sequence[Piece]
) -> Iterator[Piece]:
    """Doubtful evidence, later in the ledger than what governs, that does not meet the conditions.

    A wrong clock must not hide bad news.
    """
    if predicate.pick == "any":
        return
    last = max(p.place for p in governing)
    for piece in on.doubtful.get(predicate.about, ()):
        serves = piece.place > last and _RANK[piece.item.grade] >= _RANK[predicate.grade]
        if serves and _is_about_now(piece, predicate, on) and _unmet(piece, predicate, on):
            yield piece


def _is_about_now(piece: Piece, predicate: Predicate, on: Ground) -> bool:
    if predicate.subject == "any":
        return True
    digest = on.current.get(predicate.subject, "")
    return bool(digest) and digest in piece.item.subjects


def _is_young(piece: Piece, predicate: Predicate) -> bool:
    left = piece.left(predicate.max_age_days)
    return left is None or left >= 0


def _nothing(predicate: Predicate, on: Ground) -> _Found:
    doubts = [doubt for doubt in on.uncounted if doubt.about == predicate.about]
    if doubts and predicate.about != ANSWERS:
        return _Found(None, "unknown", f"the only evidence is not counted: {doubts[-1].why}")
    if predicate.about == ANSWERS:
        open_ones = _open(predicate, on)
        return _Found(None, "not_answered", f"not answered: {', '.join(open_ones)}")
    return _Found(None, "none", "there is no evidence yet")


def _other_subject(predicate: Predicate, on: Ground) -> str:
    if not on.current.get(predicate.subject, ""):
        return f"there is no {predicate.subject} in use"
    return f"it is about another {predicate.subject} than the one in use"


def _too_old(predicate: Predicate, on: Ground, newest: Piece) -> _Found:
    left = newest.left(predicate.max_age_days) or 0.0
    limit = newest.age + left
    why = f"it is {_days(newest.age)} old, at most {_days(limit)} will do"
    # Only evidence that would still serve if it were younger has expired; the rest had failed.
    fault = _fault(newest, predicate, on)
    if fault.reason:
        return _Found(newest, fault.reason, f"{fault.why}; besides, {why}", left)
    return _Found(newest, "stale", why, left)


def _days(count: float) -> str:
    return f"{count:.0f} days" if count >= 10 else f"{count:.3g} day{'' if count == 1 else 's'}"


def _result(predicate: Predicate, on: Ground, found: _Found) -> PredicateResult:
    held = not found.reason
    piece = found.piece
    item = piece.item if piece else None
    why = found.why
    if not held and predicate.grade is Grade.DECLARED and found.reason != "not_answered":
        open_ones = _open(predicate, on)
        why += f"; not answered either: {', '.join(open_ones)}" if open_ones else ""
    left = found.left
    if piece and left is None and not held:
        left = piece.left(predicate.max_age_days)
    counted = piece is not None and found.reason != "unknown"
    return _plain(
        predicate,
        held,
        evidence=item.id if item and held else "",
        nearest=item.id if item and not held else "",
        grade=item.grade.value if item else "",
        age_days=round(piece.age, 4) if piece and counted else None,
        stale_in_days=None if left is None or not counted else round(left, 4),
        stale_when=_stale_when(predicate, piece) if held else "",
        reason=found.reason,
        why=why,
    )


def _plain(predicate: Predicate, held: bool, **more: object) -> PredicateResult:
    facts = {
        "id": predicate.id,
        "level": predicate.level,
        "text": predicate.text,
        "held": held,
        "command": "" if held else predicate.command,
        "needs": predicate.grade.value,
    }
    return PredicateResult.model_validate({**facts, **more})


def _stale_when(predicate: Predicate, piece: Piece | None) -> str:
    words = [] if predicate.subject == "any" else [f"a new {predicate.subject}"]
    left = piece.left(predicate.max_age_days) if piece else None
    if piece and left is not None:
        words.append(f"an age of more than {_days(piece.age + left)}")
    if predicate.before:
        words.append(f"an older {predicate.before}")
    if predicate.pick == "newest":
        words.append("newer evidence that says otherwise")
    return ", or ".join(words) or "nothing; it stays true of the past"


def _open(predicate: Predicate, on: Ground) -> list[str]:
    return [
        id_
        for id_ in predicate.answers
        if id_ not in on.measured and not _answered(id_, on.answers)
    ]


def _answered(id_: str, answers: Answers) -> bool:
    if id_ == "costs":
        return has_amount(answers.costs)
    if id_ in answers.factors:
        return True
    return answers.questions.get(id_, "").strip().casefold() not in _NO
