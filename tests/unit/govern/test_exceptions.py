"""What a gate may do without, for how long, and on whose word; and what is asked before."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tuneworthy.core.nouns.gate import Approval, Bundle, GateName
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.core.nouns.words import Ask, AskReply, ExceptionEnd, GateException
from tuneworthy.govern import (
    ask_states,
    ended,
    exception_fault,
    gate_state,
    load_policy,
    make_approval,
    make_bundle,
    make_word,
)
from tuneworthy.methods.signing import generate

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PEM, PUBLIC = generate()
OTHER_PEM, _ = generate()
POLICY = load_policy()
PEOPLE = {
    role.value: Person(id=role.value, name=role.value, roles=(role,), public_key=PUBLIC)
    for role in Role
}
CURRENT = {"dataset": "sha256:d", "suite": "sha256:s", "model": "sha256:m", "suites": ""}


def exception(**more: Any) -> GateException:
    pem = more.pop("pem", PEM)
    facts = {
        "project": "p", "by": "compliance_reviewer", "reason": "supplier answers by friday",
        "created_at": NOW.isoformat(), "gate": GateName.START, "about": "data.pii",
        "subject": "sha256:d", "owner": "data_steward",
        "until": (NOW + timedelta(days=30)).isoformat(),
    }  # fmt: skip
    return make_word(GateException, {**facts, **more}, pem)


def fault(one: GateException, now: datetime = NOW, **more: Any) -> str:
    facts = {"subject": "sha256:d", "submitted_by": "tess", **more}
    return exception_fault(one, PEOPLE, POLICY, now=now, **facts)


def test_10_an_exception_ends_within_30_days_and_names_an_owner() -> None:
    assert fault(exception()) == ""
    assert "longer than 30 days" in fault(exception(until=(NOW + timedelta(days=31)).isoformat()))
    assert "ended at" in fault(exception(), NOW + timedelta(days=30))
    assert "has not come" in fault(exception(created_at=(NOW + timedelta(days=1)).isoformat()))
    assert "is nobody who is active" in fault(exception(owner="somebody"))
    for odd in ("soon", "2026-03-09", ""):
        assert "cannot be read" in fault(exception(until=odd))


@pytest.mark.parametrize(
    ("gate", "about"),
    [
        (gate, requirement.about)
        for gate in GateName
        for requirement in POLICY.gates[gate].requires
        if requirement.signed or requirement.firm
    ],
)
def test_there_is_no_exception_from_signatures_and_integrity(gate: GateName, about: str) -> None:
    assert f"no exception from {about}" in fault(exception(gate=gate, about=about))


def test_signatures_and_integrity_are_firm_in_the_products_policy() -> None:
    firm = {r.about for rule in POLICY.gates.values() for r in rule.requires if r.firm or r.signed}
    assert firm == {
        "people.named", "people.operators", "train.run", "eval.proof", "document.labelling_guide",
        "document.retention_class",
    }  # fmt: skip


@pytest.mark.parametrize("role", list(Role))
def test_who_may_except(role: Role) -> None:
    may = role in (Role.GOVERNANCE_OWNER, Role.COMPLIANCE_REVIEWER)
    assert (fault(exception(by=role.value)) == "") == may


def test_who_trained_excepts_nothing_of_it() -> None:
    assert "made it" in fault(exception(), submitted_by="compliance_reviewer")


def test_an_exception_is_for_one_subject_and_one_requirement() -> None:
    assert "another dataset" in fault(exception(), subject="sha256:other")
    assert "another dataset" in fault(exception(subject=""), subject="")
    assert "does not ask" in fault(exception(about="data.nothing"))
    assert "does not ask" in fault(exception(gate=GateName.PROOF))


@pytest.mark.parametrize(
    "update",
    [
        {"until": (NOW + timedelta(days=29)).isoformat()},
        {"about": "data.version"},
        {"subject": "sha256:x"},
        {"owner": "model_owner"},
        {"by": "governance_owner"},
        {"envelope": {}},
        {"id": "sha256:0"},
    ],
)
def test_a_row_put_in_by_hand_excuses_nothing(update: dict[str, Any]) -> None:
    assert fault(exception().model_copy(update=update)) != ""
    assert "signature" in fault(exception(pem=OTHER_PEM))


def test_an_exception_stands_in_the_bundle_that_people_sign() -> None:
    def bundle(**exceptions: str) -> Any:
        return make_bundle(
            GateName.START, "p", "sha256:d", [], POLICY, current=CURRENT, now=NOW,
            exceptions={name.replace("_", "."): id_ for name, id_ in exceptions.items()},
        )  # fmt: skip

    without, excused = bundle(), bundle(data_pii="sha256:e")
    assert [m for m in without.missing if m.startswith("data.pii")]
    assert not [m for m in excused.missing if m.startswith("data.pii")]
    assert excused.evidence == {"data.pii": "sha256:e"}
    assert bundle(data_pii="sha256:other") != excused


def test_an_officer_ends_an_exception_early() -> None:
    given = exception()

    def end(by: str, pem: bytes = PEM) -> ExceptionEnd:
        facts = {"project": "p", "by": by, "reason": "r", "created_at": NOW.isoformat()}
        return make_word(ExceptionEnd, {**facts, "of": given.id}, pem)

    assert ended([end("governance_owner")], PEOPLE) == {given.id}
    assert ended([end("model_owner"), end("governance_owner", OTHER_PEM)], PEOPLE) == set()


# -- requests for more ---------------------------------------------------------------------------


def ask(by: str = "business_owner", minutes: float = 0, **more: Any) -> Ask:
    facts = {
        "project": "p", "by": by, "reason": "show me the refunds", "gate": GateName.START,
        "created_at": (NOW + timedelta(minutes=minutes)).isoformat(), "subject": "sha256:d",
    }  # fmt: skip
    return make_word(Ask, {**facts, **more}, PEM)


def reply(to: Ask, by: str, minutes: float, *, closes: bool = False) -> AskReply:
    at = (NOW + timedelta(minutes=minutes)).isoformat()
    facts = {"project": "p", "by": by, "reason": "here", "created_at": at, "of": to.id}
    return make_word(AskReply, {**facts, "closes": closes}, PEM)


def states(*words: Ask | AskReply, subject: str = "sha256:d") -> Any:
    asks = [w for w in words if isinstance(w, Ask)]
    return ask_states(asks, [w for w in words if isinstance(w, AskReply)], PEOPLE, subject=subject)


def test_an_ask_is_open_until_its_asker_closes_it() -> None:
    asked = ask()
    (open_,) = states(asked, reply(asked, "data_steward", 1))
    assert (open_.closed_at, open_.replies) == ("", ("data_steward: here",))
    (other,) = states(asked, reply(asked, "model_owner", 1, closes=True))
    assert other.closed_at == ""
    for closer in ("business_owner", "governance_owner"):
        (closed,) = states(asked, reply(asked, closer, 2, closes=True))
        assert closed.closed_at == (NOW + timedelta(minutes=2)).isoformat()


def test_asks_of_others_subjects_and_by_other_keys_are_none() -> None:
    assert states(ask(), subject="sha256:other") == ()
    assert states(ask().model_copy(update={"reason": "nothing"})) == ()
    assert states(ask(by="platform_admin")) == ()


def test_what_is_approved_over_an_open_ask_does_not_count() -> None:
    bundle = Bundle(gate=GateName.START, project="p", subject="sha256:d", evidence={})

    def approval(role: Role, minutes: float) -> Approval:
        at = NOW + timedelta(minutes=minutes)
        return make_approval(
            bundle, role=role, person=role.value, decision="approve", reason="r",
            created_at=at.isoformat(), expires_at=(at + timedelta(days=9)).isoformat(),
            policy=POLICY, private_pem=PEM,
        )  # fmt: skip

    def look(*asks: Any, at: float) -> Any:
        given = [approval(role, at) for role in POLICY.roles(GateName.START)]
        return gate_state(
            bundle, given, list(PEOPLE.values()), submitted_by="", policy=POLICY, asks=asks,
            now=NOW + timedelta(days=1),
        )  # fmt: skip

    asked = ask(minutes=10)
    (open_,) = states(asked)
    assert look(open_, at=5).open
    shut = look(open_, at=15)
    assert not shut.open
    assert shut.asks == ("business_owner: show me the refunds",)
    assert all("had asked for more" in line for line in shut.void)
    (closed,) = states(asked, reply(asked, "business_owner", 20, closes=True))
    assert not look(closed, at=15).open
    assert look(closed, at=25).open
    assert look(closed, at=25).asks == ()
