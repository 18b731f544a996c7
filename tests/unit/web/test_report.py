"""The report: what it says, what it must never hold, how big it may grow."""

import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuneworthy.assess import break_even_of
from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.dataset import (
    DatasetVersion,
    Finding,
    PiiReport,
    Profile,
    SplitReport,
)
from tuneworthy.core.nouns.decision import Decision, FactorAnswer, Verdict
from tuneworthy.core.nouns.gate import GateName, GateState
from tuneworthy.core.nouns.money import Money
from tuneworthy.core.nouns.monitoring import Alert, DriftResult, Proposal
from tuneworthy.core.nouns.people import Role
from tuneworthy.core.nouns.report import AuditSummary, Report, ReportArm, StageTime, TraceStep
from tuneworthy.core.nouns.run import Comparison, Cost
from tuneworthy.core.nouns.scorecard import (
    DimensionId,
    DimensionScore,
    Gap,
    PredicateResult,
    Readiness,
    Scorecard,
)
from tuneworthy.core.nouns.serving import Rollout, StageResult
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.charts.words import MINUS
from tuneworthy.web.report import render_report

LIMIT = 60_000
CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
NAMES: tuple[tuple[DimensionId, str], ...] = (
    ("D1", "Problem fit"),
    ("D2", "Dataset quality"),
    ("D3", "Evaluation & benchmarks"),
    ("D4", "Safety & compliance"),
    ("D5", "Training & infra"),
    ("D6", "Deployment & monitoring"),
)


def share(value: float, low: float, high: float, n: int = 237) -> Interval:
    return Interval(value=value, low=low, high=high, n=n)


def arm(name: str, kind: str, score: Interval, cpu: float = 80) -> ReportArm:
    return ReportArm(
        name=name, kind=kind, score=score, valid_share=0.97, cpu_seconds=cpu, tokens=48_210
    )


def scorecard(levels: tuple[int, ...], targets: tuple[int, ...]) -> Scorecard:
    dimensions = tuple(
        DimensionScore(
            id=code,
            name=name,
            declared=min(level + 1, 2),
            evidenced=level,
            target=target,
            predicates=(
                PredicateResult(id=f"{code}.1", level=2, text="A digest", held=True, evidence="e1"),
                PredicateResult(id=f"{code}.2", level=3, text="A profile", held=level >= 3),
            ),
        )
        for (code, name), level, target in zip(NAMES, levels, targets, strict=True)
    )
    gates = ("release", "build", "proof", "start", "build", "release")
    gaps = tuple(
        Gap(
            dimension=d.id,
            name=d.name,
            level=d.evidenced,
            target=d.target,
            missing=f"No measured evidence for level {d.evidenced + 1}.",
            command=f"tuneworthy assess --show {d.id}",
            gate=gate,
        )
        for d, gate in zip(dimensions, gates, strict=True)
        if d.evidenced < d.target
    )
    mean = sum(levels) / 6
    return Scorecard(
        dimensions=dimensions,
        mean=mean,
        band="Developing",
        minimum=min(levels),
        gaps=gaps,
        rubric=digest("rubric"),
    )


def decision(basis: Any, verdict: Verdict) -> Decision:
    texts = (
        "At least five prompt variations tried",
        "Several foundation models tried",
        "Behaviour must be consistent",
        "Domain knowledge is missing",
        "Query volume is low",
    )
    return Decision(
        basis=basis,
        verdict=verdict,
        reasons=("The ceiling of prompting is shown by 9 runs on one frozen suite.",),
        ceiling_reached=True,
        indicators=5,
        anti_indicators=1,
        tree="FINE_TUNE_CANDIDATE",
        score=4 / 11,
        score_band="MODERATE",
        net=4,
        net_band="STRONG",
        weighted=6 / 9,
        factors=tuple(
            FactorAnswer(
                id=f"C{place}",
                text=text,
                declared=True,
                measured=(True, False, None, True, False)[place - 1],
                basis="6 prompt digests, 237 cases each" if place == 1 else "",
            )
            for place, text in enumerate(texts, start=1)
        ),
    )


