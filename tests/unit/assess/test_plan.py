"""Ninety days from the gaps: gate order, named owners, blanks instead of inventions."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.assess import ninety_days, score, shipped_rubric
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.core.nouns.plan import NinetyDays
from tuneworthy.core.nouns.project import Answers, Project, Source
from tuneworthy.core.nouns.scorecard import Scorecard

NOW = datetime(2026, 6, 1, tzinfo=UTC)
GATES = ("start", "build", "proof", "release")
PROJECT = Project(
    id="p",
    use_case="u",
    goal="format",
    metric="exact_match",
    target=0.7,
    sources=(Source(path="rows.jsonl"),),
)
RUBRIC = shipped_rubric()


def card(evidence: Sequence[Evidence] = (), gates: Sequence[str] = ()) -> Scorecard:
    return score(
        evidence, Answers(), PROJECT, current={}, now=NOW, approvals_open=gates, rubric=RUBRIC
    )


def plan(gates: Sequence[str] = (), people: Sequence[Person] = ()) -> NinetyDays:
    return ninety_days(card(gates=gates), RUBRIC, people)


def person(id_: str, role: Role) -> Person:
    return Person(id=id_, name=id_.title(), roles=(role,), public_key="")


def test_four_shut_gates_go_over_three_steps_in_their_order() -> None:
    found = plan()
    assert [step.gates for step in found.steps] == [("start", "build"), ("proof",), ("release",)]
    assert [(s.first_day, s.last_day) for s in found.steps] == [(1, 30), (31, 60), (61, 90)]
    assert found.rubric == RUBRIC.digest


def test_every_missing_condition_is_one_task_and_nothing_else_is() -> None:
    scorecard = card()
    wanted = {
        p.id
        for d in scorecard.dimensions
        for p in d.predicates
        if p.level <= d.target and not p.held
    }
    tasks = [task for step in plan().steps for task in step.tasks]
    assert {task.predicate for task in tasks} == wanted
    assert len(tasks) == len(wanted)
    commands = {p.id: p.command for p in RUBRIC.predicates}
    assert all(task.command == commands[task.predicate] for task in tasks)


def test_what_nobody_decided_is_a_blank_and_not_made_up() -> None:
    nobody = plan()
    assert "owner: nobody is the data steward" in nobody.blanks
    # Up to the level that is wanted, a command produces every condition's evidence.
    assert not any("nothing produces" in blank for blank in nobody.blanks)
    without = RUBRIC.model_copy(
        update={
            "predicates": tuple(
                p.model_copy(update={"command": "" if p.id == "D4.3.safety" else p.command})
                for p in RUBRIC.predicates
            )
        }
    )
    bare = score((), Answers(), PROJECT, current={}, now=NOW, approvals_open=(), rubric=without)
    blanks = ninety_days(bare, without, ()).blanks
    assert any(blank.startswith("D4.3.safety: nothing produces") for blank in blanks)
    assert "D2.3.guide: FILE in its command" in nobody.blanks
    assert all(task.owner == "" for step in nobody.steps for task in step.tasks)
    ana = person("ana", Role.DATA_STEWARD)
    named = plan(people=[ana])
    owners = {t.owner for s in named.steps for t in s.tasks if t.dimension == "D2"}
    assert owners == {"Ana (data steward)"}
    two = plan(people=[ana, person("bo", Role.DATA_STEWARD)])
    assert "owner: 2 people are data steward, name one: Ana, Bo" in two.blanks


def test_evidence_is_renewed_in_the_step_in_which_it_goes_stale() -> None:
    def drill(days: float) -> Evidence:
        return Evidence(
            id="drill",
            about="rollout.rollback_drill",
            project="p",
            grade=Grade.MEASURED,
            subjects=(),
            producer="job",
            producer_version="1",
            result={"restored": True},
            created_at=(NOW - timedelta(days=days)).isoformat(),
        )

    for days, step in ((85, 0), (50, 1), (10, 2)):
        scorecard = card([drill(days)])
        # The drill bears no level until level 2 of its dimension stands, so let it stand.
        six = scorecard.dimensions[5].model_copy(update={"evidenced": 3})
        scorecard = scorecard.model_copy(
            update={
                "dimensions": (*scorecard.dimensions[:5], six),
                "gaps": scorecard.gaps[:0],
            }
        )
        found = ninety_days(scorecard, RUBRIC)
        renewed = [[t.predicate for t in s.tasks if t.renewal] for s in found.steps]
        assert renewed == [["D6.3.drill"] if n == step else [] for n in range(3)]
        assert all(s.goal.startswith("Keep what stands") for s in found.steps)


@settings(deadline=None)
@given(st.sets(st.sampled_from(GATES)))
def test_three_steps_whatever_stands_open(gates: set[str]) -> None:
    found = plan(sorted(gates))
    assert len(found.steps) == 3
    shut = [gate for step in found.steps for gate in step.gates]
    assert shut == sorted(set(shut), key=GATES.index)
    named = [blank for step in found.steps for task in step.tasks for blank in task.blanks]
    assert list(found.blanks) == list(dict.fromkeys(named))
