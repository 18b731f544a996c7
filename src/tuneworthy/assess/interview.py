"""Which question is next: what opens the next gate first, and never what is known already."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from tuneworthy.assess.approach import approach_for
from tuneworthy.assess.contradictions import EXAMPLES, disagreements, whole_number
from tuneworthy.assess.factors import BESIDES, FACTORS, QUESTIONS, Beside, Factor, Question
from tuneworthy.assess.measured import Measured, quality_examples
from tuneworthy.assess.rubric import Rubric
from tuneworthy.assess.verdict import waivers
from tuneworthy.core.nouns.enterprise import EnterpriseAnswer
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.interview import (
    Contradiction,
    Interview,
    InterviewQuestion,
    Scale,
    State,
    Value,
)
from tuneworthy.core.nouns.project import Answers, Project

FOLLOWS = {"E5": "A1"}
"""Questions that another answer settles: a task is stable when requirements do not change."""

_WORDS = {True: "yes", False: "no"}
_ASKED_KINDS = ("enterprise", "resilience", "owner")
_BLANK = frozenset({"", "?", "unknown"})
_CEILING = tuple(f.id for f in FACTORS if f.kind == "ceiling")
_GOVERNS = "The answer stays on file as typed; the measurement governs all the same."
_CLASH = "Both stay on file as typed; as declared the verdict is then INCONSISTENT_ANSWERS."

Row = Factor | Question | Beside


class Known(NamedTuple):
    """What the record says, whatever anybody types in."""

    project: Project
    rubric: Rubric
    open_gates: Collection[str] = ()
    found: Measured = {}  # noqa: RUF012 - never changed
    enterprise: Sequence[EnterpriseAnswer] = ()
    evidence: Sequence[Evidence] = ()


def interview(answers: Answers, known: Known) -> Interview:
    """Every question as it stands, in the order in which it is asked.

    What opens the first gate that is shut comes first; within a gate first what the rubric asks
    for. The order depends on the rubric and the gates alone, never on an answer.
    """
    measured = _measured(known)
    return Interview(
        questions=tuple(_question(row, answers, known, measured) for row in _ordered(known)),
        contradictions=(
            *_denied(answers, known),
            *_clashes(answers, known.found),
            *_miscounted(answers, known),
        ),
    )


def next_question(
    state: Interview, passed: Collection[str] = (), *, again: bool = False
) -> InterviewQuestion | None:
    """The first question that is open and was not passed yet; None when there is none.

    Args:
        state: Every question.
        passed: What was answered or skipped in this sitting.
        again: Also questions that are answered already.
    """
    wanted = ("open", "answered") if again else ("open",)
    return next((q for q in state.questions if q.state in wanted and q.id not in passed), None)


# -- order --------------------------------------------------------------------------------------


def _ordered(known: Known) -> list[Row]:
    asked = [q for q in QUESTIONS if q.kind in _ASKED_KINDS]
    beside = {b.waives: b for b in BESIDES if b.waives}
    rows: list[Row] = []
    for factor in FACTORS:
        rows += [factor, beside[factor.id]] if factor.id in beside else [factor]
    rows += [*asked, *(b for b in BESIDES if not b.waives)]
    named = {id_ for p in known.rubric.predicates for id_ in p.answers}
    return sorted(rows, key=lambda row: (_rank(row, known), not _wanted(row, named)))


def _wanted(row: Row, named: Collection[str]) -> bool:
    return (row.waives if isinstance(row, Beside) and row.waives else row.id) in named


def _rank(row: Row, known: Known) -> int:
    gate = _gate(row, known)
    gates = [str(need.gate) for need in known.rubric.gates]
    return gates.index(gate) + (len(gates) if gate in known.open_gates else 0)


def _gate(row: Row, known: Known) -> str:
    """The first shut gate that the question's areas belong to, or else the first of all."""
    areas = set(_areas(row, known.rubric))
    mine = [str(g.gate) for g in known.rubric.gates if areas & set(g.dimensions)]
    mine = mine or [str(known.rubric.gates[0].gate)]
    return next((gate for gate in mine if gate not in known.open_gates), mine[0])


def _areas(row: Row, rubric: Rubric) -> Sequence[str]:
    if not isinstance(row, Factor) and row.dimensions:
        return row.dimensions
    return [p.dimension for p in rubric.predicates if row.id in p.answers] or ["D1"]


# -- state --------------------------------------------------------------------------------------


def _question(
    row: Row, answers: Answers, known: Known, measured: Mapping[str, str]
) -> InterviewQuestion:
    on_file = _on_file(row, answers)
    return InterviewQuestion(
        id=row.id,
        text=row.text,
        why=row.why,
        settle=row.settle,
        scale=scale_of(row),
        place=place_of(row),
        factor=isinstance(row, Factor),
        gate=_gate(row, known),
        state=_state(row, on_file, answers, known.found, measured),
        on_file=on_file,
        kept=_kept(row, answers),
        measured=measured.get(row.id, ""),
    )


def place_of(row: Row) -> tuple[str, ...]:
    """Where the answers file keeps the answer to a question."""
    if isinstance(row, Beside) and row.place:
        return row.place
    return ("factors" if isinstance(row, Factor) else "questions", row.id)


