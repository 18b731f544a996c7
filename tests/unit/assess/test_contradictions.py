"""One test a row of the table of contradictions, named after it: the resolution, not the finding.

K12 and K13 (money) stand in ``test_money.py``. Rows about other stages are tested in the stage that
holds them.
"""

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner

from tuneworthy.assess import (
    APPROACHES,
    FACTORS,
    HARD_FLOOR,
    QUESTIONS,
    Circumstances,
    approach_minimum,
    band,
    decide,
    may_release,
    may_scale,
    may_train,
    measure,
    score,
    second_opinion,
    shipped_rubric,
)
from tuneworthy.cli import overview
from tuneworthy.cli.main import cli
from tuneworthy.core.nouns.decision import Decision, Verdict
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.core.nouns.gate import Bundle, GateName
from tuneworthy.core.nouns.monitoring import DriftResult, Proposal
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.core.nouns.project import Answers, Goal, Project, Source, SplitSettings
from tuneworthy.core.nouns.report import LINEAGE, TraceStep
from tuneworthy.core.nouns.rules import Band
from tuneworthy.core.nouns.scorecard import Scorecard
from tuneworthy.data import BuiltDataset, build_dataset, read_source, split_rows, table_of
from tuneworthy.govern import (
    Action,
    Allowed,
    Denied,
    Matter,
    authorise,
    gate_state,
    load_policy,
    make_approval,
)
from tuneworthy.improve import propose
from tuneworthy.methods.canonical import digest_bytes
from tuneworthy.methods.signing import generate
from tuneworthy.monitor import DayScore, WeekCount, check_decay, review_overrides

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CEILING = dict.fromkeys(["C1", "C2", "C3", "C4", "C5"], True)
COUNTED = [f.id for f in FACTORS if f.kind != "ceiling"]
ALL_FOR = dict.fromkeys(["I1", "I2", "I3", "I4", "I5", "I6"], True)
NONE = dict.fromkeys(COUNTED, False)
TASK_API = {**CEILING, **NONE, **dict.fromkeys(["I1", "I2", "I3", "I5"], True)}
PROJECT = Project(
    id="p",
    use_case="answer questions about the Task API",
    goal="knowledge",
    metric="exact_match",
    target=0.9,
    sources=(Source(path="rows.jsonl"),),
)


@pytest.fixture(scope="module")
def reached() -> list[tuple[dict[str, bool], Decision]]:
    """All 2,048 answer sets with the ceiling reached."""
    sets = (dict(zip(COUNTED, bits, strict=True)) for bits in product((False, True), repeat=11))
    return [(a, decide({**CEILING, **a}, basis="declared")) for a in sets]


def of_task_api(**other: bool | None) -> Decision:
    return decide({**TASK_API, **other}, basis="declared")


# -- the rules --------------------------------------------------------------------------------


def test_k01_the_score_divides_by_all_eleven_factors(reached):
    decision = of_task_api()
    assert decision.rules is not None
    assert decision.rules.score.model_dump() == {
        "numerator": 4,
        "denominator": 11,
        "text": "4/11",
        "value": 0.3636,
        "band": "MODERATE",
    }

    def band_of_ten(net: int) -> str:
        return "STRONG" if net > 5 else "MODERATE" if net >= 2 else "WEAK"

    moved = [d for _, d in reached if d.score_band != band_of_ten(d.net)]
    assert len(moved) == 330
    assert {(d.indicators, d.anti_indicators) for d in moved} == {
        (2, 0), (3, 1), (4, 2), (5, 3), (6, 4),
    }  # fmt: skip
    assert {(d.net, d.score_band, band_of_ten(d.net)) for d in moved} == {(2, "WEAK", "MODERATE")}


def test_k02_there_is_no_band_between_two_bands(reached):
    assert {d.score_band for _, d in reached} == set(get_args(Band))
    assert set(get_args(Band)) == {"STRONG", "MODERATE", "WEAK"}
    assert of_task_api().score_band == "MODERATE"


