"""The five documents over real ledgers: an empty one, and one with a whole life on record."""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
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
from tuneworthy.assess.deliverables import NAMES
from tuneworthy.assess.deliverables import documents as build
from tuneworthy.cli.known_commands import command_fault
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.deliverable import Document, Item, Row
from tuneworthy.core.nouns.evidence import Grade
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.monitoring import Alert, Proposal
from tuneworthy.core.nouns.run import (
    CaseResult,
    Comparison,
    Cost,
    EvaluationRun,
    Latency,
    SuccessCost,
)
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.lifecycle import (
    assessing,
    ceiling,
    curve,
    datasets,
    deliverables,
    documents,
    people,
    rollouts,
    training,
)
from tuneworthy.lifecycle.ceiling_record import record_runs
from tuneworthy.lifecycle.wiring import Runtime, open_runtime
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.document_text import as_json, as_markdown
from tuneworthy.methods.lines import dump_lines
from tuneworthy.web.deliverable import MOST_BYTES, render_deliverable

COST = Cost(
    cpu_seconds=640.5,
    wall_seconds=400.25,
    peak_memory_mb=1900,
    tokens=210_000,
    flop=1.7e14,
    steps=249,
)
COSTS = """costs:
  rate: 100
  currency: EUR
  upfront:
    - {name: prepare the data, hours: {low: 20, middle: 30, high: 40}}
    - {name: training runs, kind: training, gpu_rate: 2.5, gpu_teraflops: 40}
  ongoing:
    - {name: watch, hours: {low: 5, high: 10}}
  returns:
    - {name: calls saved, spend: {low: 1600, high: 2800}}
"""
SIGNED = {"labelling_guide": "bo", "retention_class": "bo", "incident_contacts": "di"}
SCORES = (0.42, 0.31, 0.27, 0.22, 0.15, 0.1, 0.05, 0.02)


def make_project(home: Path) -> None:
    tuneworthy.init(home)
    settings = home / "tuneworthy.yaml"
    text = settings.read_text(encoding="utf-8").replace('licence: ""  ', "licence: MIT")
    text = text.replace(
        "{request: request, target: target}",
        "{request: request, target: target, segment: part, timestamp: at, legal_basis: ground}",
    )
    settings.write_text(text.replace("base_model: embedded", "base_model: base"), encoding="utf-8")
    (home / "base").mkdir()
    (home / "base" / "config.json").write_text("{}", encoding="utf-8")
    answers = home / "answers.yaml"
    text = answers.read_text(encoding="utf-8")
    answers.write_text(text[: text.index("costs:")] + COSTS, encoding="utf-8")
    rows = [
        {
            "request": f"look at {n * 7919 % 991} and {n * 31 % 97}",
            "target": f"look {n % 3}",
            "part": f"part {n % 4}",
            "at": f"2026-01-{n % 28 + 1:02d}T00:00:00Z",
            "ground": "" if n % 50 == 49 else "contract",
        }
        for n in (*range(400), 3, 5)
    ]
    text = "\n".join(json.dumps(row) for row in rows)
    (home / "data" / "train.jsonl").write_text(text, encoding="utf-8")


def open_at(home: Path, moment: datetime) -> Runtime:
    return open_small(home, FixedClock(moment), COST)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Runtime]:
    home = tmp_path / "project"
    tuneworthy.init(home)
    runtime = open_runtime(home, actor="di", clock=FixedClock(datetime(2026, 3, 1, tzinfo=UTC)))
    yield runtime
    runtime.close()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, datetime]:
    """A project with a whole life on record, and the moment of its last event."""
    home = tmp_path_factory.mktemp("lived") / "project"
    make_project(home)
    runtime = open_at(home, datetime(2026, 3, 1, tzinfo=UTC))
    whole_life(runtime)
    runtime.close()
    return home, runtime.clock.now()