def dataset() -> DatasetVersion:
    return DatasetVersion(
        id=digest("data"),
        project="tools",
        source_digests={"train.jsonl": digest("source")},
        rows_in=1243,
        rows_out=946,
        dropped={"duplicate": 181, "near_duplicate": 84, "empty_target": 20, "too_long": 12},
        records={"train": digest("t"), "test": digest("u")},
        fates=digest("fates"),
        findings=(
            Finding(
                code="near_twins",
                severity="warning",
                message="84 rows say nearly the same as another row.",
                count=84,
                fix="tuneworthy data fix near_duplicate",
            ),
            Finding(code="short", severity="info", message="9 targets are under 10 characters."),
        ),
        profile=Profile(
            rows=946,
            characters_median=320,
            characters_p95=800,
            characters_max=1400,
            target_characters_median=64,
            distinct_targets=702,
            format_consistency=0.998,
            diversity=0.91,
            segments={"weather": 120},
        ),
        pii=PiiReport(
            scanned=946, detector_version="1", counts={"email_address": 3}, unresolved_high=0
        ),
        split=SplitReport(
            seed=7,
            by="group",
            sizes={"train": 662, "validation": 47, "test": 237},
            groups=311,
            leakage_exact=0,
            leakage_near=0,
        ),
        licence_coverage=1.0,
        legal_basis_coverage=1.0,
        created_at="2026-11-21T07:00:00Z",
    )


def gates() -> tuple[GateState, ...]:
    def gate(name: GateName, *, is_open: bool, **more: Any) -> GateState:
        facts: dict[str, Any] = {
            "approvers": {"business_owner": "Ada Demo", "compliance_reviewer": "Ben Demo"},
            "missing_evidence": (),
            "missing_roles": (),
            "demonstration": True,
        } | more
        return GateState(gate=name, open=is_open, subject=digest("s"), bundle=digest("b"), **facts)

    return (
        gate(GateName.START, is_open=True),
        gate(GateName.BUILD, is_open=True),
        gate(
            GateName.PROOF,
            is_open=True,
            void=("Cy Demo approved another bundle (1c2d…); the adapter has changed since.",),
        ),
        gate(
            GateName.RELEASE,
            is_open=False,
            approvers={},
            missing_evidence=("rollout.rollback_drill",),
            missing_roles=(Role.MODEL_OWNER,),
        ),
    )


def rollout() -> Rollout:
    def stage(percent: float, n: int, outcome: Any, cause: str = "") -> StageResult:
        return StageResult(
            percent=percent,
            control_requests=n * 3,
            canary_requests=n,
            e_value_harm=37.2 if cause else 0.4,
            e_value_promote=2.5,
            outcome=outcome,
            cause=cause,
        )

    return Rollout(
        id="r1",
        route="support",
        candidate=digest("candidate"),
        control=digest("control"),
        stages=(5, 25, 50, 100),
        results=(
            stage(5, 200, "passed"),
            stage(25, 410, "rolled_back", "Errors rose from 1 % to 22 %: forced in a drill."),
        ),
        state="rolled_back",
        cause="Errors rose from 1 % to 22 %: forced in a drill.",
        drill=True,
        created_at="2026-11-21T08:00:00Z",
        accelerated=True,
    )


def money(*names: str, back: float = 2000) -> Money:
    """A break-even in which every row named has a range."""
    return break_even_of(
        {
            "currency": "EUR",
            "upfront": [{"name": "prepare the data", "spend": 6000}],
            "ongoing": [
                {"name": n, "spend": {"low": 20, "high": 60 + 3 * i}} for i, n in enumerate(names)
            ],
            "returns": [{"name": "calls saved", "spend": back}],
            "strategic_value": 4,
        }
    )


