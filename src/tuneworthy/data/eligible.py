"""Whether one recorded answer may be learned from, looked at by itself."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tuneworthy.core.nouns.collecting import Candidate, CollectSettings
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.project import Source
from tuneworthy.core.nouns.serving import Feedback, Interaction
from tuneworthy.data.rows import Limits, read_row
from tuneworthy.data.scan import scan
from tuneworthy.data.table import Found
from tuneworthy.data.values import RowError, is_blank, parse_json
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.instructions import find_instructions
from tuneworthy.methods.subjects import name_of

PRODUCTION = "production"
"""The source that collected rows name as theirs."""

CONSENT = "training_consent"
"""Key of a request's ``metadata`` under which a person's word is sent: ``yes`` or ``no``."""

_YES = frozenset({"yes", "true", "1", "granted"})
_LIMITS = Limits()


class Drop(NamedTuple):
    """Why an interaction is not collected."""

    code: str
    reason: str


class _Rating(NamedTuple):
    value: float
    annotators: tuple[str, ...]
    verified: bool


def candidate_of(
    row: Interaction, words: Sequence[Feedback], settings: CollectSettings, number: int
) -> Candidate | Drop:
    """The candidate that an interaction makes, or the first reason why it makes none.

    Args:
        row: What the gateway recorded.
        words: All that was said of the answer, oldest first.
        settings: The project's rules.
        number: The interaction's place among those looked at, from 1.
    """
    body = _body(row)
    if isinstance(body, Drop):
        return body
    for refusal in (_ground(body, settings), rating := _rating(words, settings)):
        if isinstance(refusal, Drop):
            return refusal
    assert isinstance(rating, _Rating)  # noqa: S101 - a Drop has left above
    try:
        example = _example(row, body, settings, number)
    except RowError as fault:
        return Drop(fault.code, f"{fault.path}: {fault.reason}")
    found = scan(example)
    blocking = next((item for item in found if item.high), None)
    if blocking is not None:
        return Drop(blocking.code, f"holds what must not be learned, at {blocking.path}")
    return sealed(
        Candidate(
            id="",
            interaction=row.id,
            created_at=row.created_at,
            manifest=row.manifest,
            example=example,
            rating=rating.value,
            annotators=rating.annotators,
            verified=rating.verified,
            subject=example.provenance.subject,
            origin=example.provenance.subject or (row.sticky_key if row.sticky else ""),
            flags=_flags(example, words, found),
        )
    )


def sealed(candidate: Candidate) -> Candidate:
    """The candidate under the digest of all that it says."""
    return candidate.model_copy(update={"id": digest(candidate.model_dump(exclude={"id"}))})


def _body(row: Interaction) -> dict[str, Any] | Drop:
    if row.arm == "shadow":
        return Drop("shadow_answer", "nobody saw the answer, so nobody can have judged it")
    if not 200 <= row.status < 300 or row.error:
        return Drop("failed", f"the request failed (status {row.status})")
    if is_blank(row.response):
        return Drop("no_answer", "the answer is empty")
    if row.cut:
        return Drop("cut_answer", "the answer ended at a limit or a filter, and not by itself")
    try:
        body = parse_json(row.request, "$")
    except RowError as fault:
        return Drop(fault.code, str(fault))
    if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
        return Drop("not_a_chat", "the request holds no list of messages")
    return body


def _ground(body: Mapping[str, Any], settings: CollectSettings) -> Drop | None:
    if not settings.legal_basis.strip():
        return Drop("no_legal_basis", "the project names no ground for using requests in training")
    metadata = body.get("metadata")
    said = metadata.get(CONSENT) if isinstance(metadata, dict) else None
    if said is not None and str(said).strip().lower() not in _YES:
        return Drop("consent_refused", f"the request says no under metadata.{CONSENT}")
    if said is None and settings.legal_basis.strip().lower() == "consent":
        return Drop("no_consent", f"the request carries no metadata.{CONSENT}")
    return None


def _rating(words: Sequence[Feedback], settings: CollectSettings) -> _Rating | Drop:
    """The lowest of the newest word of each kind of rater; many votes weigh no more than one."""
    newest = {word.source: word.score for word in words}
    if not newest:
        return Drop("not_rated", "nobody rated the answer")
    if "override" in newest:
        return Drop("overridden", "a person put another answer in its place")
    lowest = min(newest.values(), key=lambda score: score if score >= 0 else -1.0)
    if not settings.min_rating <= lowest <= 1:
        reason = f"rated {lowest:g}; {settings.min_rating:g} or more is asked for"
        return Drop("rated_low", reason)
    if settings.outcome == "verified" and "check" not in newest:
        return Drop("not_verified", "no check has said that the outcome was right")
    return _Rating(lowest, tuple(sorted(newest)), "check" in newest)


def _example(
    row: Interaction, body: Mapping[str, Any], settings: CollectSettings, number: int
) -> Example:
    source = Source(path=PRODUCTION, licence=settings.licence, legal_basis=settings.legal_basis)
    values = {
        "messages": [*body["messages"], {"role": "assistant", "content": row.response}],
        "tools": body.get("tools"),
        "subject": _subject(body),
        "timestamp": row.created_at,
    }
    return read_row(values, source, number, _LIMITS).example


def _subject(body: Mapping[str, Any]) -> str | None:
    """Whom the request is from, as the client names them."""
    named = (name_of(body.get(name)) for name in ("safety_identifier", "user"))
    return next((name for name in named if name.strip()), None)


def _flags(example: Example, words: Sequence[Feedback], found: Sequence[Found]) -> tuple[str, ...]:
    texts = [message.content for message in example.messages] + [word.comment for word in words]
    kinds = [f"instruction_{kind}" for text in texts for kind in find_instructions(text)]
    return tuple(dict.fromkeys([*kinds, *(item.code for item in found)]))
