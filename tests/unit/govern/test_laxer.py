"""What a project's policy may change by itself, and what takes signatures."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.evidence import Grade
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.people import Role
from tuneworthy.govern import GateRule, Policy, Requirement, laxer, load_policy

POLICY = load_policy()


def policy(gate: GateName = GateName.START, **more: Any) -> Policy:
    rule = POLICY.gates[gate].model_copy(update=more)
    return POLICY.model_copy(update={"gates": {**POLICY.gates, gate: rule}})


def changed(about: str, **more: Any) -> Policy:
    requires = POLICY.gates[GateName.START].requires
    return policy(
        requires=tuple(
            one.model_copy(update=more) if one.about == about else one for one in requires
        )
    )


BASIS = "legal_basis_coverage >= 0.95"
LAXER = {
    "valid longer": POLICY.model_copy(update={"valid_days": 181}),
    "a role less": policy(roles=(Role.SOURCE_OWNER, Role.BUSINESS_OWNER)),
    "evidence less": policy(requires=POLICY.gates[GateName.START].requires[1:]),
    "a weaker grade": changed("data.pii", grade=Grade.ATTESTED),
    "a lower bound": changed("data.version", where=("licence_coverage >= 0.9", BASIS)),
    "the licence alone": changed("data.version", where=("licence_coverage >= 0.95",)),
    "no condition": changed("data.pii", where=()),
    "another field": changed("data.pii", where=("unresolved_low == 0",)),
    "another subject": changed("data.pii", subject="project"),
    "not signed": changed("document.retention_class", signed=False),
    "not firm": changed("people.named", firm=False),
    "another thing": policy(subject="model"),
    "the trainer": policy(GateName.PROOF, not_the_trainer=False),
    "no drill of the route": policy(
        GateName.RELEASE,
        requires=tuple(
            one
            for one in POLICY.gates[GateName.RELEASE].requires
            if one.about != "serve.rollback_drill"
        ),
    ),
    "no countersigner": policy(GateName.RELEASE, countersigner=None),
}
STRICTER = {
    "the same": POLICY,
    "another number": POLICY.model_copy(update={"version": 9}),
    "valid shorter": POLICY.model_copy(update={"valid_days": 30}),
    "names everywhere": POLICY.model_copy(update={"unnamed_work": False}),
    "a role more": policy(roles=(*POLICY.roles(GateName.START), Role.GOVERNANCE_OWNER)),
    "evidence more": policy(
        requires=(
            *POLICY.gates[GateName.START].requires,
            Requirement(about="data.agreement", subject="dataset", grade=Grade.MEASURED),
        )
    ),
    "a higher bound": changed("data.version", where=("licence_coverage > 0.95", BASIS)),
    "exact": changed("data.version", where=("licence_coverage == 1", BASIS)),
    "one condition more": changed(
        "data.version", where=("licence_coverage >= 0.95", BASIS, "rows_out >= 500")
    ),
    "firm": changed("data.pii", firm=True),
    "signed": changed("data.pii", signed=True),
}


@pytest.mark.parametrize("how", LAXER)
def test_what_asks_for_less_is_named(how: str) -> None:
    assert laxer(POLICY, LAXER[how])


@pytest.mark.parametrize("how", STRICTER)
def test_what_asks_for_as_much_is_free(how: str) -> None:
    assert laxer(POLICY, STRICTER[how]) == ()


@pytest.mark.parametrize(
    "how", [how for how in STRICTER if how not in ("the same", "another number")]
)
def test_the_way_back_from_stricter_is_laxer(how: str) -> None:
    assert laxer(STRICTER[how], POLICY)


SIGNS = st.sampled_from([">=", "<=", ">", "<", "==", "!="])
NUMBERS = st.integers(-3, 3)


def with_condition(text: str) -> Policy:
    wanted = Requirement(about="a", subject="dataset", grade=Grade.MEASURED, where=(text,))
    roles = (Role.MODEL_OWNER, Role.BUSINESS_OWNER)
    rule = GateRule(subject="dataset", roles=roles, requires=(wanted,))
    return Policy(version=1, valid_days=1, gates=dict.fromkeys(GateName, rule))


@given(SIGNS, NUMBERS, SIGNS, NUMBERS, st.integers(-5, 5) | st.floats(-5, 5))
def test_a_condition_that_counts_as_no_laxer_lets_nothing_more_through(
    sign: str, bound: int, new_sign: str, new_bound: int, found: float
) -> None:
    before, after = with_condition(f"x {sign} {bound}"), with_condition(f"x {new_sign} {new_bound}")
    met = [
        not policy.gates[GateName.START].requires[0].unmet({"x": found})
        for policy in (before, after)
    ]
    if laxer(before, after) == () and met[1]:
        assert met[0]