def named(account: Money, text: str) -> Money:
    """The same with one text in place of every name; a read file has none so long."""
    swings = tuple(s.model_copy(update={"name": text}) for s in account.tornado.swings)
    tornado = account.tornado.model_copy(update={"swings": swings, "currency": text})
    return account.model_copy(update={"tornado": tornado, "currency": text})


def comparison(name: str, delta: Interval, verdict: Any, p: float) -> Comparison:
    return Comparison(
        id=digest(name),
        suite=digest("suite"),
        candidate=digest("c"),
        against=digest("a"),
        against_name=name,
        delta=delta,
        p_value=p,
        newly_right=61,
        newly_wrong=18,
        verdict=verdict,
    )


def full_report(**change: Any) -> Report:
    facts: dict[str, Any] = {
        "id": digest("report"),
        "project": "tools",
        "use_case": "Turn a request and its function schemas into one tool call",
        "base_model": "SmolLM2-135M-Instruct",
        "tool_version": "0.1.0",
        "created_at": "2026-11-21T09:30:00Z",
        "verdict_sentence": "Go on with a bounded pilot: tuning beats the best alternative by "
        "12 points on 237 unseen cases.",
        "tone": "ok",
        "declared": decision("declared", Verdict.PROCEED),
        "evidenced": decision("evidenced", Verdict.PILOT),
        "scorecard": scorecard((3, 4, 2, 3, 3, 1), (3, 3, 3, 4, 3, 3)),
        "dataset": dataset(),
        "arms": (
            arm("few-shot, 8 examples", "few_shot", share(0.47, 0.41, 0.53), 412),
            arm("retrieval, top 4", "retrieval", share(0.44, 0.38, 0.5), 230),
            arm("nearest neighbour", "nearest_neighbour", share(0.31, 0.25, 0.37), 1.2),
            arm("zero-shot", "zero_shot", share(0.0, 0.0, 0.02), 96),
        ),
        "tuned": arm("LoRA r16", "tuned", share(0.59, 0.53, 0.65), 101),
        "target": 0.55,
        "comparisons": (
            comparison("zero-shot", share(0.59, 0.53, 0.65), "clearly better", 1e-9),
            comparison("few-shot, 8 examples", share(0.12, 0.08, 0.16), "clearly better", 0.0004),
        ),
        "estimate": Cost(
            cpu_seconds=640,
            wall_seconds=400,
            peak_memory_mb=1900,
            tokens=210_000,
            flop=1.7e14,
            steps=249,
        ),
        "actual": Cost(
            cpu_seconds=701,
            wall_seconds=512,
            peak_memory_mb=1740,
            tokens=208_441,
            flop=1.68e14,
            steps=249,
        ),
        "gates": gates(),
        "rollouts": (rollout(),),
        "drift": DriftResult(
            reference=500,
            window=250,
            p_mmd=0.002,
            p_novelty=0.0004,
            p_value=0.0008,
            alpha=0.01,
            drifted=True,
            novel_share=0.41,
            examples=("az vm create in a resource group", "list my storage accounts"),
        ),
        "alerts": (
            Alert(
                id="a1",
                project="tools",
                about="drift",
                severity="critical",
                message="Live requests no longer look like the reference.",
                owner="Dee Demo",
                evidence=(),
                created_at="2026-11-21T09:00:00Z",
            ),
        ),
        "proposals": (
            Proposal(
                id="p1",
                project="tools",
                action="retrain",
                reason="41 % of 250 requests are novel.",
                evidence=(),
                steps=("Label 100 of the novel requests", "Freeze a new dataset version"),
                created_at="2026-11-21T09:05:00Z",
            ),
        ),
        "trace": (
            TraceStep(label="Serving manifest", value=digest("m"), status="verified"),
            TraceStep(label="Adapter", value=digest("ad"), status="verified"),
            TraceStep(label="Approver, Release", value="Ada Demo", status="recorded"),
            TraceStep(label="Legal basis of row 9", value="", status="unknown"),
        ),
        "trace_response": "resp-5f2a",
        "audit": AuditSummary(events=148, verified=True, head=digest("head")),
        "timeline": tuple(
            StageTime(
                name=name,
                started_at=f"2026-11-21T07:{begin:02d}:00Z" if begin >= 0 else "",
                ended_at=f"2026-11-21T07:{end:02d}:00Z" if end >= 0 else "",
                state=state,
            )
            for name, begin, end, state in (
                ("assess", 0, 2, "done"),
                ("data", 2, 4, "done"),
                ("train", 4, 19, "done"),
                ("evaluate", 19, 31, "done"),
                ("govern", 31, 33, "done"),
                ("serve", 33, -1, "running"),
                ("monitor", 40, 44, "blocked"),
                ("improve", -1, -1, "planned"),
            )
        ),
        "notes": (
            "The people are made up for a demonstration.",
            "The rollout ran on an accelerated clock: 1 second stands for 1 hour.",
        ),
        "next_step": "tuneworthy gate show release",
        "money": money("watching", "retraining"),
        "losses": tuple(2.4 * 0.985**step + 0.2 + 0.1 * (step % 3) for step in range(249)),
    }
    return Report(**(facts | change))