def test_k03_all_three_rules_are_shown_and_the_strictest_governs(reached):
    decisions = [d for _, d in reached]
    assert sum(d.tree == "FINE_TUNE_CANDIDATE" for d in decisions) == 132
    assert sum(d.score_band == "STRONG" for d in decisions) == 1
    assert sum(d.net_band == "STRONG" for d in decisions) == 232
    assert sum(d.score_band != d.net_band for d in decisions) == 1_023
    beyond_a_pilot = [a for a, d in reached if d.verdict is Verdict.PROCEED]
    assert beyond_a_pilot == [{**NONE, **ALL_FOR}]
    assert all(d.rules is not None and d.rules.lines() for d in decisions)


def test_k04_three_reasons_without_any_against_are_not_enough(reached):
    over = [d for _, d in reached if (d.indicators, d.anti_indicators) == (3, 0)]
    assert len(over) == 20
    assert {d.net_band for d in over} == {"STRONG"}
    assert {d.verdict for d in over} == {Verdict.TRY_ALTERNATIVES}


def test_k05_two_reasons_against_are_mended_first(reached):
    over = [d for _, d in reached if d.net_band == "STRONG" and d.anti_indicators >= 2]
    assert {(d.indicators, d.anti_indicators) for d in over} == {(5, 2), (6, 2), (6, 3)}
    assert {d.tree for d in over} == {"ADDRESS_ANTI_INDICATORS"}
    assert not any(d.verdict.allows_tuning for d in over)


def test_k06_weights_are_advice_and_a_high_reason_against_caps_at_a_pilot(reached):
    for kind in ("indicator", "anti_indicator"):
        assert sum(f.points for f in FACTORS if f.kind == kind) == 9
    assert {f.points for f in FACTORS if f.weight} == {1, 2}
    decision = of_task_api()
    assert decision.rules is not None
    assert (decision.rules.weighted.text, decision.rules.weighted.advisory) == ("6/9", True)
    high = [d for a, d in reached if a["A1"] or a["A2"] or a["A3"] or a["A5"]]
    assert Verdict.PROCEED not in {d.verdict for d in high}
    one_high = decide({**CEILING, **NONE, **ALL_FOR, "I4": False, "A2": True}, basis="declared")
    assert one_high.verdict is Verdict.PILOT
    assert "A2 weighs High, so a pilot is the most allowed." in one_high.reasons


def test_k07_the_ceiling_takes_all_five_and_a_measured_gap():
    for id_ in CEILING:
        assert of_task_api(**{id_: False}).verdict is Verdict.KEEP_OPTIMISING_PROMPTS
        assert of_task_api(**{id_: None}).verdict is Verdict.KEEP_OPTIMISING_PROMPTS
    without_documents = {**TASK_API, "C3": False}
    waived = decide(without_documents, basis="declared", waived={"C3": "there are no documents"})
    assert waived.verdict is Verdict.PILOT
    assert any("there are no documents" in reason for reason in waived.reasons)
    assert waived.rules is not None
    assert waived.rules.tree.path[0].because == "the rest holds, waived: C3"
    no_gap = decide(
        TASK_API,
        basis="evidenced",
        solved=(Verdict.KEEP_OPTIMISING_PROMPTS, "The best prompt reaches the target."),
    )
    assert no_gap.verdict is Verdict.KEEP_OPTIMISING_PROMPTS
    assert not no_gap.ceiling_reached


def test_k08_the_case_study_fails_its_own_ceiling_test():
    declared = of_task_api()
    evidenced = of_task_api(C1=False, C2=False)
    assert declared.verdict is Verdict.PILOT
    assert evidenced.verdict is Verdict.KEEP_OPTIMISING_PROMPTS
    assert "C1, C2" in evidenced.reasons[0]


def test_k09_low_volume_is_answered_on_what_is_measured():
    decision = of_task_api(A2=True)
    assert decision.rules is not None
    assert decision.tree == "FINE_TUNE_CANDIDATE"
    assert (decision.rules.score.text, decision.rules.score.value) == ("3/11", 0.2727)
    assert (decision.score_band, decision.net_band) == ("MODERATE", "STRONG")
    assert decision.verdict is Verdict.PILOT
    question = next(f.text for f in FACTORS if f.id == "A2")
    assert "1,000 requests in the last 30 days" in question
    assert PROJECT.low_volume == 1_000


