"""Every predicate of every level: what it rests on cannot be removed, staled or forged unseen.

The evidence is generated from the rubric itself, so that a predicate added later is tested too.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.assess import FACTORS, QUESTIONS, Predicate, may_train, score, shipped_rubric
from tuneworthy.assess.conditions import Condition, holds, parse
from tuneworthy.assess.ground import ground
from tuneworthy.assess.rubric import ANSWERS, GATE_FACTS, KNOWN_OF_PROJECT
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.project import Answers, Project, Source
from tuneworthy.core.nouns.scorecard import PredicateResult, Scorecard

NOW = datetime(2026, 6, 1, tzinfo=UTC)
CURRENT = {"dataset": "sha256:d", "suite": "sha256:s", "model": "sha256:m"}
GATES = ("start", "build", "proof", "release")
PROJECT = Project(
    id="p",
    use_case="call tools",
    goal="tool_calling",
    metric="tool_call_match",
    target=0.7,
    sources=(Source(path="rows.jsonl"),),
)
KNOWN = {
    "approach_minimum": 1_000,
    "target": 0.7,
    "declared_gain": 0.05,
    "best_alternative": "few_shot_8",
    "break_even": 1,
}
RUBRIC = shipped_rubric()
NO_ANSWERS = Answers()
NEEDED_ANSWERS = Answers(factors={f.id: True for f in FACTORS})
"""Only what a predicate about answers alone asks for."""
LIES = Answers(
    factors={f.id: True for f in FACTORS},
    questions={
        **{q.id: "yes, all of it" for q in QUESTIONS},
        **{f"D{n}": "5" for n in range(1, 7)},
    },
    costs={"upfront": 100, "returns": 10_000},
    strategic_value=5,
)


class Piece(NamedTuple):
    """One piece of evidence and the predicates that it was made for."""

    item: Evidence
    bears: tuple[str, ...]


def _value(conditions: Sequence[Condition], have: Mapping[str, Any]) -> Any:
    """A value of one field that meets all its conditions, among those that meet one."""
    if lists := [c.value for c in conditions if c.op == "has"]:
        return lists
    candidates = [have.get(conditions[0].field, 1)]
    for condition in conditions:
        right = condition.value
        if condition.named:
            name = str(right)
            right = KNOWN[name[1:]] if name.startswith("@") else have.get(name)
        if right is not None and condition.op:
            shift = {">": 1, "!=": 1, "<": -1}.get(condition.op, 0)
            candidates.insert(0, right + shift if shift else right)
    field = conditions[0].field
    fits = (v for v in candidates if all(c.holds({**have, field: v}, KNOWN) for c in conditions))
    return next(fits, candidates[0])


def _result(wheres: Sequence[str]) -> dict[str, Any]:
    """A result that meets every condition; the first of those joined by ``or`` is enough."""
    fields: dict[str, list[Condition]] = {}
    for text in wheres:
        condition = parse(text)[0]
        fields.setdefault(condition.field, []).append(condition)
    result: dict[str, Any] = {"name": "few_shot_8", "best_name": "few_shot_8"}
    for _ in range(3):  # fields that lean on other fields settle in a few rounds
        for name, conditions in fields.items():
            result[name] = _value(conditions, result)
        for conditions in fields.values():
            for condition in conditions:
                if condition.named and not str(condition.value).startswith("@"):
                    result.setdefault(str(condition.value), 1)
    assert all(holds(text, result, KNOWN) for text in wheres), (wheres, result)
    return result


def _evidence(
    name: str, about: str, wheres: Sequence[str], predicates: Sequence[Predicate], age: float
) -> Evidence:
    grade = max((p.grade for p in predicates), key=lambda g: g.cap)
    return Evidence(
        id=name,
        about=about,
        project="p",
        grade=grade,
        subjects=tuple(CURRENT.values()),
        producer="job",
        producer_version="1",
        result=_result(wheres),
        created_at=(NOW - timedelta(days=age)).isoformat(),
    )


def _pieces() -> list[Piece]:
    """All that the rubric asks for. Facts of which the newest counts get one piece for all."""
    found: list[Piece] = []
    about: dict[str, list[Predicate]] = {}
    for predicate in RUBRIC.predicates:
        if predicate.about in GATE_FACTS or predicate.about == ANSWERS:
            continue
        if predicate.pick == "newest":
            about.setdefault(predicate.about, []).append(predicate)
            continue
        for copy in range(predicate.count):
            name = f"{predicate.id}#{copy}"
            item = _evidence(name, predicate.about, predicate.where, [predicate], 0.4)
            found.append(Piece(item, (predicate.id,)))
    for fact, predicates in about.items():
        wheres = [text for p in predicates for text in p.where]
        # Thresholds must be older than the comparisons; everything else is newer than those.
        age = 0.5 if any(p.before for p in predicates) else 0.3
        item = _evidence(fact, fact, wheres, predicates, age)
        found.append(Piece(item, tuple(p.id for p in predicates)))
    return sorted(found, key=lambda piece: piece.item.created_at)


PIECES = _pieces()
WHOLE = [piece.item for piece in PIECES]
BY_ID = {p.id: p for p in RUBRIC.predicates}
BEARING = [(place, id_) for place, piece in enumerate(PIECES) for id_ in piece.bears]
FREE = {f.id for f in FACTORS}


def card(
    evidence: Sequence[Evidence],
    answers: Answers = NEEDED_ANSWERS,
    gates: Sequence[str] = GATES,
    current: Mapping[str, str] = CURRENT,
    now: datetime = NOW,
) -> Scorecard:
    return score(evidence, answers, PROJECT, current=current, now=now, approvals_open=gates)


def levels(found: Scorecard) -> dict[str, int]:
    return {d.id: d.evidenced for d in found.dimensions}


def result_of(found: Scorecard, predicate: str) -> PredicateResult:
    return next(p for d in found.dimensions for p in d.predicates if p.id == predicate)


def changed(place: int, **fields: Any) -> list[Evidence]:
    """The whole evidence with one piece replaced by another version of itself."""
    items = list(WHOLE)
    items[place] = items[place].model_copy(update=fields)
    return items


def lowered(evidence: Sequence[Evidence], predicate_id: str, **more: Any) -> PredicateResult:
    """Checks that the predicate fell, and its dimension with it; gives what is said of it."""
    predicate = BY_ID[predicate_id]
    found = card(evidence, **more)
    result = result_of(found, predicate_id)
    assert not result.held, predicate_id
    assert levels(found)[predicate.dimension] < predicate.level
    assert result.why
    assert result.reason
    assert result.evidence == ""
    return result


def test_the_generated_evidence_is_level_five_everywhere() -> None:
    whole = card(WHOLE)
    failed = {p.id: p.why for d in whole.dimensions for p in d.predicates if not p.held}
    assert failed == {}
    assert levels(whole) == dict.fromkeys(["D1", "D2", "D3", "D4", "D5", "D6"], 5)
    assert whole.gaps == ()
    assert whole.readiness.scale


def test_the_projects_known_values_are_those_that_conditions_may_name() -> None:
    on = ground(WHOLE, NO_ANSWERS, PROJECT, current=CURRENT, now=NOW, approvals_open=GATES)
    assert set(on.known) == KNOWN_OF_PROJECT
    assert on.known == KNOWN


@pytest.mark.parametrize(("place", "predicate"), BEARING)
def test_without_its_evidence_a_predicate_falls(place: int, predicate: str) -> None:
    rest = [item for other, item in enumerate(WHOLE) if other != place]
    result = lowered(rest, predicate)
    assert result.reason in ("none", "condition", "count", "other_subject")
    assert result.command == BY_ID[predicate].command


@pytest.mark.parametrize(("place", "predicate"), BEARING)
def test_evidence_of_another_project_holds_nothing(place: int, predicate: str) -> None:
    lowered(changed(place, project="another"), predicate)


@pytest.mark.parametrize(("place", "predicate"), BEARING)
def test_stale_evidence_holds_nothing_and_says_so(place: int, predicate: str) -> None:
    limit = BY_ID[predicate].max_age_days
    old = {"created_at": (NOW - timedelta(days=(limit or 1) + 0.01)).isoformat()}
    # Where the rubric sets no age, the evidence may bring its own.
    own = {} if limit else {"stale_after_days": 1}
    items = changed(place, **old, **own)
    moved = [items[place], *items[:place], *items[place + 1 :]]
    result = lowered(moved, predicate)
    assert result.reason in ("stale", "condition", "count")
    if result.reason == "stale":
        assert result.nearest == WHOLE[place].id
        assert result.stale_in_days is not None
        assert result.stale_in_days < 0
        assert result.age_days == pytest.approx((limit or 1) + 0.01)


SUBJECTED = [(place, id_) for place, id_ in BEARING if BY_ID[id_].subject != "any"]


@pytest.mark.parametrize(("place", "predicate"), SUBJECTED)
def test_evidence_about_another_digest_holds_nothing(place: int, predicate: str) -> None:
    result = lowered(changed(place, subjects=("sha256:old",)), predicate)
    assert result.reason in ("other_subject", "condition", "count")


@pytest.mark.parametrize("predicate", [p.id for p in RUBRIC.predicates if p.subject != "any"])
def test_a_new_digest_ends_what_was_found_about_the_old_one(predicate: str) -> None:
    subject = BY_ID[predicate].subject
    result = lowered(WHOLE, predicate, current={**CURRENT, subject: "sha256:new"})
    assert result.reason == "other_subject"
    without = {name: value for name, value in CURRENT.items() if name != subject}
    assert f"no {subject}" in lowered(WHOLE, predicate, current=without).why


STRONG = [(place, id_) for place, id_ in BEARING if BY_ID[id_].grade is not Grade.DECLARED]


@pytest.mark.parametrize(("place", "predicate"), STRONG)
def test_evidence_of_a_lower_grade_holds_nothing(place: int, predicate: str) -> None:
    lower = Grade.DECLARED if BY_ID[predicate].grade is Grade.ATTESTED else Grade.ATTESTED
    result = lowered(changed(place, grade=lower), predicate)
    assert result.reason in ("low_grade", "condition", "count")
    lowered(changed(place, grade=Grade.DECLARED), predicate)


CONDITIONS = [(place, id_, text) for place, id_ in BEARING for text in BY_ID[id_].where]


@pytest.mark.parametrize(("place", "predicate", "text"), CONDITIONS)
def test_a_result_that_does_not_say_it_holds_nothing(place: int, predicate: str, text: str) -> None:
    fields = [condition.field for condition in parse(text)]
    result = {k: v for k, v in WHOLE[place].result.items() if k not in fields}
    found = lowered(changed(place, result=result), predicate)
    assert found.reason in ("condition", "count")
    if found.reason == "condition":
        assert all(field in found.why for field in fields)


@pytest.mark.parametrize(("place", "predicate"), BEARING)
@pytest.mark.parametrize("stamp", ["2026-06-02T00:00:00+00:00", "9999-12-31T23:59:59-23:00", "-"])
def test_evidence_from_the_future_is_unknown_and_not_counted(
    place: int, predicate: str, stamp: str
) -> None:
    items = changed(place, created_at=stamp)
    result = lowered(items, predicate)
    assert result.reason in ("unknown", "condition", "count", "none")
    found = card(items)
    assert [u.evidence for u in found.uncounted] == [WHOLE[place].id]
    assert found.uncounted[0].doubt == "time"


@pytest.mark.parametrize("predicate", [p.id for p in RUBRIC.predicates if p.about in GATE_FACTS])
def test_a_shut_gate_cannot_be_replaced_by_evidence(predicate: str) -> None:
    about = BY_ID[predicate].about
    forged = WHOLE[0].model_copy(update={"about": about, "grade": Grade.MEASURED})
    shut = [gate for gate in GATES if gate != about.removeprefix("gate.")]
    assert lowered([*WHOLE, forged], predicate, gates=shut).reason == "gate_shut"


@pytest.mark.parametrize("predicate", [p.id for p in RUBRIC.predicates if p.about == ANSWERS])
def test_what_only_people_can_answer_falls_with_any_answer(predicate: str) -> None:
    forged = WHOLE[0].model_copy(update={"about": ANSWERS})
    for id_ in BY_ID[predicate].answers:
        rest = {k: v for k, v in NEEDED_ANSWERS.factors.items() if k != id_}
        result = lowered([*WHOLE, forged], predicate, answers=Answers(factors=rest))
        assert id_ in result.why


def test_every_predicate_was_tested_by_one_of_the_above() -> None:
    tested = {id_ for _, id_ in BEARING}
    tested |= {p.id for p in RUBRIC.predicates if p.about in GATE_FACTS or p.about == ANSWERS}
    assert tested == set(BY_ID)


# -- properties -----------------------------------------------------------------------------

SUBSET = st.sets(st.integers(0, len(WHOLE) - 1))
WAYS: dict[str, Callable[[Evidence], Evidence | None]] = {
    "remove": lambda _: None,
    "age": lambda e: e.model_copy(
        update={
            "created_at": (NOW - timedelta(days=4_000)).isoformat(),
            "stale_after_days": 1,
        }
    ),
    "other digest": lambda e: e.model_copy(update={"subjects": ("sha256:old",)}),
    "downgrade": lambda e: e.model_copy(update={"grade": Grade.DECLARED}),
    "future": lambda e: e.model_copy(update={"created_at": "2027-01-01T00:00:00+00:00"}),
}


@settings(deadline=None, max_examples=60)
@given(SUBSET, st.integers(0, len(WHOLE) - 1), st.sampled_from(sorted(WAYS)))
def test_losing_good_evidence_never_raises_a_level(absent: set[int], lost: int, how: str) -> None:
    before = [item for place, item in enumerate(WHOLE) if place not in absent or place == lost]
    after = [WAYS[how](item) if item is WHOLE[lost] else item for item in before]
    had = levels(card(before))
    has = levels(card([item for item in after if item is not None]))
    assert all(has[id_] <= had[id_] for id_ in had)


TYPED = st.builds(
    Answers,
    factors=st.dictionaries(st.sampled_from([f.id for f in FACTORS]), st.booleans()),
    questions=st.dictionaries(
        st.sampled_from([*(q.id for q in QUESTIONS), *(f"D{n}" for n in range(1, 7))]),
        st.sampled_from(["", "no", "yes", "5", "everything is done", "?"]),
    ),
    costs=st.sampled_from([{}, {"rate": 100}]),
    strategic_value=st.integers(0, 5),
)


@settings(deadline=None, max_examples=60)
@given(SUBSET, TYPED, st.sets(st.sampled_from(GATES)))
def test_answers_alone_never_lift_any_dimension_above_two(
    present: set[int], answers: Answers, gates: set[str]
) -> None:
    evidence = [WHOLE[place] for place in sorted(present)]
    silent, told = card(evidence, NO_ANSWERS, sorted(gates)), card(evidence, answers, sorted(gates))
    for before, after in zip(silent.dimensions, told.dimensions, strict=True):
        # Level 2 may rest on words; above it every word is worth nothing by itself.
        above = [(p.id, p.held) for p in before.predicates if p.level > 2]
        assert above == [(p.id, p.held) for p in after.predicates if p.level > 2]
        assert after.declared <= 2
    assert max(levels(card([], answers, sorted(gates))).values()) <= 2


def test_a_project_that_lies_about_everything_gains_nothing_above_two() -> None:
    honest, liar = card([], NO_ANSWERS, gates=()), card([], LIES, gates=())
    assert set(levels(honest).values()) == {1}
    assert max(levels(liar).values()) == 2
    for d in liar.dimensions:
        assert not any(p.held for p in d.predicates if p.level > 2), d.id
        assert all(p.grade == "declared" for p in d.predicates if p.held)
    assert not may_train(liar)
    assert not liar.readiness.release
    assert {gap.gate for gap in liar.gaps} == {"start", "build", "proof", "release"}


def test_declared_evidence_is_worth_no_more_than_an_answer() -> None:
    typed = [item.model_copy(update={"grade": Grade.DECLARED}) for item in WHOLE]
    assert max(levels(card(typed, LIES, gates=())).values()) == 2


# -- clocks ---------------------------------------------------------------------------------


def drill(restored: bool, hours: float) -> Evidence:
    good = next(item for item in WHOLE if item.about == "rollout.rollback_drill")
    return good.model_copy(
        update={
            "id": f"drill {restored} {hours}",
            "result": {**good.result, "restored": restored},
            "created_at": (NOW - timedelta(hours=hours)).isoformat(),
        }
    )


REST = [item for item in WHOLE if item.about != "rollout.rollback_drill"]
DRILL = "D6.3.drill"


def test_a_clock_set_back_does_not_hide_a_failure() -> None:
    # The failed drill was recorded last; its stamp says that it came first.
    ledger = [*REST, drill(True, 1), drill(False, 30)]
    assert not result_of(card(ledger), DRILL).held
    assert result_of(card([*REST, drill(False, 30), drill(True, 1)]), DRILL).held


def test_a_clock_set_forward_does_not_hide_a_failure_and_proves_nothing() -> None:
    ledger = [*REST, drill(True, 1), drill(False, -48)]
    found = card(ledger)
    assert result_of(found, DRILL).reason == "unknown"
    assert "restored" in result_of(found, DRILL).why
    assert [u.evidence for u in found.uncounted] == ["drill False -48"]
    # Good news from the future neither helps nor harms.
    assert (
        result_of(card([*REST, drill(True, 1), drill(True, -48)]), DRILL).evidence == "drill True 1"
    )
    assert result_of(card([*REST, drill(True, -48)]), DRILL).reason == "unknown"


def test_a_few_minutes_between_two_clocks_are_forgiven() -> None:
    assert result_of(card([*REST, drill(True, -0.05)]), DRILL).held
    assert not result_of(card([*REST, drill(True, -0.2)]), DRILL).held


def test_when_the_machines_clock_falls_back_everything_is_unknown_not_fresh() -> None:
    found = card(WHOLE, now=NOW - timedelta(days=30))
    assert len(found.uncounted) == len(WHOLE)
    assert max(levels(found).values()) <= 2


def test_what_is_held_says_by_what_how_old_and_what_ends_it() -> None:
    result = result_of(card([*REST, drill(True, 24)]), DRILL)
    assert result.held
    assert (result.grade, result.needs, result.evidence) == (
        "measured",
        "measured",
        "drill True 24",
    )
    assert result.age_days == 1
    assert result.stale_in_days == 89
    assert "90 days" in result.stale_when
    profile = result_of(card(WHOLE), "D2.3.profile")
    assert profile.stale_in_days is None
    assert "new dataset" in profile.stale_when
    assert card(WHOLE).timeless() == card(WHOLE, now=NOW + timedelta(minutes=9)).timeless()


def test_an_unmet_condition_is_told_with_the_values_found() -> None:
    place = next(i for i, item in enumerate(WHOLE) if item.about == "data.profile")
    short = {**WHOLE[place].result, "rows": 412}
    why = result_of(card(changed(place, result=short)), "D2.3.enough").why
    assert why == ("rows >= @approach_minimum does not hold: rows is 412, approach_minimum is 1000")


def test_a_text_is_no_list_of_roles() -> None:
    assert not holds('roles has "data_steward"', {"roles": "no data_steward at all"}, {})
