"""What the scorecard makes of a real ledger: expiry, forgery, lost subjects, the stop questions."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import tuneworthy
from tests.fakes.small_project import (
    BETTER,
    GOOD,
    PEOPLE,
    approve,
    attacked,
    open_small,
    say,
    tick,
)
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.enterprise import EnterpriseAnswer
from tuneworthy.core.nouns.evidence import Evidence, Expiry, Grade
from tuneworthy.core.nouns.gate import Approval, GateName
from tuneworthy.core.nouns.head import Head
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.run import CaseResult, EvaluationRun
from tuneworthy.core.nouns.scorecard import DimensionId, PredicateResult, Scorecard
from tuneworthy.core.nouns.serving import Interaction
from tuneworthy.lifecycle import (
    assessing,
    ceiling,
    datasets,
    documents,
    gates,
    people,
    rollouts,
    serving,
    training,
)
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.lines import dump_lines

ANSWER = CaseResult(case="c", output="look 1", score=1.0, valid=True)


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    home = tmp_path / "project"
    tuneworthy.init(home)
    settings = home / "tuneworthy.yaml"
    text = settings.read_text(encoding="utf-8").replace('licence: ""  ', "licence: MIT")
    text = text.replace('legal_basis: ""  ', "legal_basis: contract")
    settings.write_text(text.replace("base_model: embedded", "base_model: base"), encoding="utf-8")
    (home / "base").mkdir()
    (home / "base" / "config.json").write_text("{}", encoding="utf-8")
    rows = [
        {"request": f"look at {n * 7919 % 991} and {n * 31 % 97}", "target": f"look {n % 3}"}
        for n in range(400)
    ]
    data = "\n".join(json.dumps(row) for row in rows)
    (home / "data" / "train.jsonl").write_text(data, encoding="utf-8")
    found = open_small(home, FixedClock(datetime(2026, 3, 1, tzinfo=UTC)))
    yield found
    found.close()


def judged(runtime: Runtime) -> EvaluationRun:
    """The tuned model's run as a judge would have kept it."""
    version = training.current_version(runtime)
    run = EvaluationRun(
        id=digest(["run", version.id]),
        project=runtime.project.id,
        suite=runtime.head.suite,
        arm=runtime.tuned_arm,
        model=digest([version.base, version.adapter]),
        score=Interval(value=0.9, low=0.8, high=1.0, n=80),
        valid_share=1,
        results=runtime.blobs.put(dump_lines([ANSWER])),
        cpu_seconds=1,
        prompt_tokens=1,
        completion_tokens=1,
        created_at=runtime.now(),
    )
    with runtime.change("evaluation.run", ("evaluation_run", run.id, run.id)) as change:
        change.put(run)
    return run


def released(runtime: Runtime, *, judge: bool = True) -> ModelVersion:
    """A version with four open gates; what a model would have measured is put on record."""
    for person, roles in PEOPLE.items():
        people.add(runtime, person, person.title(), roles)
    data = datasets.build(runtime)
    suite, _ = ceiling.freeze(runtime)
    say(runtime, "decision.verdict", [data.id, suite.id], allows_tuning=True)
    say(runtime, "ceiling.summary", [suite.id], prompt_variants=5)
    documents.attest(runtime, "labelling_guide", runtime.folder / "answers.yaml", "ana")
    documents.attest(runtime, "retention_class", runtime.folder / "answers.yaml", "bo")
    training.estimate(runtime)
    approve(runtime, GateName.START)
    approve(runtime, GateName.BUILD)
    training.train(runtime)
    if judge:
        judged(runtime)
    model = runtime.head.model
    say(runtime, "eval.proof", [model], passed=True)
    attacked(runtime)
    for about in ("eval.comparison", "eval.base_comparison"):
        say(runtime, about, [model, suite.id], **BETTER)
    runtime.record(assessing.plan(runtime))
    documents.model_card(runtime)
    approve(runtime, GateName.PROOF)
    approve(runtime, GateName.RELEASE)
    return training.current_version(runtime)