def test_k10_answers_that_contradict_each_other_are_refused(reached):
    inconsistent = [a for a, d in reached if d.verdict is Verdict.INCONSISTENT_ANSWERS]
    assert len(inconsistent) == 1_280
    assert all(a["A5"] or (a["I4"] and a["A2"]) for a in inconsistent)
    assert of_task_api(A5=True).verdict is Verdict.INCONSISTENT_ANSWERS
    assert of_task_api(I4=True, A2=True).verdict is Verdict.INCONSISTENT_ANSWERS


def test_k11_three_numbers_with_three_meanings():
    assert HARD_FLOOR == 100
    minima: dict[Goal | None, int] = {
        "persona": 500,
        "format": 500,
        "knowledge": 1_000,
        "tool_calling": 1_000,
        "safety": 10_000,
        "expertise": 100_000,
        None: 1_000,
    }
    for goal, minimum in minima.items():
        assert approach_minimum(goal) == minimum
        for count, few in ((minimum - 1, 1), (minimum, 0)):
            decision = decide(
                {**TASK_API, "A4": None},
                basis="evidenced",
                quality_examples=count,
                approach_minimum=minimum,
            )
            assert decision.anti_indicators == few
    below = decide(TASK_API, basis="evidenced", quality_examples=99)
    assert below.verdict is Verdict.STOP_DATA_FLOOR
    assert decide(TASK_API, basis="evidenced", quality_examples=100).verdict is Verdict.PILOT


@pytest.mark.parametrize(
    ("rows", "curve", "few"),
    [
        (300, {"rising": True}, False),
        (300, {"rising": False, "target_met": True}, False),
        (300, {"rising": False}, True),
        (99, {"rising": True}, True),
    ],
)
def test_k11_a_learning_curve_clears_thin_data_above_the_floor_alone(rows, curve, few):
    record = [fact("data.profile", {"rows": rows}), fact("eval.learning_curve", curve)]
    assert measure(record, PROJECT)["A4"][0] is few


def fact(about: str, result: dict[str, Any]) -> Evidence:
    return Evidence(
        id=about,
        about=about,
        project="p",
        grade=Grade.MEASURED,
        subjects=("sha256:d",),
        producer="job",
        producer_version="1",
        result=result,
        created_at=NOW.isoformat(),
    )


# -- the scorecard ----------------------------------------------------------------------------


def card_of(*levels: int) -> Scorecard:
    """A real scorecard with its levels set."""
    card = score([], Answers(), PROJECT, current={}, now=NOW, approvals_open=[])
    dimensions = tuple(
        d.model_copy(update={"evidenced": level})
        for d, level in zip(card.dimensions, levels, strict=True)
    )
    return card.model_copy(update={"dimensions": dimensions, "minimum": min(levels)})


def test_k14_the_mean_gives_the_band_and_the_minimum_decides():
    assert band([3, 2, 2, 3, 2, 2]) == "Developing"
    assert band([5, 5, 5, 5, 5, 1]) == "Managed"
    assert not may_train(card_of(5, 5, 5, 5, 2, 5))
    assert may_train(card_of(3, 3, 3, 3, 3, 1))
    assert not may_release(card_of(3, 3, 3, 3, 3, 2))
    assert may_release(card_of(3, 3, 3, 3, 3, 3))
    assert not may_scale(card_of(4, 4, 4, 4, 4, 3))
    assert may_scale(card_of(4, 4, 4, 4, 4, 4))


def test_k15_no_dimension_below_its_target_is_left_out_of_the_gaps():
    card = score([], Answers(), PROJECT, current={}, now=NOW, approvals_open=[])
    below = {d.id for d in card.dimensions if d.evidenced < d.target}
    assert {gap.dimension for gap in card.gaps} == below
    assert "D5" in below
    order = [list(GateName).index(GateName(gap.gate)) for gap in card.gaps]
    assert order == sorted(order)


# -- who decides ------------------------------------------------------------------------------

PEM, PUBLIC = generate()


def person(id_: str, *roles: Role) -> Person:
    return Person(id=id_, name=id_, roles=roles, public_key=PUBLIC)


