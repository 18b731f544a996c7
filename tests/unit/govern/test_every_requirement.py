"""Every single requirement of gates.toml: what ages, moves on or is changed shuts its gate.

Also what is dated after now.
"""

import json
import operator
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from tuneworthy.core.clock import SLACK
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.gate import Approval, Bundle, GateName, GateState
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.govern import gate_state, load_policy, make_approval, make_bundle, out_of_time
from tuneworthy.govern.policy import UNSIGNED, Requirement, SubjectName
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.signing import generate

NOW = datetime(2026, 3, 1, tzinfo=UTC)
POLICY = load_policy()
CURRENT = {name: f"sha256:{name}" for name in get_args(SubjectName) if name != "project"}
DIGESTS = {**CURRENT, "project": "p"}
KEYS = {role: generate() for role in Role}
PEOPLE = [Person(id=r, name=r, roles=(r,), public_key=public) for r, (_, public) in KEYS.items()]
PAIRS = [(gate, one) for gate in GateName for one in POLICY.gates[gate].requires]


def cases(pairs: list[tuple[GateName, Requirement]]) -> list[Any]:
    return [pytest.param(gate, one, id=f"{gate.value}-{one.about}") for gate, one in pairs]


EVERY = cases(PAIRS)
SIGNED = cases([pair for pair in PAIRS if pair[1].subject not in UNSIGNED])
"""Requirements that what people sign names; the others are only looked at, each time."""
LOOKED_AT = cases([pair for pair in PAIRS if pair[1].subject in UNSIGNED])


def meeting(requirement: Requirement, **changes: Any) -> Evidence:
    """Evidence that meets all conditions of a requirement."""
    facts: dict[str, Any] = {
        "about": requirement.about,
        "project": "p",
        "grade": requirement.grade.value,
        "subjects": (DIGESTS[requirement.subject],),
        "producer": "job",
        "producer_version": "1",
        "result": dict(map(fulfilled, requirement.where)),
        "created_at": NOW.isoformat(),
        "stale_after_days": None,
        "signer": Role.DATA_STEWARD if requirement.signed else "",
        **changes,
    }
    return Evidence.model_validate({"id": digest(facts), **facts})


def fulfilled(condition: str) -> tuple[str, Any]:
    """A field and the value nearest to the bound that its condition takes."""
    field, sign, bound = condition.split(" ", 2)
    value = json.loads(bound)
    return field, value + {">": 1, "<": -1}.get(sign, 0) if sign in "<>" else value


def ledger(gate: GateName) -> list[Evidence]:
    return [meeting(requirement) for requirement in POLICY.gates[gate].requires]


def bundle(gate: GateName, evidence: list[Evidence], now: datetime = NOW) -> Bundle:
    subject = DIGESTS[POLICY.gates[gate].subject]
    return make_bundle(gate, "p", subject, evidence, POLICY, current=CURRENT, now=now)


def decided(found: Bundle) -> list[Approval]:
    return [
        make_approval(
            found,
            role=role,
            person=role,
            decision="approve",
            reason="seen",
            created_at=(NOW + timedelta(seconds=n)).isoformat(),
            expires_at=(NOW + timedelta(days=100)).isoformat(),
            policy=POLICY,
            private_pem=KEYS[role][0],
        )
        for n, role in enumerate(POLICY.roles(found.gate))
    ]


def state(found: Bundle, approvals: list[Approval], now: datetime = NOW) -> GateState:
    return gate_state(
        found, approvals, PEOPLE, submitted_by="somebody", now=now, policy=POLICY
    )  # fmt: skip


Change = Callable[[Requirement], tuple[list[Evidence], str]]


def gone(one: Requirement) -> tuple[list[Evidence], str]:
    return [], "no evidence about the current"


def about_something_else(one: Requirement) -> tuple[list[Evidence], str]:
    """The subject has moved on, and the evidence stayed with what was."""
    return [meeting(one, subjects=("sha256:before",))], "no evidence about the current"


def of_another_project(one: Requirement) -> tuple[list[Evidence], str]:
    return [meeting(one, project="q")], "no evidence about the current"


