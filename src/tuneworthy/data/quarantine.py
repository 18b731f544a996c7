"""What people have said of collected rows, and what follows: waiting, accepted or rejected.

A row is accepted when a named person other than who collected it, and other than the one it is
about, accepted it, and nobody's rejection stands. Rows without flags may be accepted as a batch by
whoever accepted every row of a sample of it first.
"""

import base64
import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.core.nouns.collecting import (
    AuditSample,
    Candidate,
    Collection,
    Decision,
    Held,
    QuarantineReview,
)
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.residual import review_size
from tuneworthy.methods.signing import (
    STATEMENT_TYPE,
    PrivateKey,
    sign_statement,
    verify_envelope,
)

PREDICATE_TYPE = "https://tuneworthy.dev/quarantine-review/v1"
Choices = dict[str, tuple[Decision, str]]
"""Person to decision and how it was made, of one row."""


def sign_review(
    collection: Collection,
    rows: Sequence[str],
    *,
    decision: Decision,
    how: str,
    person: str,
    reason: str,
    created_at: str,
    private_pem: PrivateKey,
) -> QuarantineReview:
    """A person's signed decision over rows. Raises UsageProblem when the key cannot be read."""
    facts = {
        "project": collection.project,
        "collection": collection.id,
        "rows": sorted(rows),
        "decision": decision,
        "how": how,
        "person": person,
        "reason": reason,
        "created_at": created_at,
    }
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [
            {
                "name": f"{collection.project}/quarantine",
                "digest": {"sha256": collection.id.removeprefix("sha256:")},
            }
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": facts,
    }
    envelope = sign_statement(statement, private_pem, person)
    return QuarantineReview.model_validate({"id": digest(envelope), "envelope": envelope, **facts})


def review_fault(
    review: QuarantineReview, collection: Collection, people: Mapping[str, Person]
) -> str:
    """Why a whole review does not count; empty when it does."""
    person = people.get(review.person)
    if person is None:
        return f"there is no person {review.person}"
    try:
        signed = verify_envelope(review.envelope, person.public_key, keyid=person.id)
    except IntegrityProblem as problem:
        return problem.why
    fields = review.model_dump(mode="json", exclude={"id", "envelope"})
    if signed.get("predicateType") != PREDICATE_TYPE or signed.get("predicate") != fields:
        return "its fields are not what was signed"
    if review.collection != collection.id or review.project != collection.project:
        return "it is about another collection"
    if review.decision == "reject":
        return ""
    return reviewer_fault(person, collection)


def as_signed(review: QuarantineReview) -> bool:
    """Whether a review says what its envelope says; whose signature that is, is not looked at."""
    fields = review.model_dump(mode="json", exclude={"id", "envelope"})
    try:
        statement = json.loads(base64.b64decode(review.envelope["payload"]))
        said = statement["predicate"]
    except (KeyError, TypeError, ValueError):
        return False
    return bool(said == fields and digest(review.envelope) == review.id)


def reviewer_fault(person: Person, collection: Collection) -> str:
    """Why a person may not accept rows of this collection; empty when they may."""
    if not person.active:
        return f"{person.id} is no longer active"
    if person.id == collection.collected_by:
        return f"{person.id} collected the rows"
    if set(person.roles) <= {Role.PLATFORM_ADMIN}:
        return "a platform admin alone decides on nothing"
    return ""


def row_fault(candidate: Candidate, person: str, how: str) -> str:
    """Why a person's acceptance of one row does not count; empty when it does."""
    if candidate.subject and candidate.subject == person:
        return f"the row is about {person}"
    if how == "batch" and candidate.flags:
        return f"a flagged row ({', '.join(candidate.flags)}) is accepted by itself only"
    return ""


def standing(
    collection: Collection,
    candidates: Sequence[Candidate],
    reviews: Sequence[QuarantineReview],
    people: Mapping[str, Person],
) -> list[Held]:
    """Each candidate of a collection as it stands now.

    Args:
        collection: Where the candidates come from.
        candidates: All of them.
        reviews: All reviews of the collection, oldest first.
        people: Everyone the ledger knows, by id.
    """
    by_id = {one.id: one for one in candidates}
    choices: dict[str, Choices] = defaultdict(dict)
    void: dict[str, list[str]] = defaultdict(list)
    # Rows first: what a batch rests on is what was said of the rows of its sample.
    for review in sorted(reviews, key=lambda one: one.how == "batch"):
        fault = review_fault(review, collection, people)
        if not fault and review.how == "batch" and review.decision == "accept":
            fault = _batch_fault(collection, candidates, choices, review.person)
        for row in review.rows:
            if row not in by_id:
                continue
            accepting = review.decision == "accept"
            why = fault or (row_fault(by_id[row], review.person, review.how) if accepting else "")
            if why:
                void[row].append(f"{review.person}: {why}")
            elif review.how == "row" or review.person not in choices[row]:
                choices[row][review.person] = (review.decision, review.how)
    return [_held(one, collection, choices[one.id], void[one.id]) for one in candidates]


def _held(
    candidate: Candidate, collection: Collection, choices: Choices, void: Sequence[str]
) -> Held:
    rejecters = [person for person, (decision, _) in choices.items() if decision == "reject"]
    accepters = [person for person, (decision, _) in choices.items() if decision == "accept"]
    said = rejecters or accepters
    return Held(
        candidate=candidate,
        collection=collection.id,
        collected_by=collection.collected_by,
        state="rejected" if rejecters else "accepted" if accepters else "waiting",
        reviewers=tuple(said),
        how="row" if any(choices[person][1] == "row" for person in said) else "batch" * bool(said),
        void=tuple(void),
    )


def audit_sample(
    collection: Collection, candidates: Sequence[Candidate], held: Sequence[Held], person: str
) -> AuditSample:
    """The sample of a batch that a person has to accept row by row, and how far they are."""
    rows, batch = _sample(collection, candidates, person)
    state = {one.candidate.id: one for one in held}
    mine = {row: state[row] for row in rows if person in state[row].reviewers}
    return AuditSample(
        collection=collection.id,
        person=person,
        batch=len(batch),
        rows=tuple(rows),
        accepted=tuple(row for row, one in mine.items() if one.state == "accepted"),
        rejected=tuple(row for row in rows if state[row].state == "rejected"),
        bound=collection.settings.audit_bound,
    )


def batch_rows(candidates: Sequence[Candidate], person: str) -> list[str]:
    """The rows that a person may accept as a batch, by id."""
    return sorted(one.id for one in candidates if not row_fault(one, person, "batch"))


def _sample(
    collection: Collection, candidates: Sequence[Candidate], person: str
) -> tuple[list[str], list[str]]:
    """The sample and the batch. Another person draws another sample of the same batch."""
    batch = batch_rows(candidates, person)
    size = review_size(collection.settings.audit_bound, len(batch))
    drawn = sorted(batch, key=lambda row: _lot(collection.id, person, row))
    return drawn[:size], batch


def _lot(*words: Any) -> str:
    return hashlib.sha256("|".join(words).encode()).hexdigest()


def _batch_fault(
    collection: Collection,
    candidates: Sequence[Candidate],
    choices: Mapping[str, Choices],
    person: str,
) -> str:
    rows, _ = _sample(collection, candidates, person)
    said = [choices.get(row, {}).get(person, ("", ""))[0] for row in rows]
    left = sum(decision != "accept" for decision in said)
    return f"{left} of the {len(rows)} rows of the sample are not accepted by them" if left else ""