def test_k16_one_accountable_person_a_role_at_each_gate():
    for gate in GateName:
        roles = load_policy().roles(gate)
        assert len(set(roles)) == len(roles)
    bundle = Bundle(gate=GateName.PROOF, project="p", subject="sha256:m", evidence={})
    people = [
        person("ann", Role.MODEL_OWNER, Role.REVIEW_LEAD),
        person("bob", Role.MODEL_OWNER),
        person("cat", Role.REVIEW_LEAD),
    ]
    signed = [("ann", Role.MODEL_OWNER), ("bob", Role.MODEL_OWNER), ("cat", Role.REVIEW_LEAD)]
    approvals = [
        make_approval(
            bundle,
            role=role,
            person=who,
            decision="approve",
            reason="read it",
            created_at=NOW.isoformat(),
            expires_at=(NOW + timedelta(days=30)).isoformat(),
            policy=load_policy(),
            private_pem=PEM,
        )
        for who, role in signed
    ]
    state = gate_state(
        bundle, approvals, people, submitted_by="tess", now=NOW, policy=load_policy()
    )
    assert set(state.approvers) == {"model_owner", "review_lead"}
    assert state.approvers["review_lead"] == "cat"
    taken = {Role.MODEL_OWNER: "ann"}
    matter = Matter(gate=GateName.PROOF, role=Role.REVIEW_LEAD, approvers=taken)
    both = authorise(people[0], Action.APPROVE, matter)
    assert isinstance(both, Denied)


@pytest.mark.parametrize("role", [Role.MODEL_OWNER, Role.TECHNICAL_OWNER])
def test_k17_either_owner_alone_may_roll_back_and_neither_may_promote(role):
    alone = person("ann", role)
    assert isinstance(authorise(alone, Action.ROLL_BACK), Allowed)
    assert isinstance(authorise(alone, Action.RAISE_EXPOSURE), Denied)


def test_k18_a_trigger_opens_a_proposal_and_four_gates_stand():
    shift = DriftResult(
        reference=100,
        window=50,
        p_mmd=0.0001,
        p_novelty=1,
        p_value=0.0002,
        alpha=0.05,
        drifted=True,
        novel_share=0.5,
    )
    proposal = propose(shift, [], project="p", evidence=("e",), created_at=NOW.isoformat())
    assert isinstance(proposal, Proposal)
    assert (proposal.action, proposal.state) == ("retrain", "open")
    assert "all four gates" in proposal.steps[-1]
    owner = person("di", Role.TECHNICAL_OWNER)
    assert isinstance(authorise(owner, Action.SUBMIT_RUN), Denied)
    whole = Matter(open_gates=frozenset(GateName))
    three = Matter(open_gates=frozenset(GateName) - {GateName.RELEASE})
    assert isinstance(authorise(owner, Action.RAISE_EXPOSURE, three), Denied)
    assert isinstance(authorise(owner, Action.RAISE_EXPOSURE, whole), Allowed)


# -- production -------------------------------------------------------------------------------


def sliding_alert(days: Sequence[float]) -> bool:
    """The template's rule: the newest 7 days against 0.95 of the newest 30, which hold them."""
    week, month = days[-7:], days[-30:]
    return sum(week) / len(week) < 0.95 * sum(month) / len(month)


def test_k19_the_baseline_is_frozen_at_release():
    fallen = [0.90] * 23 + [0.85] * 7
    assert sum(fallen) / 30 == pytest.approx(0.8883, abs=1e-4)
    assert not sliding_alert(fallen)
    assert check_decay([DayScore(s, 100) for s in fallen], baseline=0.90).alert


def test_k19_a_slow_decay_alerts_on_day_39():
    decay = [0.90 * 0.99 ** (day / 7) for day in range(181)]
    assert decay[180] == pytest.approx(0.695, abs=1e-3)
    assert not any(sliding_alert(decay[: day + 1]) for day in range(181))
    days = [DayScore(score_, 100) for score_ in decay]
    alerts = [day for day in range(181) if check_decay(days[: day + 1], baseline=0.90).alert]
    assert alerts == list(range(39, 181))
    trend = check_decay(days, baseline=0.90).trend
    assert trend == pytest.approx(sum(decay[174:]) / 7 - sum(decay[167:174]) / 7)


