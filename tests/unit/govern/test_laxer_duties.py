"""What a project's plan of duties may change by itself, and what takes signatures."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.duties import Every, Settles
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.people import Role
from tuneworthy.govern import Duty, DutyPlan, laxer_duties, load_duties
from tuneworthy.govern.duties import shows

BEGINS = Settles(about="rollout.finished", where=('state == "promoted"',))
AUDIT = Settles(about="audit.verified", where=("events >= 10",), grade=Grade.MEASURED)
DUTY = Duty(
    id="look", every=Every.WEEKLY, role=Role.MODEL_OWNER, what="Look.", begins=BEGINS,
    evidence=(AUDIT, Settles(about="data.labels")), note=False, escalate_after_hours=24,
    escalate_to=Role.BUSINESS_OWNER,
)  # fmt: skip
PLAN = DutyPlan(version=1, duty=(DUTY,))


def plan(**changes: Any) -> DutyPlan:
    return DutyPlan(version=1, duty=(Duty.model_validate({**DUTY.model_dump(), **changes}),))


def audit(**changes: Any) -> DutyPlan:
    return plan(evidence=(AUDIT.model_copy(update=changes), Settles(about="data.labels")))


LAXER = {
    "is no duty": DutyPlan(version=1, duty=()),
    "is monthly, not weekly": plan(every=Every.MONTHLY),
    "is the technical owner's": plan(role=Role.TECHNICAL_OWNER),
    "escalates to the source owner": plan(escalate_to=Role.SOURCE_OWNER),
    "escalates after 25 hours": plan(escalate_after_hours=25),
    "a mere note": plan(note=True),
    "begins with other evidence": plan(begins=Settles(about="rollout.plan")),
    "settled by data.version too": plan(evidence=(*DUTY.evidence, Settles(about="data.version"))),
    "settled by audit.verified too, or by less": audit(grade=Grade.ATTESTED),
    "audit.verified too, or by less of it": audit(where=("events >= 9",)),
    "verified too, or by less of it": audit(where=()),
}
STRICTER = {
    "the same": PLAN,
    "another number": DutyPlan(version=2, duty=(DUTY,)),
    "a duty more": DutyPlan(version=1, duty=(DUTY, DUTY.model_copy(update={"id": "more"}))),
    "daily": plan(every=Every.DAILY),
    "sooner": plan(escalate_after_hours=1),
    "one way less": plan(evidence=(AUDIT,)),
    "more events": audit(where=("events > 10",)),
    "one condition more": audit(where=("events >= 10", "verified == true")),
    "other words": plan(what="Look well.", do="tuneworthy status"),
}


@pytest.mark.parametrize("how", LAXER)
def test_what_asks_for_less_is_named(how: str) -> None:
    (said,) = laxer_duties(PLAN, LAXER[how])
    assert how in said


@pytest.mark.parametrize("how", STRICTER)
def test_what_asks_for_as_much_is_free(how: str) -> None:
    assert laxer_duties(PLAN, STRICTER[how]) == ()


@pytest.mark.parametrize(
    "how", [how for how in STRICTER if how not in ("the same", "another number", "other words")]
)
def test_the_way_back_from_stricter_is_laxer(how: str) -> None:
    assert laxer_duties(STRICTER[how], PLAN)


def test_every_duty_of_the_product_is_missed() -> None:
    whole = load_duties()
    for duty in whole.duty:
        rest = tuple(one for one in whole.duty if one != duty)
        said = laxer_duties(whole, DutyPlan(version=1, duty=rest))
        assert said == (f"{duty.id} is no duty any more",)


NEEDS = st.builds(
    Settles,
    about=st.sampled_from(["a", "b"]),
    where=st.lists(
        st.builds("{} {} {}".format, st.sampled_from("xy"), st.sampled_from([">=", "<", "=="]),
                  st.integers(-2, 2)),
        max_size=2,
    ).map(tuple),
    grade=st.sampled_from(Grade),
)  # fmt: skip
FOUND = st.builds(
    lambda about, grade, x, y: Evidence(
        id="", about=about, project="p", grade=grade, subjects=("p",), producer="job",
        producer_version="1", result={"x": x, "y": y}, created_at="2026-01-01T00:00:00+00:00",
    ),
    st.sampled_from(["a", "b"]), st.sampled_from(Grade), st.integers(-3, 3), st.integers(-3, 3),
)  # fmt: skip


@given(st.lists(NEEDS, min_size=1, max_size=3), st.lists(NEEDS, min_size=1, max_size=3), FOUND)
def test_what_counts_as_no_laxer_is_settled_by_nothing_new(
    old: list[Settles], new: list[Settles], found: Evidence
) -> None:
    before, after = plan(evidence=tuple(old)), plan(evidence=tuple(new))
    if not laxer_duties(before, after) and any(shows(one, found) for one in new):
        assert any(shows(one, found) for one in old)