@pytest.fixture
def rich(lived: tuple[Path, datetime], tmp_path: Path) -> Iterator[Runtime]:
    """A copy of it, so that each test may spoil its own."""
    home = tmp_path / "rich"
    shutil.copytree(lived[0], home)
    runtime = open_at(home, lived[1])
    yield runtime
    runtime.close()


def keep_run(runtime: Runtime, arm: Arm, score: float, model: str, name: str) -> EvaluationRun:
    tick(runtime)
    _, cases = ceiling.current_suite(runtime)
    answers = [CaseResult(case=c.id, output="look 1", score=score, valid=True) for c in cases]
    run = EvaluationRun(
        id=digest(["run", arm.id, model]),
        project=runtime.project.id,
        suite=runtime.head.suite,
        arm=arm,
        model=model,
        score=Interval(value=score, low=max(score - 0.09, 0), high=score + 0.1, n=78),
        valid_share=0.97,
        results=runtime.blobs.put(dump_lines(answers)),
        cpu_seconds=81.25,
        prompt_tokens=40_210,
        completion_tokens=8_000,
        model_name=name,
        latency=Latency(p50=0.41, p95=0.9, n=5, alone=True),
        cost=1.2,
        cost_per_success=SuccessCost(value=0.0366, low=0.02, high=0.05),
        created_at=runtime.now(),
    )
    with runtime.change("evaluation.run", ("evaluation_run", run.id, run.id)) as change:
        change.put(run)
    return run


def measured(runtime: Runtime) -> list[EvaluationRun]:
    """Every alternative with a score, as a round would have kept it."""
    suite, _ = ceiling.freeze(runtime)
    others = [arm for arm in runtime.arms if arm.arm != "tuned"]
    runs = [
        keep_run(runtime, arm, score, "b", "base")
        for arm, score in zip(others, SCORES, strict=False)
    ]
    record_runs(runtime, suite, runs)
    return runs


def judged(runtime: Runtime, best: EvaluationRun) -> None:
    version = training.current_version(runtime)
    weights = digest([version.base, version.adapter])
    run = keep_run(runtime, runtime.tuned_arm, 0.81, weights, version.id)
    compared = Comparison(
        id=digest(["comparison", run.id]),
        suite=run.suite,
        candidate=run.id,
        against=best.id,
        against_name=best.arm.id,
        delta=Interval(value=0.39, low=0.28, high=0.5, n=78),
        p_value=1e-7,
        newly_right=34,
        newly_wrong=4,
        verdict="clearly better",
    )
    with runtime.change("evaluation.compare", ("comparison", compared.id, "")) as change:
        change.put(compared)
    model, suite = runtime.head.model, runtime.head.suite
    say(runtime, "eval.proof", [model], passed=True)
    attacked(runtime)
    for about in ("eval.comparison", "eval.base_comparison"):
        say(runtime, about, [model, suite], **(BETTER | {"low": 0.28}))


def served(runtime: Runtime) -> None:
    """A drill, a promotion, drift, an alert and a proposal."""
    drill = rollouts.start(runtime, drill=True)
    rollouts.end(runtime, drill.id, "rehearsal")
    rollout = rollouts.start(runtime)
    for _ in range(3):
        rollout = rollouts.look(runtime, rollout.id, [GOOD] * 400)
    assert rollout.state == "promoted"
    head = runtime.head
    say(runtime, "monitor.heartbeat", [head.model], at=runtime.now(), requests=250)
    drift = {"reference": 400, "window": 250, "p_mmd": 0.002, "p_novelty": 0.0004}
    drift |= {"p_value": 0.0008, "alpha": 0.002, "drifted": True, "novel_share": 0.41}
    say(runtime, "monitor.drift", [head.model, head.dataset], **drift)
    facts = {"project": runtime.project.id, "evidence": (), "created_at": runtime.now()}
    alert = Alert.model_validate(
        {
            "id": "a1",
            "about": "drift",
            "severity": "critical",
            "message": "Live requests have changed.",
            "owner": "ed",
            **facts,
        }
    )
    proposal = Proposal.model_validate(
        {"id": "p1", "action": "retrain", "reason": "41 % are novel.", "steps": (), **facts}
    )
    for noun in (alert, proposal):
        with runtime.change("test.put", (noun.kind, noun.id, "")) as change:
            change.put(noun)