def test_k20_overrides_trigger_after_two_weeks_above_the_baseline():
    eight, fifteen = WeekCount(8, 100), WeekCount(15, 100)
    found = review_overrides([eight, fifteen], baseline=0.08)
    assert not found.triggered
    assert [(round(w.low, 3), round(w.high, 3)) for w in found.weeks] == [
        (0.041, 0.150),
        (0.093, 0.233),
    ]
    twice = review_overrides([fifteen, fifteen], baseline=0.08)
    assert twice.triggered
    assert twice.text.count("n = 100") == 2
    significant_but_small = WeekCount(1_000, 10_000)
    assert not review_overrides([significant_but_small] * 2, baseline=0.08).triggered


# -- data -------------------------------------------------------------------------------------

Build = Callable[..., BuiltDataset]
WORDS = ["river", "stone", "window", "garden", "copper", "letter", "candle", "bridge"]


def rows_of(count: int, **more: str) -> list[dict[str, str]]:
    return [
        {"request": f"{WORDS[i % 8]} {WORDS[i * 5 % 7]} {i * 7919}", "target": "yes", **more}
        for i in range(count)
    ]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    def run(rows: list[dict[str, str]], split: SplitSettings | None = None) -> BuiltDataset:
        path = tmp_path / "rows.jsonl"
        path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
        columns = {"request": "request", "target": "target"}
        if "customer" in rows[0]:
            columns["group"] = "customer"
        source = Source(path=path.name, columns=columns)
        project = PROJECT.model_copy(update={"split": split or SplitSettings()})
        return build_dataset(
            project,
            [read_source(path, source)],
            created_at=NOW.isoformat(),
            put=digest_bytes,
        )

    return run


def targets(built: BuiltDataset) -> list[str]:
    return [example.target for rows in built.splits.values() for example in rows]


def test_k21_short_targets_are_kept(build):
    built = build(
        [{**row, "target": t} for row, t in zip(rows_of(60), ["a", "ok"] * 30, strict=True)]
    )
    assert sorted(targets(built)) == sorted(["a", "ok"] * 30)
    assert built.version.dropped == {}


def test_k22_the_split_is_seeded_grouped_and_made_after_duplicates_are_gone(build):
    rows = [{**row, "customer": f"c{i % 12}"} for i, row in enumerate(rows_of(96))]
    by_customer = SplitSettings(by="group", seed=3)
    built = build([*rows, *rows[:20]], by_customer)
    assert built.version.dropped == {"exact_duplicate": 20}
    assert (built.version.split.leakage_exact, built.version.split.leakage_near) == (0, 0)
    places: dict[str, set[str]] = {}
    for name, part in built.splits.items():
        for example in part:
            places.setdefault(example.provenance.group, set()).add(name)
    assert len(places) == 12
    assert all(len(names) == 1 for names in places.values())
    assert build(rows, by_customer).version.id == build(rows, by_customer).version.id
    other = build(rows, SplitSettings(by="group", seed=4))
    assert other.version.id != build(rows, by_customer).version.id


def test_k23_targets_are_never_altered_and_personal_data_is_a_gate(build):
    said = ["Am 31.12.2025 um 5,00 EUR", "  ÄÖÜ  Straße\t42 km ", "MiXeD Case, 12/31/2025", "x\ny"]
    rows = [{**row, "target": said[i % 4]} for i, row in enumerate(rows_of(60))]
    private = {"request": "whom do I write to", "target": "jane.doe@acme-industries.com"}
    built = build([*rows, private])
    assert sorted(targets(built)) == sorted(said[i % 4] for i in range(60))
    assert built.version.dropped == {"pii_email": 1}
    assert built.version.pii.unresolved_high == 0
    assert not any("jane" in fate.reason for fate in built.fates)


# -- the template -----------------------------------------------------------------------------


