"""Which question comes next, what is never asked, and which answers do not fit together."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.assess import BESIDES, FACTORS, QUESTIONS, decide, score, shipped_rubric, waivers
from tuneworthy.assess.interview import Known, interview, next_question
from tuneworthy.assess.replies import LONGEST, fault_of, read_reply
from tuneworthy.cli.known_commands import command_fault
from tuneworthy.core.nouns.decision import Verdict
from tuneworthy.core.nouns.enterprise import Answer, EnterpriseAnswer, KnownBy
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.interview import Interview, InterviewQuestion, Scale
from tuneworthy.core.nouns.project import Answers, Project

GATES = ("start", "build", "proof", "release")
IDS = [f.id for f in FACTORS]
WORDED = [q.id for q in QUESTIONS if q.kind in ("enterprise", "resilience", "owner")]
PROJECT = Project.model_validate(
    {
        "id": "p",
        "use_case": "Name the subject",
        "goal": "format",
        "metric": "exact_match",
        "target": 0.8,
        "sources": [{"path": "data.jsonl"}],
    }
)


SECTIONS = ("upfront", "ongoing", "returns")
COSTS = st.sampled_from([None, [], 0, 40, 2.5, "20 to 40", [{"name": "a", "spend": 3}]])


def answers_of() -> st.SearchStrategy[Answers]:
    texts = st.sampled_from(["", "?", "no", "yes", "Ana", "unknown", " "])
    ids = [*WORDED, "C2_reason", "C3_reason", "quality_examples"]
    return st.builds(
        Answers,
        factors=st.dictionaries(st.sampled_from(IDS), st.booleans()),
        questions=st.dictionaries(st.sampled_from(ids), texts),
        costs=st.dictionaries(st.sampled_from(SECTIONS), COSTS),
        strategic_value=st.integers(0, 5),
    )


FOUND = st.dictionaries(
    st.sampled_from(IDS), st.tuples(st.booleans(), st.just("12 of 40 runs")), max_size=16
)


HOW: list[KnownBy] = ["", "declared", "measured", "attested"]


def _judged(id_: str, by: KnownBy) -> EnterpriseAnswer:
    answer: Answer = "yes" if by else "unknown"
    return EnterpriseAnswer(id=id_, text="x", answer=answer, known_by=by, why="w")


@st.composite
def knowns(draw: st.DrawFn) -> Known:
    judged = [_judged(id_, draw(st.sampled_from(HOW))) for id_ in WORDED]
    return Known(
        project=PROJECT,
        rubric=shipped_rubric(),
        open_gates=draw(st.sets(st.sampled_from(GATES))),
        found=draw(FOUND),
        enterprise=judged,
    )


def plain(**more: Any) -> Known:
    return Known(**{"project": PROJECT, "rubric": shipped_rubric(), **more})


def sitting(answers: Answers, known: Known, *, again: bool = False) -> list[InterviewQuestion]:
    """All that would be asked if everything were skipped."""
    state, asked = interview(answers, known), list[InterviewQuestion]()
    while question := next_question(state, [q.id for q in asked], again=again):
        asked.append(question)
        assert len(asked) <= len(state.questions), "it does not end"
    return asked


@given(answers_of(), knowns(), st.booleans())
def test_it_ends_and_never_asks_what_is_known(answers: Answers, known: Known, again: bool) -> None:
    asked = sitting(answers, known, again=again)
    assert len({q.id for q in asked}) == len(asked)
    computed = {e.id for e in known.enterprise if e.known_by in ("measured", "attested")}
    assert not {q.id for q in asked} & ({*known.found} | computed)
    for question in asked:
        assert not question.measured
        assert again or not question.on_file
        assert not question.id.startswith(("U", "S"))


@given(answers_of(), answers_of(), knowns())
def test_the_order_does_not_depend_on_answers(one: Answers, other: Answers, known: Known) -> None:
    first, second = interview(one, known), interview(other, known)
    assert [q.id for q in first.questions] == [q.id for q in second.questions]
    assert interview(one, known) == first


@given(answers_of(), knowns())
def test_every_question_is_there_once_and_shut_gates_come_first(
    answers: Answers, known: Known
) -> None:
    state = interview(answers, known)
    ids = [q.id for q in state.questions]
    assert sorted(ids) == sorted([*IDS, *WORDED, *(b.id for b in BESIDES)])
    shut = [q.gate not in known.open_gates for q in state.questions]
    assert shut == sorted(shut, reverse=True)
    places = [GATES.index(q.gate) for q in state.questions if q.gate not in known.open_gates]
    assert places == sorted(places)


@given(answers_of(), knowns(), st.data())
def test_an_answer_closes_its_question_and_no_other(
    answers: Answers, known: Known, data: st.DataObject
) -> None:
    asked = sitting(answers, known)
    if not asked:
        return
    question = data.draw(st.sampled_from(asked))
    before, after = interview(answers, known), interview(with_answer(answers, question), known)
    changed = {
        q.id for q, r in zip(before.questions, after.questions, strict=True) if q.state != r.state
    }
    follow = {"C2": {"C2_reason"}, "C3": {"C3_reason"}, "A1": {"E5"}}
    assert question.id in changed
    assert changed <= {question.id} | follow.get(question.id, set())


def with_answer(answers: Answers, question: InterviewQuestion) -> Answers:
    if question.factor:
        return answers.model_copy(update={"factors": {**answers.factors, question.id: False}})
    if question.id == "strategic_value":
        return answers.model_copy(update={"strategic_value": 3})
    if question.scale == "amount":
        return answers.model_copy(update={"costs": {**answers.costs, question.place[1]: 40}})
    text = {"count": "12", "yes_no": "no"}.get(question.scale, "because")
    return answers.model_copy(update={"questions": {**answers.questions, question.id: text}})


def test_a_fresh_project_is_asked_about_the_need_first() -> None:
    asked = [q.id for q in sitting(Answers(), plain())]
    assert asked[:16] == IDS
    assert "C2_reason" not in asked
    assert asked[-1] in ("R1", "R2", "R3", "E9")


def test_what_is_measured_is_shown_with_its_numbers() -> None:
    known = plain(found={"C1": (False, "prompt variants run: 3, needed: 5")})
    question = interview(Answers(factors={"C1": True}), known).find("C1")
    assert question is not None
    assert (question.state, question.on_file) == ("measured", "yes")
    assert question.measured == "no: prompt variants run: 3, needed: 5"


@pytest.mark.parametrize(
    ("typed", "found", "asked"),
    [
        ({}, {}, False),
        ({"C2": True}, {}, False),
        ({"C2": False}, {}, True),
        ({"C2": False}, {"C2": (True, "2 models")}, False),
        ({"C2": True}, {"C2": (False, "1 model")}, True),
    ],
)
def test_a_waiver_is_asked_for_only_where_it_could_apply(
    typed: dict[str, bool], found: Mapping[str, Any], asked: bool
) -> None:
    ids = [q.id for q in sitting(Answers(factors=typed), plain(found=found))]
    assert ("C2_reason" in ids) is asked
    if asked and "C2" in ids:
        assert ids.index("C2_reason") == ids.index("C2") + 1


def test_money_is_asked_as_one_amount_and_never_over_rows() -> None:
    rows = Answers(costs={"upfront": [{"name": "a", "hours": 3}], "ongoing": [], "returns": "9"})
    state = interview(rows, plain())
    said = {id_: state.find(f"cost_{id_}") for id_ in SECTIONS}
    assert {id_: q and q.state for id_, q in said.items()} == {
        "upfront": "not_asked",
        "ongoing": "open",
        "returns": "answered",
    }
    assert "cost_upfront" not in {q.id for q in sitting(rows, plain(), again=True)}


def test_an_answer_that_follows_from_another_is_not_asked() -> None:
    assert "E5" in {q.id for q in sitting(Answers(), plain())}
    typed = Answers(factors={"A1": True})
    assert "E5" not in {q.id for q in sitting(typed, plain())}
    found = interview(typed, plain()).find("E5")
    assert found is not None
    assert found.on_file == "no, from A1"


@pytest.mark.parametrize("left_out", [[], ["A1"], ["C1", "A3"]], ids=str)
def test_what_is_measured_need_not_be_typed_to_have_answered_everything(
    left_out: list[str],
) -> None:
    measured = [id_ for id_ in IDS if id_ not in left_out]
    card = score(
        [],
        Answers(),
        PROJECT,
        current={},
        now=datetime(2026, 1, 1, tzinfo=UTC),
        approvals_open=(),
        measured=measured,
    )
    found = {p.id: p for d in card.dimensions for p in d.predicates}["D1.2.factors"]
    assert found.held is not bool(left_out)
    assert found.why == (f"not answered: {', '.join(left_out)}" if left_out else "")
    assert card.dimensions[0].declared == 1, "nobody typed anything"


# -- contradictions ---------------------------------------------------------------------------


@given(answers_of())
def test_typed_answers_clash_just_when_the_verdict_calls_them_inconsistent(
    answers: Answers,
) -> None:
    decided = decide(
        {id_: answers.factors.get(id_) for id_ in IDS}, basis="declared", waived=waivers(answers)
    )
    found = [c for c in interview(answers, plain()).contradictions if "examples" not in c.id]
    assert bool(found) is (decided.verdict is Verdict.INCONSISTENT_ANSWERS)


@given(answers_of(), knowns())
def test_no_contradiction_asks_for_what_is_measured(answers: Answers, known: Known) -> None:
    state = interview(answers, known)
    for found in state.contradictions:
        assert not set(found.ask) & set(known.found)
        for id_, said in found.take_over:
            assert known.found[id_][0] is (said == "yes")


@given(answers_of(), knowns())
def test_taking_over_what_was_measured_ends_the_contradiction(
    answers: Answers, known: Known
) -> None:
    for found in interview(answers, known).contradictions:
        if not found.take_over:
            continue
        new = {id_: said == "yes" for id_, said in found.take_over}
        changed = answers.model_copy(update={"factors": {**answers.factors, **new}})
        left = {one.id for one in interview(changed, known).contradictions}
        assert found.id not in left


def count_of(rows: int) -> Evidence:
    return Evidence(
        id="e1",
        about="data.profile",
        project="p",
        grade=Grade.MEASURED,
        subjects=("d",),
        producer="job",
        producer_version="0",
        result={"rows": rows},
        created_at="2026-01-01T00:00:00+00:00",
    )


def test_more_examples_than_remain_is_said_with_both_numbers() -> None:
    known = plain(evidence=[count_of(412)], found={"A4": (True, "412 left")})
    typed = Answers(questions={"quality_examples": "10,000"})
    (found,) = interview(typed, known).contradictions
    assert found.text.startswith("You said 10,000 examples; 412 remain after cleaning")
    assert found.take_over == (("quality_examples", "412"),)
    assert "the measurement governs" in found.kept


def test_a_typed_number_of_examples_is_held_against_what_was_typed_of_it() -> None:
    much = {"quality_examples": "10,000"}
    typed = Answers(factors={"A4": True}, questions=much)
    (found,) = interview(typed, plain()).contradictions
    assert found.text == (
        "You said yes to A4 (too few good examples), and that there are 10,000; instruction "
        "fine-tuning needs 500."
    )
    assert found.ask == ("A4", "quality_examples")
    fitting = Answers(factors={"A4": False}, questions=much)
    assert interview(fitting, plain()).contradictions == ()
    known = plain(evidence=[count_of(10_000)], found={"A4": (False, "10,000 left")})
    assert [c.id for c in interview(typed, known).contradictions] == ["A4"]


def test_the_two_pairs_are_told_and_can_be_changed() -> None:
    works = dict.fromkeys(["C1", "C2", "C3", "C4", "C5", "A5"], True)
    (found,) = interview(Answers(factors=works), plain()).contradictions
    assert found.ask[0] == "A5"
    (found,) = interview(Answers(factors={"I4": True, "A2": True}), plain()).contradictions
    assert found.ask == ("I4", "A2")
    waived = {**works, "C2": False}
    reason = {"C2_reason": "one machine"}
    assert interview(Answers(factors=waived), plain()).contradictions == ()
    assert interview(Answers(factors=waived, questions=reason), plain()).contradictions
    # All is measured, and what is measured was taken over: the reason alone is left to think of.
    found_out = {id_: (said, "counted") for id_, said in waived.items()}
    known = plain(found=found_out)
    (found,) = interview(Answers(factors=waived, questions=reason), known).contradictions
    assert (found.take_over, found.ask) == ((), ("C2_reason",))


# -- replies ----------------------------------------------------------------------------------


def asked_on(scale: Scale) -> InterviewQuestion:
    return InterviewQuestion(
        id="X", text="?", why="w", settle="s", scale=scale, place=("x",), gate="start", state="open"
    )


SCALES: list[Scale] = ["yes_no", "words", "reason", "mark", "count", "amount"]


@given(st.sampled_from(SCALES), st.text(max_size=40))
def test_whatever_is_typed_is_an_answer_on_the_scale_a_move_or_a_fault(
    scale: Scale, text: str
) -> None:
    question = asked_on(scale)
    reply = read_reply(question, text)
    assert bool(reply.fault) is (reply.kind == "fault")
    if reply.kind == "answer":
        assert fault_of(question, reply.value) == ""
    else:
        assert reply.value is None


@pytest.mark.parametrize(
    ("scale", "text", "value"),
    [
        ("yes_no", " Y\n", True),
        ("yes_no", "no", False),
        ("yes_no", "?", None),
        ("words", "y", "yes"),
        ("words", "  Ana Silva ", "Ana Silva"),
        ("words", "no", "no"),
        ("reason", "Only one may leave the house.", "Only one may leave the house."),
        ("mark", "5", 5),
        ("count", "10,000", 10_000),
        ("count", "0", 0),
        ("amount", "3,200", 3_200),
        ("amount", "0", 0),
        ("amount", "12.5", 12.5),
        ("amount", "2,000  to 4000.50", "2000 to 4000.5"),
        ("amount", "40 to 40", 40),
    ],
)
def test_answers_are_understood(scale: Scale, text: str, value: Any) -> None:
    reply = read_reply(asked_on(scale), text)
    assert (reply.kind, reply.value) == ("answer", value)
    assert type(reply.value) is type(value)


@pytest.mark.parametrize(
    ("scale", "text"),
    [
        ("yes_no", "maybe"),
        ("yes_no", "1"),
        ("mark", "0"),
        ("mark", "6"),
        ("amount", "much"),
        ("amount", "-3"),
        ("amount", "40 to 20"),
        ("amount", "1 to 2 to 3"),
        ("amount", "9" * 400),
        ("amount", "1e3"),
        ("amount", "3,20"),
        ("mark", "4.5"),
        ("count", "-3"),
        ("count", "many"),
        ("count", "9" * 5000),
        ("reason", "yes"),
        ("reason", "No"),
        ("words", "red\x1b[31m"),
        ("words", "a\u2028b"),
        ("words", "bad \udce9 byte"),
        ("words", "x" * (LONGEST + 1)),
    ],
)
def test_what_is_off_the_scale_is_said(scale: Scale, text: str) -> None:
    assert read_reply(asked_on(scale), text).kind == "fault"


@pytest.mark.parametrize(
    ("text", "kind"), [("", "skip"), ("S", "skip"), ("back", "back"), ("q", "quit")]
)
def test_moves(text: str, kind: str) -> None:
    assert all(read_reply(asked_on(scale), text).kind == kind for scale in SCALES)


@pytest.mark.parametrize(
    ("scale", "value"),
    [
        ("yes_no", 1),
        ("yes_no", "yes"),
        ("mark", True),
        ("mark", 9),
        ("words", 3),
        ("words", " "),
        ("amount", True),
        ("amount", float("nan")),
        ("amount", -1),
    ],
)
def test_a_program_cannot_write_what_is_off_the_scale(scale: Scale, value: Any) -> None:
    assert fault_of(asked_on(scale), value)


# -- the table --------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [*FACTORS, *QUESTIONS, *BESIDES], ids=lambda row: str(row.id))
def test_every_question_says_why_and_what_settles_it(row: Any) -> None:
    assert row.why.endswith(".")
    assert row.settle
    commands = re.findall(r": (tuneworthy .*)$", row.settle)
    assert commands or row.settle.endswith(".")
    assert [command_fault(command) for command in commands] == [""] * len(commands)


def test_the_noun_finds_nothing_it_does_not_have() -> None:
    assert Interview(questions=()).find("C1") is None
