import itertools
from typing import Any

import pytest

from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.govern import Action, Allowed, Denied, authorise, load_policy, permit


def person(*roles: Any, id_: Any = "ann", active: Any = True) -> Any:
    return Person(id=id_, name="Ann", roles=roles, public_key="0" * 64, active=active)


MAY = {
    (GateName.START, Role.SOURCE_OWNER),
    (GateName.START, Role.COMPLIANCE_REVIEWER),
    (GateName.START, Role.BUSINESS_OWNER),
    (GateName.BUILD, Role.DATA_STEWARD),
    (GateName.BUILD, Role.ANNOTATION_OWNER),
    (GateName.BUILD, Role.TECHNICAL_OWNER),
    (GateName.PROOF, Role.MODEL_OWNER),
    (GateName.PROOF, Role.REVIEW_LEAD),
    (GateName.RELEASE, Role.MODEL_OWNER),
    (GateName.RELEASE, Role.BUSINESS_OWNER),
    (GateName.RELEASE, Role.COMPLIANCE_REVIEWER),
    (GateName.RELEASE, Role.GOVERNANCE_OWNER),
}


@pytest.mark.parametrize(("gate", "role"), list(itertools.product(GateName, Role)))
def test_the_whole_matrix_of_roles_and_gates(gate, role):
    for held in Role:
        wanted = held == role and (gate, role) in MAY
        assert isinstance(authorise(person(held), gate, role), Allowed) == wanted


@pytest.mark.parametrize(("gate", "role"), sorted(MAY))
def test_everything_else_denies(gate, role):
    def denied(who: Any, **more: Any) -> Any:
        return isinstance(authorise(who, gate, role, **more), Denied)

    other = next(r for r in load_policy().roles(gate) if r != role)
    both = person(role, other)
    assert not denied(both)
    assert denied(person(role, active=False))
    assert denied(person(role, Role.PLATFORM_ADMIN))
    assert denied(person(role), requested_by="ann")
    assert not denied(person(role), requested_by="bob")
    assert denied(both, approvers={other: "ann"})
    assert not denied(both, approvers={other: "bob"})
    assert not denied(both, approvers={role: "ann"})
    assert not denied(both, approvers={other: "ann"}, reduced=True)
    trainer_barred = gate in (GateName.PROOF, GateName.RELEASE)
    assert denied(person(role), submitted_by="ann") == trainer_barred


def test_a_denial_says_why():
    verdict = authorise(
        person(Role.MODEL_OWNER), GateName.PROOF, Role.MODEL_OWNER, submitted_by="ann"
    )
    assert verdict == Denied(reason="Ann submitted the training run")


@pytest.mark.parametrize(("action", "role"), list(itertools.product(Action, Role)))
def test_one_person_lowers_exposure_and_gates_raise_it(action, role):
    lowering = {Action.ROLL_BACK, Action.PAUSE, Action.QUARANTINE}
    with_gates = isinstance(permit(person(role), action, open_gates=tuple(GateName)), Allowed)
    without = isinstance(permit(person(role), action), Allowed)
    if action in lowering | {Action.RETIRE}:
        assert with_gates == without
    else:
        assert not without
    assert isinstance(
        permit(person(role, active=False), action, open_gates=tuple(GateName)), Denied
    )


@pytest.mark.parametrize("action", list(Action))
def test_somebody_may_do_everything(action):
    assert any(
        isinstance(permit(person(role), action, open_gates=tuple(GateName)), Allowed)
        for role in Role
    )


def test_the_admin_may_roll_back_and_raises_nothing():
    admin = person(Role.PLATFORM_ADMIN)
    assert isinstance(permit(admin, Action.ROLL_BACK), Allowed)
    assert isinstance(permit(admin, Action.RAISE_EXPOSURE, open_gates=tuple(GateName)), Denied)


def test_each_gate_is_needed_to_raise_exposure():
    for shut in GateName:
        verdict = permit(
            person(Role.MODEL_OWNER),
            Action.RAISE_EXPOSURE,
            open_gates=[gate for gate in GateName if gate != shut],
        )
        assert isinstance(verdict, Denied)
        assert shut.value in verdict.reason


def test_nobody_without_a_role_does_anything():
    nobody = person()
    assert all(
        isinstance(permit(nobody, action, open_gates=tuple(GateName)), Denied) for action in Action
    )
    assert all(
        isinstance(authorise(nobody, gate, role), Denied)
        for gate, role in itertools.product(GateName, Role)
    )