def no_report(**change: Any) -> Report:
    """A project where the right verdict is no."""
    facts: dict[str, Any] = {
        "id": digest("services"),
        "project": "services",
        "use_case": "Name the service that a request is about",
        "verdict_sentence": "Do not tune: nearest neighbour wins by 20 points.",
        "tone": "bad",
        "evidenced": decision("evidenced", Verdict.TRY_ALTERNATIVES),
        "arms": (
            arm("nearest neighbour", "nearest_neighbour", share(0.79, 0.73, 0.84), 1.1),
            arm("16-shot", "few_shot", share(0.07, 0.04, 0.11), 640),
            arm("zero-shot", "zero_shot", share(0.0, 0.0, 0.02), 96),
        ),
        "comparisons": (
            comparison("zero-shot", share(0.59, 0.53, 0.65), "clearly better", 1e-9),
            comparison("nearest neighbour", share(-0.2, -0.27, -0.13), "clearly worse", 2e-7),
        ),
        "target": 0.75,
        "next_step": "tuneworthy serve start --arm nearest_neighbour",
    }
    return full_report(**(facts | change))


def empty_report() -> Report:
    return full_report(
        use_case="",
        base_model="",
        verdict_sentence="Nothing has been assessed yet.",
        tone="warn",
        declared=None,
        evidenced=None,
        scorecard=Scorecard(
            dimensions=(), mean=0, band="Initial", minimum=0, gaps=(), rubric=digest("r")
        ),
        dataset=None,
        arms=(),
        tuned=None,
        comparisons=(),
        estimate=None,
        actual=None,
        gates=(),
        rollouts=(),
        drift=None,
        alerts=(),
        proposals=(),
        trace=(),
        trace_response="",
        audit=AuditSummary(events=0, verified=False, head=""),
        timeline=(),
        notes=(),
        next_step="",
        losses=(),
        money=None,
    )


class Page(HTMLParser):
    """What a browser would see: elements with attributes, text, and whether all is closed."""

    VOID = frozenset({"meta", "br", "link", "img", "input", "hr"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in {"style", "title", "desc"}:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.texts).replace("\u00a0", " "))

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)


def test_the_whole_life_and_a_no_stay_under_the_limit():
    html = render_report([full_report(), no_report()])
    assert len(html.encode()) <= LIMIT
    page = Page(html)
    assert page.faults == []
    assert page.open == []