def whole_life(runtime: Runtime) -> None:
    for person, roles in PEOPLE.items():
        people.add(runtime, person, person.title(), roles)
    data = datasets.build(runtime)
    runs = measured(runtime)
    say(runtime, "decision.verdict", [data.id, runtime.head.suite], allows_tuning=True)
    say(runtime, "ceiling.summary", [runtime.head.suite], prompt_variants=5)
    for name, signer in SIGNED.items():
        documents.attest(runtime, name, runtime.folder / "answers.yaml", signer)
    training.estimate(runtime)
    say(
        runtime,
        curve.CURVE,
        [data.id, "b"],
        points=[
            {
                "percent": 50,
                "rows": 140,
                "score": {"value": 0.61, "low": 0.5, "high": 0.7, "n": 100},
            },
            {
                "percent": 100,
                "rows": 280,
                "score": {"value": 0.72, "low": 0.62, "high": 0.8, "n": 100},
            },
        ],
        rising=True,
        target_met=False,
        text="It still rises.",
        rule="Two tests agree.",
        setup=curve.setup(runtime),
    )
    approve(runtime, GateName.START)
    approve(runtime, GateName.BUILD)
    training.train(runtime)
    judged(runtime, runs[0])
    runtime.record(assessing.plan(runtime))
    documents.model_card(runtime)
    approve(runtime, GateName.PROOF)
    approve(runtime, GateName.RELEASE)
    served(runtime)


def by_name(runtime: Runtime) -> dict[str, Document]:
    return {d.name: d for d in deliverables.made(runtime, NAMES)}


def item(document: Document, section: str, id_: str) -> Item:
    found = next(s for s in document.sections if s.id == section)
    return next(i for i in found.items if i.id == id_)


def column(found: Item, name: str) -> list[object]:
    assert found.table is not None
    place = found.table.columns.index(name)
    return [row.cells[place].value for row in found.table.rows]


# -- an empty ledger ------------------------------------------------------------------------


def test_with_an_empty_ledger_every_item_of_the_ledger_is_a_blank(empty: Runtime) -> None:
    held = {e.id for e in deliverables.gather(empty).evidence}
    seen = 0
    for document in by_name(empty).values():
        for found in document.items:
            refs = [*found.evidence, *(r for row in _rows(found) for r in row.evidence)]
            assert {ref.id for ref in refs} <= held
            assert {ref.about for ref in refs} <= {"rollout.plan"}, found
            if found.source == "ledger" and found.blank is None:
                # What is true of an empty ledger: nothing was raised, nothing holds, all is shut.
                assert found.value in (None, 0), found
                assert found.value == 0 or _says_nothing(found), found
            seen += found.blank is not None
    assert seen > 60


def _rows(found: Item) -> tuple[Row, ...]:
    return found.table.rows if found.table else ()


def _says_nothing(found: Item) -> bool:
    if found.id.startswith("predicates-"):
        # The plan of the rollout is a setting, kept as evidence by the first look.
        return len(set(column(found, "By what")) - {None}) <= 1
    if found.id == "gates":
        return set(column(found, "State")) == {"shut"}
    if found.id in ("stops", "others"):
        answers = dict(zip(column(found, "Id"), column(found, "Answer"), strict=True))
        # The gates are defined by the policy that comes with the product.
        return {id_ for id_, answer in answers.items() if answer == "yes"} <= {"E9"}
    if found.id == "checklist":
        return set(column(found, "Measured")) == {None}
    if found.id == "risks":
        return column(found, "Risk") == ["Nobody is there to run it"]
    return found.id == "gaps"


def test_every_blank_says_what_who_and_a_command_that_can_be_typed(
    empty: Runtime, rich: Runtime
) -> None:
    for runtime in (empty, rich):
        for document in by_name(runtime).values():
            for blank in document.blanks:
                assert blank.missing
                assert blank.owner
                if blank.command:
                    assert command_fault(blank.command) == "", blank
                else:
                    assert "produces this evidence" in blank.missing, blank