def promoted(runtime: Runtime, *, judge: bool = True) -> str:
    """The same in production, with answers recorded; the manifest's id."""
    released(runtime, judge=judge)
    rollout = rollouts.start(runtime)
    for _ in range(3):
        rollout = rollouts.look(runtime, rollout.id, [GOOD] * 400)
    assert rollout.state == "promoted"
    runtime.store.record([answer(runtime, n, rollout.candidate) for n in range(120)])
    return rollout.candidate


def answer(runtime: Runtime, number: int, manifest: str, status: int = 200) -> Interaction:
    return Interaction(
        id=f"chatcmpl-{manifest[-6:]}-{number}",
        route=runtime.project.id,
        manifest=manifest,
        arm="production",
        sticky_key="",
        sticky=False,
        created_at=(runtime.clock.now() + timedelta(seconds=number)).isoformat(),
        status=status,
        stream=False,
        seconds=0.1,
        request="{}",
        response="look 1",
    )


def result_of(card: Scorecard, predicate: str) -> PredicateResult:
    return next(p for d in card.dimensions for p in d.predicates if p.id == predicate)


def question(card: Scorecard, id_: str) -> EnterpriseAnswer:
    return next(a for a in card.enterprise if a.id == id_)


def events(runtime: Runtime, action: str) -> list[dict[str, object]]:
    found = [json.loads(record.body) for record in runtime.store.audit()]
    return [event for event in found if event["action"] == action]


# -- expiry ---------------------------------------------------------------------------------


def test_expired_evidence_lowers_the_level_and_is_noted_once_without_voiding_approvals(
    runtime: Runtime,
) -> None:
    released(runtime)
    say(runtime, "rollout.rollback_drill", [runtime.head.model], restored=True)
    before = assessing.scorecard(runtime)
    assert result_of(before, "D6.3.drill").held
    assert events(runtime, "evidence.expire") == []
    tick(runtime, days=91)
    was_open = [state.open for state in gates.states(runtime)]
    after = assessing.scorecard(runtime)
    assert result_of(after, "D6.3.drill").reason == "stale"
    (said,) = events(runtime, "evidence.expire")
    assert said["object"] == {
        "type": "evidence",
        "id": "D6.3.drill",
        "digest": result_of(before, "D6.3.drill").evidence,
    }
    assert "at most 90 days" in str(said["reason"])
    for _ in range(3):
        tick(runtime, days=1)
        assessing.scorecard(runtime)
    assert len(events(runtime, "evidence.expire")) == 1
    assert [state.open for state in gates.states(runtime)] == was_open
    # A new drill may expire in its own time, and that is another event.
    say(runtime, "rollout.rollback_drill", [runtime.head.model], restored=True, again=1)
    assert result_of(assessing.scorecard(runtime), "D6.3.drill").held
    tick(runtime, days=91)
    assessing.scorecard(runtime)
    assert len(events(runtime, "evidence.expire")) == 2
    assert len(runtime.store.list(Expiry)) == 2


