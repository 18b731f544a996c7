"""People's decisions over collected rows, each signed with their own key."""

from collections.abc import Sequence
from pathlib import Path

from tuneworthy.core.errors import (
    BlockedProblem,
    ConfigProblem,
    UsageProblem,
)
from tuneworthy.core.nouns.collecting import (
    AuditSample,
    Collection,
    Decision,
    Held,
    QuarantineReview,
)
from tuneworthy.core.nouns.people import Person
from tuneworthy.data.quarantine import (
    audit_sample,
    batch_rows,
    reviewer_fault,
    row_fault,
    sign_review,
)
from tuneworthy.lifecycle import collecting, hands, people
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import short


def review_rows(
    runtime: Runtime,
    names: Sequence[str],
    decision: Decision,
    person_id: str,
    reason: str,
    key: Path | None = None,
) -> list[QuarantineReview]:
    """Sign a decision over rows that a person has looked at, one by one.

    Args:
        runtime: The project.
        names: Row ids (their first digits are enough) or interaction ids.
        decision: Accept or reject.
        person_id: Who decides.
        reason: Why.
        key: Their private key; else it is looked for in ``keys/``.

    Raises:
        BlockedProblem: They collected the rows, or a row is about them.
        ConfigProblem: No such person or row.
        NeedsPersonProblem: Their key is not here.
    """
    rows = collecting.held(runtime)
    chosen = [_named(rows, name) for name in dict.fromkeys(names)]
    by_collection: dict[str, list[Held]] = {}
    for one in chosen:
        by_collection.setdefault(one.collection, []).append(one)
    person = people.find(runtime, person_id)
    known = {one.id: one for one in collecting.collections(runtime)}
    if decision == "accept":
        for id_, some in by_collection.items():
            _check_reviewer(runtime, person, known[id_])
            for one in some:
                if fault := row_fault(one.candidate, person.id, "row"):
                    raise _refused(runtime, person, known[id_], fault)
    return [
        _sign(runtime, known[id_], some, decision, "row", person, reason, key)
        for id_, some in by_collection.items()
    ]


def review_batch(
    runtime: Runtime,
    name: str,
    decision: Decision,
    person_id: str,
    reason: str,
    key: Path | None = None,
) -> QuarantineReview:
    """Sign a decision over a whole collecting: accept its rows without flags, or reject all.

    To accept, the person has first accepted every row of their sample (``sample``), one by one.

    Raises: as ``review_rows``; BlockedProblem also while the sample is not accepted.
    """
    collection = collection_named(runtime, name)
    person = people.find(runtime, person_id)
    rows = [one for one in collecting.held(runtime) if one.collection == collection.id]
    if decision == "reject":
        return _sign(runtime, collection, rows, decision, "row", person, reason, key)
    _check_reviewer(runtime, person, collection)
    drawn = sample(runtime, collection.id, person.id)
    if not drawn.batch:
        raise ConfigProblem(
            "no_batch",
            f"No row of {short(collection.id)} may be accepted with others.",
            why="Flagged rows, and rows about the reviewer, are never part of a batch.",
            fix="tuneworthy data quarantine list --flagged",
        )
    left = len(drawn.rows) - len(drawn.accepted)
    if left:
        raise BlockedProblem(
            "sample_not_accepted",
            f"{left} of the {len(drawn.rows)} rows of the sample are not accepted by "
            f"{person.name} yet.",
            why="A batch is accepted on the word of somebody who looked at a sample of it.",
            fix=f"tuneworthy --as {person.id} data quarantine show {short(collection.id)}",
        )
    wanted = set(batch_rows([one.candidate for one in rows], person.id))
    some = [one for one in rows if one.candidate.id in wanted]
    return _sign(runtime, collection, some, decision, "batch", person, reason, key)


def sample(runtime: Runtime, name: str, person: str) -> AuditSample:
    """The rows of a collecting that a person must accept before they may accept the rest."""
    collection = collection_named(runtime, name)
    rows = [one for one in collecting.held(runtime) if one.collection == collection.id]
    return audit_sample(collection, [one.candidate for one in rows], rows, person)


def collection_named(runtime: Runtime, name: str) -> Collection:
    """The collecting whose id starts so. Raises ConfigProblem when none or several are meant."""
    known = collecting.collections(runtime)
    start = name.removeprefix("sha256:")
    found = [one for one in known if start and short(one.id, 64).startswith(start)]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(short(one.id) for one in known[-5:]) or "none yet: tuneworthy data collect"
    raise ConfigProblem(
        "no_collection",
        f"{len(found) or 'No'} collection{'s' if len(found) > 1 else ''} named '{name}'.",
        fix=f"Name one by the first digits of its id. The newest: {listed}",
    )


def row_named(runtime: Runtime, name: str) -> Held:
    """The collected row with this id or interaction id. Raises ConfigProblem."""
    return _named(collecting.held(runtime), name)


def _sign(
    runtime: Runtime,
    collection: Collection,
    rows: Sequence[Held],
    decision: Decision,
    how: str,
    person: Person,
    reason: str,
    key: Path | None,
) -> QuarantineReview:
    if not reason.strip():
        raise UsageProblem("no_reason", "A decision needs a reason.", fix="--reason '...'")
    review = sign_review(
        collection,
        [one.candidate.id for one in rows],
        decision=decision,
        how=how,
        person=person.id,
        reason=reason,
        created_at=hands.stamp(runtime),
        private_pem=people.private_key(runtime, person, key),
    )
    what = ("quarantine_review", review.id, collection.id)
    more = {"actor": person.id, "reason": reason, "auth_method": hands.method()}
    after = f"{decision} {len(rows)} rows by {how}"
    with runtime.change(f"quarantine.{decision}", what, after=after, **more) as change:
        change.put(review)
    return review


def _check_reviewer(runtime: Runtime, person: Person, collection: Collection) -> None:
    if fault := reviewer_fault(person, collection):
        raise _refused(runtime, person, collection, fault)


def _refused(
    runtime: Runtime, person: Person, collection: Collection, fault: str
) -> BlockedProblem:
    what = ("collection", collection.id, collection.id)
    event = runtime.event("quarantine.refuse", what, actor=person.id, decision="deny", reason=fault)
    runtime.store.note(event)
    return BlockedProblem(
        "not_a_reviewer",
        f"{person.name} cannot accept these rows.",
        why=f"{fault[0].upper()}{fault[1:]}.",
        fix="Ask another person: tuneworthy people list",
    )


def _named(rows: Sequence[Held], name: str) -> Held:
    start = name.removeprefix("sha256:")
    found = [
        one
        for one in rows
        if one.candidate.interaction == name
        or (start and short(one.candidate.id, 64).startswith(start))
    ]
    if len(found) == 1:
        return found[0]
    raise ConfigProblem(
        "no_collected_row",
        f"{len(found) or 'No'} collected row{'s' if len(found) > 1 else ''} named '{name[:80]}'.",
        fix="tuneworthy data quarantine list",
    )