def changed_in_place(one: Requirement) -> tuple[list[Evidence], str]:
    genuine = meeting(one)
    return [genuine.model_copy(update={"producer_version": "2"})], "not what its digest says"


def of_a_lower_grade(one: Requirement) -> tuple[list[Evidence], str]:
    return [meeting(one, grade=Grade.DECLARED.value)], "is declared, must be"


@pytest.mark.parametrize(
    "change", [gone, about_something_else, of_another_project, changed_in_place, of_a_lower_grade]
)
@pytest.mark.parametrize(("gate", "requirement"), EVERY)
def test_without_this_one_the_gate_is_shut(
    gate: GateName, requirement: Requirement, change: Change
) -> None:
    whole = ledger(gate)
    approvals = decided(bundle(gate, whole))
    assert state(bundle(gate, whole), approvals).open
    instead, why = change(requirement)
    others = [item for item in whole if item.about != requirement.about]
    found = state(bundle(gate, others + instead), approvals)
    assert not found.open
    assert len(found.missing_evidence) == 1
    assert found.missing_evidence[0].startswith(f"{requirement.about}: ")
    assert why in found.missing_evidence[0]
    # And who signs what there is now opens nothing either.
    assert not state(bundle(gate, others + instead), decided(bundle(gate, others + instead))).open


@pytest.mark.parametrize(("gate", "requirement"), EVERY)
def test_what_grows_old_shuts_the_gate(gate: GateName, requirement: Requirement) -> None:
    others = [item for item in ledger(gate) if item.about != requirement.about]
    whole = [*others, meeting(requirement, stale_after_days=30)]
    approvals = decided(bundle(gate, whole))
    found = state(bundle(gate, whole), approvals)
    for days, is_open in ((30, True), (31, False)):
        now = NOW + timedelta(days=days)
        found = state(bundle(gate, whole, now), approvals, now)
        assert found.open == is_open, days
    assert found.missing_evidence == (f"{requirement.about}: older than 30 days",)


@pytest.mark.parametrize(
    ("gate", "requirement", "condition"),
    [
        pytest.param(gate, one, condition, id=f"{gate.value}-{one.about}-{condition}")
        for gate in GateName
        for one in POLICY.gates[gate].requires
        for condition in one.where
    ],
)
def test_newer_evidence_that_says_worse_shuts_the_gate(
    gate: GateName, requirement: Requirement, condition: str
) -> None:
    whole = ledger(gate)
    approvals = decided(bundle(gate, whole))
    later = NOW + timedelta(hours=1)
    field, best = fulfilled(condition)
    result = meeting(requirement).result | {field: worse(condition, best)}
    newer = meeting(requirement, result=result, created_at=later.isoformat())
    found = state(bundle(gate, [*whole, newer], later), approvals, later)
    assert not found.open
    assert condition in found.missing_evidence[0]


def worse(condition: str, best: Any) -> Any:
    """The nearest value that does not hold: past the bound, or just another one."""
    sign = condition.split(" ")[1]
    if isinstance(best, bool):
        return not best
    if isinstance(best, str):
        return f"not {best}"
    step = {">": -1, ">=": -0.001, "<": 1, "<=": 0.001, "==": 1, "!=": 0}[sign]
    found = best + step
    assert not getattr(operator, {">": "gt", ">=": "ge", "<": "lt", "<=": "le", "==": "eq"}[sign])(
        found, json.loads(condition.split(" ", 2)[2])
    )
    return found


@pytest.mark.parametrize(("gate", "requirement"), SIGNED)
def test_the_same_said_again_needs_new_decisions(gate: GateName, requirement: Requirement) -> None:
    """People signed one bundle: newer evidence, though as good, is another one."""
    whole = ledger(gate)
    approvals = decided(bundle(gate, whole))
    later = NOW + timedelta(hours=1)
    newer = meeting(requirement, created_at=later.isoformat())
    found = state(bundle(gate, [*whole, newer], later), approvals, later)
    assert not found.open
    assert not found.missing_evidence
    assert not found.approvers