def test_nothing_runs_and_nothing_is_fetched():
    page = Page(render_report([full_report(), no_report()]))
    names = {name for name, _ in page.elements}
    assert not names & {"script", "link", "iframe", "img", "object", "embed", "form", "base"}
    attributes = {key for _, found in page.elements for key in found}
    assert not {key for key in attributes if key.startswith("on")}
    for _, found in page.elements:
        for key in ("href", "src", "action", "xlink:href"):
            assert (found.get(key) or "#").startswith("#")
    style = render_report([full_report()]).split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    policies = [
        found.get("content")
        for name, found in page.elements
        if name == "meta" and found.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == [CSP]


def test_it_can_be_read_by_everyone():
    page = Page(render_report([full_report(), no_report()]))
    assert dict(page.elements)["html"] == {"lang": "en"}
    assert page.count("h1") == 1
    assert page.count("main") == 1
    ids = [found["id"] for _, found in page.elements if found.get("id")]
    assert len(ids) == len(set(ids))
    for name, found in page.elements:
        if found.get("aria-labelledby"):
            assert found["aria-labelledby"] in ids
        if (found.get("href") or "").startswith("#"):
            assert (found["href"] or "")[1:] in ids
        if name == "th":
            assert found.get("scope") in {"row", "col"}
    levels = [int(name[1]) for name, _ in page.elements if re.fullmatch(r"h[1-6]", name)]
    steps = pairwise(levels)
    assert all(after <= before + 1 for before, after in steps)


def test_the_sponsor_reads_the_verdict_the_figures_and_the_gaps_first():
    html = render_report([full_report(), no_report()])
    sponsor = Page(html.split('aria-labelledby="verdict"')[0]).text
    for words in (
        "Go on with a bounded pilot: tuning beats the best alternative by 12 points",
        "Verdict as evidenced: Run a bounded pilot",
        "59 %",
        "95 % interval 53 to 65, n 237",
        "target met, within noise (55 %)",
        "+12 pts",
        "95 % interval 8 to 16",
        "clearly better",
        "12 min",
        "110 % of the estimate",
        "Break-even by the rows typed in: 3.1 months.",
        "services - Do not tune: nearest neighbour wins by 20 points.",
    ):
        assert words in sponsor


def test_every_part_says_its_facts():
    text = Page(render_report([full_report(), no_report()])).text
    for words in (
        "5 for, 1 against: 0.36, moderate",
        "fine tune candidate",
        "1,243 in, 946 kept",
        "near duplicate84",
        "0 exact, 0 near",
        "not known",
        "Peak memory1.9 GB1.7 GB92 %",
        "Ada Demo (business owner), Ben Demo (compliance reviewer)",
        "demonstration people",
        "Cy Demo approved another bundle",
        "Evidence still needed: rollout.rollback_drill",
        "People still needed: model owner",
        "Rollback drill",
        "accelerated clock",
        "Cause: Errors rose from 1 % to 22 %",
        "250 live against 500 reference",
        "az vm create in a resource group",
        "for Dee Demo",
        "Retrain (open): 41 % of 250 requests are novel.",
        "148 events",
        "The people are made up for a demonstration.",
        f"{MINUS}20 pts (95 % interval {MINUS}27 to {MINUS}13), n 237, p < 0.001: clearly worse",
    ):
        assert words in text


def test_the_report_draws_which_row_moves_the_break_even_most():
    html = render_report([full_report()])
    part = html.split('id="money"')[1].split("</section>")[0]
    text = Page(part).text
    for words in (
        "3.1 months. 6,000.00 upfront",
        "under 6 months",
        "watching",
        "○ low: 3.1 months",
    ):
        assert words in text
    assert text.index("retraining") < text.index("watching"), "the widest range stands on top"
    never = Page(render_report([full_report(money=money("watching", back=10))])).text
    assert "Never. 6,000.00 upfront" in never
    assert "Net a month in EUR" in render_report([full_report(money=money("watching", back=10))])


def test_without_rows_of_money_no_figure_is_made_up():
    page = Page(render_report([full_report(money=None)]))
    assert "No prices are on record" in page.text
    assert "When does tuning pay for itself?" not in page.text


def test_gaps_stand_in_the_order_of_the_gates():
    report = full_report()
    gaps = tuple(gap.model_copy(update={"opens": gap.gate}) for gap in report.scorecard.gaps)
    stuck = gaps[0].model_copy(update={"reachable": False, "first": "nothing to do yet"})
    card = report.scorecard.model_copy(update={"gaps": (stuck, *gaps)})
    html = render_report([report.model_copy(update={"scorecard": card})])
    rows = html.split('id="gaps"')[1].split("</table>")[0]
    order = re.findall(r"opens the (start|build|proof|release) gate", rows, re.IGNORECASE)
    assert [gate.lower() for gate in order[:3]] == ["start", "proof", "release"]
    # What cannot be closed now comes last, with what stands in its way and without a command.
    assert "nothing to do yet" in rows.split("<tr>")[-1]
    assert stuck.command not in rows.split("<tr>")[-1]


def test_a_stop_question_answered_no_is_said_where_readiness_is():
    report = full_report()
    assert "Not ready." not in Page(render_report([report])).text
    card = report.scorecard.model_copy(update={"readiness": Readiness(stopped_by=("U2", "U3"))})
    text = Page(render_report([report.model_copy(update={"scorecard": card})])).text
    assert "Not ready. The record answers a stop question with no: U2, U3." in text


def test_a_missing_part_says_what_would_fill_it():
    html = render_report([empty_report()])
    page = Page(html)
    assert page.faults == []
    for words in (
        "No verdict yet.",
        "No area has been scored yet.",
        "No dataset has been frozen yet.",
        "No way of answering has been run yet.",
        "Nothing has been compared yet.",
        "No gate has been looked at yet.",
        "The model has taken no traffic yet.",
        "No live requests have been checked yet.",
        "No response has been traced yet.",
        "tuneworthy train plan",
        "nothing to verify yet",
        "Next: tuneworthy status",
    ):
        assert words in page.text
    assert "nan" not in page.text.lower()
    assert "None" not in page.text


@pytest.mark.parametrize(
    "change",
    [
        {"estimate": None},
        {"actual": None},
        {"declared": None},
        {"evidenced": None},
        {"tuned": None},
        {"arms": ()},
        {"comparisons": ()},
        {"timeline": ()},
        {"gates": ()},
        {"money": None},
        {"losses": ()},
        {"losses": (1.0,)},
        {"losses": (float("nan"),)},
        {"drift": None},
        {"tone": "bad"},
        {"created_at": "yesterday"},
    ],
)
def test_each_part_may_be_missing_alone(change):
    page = Page(render_report([full_report(**change), no_report(**change)]))
    assert page.faults == []
    assert "None" not in page.text


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (share(0.7, 0.6, 0.8), "✓ target met (55 %)"),
        (share(0.56, 0.5, 0.6), "! target met, within noise (55 %)"),
        (share(0.52, 0.45, 0.58), "! target missed, within noise (55 %)"),
        (share(0.4, 0.3, 0.5), "✕ target missed (55 %)"),
    ],
)
def test_a_near_miss_is_named_as_noise(score, words):
    assert words in Page(render_report([full_report(tuned=arm("t", "tuned", score))])).text


