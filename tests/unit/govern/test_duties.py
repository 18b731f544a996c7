"""Duties by the clock: settled by evidence, else assigned, else escalated; whatever time does."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.cli.known_commands import command_fault
from tuneworthy.core.nouns.duties import DutyNote, DutyState, DutyTask, Every, Settles
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.govern import (
    Adopted,
    Duty,
    DutyPlan,
    due,
    duty_states,
    load_duties,
    make_task,
    may_note,
    read_duties,
    rests_on,
    shipped_duties,
    summarise,
)
from tuneworthy.methods.canonical import digest

START = datetime(2026, 1, 1, tzinfo=UTC)
BEGINS = Settles(about="rollout.finished")
PLAN = DutyPlan(
    version=1,
    duty=(
        Duty(
            id="look",
            every=Every.DAILY,
            role=Role.REVIEW_LEAD,
            what="Look.",
            begins=BEGINS,
            evidence=(Settles(about="looked", where=("ok == true",)),),
            note=False,
            escalate_after_hours=24,
            escalate_to=Role.MODEL_OWNER,
        ),
        Duty(
            id="think",
            every=Every.WEEKLY,
            role=Role.MODEL_OWNER,
            what="Think.",
            begins=BEGINS,
            escalate_after_hours=48,
            escalate_to=Role.BUSINESS_OWNER,
        ),
    ),
)
PEOPLE = tuple(
    Person(id=name, name=name.title(), roles=roles, public_key="")
    for name, roles in {
        "ann": (Role.REVIEW_LEAD,),
        "bob": (Role.MODEL_OWNER,),
        "cai": (Role.BUSINESS_OWNER,),
        "dot": (Role.GOVERNANCE_OWNER,),
    }.items()
)


def fact(about: str, at: datetime, grade: Grade = Grade.MEASURED, **result: object) -> Evidence:
    return Evidence(
        id=digest([about, at.isoformat(), str(result)]),
        about=about,
        project="p",
        grade=grade,
        subjects=("p",),
        producer="job",
        producer_version="1",
        result=result,
        created_at=at.isoformat(),
    )


def word(
    task: DutyTask, by: str, at: datetime, outcome: str = "done", evidence: str = ""
) -> DutyNote:
    facts = {"task": task.id, "by": by, "outcome": outcome, "evidence": evidence}
    return DutyNote.model_validate(
        {
            **facts,
            "id": digest([facts, at.isoformat()]),
            "project": "p",
            "reason": "so",
            "created_at": at.isoformat(),
            "envelope": {},
        }
    )


class Book:
    """What a project keeps: tasks are raised at every look and never taken back."""

    def __init__(self, since: datetime = START) -> None:
        self.evidence = [fact("rollout.finished", since)]
        self.notes: list[DutyNote] = []
        self.tasks: dict[str, DutyTask] = {}
        self.since = since

    def look(self, now: datetime) -> tuple[DutyState, ...]:
        first: dict[str, datetime] = {}
        for task in self.tasks.values():
            at = datetime.fromisoformat(task.starts_at)
            first[task.duty] = min(at, first.get(task.duty, at))
        adopted = {duty.id: Adopted(self.since, first.get(duty.id)) for duty in PLAN.duty}
        for duty, period in due(PLAN, self.evidence, adopted, now):
            task = make_task(
                duty, period, project="p", plan="1", raised_at=now.isoformat(), accelerated=False
            )
            self.tasks.setdefault(task.id, task)
        return duty_states(self.tasks.values(), self.evidence, self.notes, PEOPLE, now)

    def of(self, duty: str, now: datetime) -> list[DutyState]:
        return [one for one in self.look(now) if one.task.duty == duty]


def days(n: float) -> timedelta:
    return timedelta(days=n)


def test_a_duty_is_assigned_then_escalated_and_done_once_the_evidence_is_there() -> None:
    book = Book()
    (first,) = book.of("look", START + days(0.5))
    assert (first.state, first.people, first.late) == ("assigned", ("ann",), False)
    held = book.of("look", START + days(1.5))
    assert [(one.state, one.late) for one in held] == [("assigned", True), ("assigned", False)]
    assert book.of("look", START + days(2))[0].state == "escalated"
    book.evidence.append(fact("looked", START + days(2.1), ok=True))
    assert [one.state for one in book.of("look", START + days(2.2))] == [
        "escalated",
        "assigned",
        "done",
    ]


def test_evidence_that_says_otherwise_or_of_too_low_a_grade_settles_nothing() -> None:
    book = Book()
    at = START + days(0.2)
    book.evidence += [
        fact("looked", at, ok=False),
        fact("looked", at),
        fact("looked", at, Grade.DECLARED, ok=True),
        fact("other", at, ok=True),
    ]
    assert [one.state for one in book.of("look", at)] == ["assigned"]


def test_the_ends_of_a_period_belong_to_the_period_that_begins_there() -> None:
    book = Book()
    book.evidence.append(fact("looked", START + days(1), ok=True))
    assert [one.state for one in book.of("look", START + days(1.1))] == ["assigned", "done"]


def test_before_the_evidence_that_begins_it_nothing_is_due() -> None:
    book = Book()
    book.evidence = []
    assert book.look(START + days(400)) == ()
    assert summarise((), START) is None


def test_late_evidence_is_carried_to_one_task_by_a_note_and_to_no_second_one() -> None:
    book = Book()
    now = START + days(3.5)
    late = fact("looked", START + days(3.2), ok=True)
    more = fact("looked", START + days(3.3), ok=True)
    book.evidence += [late, more]
    first, second, third, fourth = book.of("look", now)
    assert fourth.settled_by == late.id
    used = {late.id: fourth.task.id}
    assert "settles 2026-01-04 already" in rests_on(first.task, late, used)
    assert rests_on(first.task, more, used) == ""
    assert "older" in rests_on(third.task, fact("looked", START, ok=True), {})
    assert "takes evidence: looked" in rests_on(first.task, None, {})
    book.notes = [
        word(first.task, "ann", now, evidence=late.id),
        word(first.task, "ann", now, evidence=more.id),
        word(second.task, "ann", now, evidence=more.id),
        word(third.task, "ann", now),
    ]
    states = book.of("look", now)
    assert [one.state for one in states] == ["done", "escalated", "assigned", "done"]
    assert (states[0].settled_by, states[0].late) == (more.id, True)


def test_a_note_settles_a_duty_that_takes_one_and_the_first_one_stands() -> None:
    book = Book()
    now = START + days(1)
    (task,) = [one.task for one in book.of("think", now)]
    book.notes = [word(task, "bob", now), word(task, "cai", now, "skipped")]
    (state,) = book.of("think", now)
    assert (state.state, state.said, state.late) == ("done", "Bob: so", False)


def test_who_may_say_what() -> None:
    book = Book()
    (task,) = [one.task for one in book.of("look", START)]
    may = {(p.id, o): not may_note(p, task, o) for p in PEOPLE for o in ("done", "skipped")}
    assert {key for key, yes in may.items() if yes} == {
        ("ann", "done"),
        ("bob", "done"),
        ("bob", "skipped"),
        ("dot", "skipped"),
    }
    gone = PEOPLE[0].model_copy(update={"active": False})
    assert may_note(gone, task, "done") == "ann is not active"


MOMENTS = st.lists(
    st.tuples(st.integers(0, 60 * 24), st.sampled_from(["", "looked", "note"])), max_size=40
)


@settings(max_examples=150, deadline=None)
@given(MOMENTS)
def test_a_clock_that_jumps_loses_nothing_and_counts_nothing_twice(
    steps: list[tuple[int, str]],
) -> None:
    """Looks at any moments in any order end as one look would that was made at the last of them."""
    book = Book()
    for hour, what in steps:
        now = START + timedelta(hours=hour)
        if what == "looked":
            book.evidence.append(fact("looked", now, ok=True))
        states = book.look(now)
        if what == "note" and (open_ := [one for one in states if one.state == "assigned"]):
            book.notes.append(word(open_[0].task, "bob", now))
        for state in states:
            ahead = state.task.starts_at > now.isoformat()
            assert (state.state == "ahead") == (ahead and not state.settled_by)
    latest = START + timedelta(hours=max((hour for hour, _ in steps), default=0))
    states = book.look(latest)
    steady = Book()
    steady.evidence, steady.notes = book.evidence, book.notes
    assert states == tuple(
        one.model_copy(update={"task": book.tasks[one.task.id]}) for one in steady.look(latest)
    )
    names = [one.task.period for one in states if one.task.duty == "look"]
    assert names == [f"{START + days(n):%Y-%m-%d}" for n in range((latest - START).days + 1)]
    by = Counter((one.task.duty, one.settled_by) for one in states if one.settled_by)
    assert not by or max(by.values()) == 1


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 4000), st.lists(st.integers(0, 400), min_size=1, max_size=8))
def test_a_duty_taken_up_by_a_clock_that_was_ahead_begins_all_the_same(
    ahead: int, looks: list[int]
) -> None:
    """Nothing is lost when stamps lie in the future: the first look at the right time counts."""
    book = Book(START + days(ahead))
    moments = sorted(looks)
    for day in moments:
        book.look(START + timedelta(days=day))
    end = START + days(ahead + 500)
    names = [one.task.period for one in book.of("look", end)]
    began = min(ahead, moments[0])
    assert names == [f"{START + days(n):%Y-%m-%d}" for n in range(began, ahead + 501)]


def test_a_year_day_by_day() -> None:
    """365 daily and 53 weekly tasks, each raised once; what is done in time is counted as that."""
    book = Book()
    for day in range(365):
        now = START + days(day) + timedelta(hours=12)
        if day % 10:
            book.evidence.append(fact("looked", now, ok=True))
        for one in book.of("think", now):
            if one.state == "assigned" and not one.late and now.weekday() == 4:
                book.notes.append(word(one.task, "bob", now))
    end = START + days(364) + timedelta(hours=13)
    looked = Counter(one.state for one in book.of("look", end))
    assert looked == {"done": 328, "escalated": 37}
    assert Counter(one.state for one in book.of("think", end))["done"] == 52
    summary = summarise(book.look(end), end)
    assert summary is not None
    assert summary.due == 90 + 13
    assert summary.kept == 103 - sum(day % 10 == 0 for day in range(274, 364))
    assert "escalated" in summary.text


def test_the_shipped_plan_names_every_duty_of_the_four_rhythms() -> None:
    plan = load_duties()
    assert {duty.every for duty in plan.duty} == set(Every)
    assert read_duties(shipped_duties()).digest == plan.digest
    for duty in plan.duty:
        assert not command_fault(duty.do), duty.do
        assert Role.PLATFORM_ADMIN not in (duty.role, duty.escalate_to)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"note": False, "evidence": ()}, "nothing settles look"),
        ({"escalate_to": "review_lead"}, "escalates to the role"),
        ({"begins": {"about": "x", "where": ["no condition"]}}, "not a condition"),
        ({"every": "hourly"}, "daily"),
        ({"id": "Look!"}, "pattern"),
        ({"unknown": 1}, "Extra"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(change: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        Duty.model_validate({**PLAN.duty[0].model_dump(), **change})
    with pytest.raises(ValueError, match="two duties are called look"):
        DutyPlan(version=1, duty=(PLAN.duty[0], PLAN.duty[0]))


@given(st.text(max_size=60))
def test_any_text_is_a_plan_or_a_value_error(text: str) -> None:
    try:
        plan = read_duties(text)
    except ValueError:
        return
    assert plan.digest.startswith("sha256:")