def test_two_processes_note_the_same_expiry_once(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets.build(runtime)
    say(runtime, "rollout.rollback_drill", [runtime.project.id], restored=True)
    tick(runtime, days=91)
    genuine = runtime.store.list
    # The other process wrote it between our look and our word.
    monkeypatch.setattr(runtime.store, "list", lambda kind: [] if kind is Expiry else genuine(kind))
    assessing.scorecard(runtime)
    assessing.scorecard(runtime)
    assert len(events(runtime, "evidence.expire")) == 1


def test_evidence_that_had_failed_does_not_expire(runtime: Runtime) -> None:
    datasets.build(runtime)
    say(runtime, "rollout.rollback_drill", [runtime.project.id], restored=False)
    tick(runtime, days=91)
    assert result_of(assessing.scorecard(runtime), "D6.3.drill").reason == "condition"
    assert events(runtime, "evidence.expire") == []


# -- what must not count --------------------------------------------------------------------


def put(runtime: Runtime, claim: Evidence) -> None:
    """Writes evidence past every check, as somebody with the database would."""
    with runtime.change("evidence.record", ("evidence", claim.about, claim.id)) as change:
        change.put(claim)


def test_evidence_whose_content_was_changed_is_shown_and_not_counted(runtime: Runtime) -> None:
    version = datasets.build(runtime)
    assert result_of(assessing.scorecard(runtime), "D2.3.leakage").held
    claim = runtime.claim("data.leakage", [version.id], {"exact": 3, "near": 0})
    tick(runtime)
    put(runtime, claim)
    assert not result_of(assessing.scorecard(runtime), "D2.3.leakage").held
    tick(runtime)
    put(runtime, claim.model_copy(update={"result": {"exact": 0, "near": 0}}))
    card = assessing.scorecard(runtime)
    (found,) = card.uncounted
    assert (found.evidence, found.doubt) == (claim.id, "content")
    assert "digest" in found.why


def test_a_document_that_nobody_signed_is_not_counted(runtime: Runtime) -> None:
    people.add(runtime, "ana", "Ana", PEOPLE["ana"])
    paper = runtime.folder / "answers.yaml"
    documents.attest(runtime, "labelling_guide", paper, "ana")
    assert result_of(assessing.scorecard(runtime), "D2.3.guide").held
    sha = runtime.blobs.put(b"a policy")
    for signer in ("", "ana"):
        tick(runtime)
        claim = runtime.claim(
            "document.retention_class",
            [runtime.project.id, sha],
            {"sha256": sha, "signer": signer},
            grade=Grade.ATTESTED,
            signer=signer,
        )
        put(runtime, claim)
    card = assessing.scorecard(runtime)
    assert result_of(card, "D4.3.retention").reason == "unknown"
    assert {u.why for u in card.uncounted} == {"nobody signed it", "its signer did not sign it"}


def test_evidence_whose_subject_is_gone_is_unknown(runtime: Runtime) -> None:
    version = datasets.build(runtime)
    lost = digest("a dataset that was never kept")
    claim = runtime.claim("data.pii", [lost], {"scanned": 9, "unresolved_high": 0})
    put(runtime, claim)
    card = assessing.scorecard(runtime)
    assert [(u.evidence, u.doubt) for u in card.uncounted] == [(claim.id, "subject")]
    generation = runtime.store.generation(Head, runtime.project.id)
    with runtime.change("test.lose", ("project", runtime.project.id, lost)) as change:
        change.put(runtime.head.model_copy(update={"dataset": lost}), expect=generation)
    card = assessing.scorecard(runtime)
    assert result_of(card, "D2.3.pii").reason in ("unknown", "other_subject")
    assert not result_of(card, "D2.2.version").held
    assert version.id != lost


def test_rows_and_documents_that_are_not_kept_any_more_prove_nothing(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.add(runtime, "ana", "Ana", PEOPLE["ana"])
    datasets.build(runtime)
    documents.attest(runtime, "labelling_guide", runtime.folder / "answers.yaml", "ana")
    assert assessing.scorecard(runtime).uncounted == ()
    monkeypatch.setattr(runtime.blobs, "intact", lambda digest, tree=False: False)
    card = assessing.scorecard(runtime)
    assert not result_of(card, "D2.3.profile").held
    assert not result_of(card, "D2.3.guide").held
    assert {u.doubt for u in card.uncounted} == {"subject"}


@pytest.mark.parametrize(
    ("lost", "dimension", "words"),
    [
        ("answers", "D1", "answers that it was counted from"),
        ("adapter", "D5", "the adapter is not"),
    ],
)
def test_a_level_does_not_outlive_the_bytes_that_it_was_found_in(
    runtime: Runtime, lost: str, dimension: DimensionId, words: str
) -> None:
    version = released(runtime)
    before = {d.id: d for d in assessing.scorecard(runtime).dimensions}
    (run,) = runtime.store.list(EvaluationRun)
    name = {"answers": run.results, "adapter": version.adapter}[lost].removeprefix("sha256:")
    (blob,) = [p for p in (runtime.state / "blobs").rglob("*") if p.is_file() and p.name in name]
    blob.unlink()
    card = assessing.scorecard(runtime)
    assert any(words in found.why for found in card.uncounted)
    after = next(d for d in card.dimensions if d.id == dimension)
    held = {p.id for p in before[dimension].predicates if p.held}
    still = {p.id for p in after.predicates if p.held}
    assert still < held
    assert after.evidenced <= before[dimension].evidenced


def test_a_clock_that_was_set_back_makes_everything_unknown(runtime: Runtime) -> None:
    datasets.build(runtime)
    held = assessing.scorecard(runtime)
    assert result_of(held, "D2.2.version").held
    tick(runtime, days=-30)
    card = assessing.scorecard(runtime)
    assert result_of(card, "D2.2.version").reason == "unknown"
    assert {u.doubt for u in card.uncounted} == {"time"}
    assert card.minimum == 1


# -- the stop questions ---------------------------------------------------------------------


def test_a_whole_life_answers_every_stop_question_with_yes(runtime: Runtime) -> None:
    fresh = assessing.scorecard(runtime)
    assert {question(fresh, f"U{n}").answer for n in range(1, 5)} == {"unknown"}
    promoted(runtime)
    card = assessing.scorecard(runtime)
    stops = {f"U{n}": question(card, f"U{n}") for n in range(1, 5)}
    assert {a.answer for a in stops.values()} == {"yes"}, stops
    assert "100 of the last 100 responses" in stops["U1"].why
    assert "Ana" in stops["U2"].why
    assert question(card, "E4").answer == "yes"
    assert question(card, "N1").evidence == ("cy",)
    assert card.readiness.stopped_by == ()


def test_a_version_that_was_judged_only_after_its_promotion_is_a_no(runtime: Runtime) -> None:
    promoted(runtime, judge=False)
    assert question(assessing.scorecard(runtime), "U3").answer == "no"
    # Its stamp says that it came first; its place in the audit chain does not.
    tick(runtime, days=-2)
    judged(runtime)
    tick(runtime, days=2)
    card = assessing.scorecard(runtime)
    assert question(card, "U3").answer == "no"
    assert card.readiness.stopped_by == ("U3",)
    assert not card.readiness.release


def test_a_comparison_of_another_version_explains_no_promotion(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    promoted(runtime)
    genuine = runtime.evidence

    def elsewhere() -> list[Evidence]:
        return [e for e in genuine() if e.about != "eval.comparison"]

    monkeypatch.setattr(runtime, "evidence", elsewhere)
    say(runtime, "eval.comparison", [runtime.head.suite], verdict="clearly better", low=0.1)
    assert question(assessing.scorecard(runtime), "U4").answer == "no"


Spoil = Callable[[Approval], Approval]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda a: a.model_copy(update={"reason": "another"}),
        lambda a: a.model_copy(update={"subject": "sha256:other"}),
        lambda a: a.model_copy(update={"decision": "reject"}),
    ],
)
def test_a_start_approval_that_does_not_verify_is_a_no(runtime: Runtime, spoil: Spoil) -> None:
    promoted(runtime)
    start = [a for a in runtime.store.list(Approval) if a.gate is GateName.START]
    with runtime.change("test.spoil", ("approval", start[0].id, "")) as change:
        change.put(spoil(start[0]))
    card = assessing.scorecard(runtime)
    assert question(card, "U2").answer == "no"
    assert "source owner" in question(card, "U2").why


def test_one_response_that_cannot_be_traced_is_a_no(runtime: Runtime) -> None:
    promoted(runtime)
    tick(runtime, hours=1)
    refused = answer(runtime, 900, "", status=503)
    runtime.store.record([refused])
    assert question(assessing.scorecard(runtime), "U1").answer == "yes"
    runtime.store.record([answer(runtime, 901, "sha256:nowhere")])
    card = assessing.scorecard(runtime)
    assert question(card, "U1").answer == "no"
    assert "of the last 99 responses" in question(card, "U1").why
    assert "not in the store" in question(card, "U1").why


def test_a_route_to_a_manifest_that_is_gone_is_a_no(runtime: Runtime) -> None:
    promoted(runtime)
    route = serving.route_of(runtime)
    with runtime.change("test.lose", ("route", route.id, "")) as change:
        change.put(route.model_copy(update={"canary": "sha256:nowhere"}))
    assert question(assessing.scorecard(runtime), "U2").answer == "no"


def test_the_newest_interactions_come_oldest_first(runtime: Runtime) -> None:
    rows = [answer(runtime, n, "m") for n in range(7)]
    runtime.store.record(rows[::-1])
    found = runtime.store.newest_interactions(runtime.project.id, 3)
    assert [row.id for row in found] == [row.id for row in rows[-3:]]
    assert runtime.store.newest_interactions("another", 3) == []