def test_items_have_names_that_stay_apart(rich: Runtime) -> None:
    for document in by_name(rich).values():
        ids = [section.id for section in document.sections]
        assert len(set(ids)) == len(ids)
        for section in document.sections:
            ids = [found.id for found in section.items]
            assert len(set(ids)) == len(ids), ids


# -- a whole life ---------------------------------------------------------------------------


def test_the_dataset_is_told_as_it_is_on_record(rich: Runtime) -> None:
    data, told = datasets.current(rich), by_name(rich)["dataset-specification"]
    assert item(told, "rows", "rows-in").value == data.rows_in
    assert item(told, "rows", "rows-out").value == data.rows_out
    dropped = item(told, "rows", "dropped")
    pairs = zip(column(dropped, "Reason"), column(dropped, "Rows"), strict=True)
    assert dict(pairs) == data.dropped
    sizes = item(told, "split", "sizes")
    assert dict(zip(column(sizes, "Split"), column(sizes, "Rows"), strict=True)) == data.split.sizes
    segments = item(told, "profile", "segments")
    pairs = zip(column(segments, "Segment"), column(segments, "Rows"), strict=True)
    assert dict(pairs) == data.profile.segments
    guide = item(told, "labelling", "labelling_guide")
    assert "Signed by Bo" in guide.lines[0]
    assert guide.evidence[0].grade == "attested"
    assert guide.evidence[0].signer == "bo"
    checks = item(told, "checklist", "checklist")
    results = dict(zip(column(checks, "What is looked at"), _texts(checks, "Result"), strict=True))
    assert results["rows after cleaning and removing duplicates"] == "fail"
    assert results["share of the rows read that fit the schema"] == "pass"
    assert results[
        "share of live requests unlike every known one; drift test against the rows"
    ] == ("fail")
    assert results["wrong labels in an audit of 200 rows or more, upper 95 % bound"] == (
        "not measured"
    )
    assert results["time of the oldest and the newest row"] == "measured, no threshold"
    assert "2026-01-28T00:00:00Z" in column(checks, "Measured")


def _texts(found: Item, name: str) -> list[str]:
    assert found.table is not None
    place = found.table.columns.index(name)
    return [row.cells[place].text for row in found.table.rows]


def test_the_benchmark_lists_every_run_and_the_order_of_freezing(rich: Runtime) -> None:
    told = by_name(rich)["benchmark-and-thresholds"]
    runs, prices = item(told, "runs", "runs"), item(told, "runs", "prices")
    kept = {run.arm.id: run for run in rich.store.list(EvaluationRun)}
    assert set(column(runs, "Way")) == set(kept)
    for name, right, n, tokens, p95, cpu, price in zip(
        *(column(runs, c) for c in ("Way", "Right", "n")),
        *(column(prices, c) for c in ("Tokens", "p95, s", "CPU, s", "Cost per success")),
        strict=True,
    ):
        run = kept[str(name)]
        assert run.latency is not None
        assert run.cost_per_success is not None
        assert (right, n, cpu) == (run.score.value, run.score.n, run.cpu_seconds)
        assert tokens == run.prompt_tokens + run.completion_tokens
        assert (p95, price) == (run.latency.p95, run.cost_per_success.value)
    suite, _ = ceiling.current_suite(rich)
    assert item(told, "suite", "suite").value == suite.id
    assert item(told, "suite", "n").value == suite.n
    assert item(told, "thresholds", "target").value == suite.target
    assert item(told, "thresholds", "gain").value == suite.declared_gain
    frozen = item(told, "suite", "frozen")
    assert frozen.value is True
    assert "First candidate judged" in frozen.lines[1]
    assert item(told, "gap", "gap").value == pytest.approx(suite.target - SCORES[0])
    assert column(item(told, "comparison", "comparisons"), "Change") == [0.39]
    general = item(told, "not-measured", "general").blank
    assert general is not None
    assert general.owner == "Fa (review lead)"