def test_no_project_is_an_error_that_names_the_fix():
    with pytest.raises(UsageProblem) as caught:
        render_report([])
    assert caught.value.fix == "tuneworthy assess"


HOSTILE = (
    "</title></style><script>alert(1)</script><img src=x onerror=alert(1)>\"'&\x00\u202e{{7*7}}"
)


def hostile(text: str) -> Report:
    """A report with one text in every place that takes free text."""
    told = full_report()
    cards = told.scorecard
    assert told.evidenced is not None
    assert told.dataset is not None
    assert told.tuned is not None
    assert told.drift is not None
    return told.model_copy(
        update={
            "id": text,
            "project": text,
            "use_case": text,
            "base_model": text,
            "tool_version": text,
            "created_at": text,
            "verdict_sentence": text,
            "next_step": text,
            "notes": (text, text),
            "trace_response": text,
            "trace": (TraceStep(label=text, value=text, status="broken"),),
            "audit": AuditSummary(events=1, verified=False, head=text, first_fault=text),
            "tuned": told.tuned.model_copy(update={"name": text, "kind": text}),
            "arms": (told.arms[0].model_copy(update={"name": text + "2", "kind": text}),),
            "comparisons": (told.comparisons[0].model_copy(update={"against_name": text}),),
            "scorecard": cards.model_copy(
                update={
                    "band": text,
                    "rubric": text,
                    "dimensions": tuple(
                        d.model_copy(update={"name": text}) for d in cards.dimensions
                    ),
                    "gaps": tuple(
                        g.model_copy(
                            update={"name": text, "missing": text, "command": text, "gate": text}
                        )
                        for g in cards.gaps
                    ),
                }
            ),
            "evidenced": told.evidenced.model_copy(
                update={
                    "reasons": (text,),
                    "tree": text,
                    "score_band": text,
                    "factors": (
                        FactorAnswer(id=text, text=text, declared=None, measured=None, basis=text),
                    ),
                }
            ),
            "dataset": told.dataset.model_copy(
                update={
                    "id": text,
                    "dropped": {text: 3},
                    "findings": (Finding(code=text, severity="block", message=text, fix=text),),
                }
            ),
            "gates": (
                told.gates[3].model_copy(
                    update={
                        "approvers": {text: text},
                        "missing_evidence": (text,),
                        "void": (text,),
                    }
                ),
            ),
            "rollouts": (told.rollouts[0].model_copy(update={"candidate": text, "cause": text}),),
            "alerts": (told.alerts[0].model_copy(update={"message": text, "owner": text}),),
            "proposals": (told.proposals[0].model_copy(update={"reason": text, "steps": (text,)}),),
            "timeline": (StageTime(name=text, started_at=text, ended_at=text, state="running"),),
            "drift": told.drift.model_copy(update={"examples": (text,)}),
            "money": named(money(*"abcdefghijkl"), text),
        }
    )


