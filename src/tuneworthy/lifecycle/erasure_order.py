"""Who may order an erasing, and an order that is signed before anything is taken out.

A key file signs the report at the end of the work. A passkey is in a browser, and signs only what
is there before anything is kept. So its owner signs the order; the work is done where the project
lies; and the report is signed when it is there. The order names the people, so it lies with the
marks of the erasing and is destroyed with them; the audit chain has its digest.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

from tuneworthy.core.errors import (
    BlockedProblem,
    ConflictProblem,
    IntegrityProblem,
    NeedsPersonProblem,
    UsageProblem,
)
from tuneworthy.core.nouns.erasure import Erasure, ErasureAsked, ErasureOrder
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.govern.moments import moment
from tuneworthy.lifecycle import hands, holds, people
from tuneworthy.lifecycle.erasure_marks import Marks, alone, keep_marks, new_marks, read_marks
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.signing import STATEMENT_TYPE, sign_statement, verify_envelope

PREDICATE_TYPE = "https://tuneworthy.dev/erasure-order/v1"

LASTING = timedelta(days=30)
"""How long an order may be carried out."""


def reviewer(runtime: Runtime, asked: ErasureAsked) -> Person:
    """The person who may order this erasing. Raises UsageProblem, BlockedProblem."""
    if not any((*asked.subjects, *asked.also)) or not all((*asked.subjects, *asked.also)):
        raise UsageProblem("nobody_named", "Nobody is named to be erased.", fix="erase SUBJECT")
    if not asked.reason.strip():
        raise UsageProblem("no_reason", "An erasing needs a reason.", fix="--reason '...'")
    if any(name in asked.reason for name in (*asked.subjects, *asked.also)):
        raise UsageProblem(
            "reason_names_them",
            "The reason names whom it is about.",
            why="It stands in the audit chain for good.",
            fix="Give the number of the request in its place.",
        )
    person = people.find(runtime, asked.person)
    if not person.active or Role.COMPLIANCE_REVIEWER not in person.roles:
        raise BlockedProblem(
            "not_the_reviewer",
            f"{person.name} cannot order an erasing.",
            why="It is ordered and signed by an active compliance reviewer.",
            fix="--by PERSON (tuneworthy people list)",
        )
    return person


def order(runtime: Runtime, asked: ErasureAsked, key: Path | None = None) -> ErasureOrder:
    """Sign that people are to be erased; nothing is taken out yet.

    An order that nobody has begun to carry out gives way to a new one.

    Raises:
        UsageProblem: Nobody is named, or no reason is given.
        BlockedProblem: A legal hold, or the person is no compliance reviewer.
        ConflictProblem: An erasing is under way.
    """
    person = reviewer(runtime, asked)
    holds.require_free(runtime, asked.subjects)
    under_way = read_marks(runtime.state)
    if under_way is not None and runtime.store.get(Erasure, under_way.erasure) is not None:
        raise ConflictProblem(
            "erasing_under_way",
            f"Erasing {under_way.erasure} has begun and not ended.",
            why="It was stopped; the next one begins when it has ended.",
            fix="Give the command again that began it.",
        )
    said = {**_facts(runtime, asked), "created_at": hands.stamp(runtime)}
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [
            {
                "name": f"{runtime.project.id}/erasure-order",
                "digest": {"sha256": digest(said).removeprefix("sha256:")},
            }
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": said,
    }
    envelope = sign_statement(statement, people.private_key(runtime, person, key), person.id)
    marks = new_marks(asked).model_copy(update={"order": envelope})
    with alone(runtime.state):
        keep_marks(runtime.state, marks)
    what = (Erasure.kind, marks.erasure, digest(envelope))
    facts = {"actor": person.id, "reason": asked.reason, "auth_method": hands.method()}
    runtime.store.note(runtime.event("erasure.order", what, **facts))
    return ErasureOrder(
        erasure=marks.erasure, person=person.id, people=len(asked.subjects), reason=asked.reason
    )


def ordered(runtime: Runtime, person: str) -> ErasureAsked:
    """What this person ordered and nobody has ended. Raises NeedsPersonProblem: nothing."""
    marks = read_marks(runtime.state)
    if marks is None or not marks.order or marks.asked.person != person:
        raise not_ordered(person)
    return marks.asked


def require_order(runtime: Runtime, person: Person, asked: ErasureAsked) -> None:
    """Go on only with the person's signed order of this very erasing.

    Raises NeedsPersonProblem where there is none, IntegrityProblem where it is not as signed.
    """
    marks = read_marks(runtime.state)
    if marks is None or not marks.order:
        raise not_ordered(person.id)
    if fault := _fault(runtime, marks, person, asked):
        raise IntegrityProblem(
            "order_invalid",
            f"The order of erasing {marks.erasure} does not hold.",
            why=f"{fault[0].upper()}{fault[1:]}.",
            fix=f"Let {person.id} order it anew on the pages of this project.",
        )


def not_ordered(person: str) -> NeedsPersonProblem:
    """There is no order."""
    return NeedsPersonProblem(
        "not_ordered",
        f"'{person}' has ordered no erasing that is still to be done.",
        why="Who signs with a passkey signs the order first, then the report.",
        fix=f"Let {person} order it: POST /control/sign/order_erasure/options "
        '{"said": {"subjects": ["..."], "reason": "..."}}',
    )


def _fault(runtime: Runtime, marks: Marks, person: Person, asked: ErasureAsked) -> str:
    try:
        statement = verify_envelope(marks.order, person.public_key, keyid=person.id)
    except IntegrityProblem as problem:
        return problem.why
    said = statement.get("predicate")
    if statement.get("predicateType") != PREDICATE_TYPE or not isinstance(said, dict):
        return "what was signed is no order of an erasing"
    if {name: said.get(name) for name in _facts(runtime, asked)} != _facts(runtime, asked):
        return "what was signed are other people, or another reason"
    signed_at = moment(str(said.get("created_at")))
    if signed_at is None or not timedelta() <= runtime.clock.now() - signed_at <= LASTING:
        return f"it is not of the last {LASTING.days} days"
    return ""


def _facts(runtime: Runtime, asked: ErasureAsked) -> dict[str, Any]:
    return {"project": runtime.project.id, **asked.model_dump(mode="json")}