def test_a_suite_frozen_after_the_first_candidate_is_told(rich: Runtime) -> None:
    facts = deliverables.gather(rich)
    late = facts.freezing.model_copy(update={"frozen_event": facts.freezing.candidate_event + 1})
    (told,) = build(facts.model_copy(update={"freezing": late}), ["benchmark-and-thresholds"])
    frozen = item(told, "suite", "frozen")
    assert (frozen.value, frozen.tone) == (False, "bad")


def test_the_training_plan_has_settings_cost_money_and_the_bound(rich: Runtime) -> None:
    told = by_name(rich)["training-plan"]
    settings = item(told, "settings", "settings")
    typed = rich.project.training.model_dump()
    pairs = dict(zip(column(settings, "Setting"), column(settings, "Value"), strict=True))
    assert pairs == typed
    estimate = item(told, "estimate", "estimate")
    assert COST.cpu_seconds in column(estimate, "Estimate")
    assert COST.wall_seconds in column(estimate, "Last run took")
    assert item(told, "modifier", "work").value == COST.flop
    assert item(told, "modifier", "bound").value is True
    assert item(told, "estimate", "gpu").table is not None
    with tuneworthy.open(rich.folder, clock=rich.clock) as workspace:
        money = workspace.money()
    assert item(told, "money", "break-even").value == money.months
    assert column(item(told, "money", "lines"), "Middle") == [line.middle for line in money.lines]
    moves = item(told, "money", "moves")
    assert moves.tornado == money.tornado
    assert money.tornado.currency == "EUR"
    page = render_deliverable(told)
    assert page.count("<svg") == 1
    assert "with each row at its low and at its high" in page
    assert column(item(told, "curve", "curve"), "Right") == [0.61, 0.72]
    assert item(told, "base", "weights").value == "b"
    risks = column(item(told, "risks", "risks"), "Risk")
    assert "Too little data" in risks
    assert "No right to train on it" in risks


def test_the_deployment_plan_names_the_way_back_and_the_people(rich: Runtime) -> None:
    told = by_name(rich)["deployment-and-monitoring-plan"]
    plan = rich.project.rollout
    stages = item(told, "stages", "stages")
    assert column(stages, "Share of the traffic") == list(plan.stages)
    assert item(told, "stages", "alpha").value == plan.alpha
    assert item(told, "stages", "margin").value == plan.margin
    assert item(told, "rollback", "decides").value == "Ed"
    assert item(told, "rollback", "executes").value == "Di"
    assert "Version base." in item(told, "rollback", "target").lines
    drill = item(told, "rollback", "drill")
    assert drill.value is True
    assert drill.evidence[0].about == "rollout.rollback_drill"
    assert set(column(item(told, "gates", "gates"), "State")) == {"open"}
    assert "Bo (compliance reviewer)" in str(column(item(told, "gates", "gates"), "Approved by"))
    assert "Signed by Di" in item(told, "incidents", "contacts").lines[0]
    assert item(told, "monitors", "drift").value is True
    assert column(item(told, "monitors", "open-alerts"), "For") == ["Ed"]
    assert column(item(told, "triggers", "open-proposals"), "What") == ["retrain"]
    assert item(told, "people", "platform_admin").blank is not None


def test_an_old_drill_counts_no_more(rich: Runtime) -> None:
    tick(rich, days=91)
    drill = item(by_name(rich)["deployment-and-monitoring-plan"], "rollback", "drill")
    assert drill.tone == "bad"
    assert drill.evidence[0].age_days == pytest.approx(91, abs=0.1)