def test_hostile_text_stays_text():
    page = Page(render_report([hostile(HOSTILE), hostile(HOSTILE)]))
    names = {name for name, _ in page.elements}
    assert page.faults == []
    assert not names & {"script", "img"}
    assert "{{7*7}}" in page.text
    assert "\x00" not in page.text
    assert "\u202e" not in page.text
    assert not {key for _, found in page.elements for key in found if key.startswith("on")}


def shape(page: Page) -> list[tuple[str, tuple[str, ...]]]:
    return [(name, tuple(sorted(found))) for name, found in page.elements]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(alphabet=st.characters(exclude_characters=" &"), min_size=1, max_size=11))
def test_no_text_changes_the_elements(text):
    """Whatever a text holds, the page has the elements that a plain word gives."""
    page = Page(render_report([hostile(text), hostile(text)]))
    plain = Page(render_report([hostile("word"), hostile("word")]))
    assert page.faults == []
    assert shape(page) == shape(plain)


def test_long_lists_and_long_texts_stay_under_the_limit():
    long = "a very long story " * 500
    told = hostile(long)
    told = told.model_copy(
        update={
            "notes": (long,) * 300,
            "arms": tuple(
                arm(f"way {i} {long}", "few_shot", share(0.4, 0.3, 0.5)) for i in range(99)
            ),
            "trace": told.trace * 300,
            "alerts": told.alerts * 300,
            "proposals": told.proposals * 300,
            "rollouts": told.rollouts * 300,
            "losses": tuple(1 / (step + 1) for step in range(20_000)),
        }
    )
    html = render_report([told, *[no_report()] * 40])
    assert len(html.encode()) <= LIMIT
    text = Page(html).text
    assert "And 39 more projects." in text
    assert "298 more are in the store." in text
