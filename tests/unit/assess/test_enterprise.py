"""The enterprise questions come from the record; words count only where it is silent."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.assess import (
    QUESTIONS,
    ServedVersion,
    Standing,
    TracedManifest,
    may_release,
    may_scale,
    score,
)
from tuneworthy.core.nouns.enterprise import EnterpriseAnswer
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.core.nouns.project import Answers, Project, Source
from tuneworthy.core.nouns.scorecard import Scorecard

NOW = datetime(2026, 6, 1, tzinfo=UTC)
CURRENT = {"dataset": "sha256:d", "suite": "sha256:s", "model": "sha256:m"}
PROJECT = Project(
    id="p",
    use_case="u",
    goal="format",
    metric="exact_match",
    target=0.7,
    sources=(Source(path="rows.jsonl"),),
)
ASKED = [q.id for q in QUESTIONS if q.kind != "signal"]


def fact(about: str, grade: Grade = Grade.MEASURED, days: float = 0, **result: Any) -> Evidence:
    return Evidence(
        id=f"{about} {result.get('name', '')}",
        about=about,
        project="p",
        grade=grade,
        subjects=tuple(CURRENT.values()),
        producer="job",
        producer_version="1",
        result=result,
        created_at=(NOW - timedelta(days=days)).isoformat(),
    )


def person(id_: str, *roles: Role, active: bool = True) -> Person:
    return Person(id=id_, name=id_.title(), roles=roles, public_key="", active=active)


def scored(
    standing: Standing, evidence: Sequence[Evidence] = (), answers: Answers | None = None
) -> Scorecard:
    return score(
        evidence,
        answers or Answers(),
        PROJECT,
        current=CURRENT,
        now=NOW,
        approvals_open=(),
        standing=standing,
    )


def asked(
    id_: str, standing: Standing, evidence: Sequence[Evidence] = (), **typed: str
) -> EnterpriseAnswer:
    card = scored(standing, evidence, Answers(questions=typed))
    return next(answer for answer in card.enterprise if answer.id == id_)


def served(**more: Any) -> ServedVersion:
    good = {
        "version": "p-1",
        "manifest": "sha256:manifest",
        "dataset": "sha256:d",
        "promoted": True,
        "approvers": ("Ana",),
        "suite_run": "run",
        "comparison": "comparison",
    }
    return ServedVersion.model_validate({**good, **more})


GOOD = Standing(
    traced=(TracedManifest(manifest="sha256:manifest", responses=100),), served=(served(),)
)
STOPS = ["U1", "U2", "U3", "U4"]


def test_an_empty_record_and_no_words_leave_every_question_unknown_but_the_gates() -> None:
    answers = scored(Standing()).enterprise
    assert [a.id for a in answers] == ASKED
    assert {a.answer for a in answers} == {"unknown"}
    assert all(a.why and not a.known_by and not a.evidence for a in answers)


def test_words_are_used_where_the_record_is_silent_and_never_for_the_stops() -> None:
    typed = dict.fromkeys(ASKED, "we do this")
    card = scored(Standing(), answers=Answers(questions=typed))
    found = {a.id: a for a in card.enterprise}
    assert {found[id_].answer for id_ in STOPS} == {"unknown"}
    words = [a for id_, a in found.items() if id_ not in [*STOPS, "E7"]]
    assert {(a.answer, a.known_by) for a in words} == {("yes", "declared")}
    # Whether a hybrid is better is no question that any text answers with yes.
    assert found["E7"].answer == "unknown"
    assert asked("E7", Standing(), E7="no").answer == "no"
    assert asked("E3", Standing(), E3="No").answer == "no"
    assert asked("E3", Standing(), E3=" ? ").answer == "unknown"


@pytest.mark.parametrize("id_", STOPS)
def test_a_whole_record_answers_the_stops_with_yes(id_: str) -> None:
    answer = asked(id_, GOOD, U1="no", U2="no", U3="no", U4="no")
    assert (answer.answer, answer.known_by) == ("yes", "measured")
    assert answer.evidence


@pytest.mark.parametrize(
    ("id_", "standing", "said"),
    [
        (
            "U1",
            Standing(
                traced=(
                    TracedManifest(manifest="a", responses=97),
                    TracedManifest(manifest="b", responses=3, fault="dataset: unknown"),
                )
            ),
            "97 of the last 100 responses traced",
        ),
        ("U2", Standing(served=(served(), served(start_fault="no approval"))), "no approval"),
        ("U3", Standing(served=(served(suite_run=""),)), "p-1"),
        ("U4", Standing(served=(served(comparison=""),)), "without a comparison: p-1"),
    ],
)
def test_one_gap_in_the_record_is_a_no_whatever_people_say(
    id_: str, standing: Standing, said: str
) -> None:
    answer = asked(id_, standing, U1="yes", U2="yes", U3="yes", U4="yes")
    assert (answer.answer, answer.known_by) == ("no", "measured")
    assert said in answer.why
    assert answer.stops


@pytest.mark.parametrize("id_", STOPS)
def test_a_no_forbids_release_whatever_the_levels_are(id_: str) -> None:
    bad = Standing(
        traced=(TracedManifest(manifest="a", responses=1, fault="broken" if id_ == "U1" else ""),),
        served=(
            served(
                start_fault="none" if id_ == "U2" else "",
                suite_run="" if id_ == "U3" else "run",
                comparison="" if id_ == "U4" else "c",
            ),
        ),
    )
    for standing, allowed in ((GOOD, True), (bad, False)):
        card = scored(standing)
        five = card.model_copy(update={"minimum": 5})
        assert may_release(five) is allowed
        assert may_scale(five) is allowed
        assert card.readiness.stopped_by == (() if allowed else (id_,))


def test_a_canary_needs_a_run_but_no_comparison_yet() -> None:
    canary = Standing(served=(served(promoted=False, comparison=""),))
    assert asked("U3", canary).answer == "yes"
    assert asked("U4", canary).answer == "unknown"


def test_exactly_one_person_is_accountable() -> None:
    ana, bo = person("ana", Role.BUSINESS_OWNER), person("bo", Role.BUSINESS_OWNER)
    other = person("cy", Role.DATA_STEWARD)
    assert asked("N1", Standing(people=(ana, other))).answer == "yes"
    two = asked("N1", Standing(people=(ana, bo)), N1="Ana")
    assert (two.answer, two.evidence, two.declared) == ("no", ("ana", "bo"), "Ana")
    none = asked("N1", Standing(people=(other,)), N1="Ana")
    assert (none.answer, none.known_by) == ("no", "attested")
    assert asked("N1", Standing(), N1="Ana").known_by == "declared"
    assert asked("E2", Standing(people=(other,))).answer == "yes"


def test_two_different_people_must_be_able_to_operate_the_model() -> None:
    both = person("ana", Role.TECHNICAL_OWNER, Role.MODEL_OWNER)
    assert asked("E12", Standing(people=(both,)), E12="yes").answer == "no"
    assert asked("R1", Standing(people=(both,)), R1="yes").answer == "no"
    pair = (both, person("bo", Role.MODEL_OWNER))
    assert asked("E12", Standing(people=pair)).answer == "yes"


def test_the_split_and_the_lineage_come_from_the_store() -> None:
    whole = Standing(dataset="sha256:d", split={"train": 8, "validation": 1, "test": 2})
    assert asked("E1", whole).answer == "yes"
    empty = Standing(dataset="sha256:d", split={"train": 8, "validation": 0, "test": 2})
    assert "none in validation" in asked("E1", empty, E1="yes").why
    assert asked("E1", empty, E1="yes").answer == "no"
    assert asked("E4", Standing(version="p-1", lineage_fault="")).answer == "yes"
    assert asked("E4", Standing(version="p-1", lineage_fault="lost"), E4="yes").answer == "no"


@pytest.mark.parametrize(
    ("id_", "evidence", "answer", "known"),
    [
        ("E3", fact("document.labelling_guide", Grade.ATTESTED, sha256="a"), "yes", "attested"),
        ("E3", fact("document.labelling_guide", Grade.DECLARED, sha256="a"), "unknown", ""),
        ("E6", fact("suite.frozen", metric="exact_match", target=0.7), "yes", "measured"),
        ("E8", fact("document.policy", Grade.ATTESTED, sha256="a"), "yes", "attested"),
        ("E10", fact("data.pii", unresolved_high=2), "no", "measured"),
        ("E10", fact("data.pii", unresolved_high=0), "unknown", ""),
        ("E12", fact("people.operators", n=2), "yes", "measured"),
        ("R1", fact("incident.rehearsal", passed=True), "yes", "measured"),
        ("R1", fact("incident.rehearsal", passed=False), "no", "measured"),
        ("R1", fact("incident.rehearsal", days=91, passed=True), "unknown", ""),
        ("R3", fact("incident.rehearsal", passed=True), "yes", "measured"),
    ],
)
def test_evidence_answers_before_words(
    id_: str, evidence: Evidence, answer: str, known: str
) -> None:
    found = asked(id_, Standing(), [evidence])
    assert (found.answer, found.known_by) == (answer, known)


def test_retrieval_is_better_only_if_it_was_measured_so() -> None:
    def arm(name: str, kind: str, value: float) -> Evidence:
        return fact("ceiling.arm", name=name, kind=kind, score=value)

    prompt, retrieval = arm("plain", "zero_shot", 0.4), arm("found", "retrieval", 0.5)
    assert asked("E7", Standing(), [prompt]).answer == "unknown"
    better = asked("E7", Standing(), [prompt, retrieval], E7="no")
    assert (better.answer, better.known_by) == ("yes", "measured")
    assert "50.0%" in better.why
    assert asked("E7", Standing(), [prompt, arm("found", "retrieval", 0.3)]).answer == "no"
    lookup = arm("lookup", "nearest_neighbour", 0.9)
    assert asked("E7", Standing(), [prompt, lookup]).answer == "unknown"


def test_drift_is_survived_with_monitors_and_a_drill() -> None:
    beat, drill = fact("monitor.heartbeat", at="x"), fact("rollout.rollback_drill", restored=True)
    owners = Standing(people=(person("a", Role.TECHNICAL_OWNER), person("b", Role.MODEL_OWNER)))
    assert asked("R2", Standing(), [beat, drill]).answer == "yes"
    assert asked("R2", Standing(), [drill]).answer == "unknown"
    assert asked("R2", GOOD, [drill], R2="yes").answer == "no"
    assert asked("E11", owners, [beat]).answer == "yes"
    assert asked("E11", owners, [fact("monitor.heartbeat", days=2, at="x")]).answer == "unknown"


def test_all_controls_together_are_on_record_or_named_as_missing() -> None:
    controls = [
        fact("data.pii", unresolved_high=0),
        fact("safety.suite", candidate=0.9),
        fact("document.compliance_memo", Grade.ATTESTED, sha256="a"),
    ]
    assert asked("E10", Standing(), controls).answer == "yes"
    for control in controls:
        rest = [c for c in controls if c is not control]
        assert "not on record" in asked("E10", Standing(), rest, E10="yes").why


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(ASKED), st.sampled_from(["", "yes", "no", "some words"])))
def test_no_words_move_a_stop_or_the_readiness(typed: dict[str, str]) -> None:
    for standing in (Standing(), GOOD, Standing(served=(served(suite_run=""),))):
        silent, told = scored(standing), scored(standing, answers=Answers(questions=typed))
        stops = [(a.id, a.answer, a.why) for a in silent.enterprise if a.id in STOPS]
        assert stops == [(a.id, a.answer, a.why) for a in told.enterprise if a.id in STOPS]
        assert told.readiness == silent.readiness