def test_the_scorecard_has_every_condition_with_its_evidence(rich: Runtime) -> None:
    told = by_name(rich)["scorecard-and-gaps"]
    card = assessing.scorecard(rich)
    for dimension in card.dimensions:
        level = item(told, "levels", dimension.id)
        assert level.value == dimension.evidenced
        table = item(told, "predicates", f"predicates-{dimension.id}").table
        assert table is not None
        assert len(table.rows) == len(dimension.predicates)
        held = {p.evidence for p in dimension.predicates if p.evidence}
        assert {ref.id for row in table.rows for ref in row.evidence} <= held
    gaps = item(told, "gaps", "gaps")
    assert column(gaps, "Missing") == [gap.missing for gap in card.gaps]
    assert column(gaps, "Command") == [gap.command or None for gap in card.gaps]
    assert column(item(told, "enterprise", "stops"), "Id") == ["U1", "U2", "U3", "U4"]
    assert told.subjects.rubric == card.rubric


# -- the same ledger, the same bytes --------------------------------------------------------


def test_the_same_ledger_gives_the_same_bytes_and_carries_its_digests(rich: Runtime) -> None:
    by_name(rich)  # the first look may add to the ledger
    first, second = by_name(rich), by_name(rich)
    for name, document in first.items():
        for render in (as_json, as_markdown, render_deliverable):
            assert render(document) == render(second[name])
            text = render(document)
            for digest_ in (document.id, rich.head.dataset, rich.head.suite, rich.head.model):
                assert digest_ in text
            assert document.subjects.report in text
            assert document.subjects.rubric in text


def test_an_hour_later_the_documents_have_the_same_names(rich: Runtime) -> None:
    by_name(rich)
    before = by_name(rich)
    tick(rich, hours=1)
    after = by_name(rich)
    for name, document in before.items():
        assert after[name].id == document.id, name
        assert after[name].as_of != document.as_of


def test_pages_stay_small_and_have_no_script(rich: Runtime) -> None:
    for document in by_name(rich).values():
        html = render_deliverable(document)
        assert len(html.encode()) <= MOST_BYTES
        assert "<script" not in html
        assert not re.search(r"(src|href)=[\"'](?!#)", html)


# -- bad ground -----------------------------------------------------------------------------


def test_forged_evidence_fills_no_blank(rich: Runtime) -> None:
    tick(rich)
    forged = rich.claim(
        "document.general_ability_review",
        [rich.project.id],
        {"sha256": digest("x"), "path": "x"},
        grade=Grade.ATTESTED,
        signer="fa",
    )
    with rich.change("test.forge", ("evidence", "x", forged.id)) as change:
        change.put(forged)
    told = by_name(rich)["benchmark-and-thresholds"]
    assert item(told, "not-measured", "general").blank is not None


def test_hostile_text_on_record_breaks_no_format(rich: Runtime) -> None:
    """Names and messages as an attacker would have written them into rows and settings."""
    bad = "</td></table><script>x</script> a | b\n# c `d` \u202e\x1b[2J =cmd|x"
    facts = deliverables.gather(rich)
    data, report = facts.report.dataset, facts.report
    assert data is not None
    spoiled = data.model_copy(
        update={
            "dropped": {bad: 3},
            "profile": data.profile.model_copy(update={"segments": {bad: 4}}),
            "findings": tuple(f.model_copy(update={"message": bad}) for f in data.findings),
        }
    )
    people_ = tuple(p.model_copy(update={"name": bad}) for p in facts.people)
    facts = facts.model_copy(
        update={
            "people": people_,
            "project": facts.project.model_copy(update={"use_case": bad}),
            "report": report.model_copy(
                update={
                    "dataset": spoiled,
                    "proposals": tuple(
                        p.model_copy(update={"reason": bad}) for p in report.proposals
                    ),
                    "alerts": tuple(a.model_copy(update={"message": bad}) for a in report.alerts),
                }
            ),
        }
    )
    for document in build(facts):
        html, markdown = render_deliverable(document), as_markdown(document)
        assert "<script" not in html
        for written in (html, markdown, as_json(document)):
            assert not {"\u202e", "\x1b"} & set(written)
        for block in re.findall(r"(?:^\|.*\n)+", markdown, re.MULTILINE):
            counts = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(counts) == 1, block
        assert not re.search(r"^# c", markdown, re.MULTILINE)
