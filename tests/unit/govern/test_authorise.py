"""The whole table of who may do what, held against a second one that was written by hand."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.model import ModelState
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.govern import (
    PROGRAMS,
    RULES,
    Action,
    Allowed,
    Denied,
    Matter,
    authorise,
    load_policy,
)

ALL_OPEN = frozenset(GateName)
NOTHING = Matter()
S = ModelState

# -- the second table: letters stand for roles, as a person would write it down -------------------

LETTERS = dict(zip("ODNRTMBGCP", Role, strict=True))
EVERYBODY = "ODNRTMBGCP"
JUDGES = "ODNRTMBGC"
TABLE: dict[str, tuple[str, bool]] = {
    "build_data": ("ODT", True), "use_data": ("DT", True), "fix_data": ("ODNT", True),
    "export_data": ("ODNRTMC", True), "collect": ("ODNRTM", True), "review_rows": (JUDGES, False),
    "open_queue": ("DNRT", False), "label": (EVERYBODY, False), "settle_labels": ("DNR", False),
    "assess": (EVERYBODY, True), "answer": (JUDGES, True), "evaluate": ("ODNRTM", True),
    "retire_suite": ("RTM", True), "plan_training": ("TM", True), "submit_run": ("T", True),
    "register": (EVERYBODY, True), "attest": (EVERYBODY, False),
    "approve": (JUDGES, False), "reject": (JUDGES, False),
    "request": (EVERYBODY, False),
    "ask": (JUDGES, False), "answer_ask": (EVERYBODY, False), "withdraw_ask": (JUDGES, False),
    "except": ("GC", False), "end_exception": ("GC", False),
    "grant": ("BGCP", False), "confirm_grant": ("BGC", False),
    "revoke": ("BGCP", False), "deactivate": ("BGCP", False),
    "withhold_name": ("GC", False),
    "change_policy": ("G", False), "confirm_policy": ("BGC", False),
    "verify_audit": (EVERYBODY, True), "checkpoint": (EVERYBODY, True), "notify": (EVERYBODY, True),
    "export_pack": (EVERYBODY, True), "run_retention": ("DTGCP", True),
    "hold": ("GC", False), "release_hold": ("GC", False), "erase": ("C", False),
    "settle_taint": ("MB", False),
    "open_route": ("TMP", True), "raise_exposure": ("TM", True),
    "roll_back": ("TMGP", True), "pause": ("TMGP", True), "quarantine": ("TMGCP", True),
    "readmit": ("MG", False), "retire": ("MG", False),
    "drill": ("TMGP", True), "set_alias": ("TM", True),
    "record_traffic": (EVERYBODY, True), "monitor": (EVERYBODY, True),
    "acknowledge": (JUDGES, False), "do_duty": (EVERYBODY, False),
    "make_key": ("TMGP", True), "revoke_key": ("TMGP", True),
    "sign_in": (EVERYBODY, True), "own_account": (EVERYBODY, False), "keep_accounts": ("GP", True),
}  # fmt: skip
NEEDS = {
    "submit_run": {GateName.START, GateName.BUILD}, "raise_exposure": set(GateName),
    "readmit": {GateName.PROOF},
}  # fmt: skip
JUDGED = {
    "review_rows", "approve", "reject", "except", "confirm_grant", "confirm_policy", "release_hold",
    "readmit", "withhold_name",
}  # fmt: skip
SERVED = {S.SHADOW, S.CANARY, S.PRODUCTION}
STATES = {
    "raise_exposure": {S.APPROVED, S.SHADOW, S.CANARY, S.ROLLED_BACK},
    "roll_back": SERVED,
    "pause": SERVED,
    "quarantine": set(S) - {S.QUARANTINED},
    "readmit": {S.QUARANTINED},
    "retire": {S.SUPERSEDED, S.ROLLED_BACK, S.QUARANTINED},
}
GATE = {
    GateName.START: "OCB", GateName.BUILD: "DNT", GateName.PROOF: "MR", GateName.RELEASE: "MBCG",
}  # fmt: skip
DECISIONS = ("approve", "reject")
OWNERSHIP = ("others", "maker", "subject", "requester")


def person(*roles: Role, id_: str = "ann", active: bool = True) -> Person:
    return Person(id=id_, name="Ann", roles=roles, public_key="0" * 64, active=active)


def allowed(who: Person | None, action: Action, on: Matter = NOTHING, **more: Any) -> bool:
    return isinstance(authorise(who, action, on, **more), Allowed)


def matter(owned: str, **more: Any) -> Matter:
    field = {"maker": "maker", "subject": "subject", "requester": "requested_by"}.get(owned)
    ann = frozenset({"ann"}) if owned == "requester" else "ann"
    return Matter(**more, **({field: ann} if field else {}))


def test_every_action_has_one_rule_and_a_line_in_the_second_table() -> None:
    assert set(RULES) == set(Action)
    assert set(TABLE) == {action.value for action in Action}


def test_the_whole_matrix_of_role_action_state_and_ownership() -> None:
    seen = 0
    for action, (letter, role), state, owned in itertools.product(
        Action, LETTERS.items(), (None, *S), OWNERSHIP
    ):
        if action.value in DECISIONS:
            continue
        letters, _ = TABLE[action.value]
        wanted = (
            letter in letters
            and (state is None or state in STATES.get(action.value, set(S)))
            and (owned == "others" or action.value not in JUDGED)
        )
        on = matter(owned, state=state, open_gates=ALL_OPEN)
        assert allowed(person(role), action, on) == wanted, (action, role, state, owned)
        assert not allowed(person(role, active=False), action, on)
        seen += 1
    assert seen == (len(Action) - 2) * 10 * 13 * 4


def test_the_whole_matrix_of_role_gate_decision_and_ownership() -> None:
    for action, gate, (held, has), (letter, role), owned in itertools.product(
        DECISIONS, GateName, LETTERS.items(), LETTERS.items(), OWNERSHIP
    ):
        barred = owned in ("subject", "requester") or (
            owned == "maker" and gate in (GateName.PROOF, GateName.RELEASE)
        )
        wanted = held == letter and letter in GATE[gate] and not barred
        on = matter(owned, gate=gate, role=role)
        assert allowed(person(has), Action(action), on) == wanted, (action, gate, has, role, owned)


@pytest.mark.parametrize("action", list(Action))
def test_unnamed_work_is_what_nobody_has_to_answer_for(action: Action) -> None:
    strict = load_policy().model_copy(update={"unnamed_work": False})
    _, unnamed = TABLE[action.value]
    assert allowed(None, action, Matter(open_gates=ALL_OPEN)) == unnamed
    at_most = unnamed and action in PROGRAMS
    assert allowed(None, action, Matter(open_gates=ALL_OPEN), policy=strict) == at_most


@pytest.mark.parametrize("action", list(Action))
def test_gates_are_needed_one_by_one(action: Action) -> None:
    letters, _ = TABLE[action.value]
    who = person(LETTERS[letters[0]])
    if action.value in DECISIONS:
        return
    for shut in GateName:
        verdict = authorise(who, action, Matter(open_gates=ALL_OPEN - {shut}))
        wanted = shut in NEEDS.get(action.value, set())
        assert isinstance(verdict, Denied) == wanted
        if isinstance(verdict, Denied):
            assert verdict.shut == (shut,)


def test_nobody_without_a_role_does_anything() -> None:
    nobody = person()
    assert not any(allowed(nobody, action, Matter(open_gates=ALL_OPEN)) for action in Action)


def test_what_is_no_action_is_denied() -> None:
    verdict = authorise(person(*Role), "open_the_back_door")  # type: ignore[arg-type]
    assert verdict == Denied(reason="no rule allows open the back door")


# -- separation of duties, one test an invariant -------------------------------------------------


def decides(who: Person, gate: GateName, role: Role, **more: Any) -> bool:
    return allowed(who, Action.APPROVE, Matter(gate=gate, role=role, **more))


FILLED = [(gate, LETTERS[letter]) for gate, letters in GATE.items() for letter in letters]


@pytest.mark.parametrize(("gate", "role"), FILLED)
def test_1_who_asks_for_a_decision_does_not_give_it(gate: GateName, role: Role) -> None:
    assert decides(person(role), gate, role, requested_by=frozenset({"bob"}))
    assert not decides(person(role), gate, role, requested_by=frozenset({"ann", "bob"}))


@pytest.mark.parametrize(("gate", "role"), FILLED)
def test_2_the_roles_of_a_gate_are_filled_by_different_people(gate: GateName, role: Role) -> None:
    other = next(r for r in load_policy().roles(gate) if r != role)
    both = person(role, other)
    assert not decides(both, gate, role, approvers={other: "ann"})
    assert decides(both, gate, role, approvers={other: "bob"})
    assert decides(both, gate, role, approvers={role: "ann"})
    assert decides(both, gate, role, approvers={other: "ann"}, reduced=True)


@pytest.mark.parametrize(("gate", "role"), FILLED)
def test_3_who_submitted_the_run_does_not_approve_its_proof_or_release(
    gate: GateName, role: Role
) -> None:
    barred = gate in (GateName.PROOF, GateName.RELEASE)
    assert decides(person(role), gate, role, maker="ann") != barred


def test_4_the_review_lead_did_not_label_what_they_look_at() -> None:
    lead = person(Role.REVIEW_LEAD, Role.MODEL_OWNER)
    assert decides(lead, GateName.PROOF, Role.REVIEW_LEAD, labelled_by=frozenset({"bob"}))
    assert not decides(lead, GateName.PROOF, Role.REVIEW_LEAD, labelled_by=frozenset({"ann"}))
    assert decides(lead, GateName.PROOF, Role.MODEL_OWNER, labelled_by=frozenset({"ann"}))


@pytest.mark.parametrize("action", [Action(name) for name in sorted(JUDGED)])
def test_5_the_platform_admin_approves_nothing_whatever_else_they_are(action: Action) -> None:
    for gate, role in FILLED:
        on = Matter(gate=gate, role=role)
        assert not allowed(person(Role.PLATFORM_ADMIN, role), action, on)


@given(st.sets(st.sampled_from(list(Role))), st.sets(st.sampled_from(list(GateName))))
def test_7_lowering_takes_one_person_and_raising_takes_the_gates(
    roles: set[Role], gates: set[GateName]
) -> None:
    who, on = person(*sorted(roles)), Matter(open_gates=frozenset(gates))
    for lowering in (Action.ROLL_BACK, Action.PAUSE, Action.QUARANTINE):
        assert allowed(who, lowering, on) == allowed(who, lowering)
    if allowed(who, Action.RAISE_EXPOSURE, on):
        assert gates == set(GateName)


def test_a_denial_says_why() -> None:
    on = Matter(gate=GateName.PROOF, role=Role.MODEL_OWNER, maker="ann")
    verdict = authorise(person(Role.MODEL_OWNER), Action.APPROVE, on)
    assert verdict == Denied(reason="ann submitted the training run")