@pytest.mark.parametrize("goal", ["persona", "format", "tool_calling"])
def test_k24_known_facts_speak_against_tuning_only_when_the_goal_is_knowledge(goal):
    answers = {**TASK_API, "I2": False, "I4": True}
    ours = decide(answers, basis="declared")
    other = second_opinion(answers, ours, Circumstances(goal, 1_000, True))
    assert other.verdict == "TUNING_IS_FEASIBLE"
    facts = second_opinion(answers, ours, Circumstances("knowledge", 1_000, True))
    assert facts.verdict == "TUNING_MAY_NOT_HELP"
    assert "the goal is knowledge" in facts.difference


def test_k24_changing_facts_go_to_retrieval():
    answers = {**TASK_API, "A1": True}
    ours = decide(answers, basis="declared")
    opinion = second_opinion(answers, ours, Circumstances("knowledge", 5_000, True))
    assert opinion.verdict == "RETRIEVAL_MAY_BE_BETTER"


def test_k25_six_approaches_continued_pretraining_among_them():
    assert [(a.need, a.minimum, a.compute) for a in APPROACHES] == [
        ("knowledge", 1_000, "low to medium"),
        ("persona", 500, "low"),
        ("format", 500, "low"),
        ("tool_calling", 1_000, "medium"),
        ("safety", 10_000, "medium to high"),
        ("expertise", 100_000, "high"),
    ]
    assert "continued pretraining" in {a.approach for a in APPROACHES}


def test_k26_a_model_that_fewer_than_two_can_operate_is_not_feasible():
    ours = of_task_api()
    one = second_opinion(TASK_API, ours, Circumstances("persona", 9_999, False, "one person"))
    assert one.verdict == "STAY_WITH_PROMPTED_MODELS"
    assert not one.agrees
    assert "who can operate the model" in one.difference
    nobody_said = second_opinion(TASK_API, ours, Circumstances("persona", 9_999))
    assert nobody_said.verdict == "TUNING_IS_PROMISING"
    needs_two = [p for p in shipped_rubric().predicates if p.about == "people.operators"]
    assert [p.where for p in needs_two] == [("n >= 2",)]


# -- governance and lineage -------------------------------------------------------------------


def test_k27_four_gates_each_with_its_approvers():
    assert [gate.value for gate in GateName] == ["start", "build", "proof", "release"]
    approvers = {gate.value: {r.value for r in load_policy().roles(gate)} for gate in GateName}
    assert approvers == {
        "start": {"source_owner", "compliance_reviewer", "business_owner"},
        "build": {"data_steward", "annotation_owner", "technical_owner"},
        "proof": {"model_owner", "review_lead"},
        "release": {"model_owner", "business_owner", "compliance_reviewer", "governance_owner"},
    }


def test_k28_lineage_is_promised_by_version_only(monkeypatch):
    assert LINEAGE.startswith("Lineage is version-level")
    assert "not single training rows" in LINEAGE

    class Walked:
        """A workspace whose response has been walked back already."""

        def trace(self, response: str) -> tuple[TraceStep, ...]:
            return (TraceStep(label="dataset", value="sha256:d", status="verified"),)

    monkeypatch.setattr(overview, "open_workspace", lambda ctx: Walked())
    for words in (["--json", "trace", "r-1"], ["trace", "r-1"]):
        assert LINEAGE in CliRunner().invoke(cli, words).output
    asked = next(q.text for q in QUESTIONS if q.id == "U1")
    assert asked == "Can an output be traced to its dataset version?"


def test_k29_own_ids_and_a_split_that_leaves_its_input_alone():
    ids = [f.id for f in FACTORS] + [q.id for q in QUESTIONS]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[CIASEURN]\d{1,2}", id_) for id_ in ids)
    examples = [
        Example(
            id=f"e{i}",
            messages=(
                Message(role="user", content=row["request"]),
                Message(role="assistant", content=row["target"]),
            ),
            provenance=Provenance(source="s", row=i),
        )
        for i, row in enumerate(rows_of(40))
    ]
    before = list(examples)
    split_rows(table_of(examples), SplitSettings())
    assert examples == before


def test_every_row_of_the_table_has_a_test_named_after_it():
    folder = Path(__file__).parent
    text = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("test_*.py"))
    named = {int(number) for number in re.findall(r"^def test_k(\d\d)_", text, re.M)}
    assert named == set(range(1, 30))