def scale_of(row: Row) -> Scale:
    """How a question is answered."""
    return "yes_no" if isinstance(row, Factor) else row.scale


def _state(
    row: Row, on_file: str, answers: Answers, found: Measured, measured: Mapping[str, str]
) -> State:
    if row.id in measured:
        return "measured"
    if isinstance(row, Beside) and row.waives and not _is_no(row.waives, answers, found):
        return "not_asked"
    if _itemised(row, answers):
        return "not_asked"
    return "answered" if on_file else "open"


def _is_no(id_: str, answers: Answers, found: Measured) -> bool:
    answer = found[id_][0] if id_ in found else answers.factors.get(id_)
    return answer is False


def _on_file(row: Row, answers: Answers) -> str:
    if isinstance(row, Factor):
        return _WORDS[answers.factors[row.id]] if row.id in answers.factors else ""
    if place_of(row)[0] != "questions":
        kept = _kept(row, answers)
        return "" if kept is None else str(kept)
    said = answers.questions.get(row.id, "").strip()
    if said.casefold() not in _BLANK:
        return "" if row.id == EXAMPLES and whole_number(said) is None else said
    settled = answers.factors.get(FOLLOWS.get(row.id, ""))
    return "" if settled is None else f"{_WORDS[not settled]}, from {FOLLOWS[row.id]}"


def _kept(row: Row, answers: Answers) -> Value:
    kept = answers.at(place_of(row))
    return kept if isinstance(kept, bool | int | float | str) else None


def _itemised(row: Row, answers: Answers) -> bool:
    """Whether people wrote rows where one amount would be asked for: rows say more."""
    return isinstance(answers.at(place_of(row)), list | dict)


def _measured(known: Known) -> dict[str, str]:
    """What is never asked: question to the measured answer in words, with its numbers."""
    said = {id_: f"{_WORDS[answer]}: {basis}" for id_, (answer, basis) in known.found.items()}
    count = quality_examples(known.evidence)
    if count is not None:
        said[EXAMPLES] = f"{count:,} after cleaning and removing duplicates"
    for one in known.enterprise:
        if one.known_by in ("measured", "attested"):
            mark = "" if one.known_by == "measured" else " (attested)"
            said[one.id] = f"{one.answer}: {one.why}{mark}"
    return said


# -- contradictions -------------------------------------------------------------------------------


def _denied(answers: Answers, known: Known) -> Iterator[Contradiction]:
    """Typed answers that a measurement denies."""
    for one in disagreements(known.project, answers, known.evidence, known.found):
        yield Contradiction(
            id=one.id, text=one.text, kept=_GOVERNS, take_over=((one.id, one.measured),)
        )


def _clashes(answers: Answers, found: Measured) -> Iterator[Contradiction]:
    """Typed answers that cannot both be true; together they make the answers inconsistent."""
    yes = {id_ for id_, answer in answers.factors.items() if answer}
    waived = waivers(answers)
    if "A5" in yes and all(id_ in yes or id_ in waived for id_ in _CEILING):
        yield _clash(
            "A5 and C1 to C5",
            "You said that prompts already work (A5: yes), and that all five tries of the ceiling "
            "test are behind you without success (C1 to C5: yes or waived).",
            ("A5", *reversed(_CEILING)),
            answers,
            found,
        )
    if {"I4", "A2"} <= yes:
        yield _clash(
            "I4 and A2",
            "You said that volume is high enough to hurt (I4: yes) and that volume is low "
            "(A2: yes).",
            ("I4", "A2"),
            answers,
            found,
        )


def _miscounted(answers: Answers, known: Known) -> Iterator[Contradiction]:
    """A typed number of examples that does not fit what was typed about there being enough."""
    typed, approach = answers.factors.get("A4"), approach_for(known.project.goal)
    count = whole_number(answers.questions.get(EXAMPLES, ""))
    if typed is None or count is None or typed is (count < approach.minimum):
        return
    if "A4" in known.found or quality_examples(known.evidence) is not None:
        return  # the measurement is held against either of them already
    yield Contradiction(
        id=f"A4 and {EXAMPLES}",
        text=f"You said {_WORDS[typed]} to A4 (too few good examples), and that there are "
        f"{count:,}; {approach.approach} needs {approach.minimum:,}.",
        kept="Both stay on file as typed; the rows of a build will govern.",
        ask=("A4", EXAMPLES),
    )


def _clash(
    id_: str, text: str, between: Sequence[str], answers: Answers, found: Measured
) -> Contradiction:
    typed = answers.factors
    denied = [(one, "no") for one in between if typed.get(one) and not found.get(one, (True,))[0]]
    ask = [] if denied else [one for one in between if one in typed and one not in found]
    if not denied:  # a reason that waives a question may be taken back as well
        waived = [one for one in waivers(answers) if one in between and not typed.get(one)]
        ask += [f"{one}_reason" for one in waived]
    return Contradiction(
        id=id_,
        text=text,
        kept=_CLASH,
        ask=tuple(ask),
        take_over=tuple(denied),
    )