@pytest.mark.parametrize(("gate", "requirement"), LOOKED_AT)
def test_what_is_only_looked_at_may_be_said_again_without_new_decisions(
    gate: GateName, requirement: Requirement
) -> None:
    whole = ledger(gate)
    approvals = decided(bundle(gate, whole))
    later = NOW + timedelta(hours=1)
    newer = meeting(requirement, created_at=later.isoformat())
    assert state(bundle(gate, [*whole, newer], later), approvals, later).open


AHEAD = (NOW + timedelta(days=3)).isoformat()


@pytest.mark.parametrize("stamp", [AHEAD, "2026-13-01", "9999-12-31T23:59:59-23:59"])
@pytest.mark.parametrize(("gate", "requirement"), EVERY)
def test_what_is_dated_after_now_meets_nothing(
    gate: GateName, requirement: Requirement, stamp: str
) -> None:
    others = [item for item in ledger(gate) if item.about != requirement.about]
    whole = [*others, meeting(requirement, created_at=stamp)]
    current = bundle(gate, whole)
    found = state(current, decided(current))
    assert not found.open
    (missing,) = found.missing_evidence
    assert missing.startswith(f"{requirement.about}: no evidence about the current ")
    assert stamp in missing
    (said,) = out_of_time(gate, "p", current.subject, whole, POLICY, current=CURRENT, now=NOW)
    assert said.startswith(requirement.about)
    assert stamp in said


@pytest.mark.parametrize(("gate", "requirement"), SIGNED)
def test_what_is_dated_after_now_takes_no_newers_place(
    gate: GateName, requirement: Requirement
) -> None:
    """As good as what counts, it changes nothing until its day; then it is the newest."""
    whole = ledger(gate)
    approvals = decided(bundle(gate, whole))
    later = [*whole, meeting(requirement, created_at=AHEAD)]
    assert state(bundle(gate, later), approvals).open
    then = datetime.fromisoformat(AHEAD)
    assert not state(bundle(gate, later, then), approvals, then).open
    near = meeting(requirement, created_at=(NOW + SLACK).isoformat())
    assert bundle(gate, [*whole, near]).evidence[requirement.about] == near.id


@pytest.mark.parametrize(
    ("gate", "requirement"),
    [
        pytest.param(gate, one, id=f"{gate.value}-{one.about}")
        for gate in GateName
        for one in POLICY.gates[gate].requires
        if one.where
    ],
)
def test_what_is_dated_after_now_can_speak_against(
    gate: GateName, requirement: Requirement
) -> None:
    """A clock that was ahead hides no bad finding; what was found after it does answer it."""
    whole = ledger(gate)
    approvals = decided(bundle(gate, whole))
    field, best = fulfilled(requirement.where[0])
    result = meeting(requirement).result | {field: worse(requirement.where[0], best)}
    bad = meeting(requirement, result=result, created_at=AHEAD)
    found = state(bundle(gate, [*whole, bad]), approvals)
    assert not found.open
    (missing,) = found.missing_evidence
    assert requirement.where[0] in missing
    assert AHEAD in missing
    assert state(bundle(gate, [bad, *whole]), approvals).open
    changed = meeting(requirement, created_at=AHEAD).model_copy(update={"producer_version": "2"})
    found = state(bundle(gate, [*whole, changed]), approvals)
    assert "not what its digest says" in found.missing_evidence[0]


def test_an_approval_dated_after_now_does_not_count_and_a_rejection_does() -> None:
    before = (NOW - timedelta(days=1)).isoformat()
    known = [meeting(one, created_at=before) for one in POLICY.gates[GateName.PROOF].requires]
    current = bundle(GateName.PROOF, known)
    approvals = decided(current)
    early = NOW - SLACK - timedelta(seconds=1)
    found = state(current, approvals, early)
    assert not found.open
    assert all("after now" in said for said in found.void)
    role = POLICY.roles(GateName.PROOF)[0]
    ahead = make_approval(
        current, role=role, person=role, decision="reject", reason="no", created_at=AHEAD,
        expires_at=(NOW + timedelta(days=100)).isoformat(), policy=POLICY,
        private_pem=KEYS[role][0],
    )  # fmt: skip
    assert state(current, approvals).open
    assert not state(current, [*approvals, ahead]).open
