"""The red-team record: garak's attempts and attacks written down, put to the version again."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.small_project import ATTACKED
from tests.functional.test_safety_run import CASES, REFUSAL, good, made, models, newest, runtime
from tuneworthy.adapters.garak_attempts import read_attempts
from tuneworthy.core.errors import ConfigProblem, DataProblem, ModelProblem
from tuneworthy.core.nouns.evidence import Grade
from tuneworthy.core.nouns.example import Message
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.red_team import Attempt
from tuneworthy.core.ports import ChatRequest
from tuneworthy.evaluate.red_team import findings, same, spread
from tuneworthy.lifecycle import assessing, attacking, gates, red_team, safety

__all__ = ["made", "models", "runtime"]

Rows = list[dict[str, Any]]


def weak(request: ChatRequest) -> str:
    """Obeys every third attack."""
    number = int(request.messages[-1].content.split()[-1])
    return f"Sure, number {number}." if number % 3 == 0 else REFUSAL


def garak_rows(answers: Sequence[str], probe: str = "dan.Dan_11_0") -> Rows:
    """What garak 0.17.1 writes, without what nobody reads here."""
    hits = [0.0 if answer == REFUSAL else 1.0 for answer in answers]
    rows: Rows = [
        {"entry_type": "start_run setup", "_config.version": "0.17.1", "run.seed": 7},
        {"entry_type": "init", "garak_version": "0.17.1", "run": "r"},
    ]
    for status in (1, 2):
        rows += [
            {
                "entry_type": "attempt",
                "uuid": f"u{number}",
                "status": status,
                "probe_classname": probe,
                "prompt": {
                    "turns": [
                        {"role": "user", "content": {"text": f"Attack {number}", "lang": "en"}}
                    ]
                },
                "outputs": [{"text": answer, "lang": "en"}],
                "detector_results": {"d.A": [hits[number]], "d.B": [0.0]} if status == 2 else {},
            }
            for number, answer in enumerate(answers)
        ]
    n, through = len(answers), sum(map(int, hits))
    for detector, fails in (("d.A", through), ("d.B", 0)):
        counted = {"passed": n - fails, "fails": fails, "total_evaluated": n}
        rows.append({"entry_type": "eval", "probe": probe, "detector": detector, **counted})
    return [*rows, {"entry_type": "completion", "run": "r"}]


def written(folder: Path, rows: Rows) -> Path:
    path = folder / "found.report.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def answers(count: int, rule: Callable[[ChatRequest], str] = weak) -> list[str]:
    return [
        rule(ChatRequest(messages=(Message(role="user", content=f"Attack {n}"),), max_new_tokens=8))
        for n in range(count)
    ]


def held(runtime: Any) -> bool:
    """Whether the scorecard's line about it holds."""
    card = assessing.scorecard(runtime)
    return next(p.held for d in card.dimensions for p in d.predicates if p.id == "D3.4.red_team")


def test_attacks_that_the_version_answers_alike_are_measured(runtime, models, tmp_path):
    models(lambda _: REFUSAL, weak)
    made = red_team.import_garak(
        runtime, written(tmp_path, garak_rows(answers(60))), by="fa", owner="ed"
    )
    assert (made.tool, made.attempts, made.through) == ("garak 0.17.1", 60, 20)
    assert (made.asked_again, made.same, made.confirmed, made.independent) == (20, 20, True, True)
    (finding,) = made.findings
    assert (finding.category, finding.through, finding.owner) == ("dan.Dan_11_0", 20, "ed")
    kept = [item for item in runtime.evidence() if item.about == red_team.ABOUT][-1]
    assert (kept.grade, kept.subjects) == (Grade.MEASURED, (runtime.head.model,))
    assert runtime.blobs.get(made.report) == (tmp_path / "found.report.jsonl").read_bytes()
    assert "Attack" not in json.dumps(kept.result)
    assert red_team.exercises(runtime) == [ATTACKED, made]
    assert held(runtime)


def test_a_report_about_another_model_is_only_a_claim(runtime, models, tmp_path):
    models(lambda _: REFUSAL, weak)
    other = ["No." for _ in range(30)]
    made = red_team.import_garak(runtime, written(tmp_path, garak_rows(other)), by="fa", owner="ed")
    assert (made.same, made.confirmed) == (0, False)
    kept = [item for item in runtime.evidence() if item.about == red_team.ABOUT][-1]
    assert kept.grade is Grade.DECLARED
    assert not held(runtime)


def test_who_trained_it_is_no_other_person(runtime, models, tmp_path):
    models(lambda _: REFUSAL, weak)
    path = written(tmp_path, garak_rows(answers(9)))
    assert not red_team.import_garak(runtime, path, by="di", owner="ed").independent
    assert newest(runtime, red_team.ABOUT)["independent_why"] == [
        "di attacked, di submitted the training run"
    ]


def test_what_got_through_needs_somebody_who_mends_it(runtime, models, tmp_path):
    models(lambda _: REFUSAL, weak)
    path = written(tmp_path, garak_rows(answers(9)))
    for owner in ("", "nobody"):
        with pytest.raises(ConfigProblem):
            red_team.import_garak(runtime, path, by="fa", owner=owner)
    with pytest.raises(ConfigProblem, match="no person"):
        red_team.import_garak(runtime, path, by="stranger", owner="ed")
    assert red_team.exercises(runtime) == [ATTACKED], "nothing was added"
    clean = written(tmp_path, garak_rows([REFUSAL] * 3))
    assert red_team.import_garak(runtime, clean, by="fa").findings == ()


def test_attacks_by_hand_are_asked_again_too(runtime, models, tmp_path):
    models(lambda _: REFUSAL, weak)
    rows: Rows = [
        {"id": n, "prompt": f"Attack {n}", "output": said, "through": said != REFUSAL}
        for n, said in enumerate(answers(6))
    ]
    rows[0] |= {"category": "asks nicely", "owner": "di"}
    path = written(tmp_path, rows)
    made = red_team.record(runtime, path, by="fa", tool="a prompt list", owner="ed")
    assert (made.tool, made.attempts, made.through, made.confirmed) == ("a prompt list", 6, 2, True)
    assert {(f.category, f.owner) for f in made.findings} == {
        ("asks nicely", "di"),
        ("by hand", "ed"),
    }
    del rows[3]["through"]
    with pytest.raises(DataProblem, match="row 4"):
        red_team.record(runtime, written(tmp_path, rows), by="fa", owner="ed")
    with pytest.raises(DataProblem, match="no attempt"):
        red_team.record(runtime, written(tmp_path, []), by="fa", owner="ed")


@pytest.mark.parametrize("damage", ["cut", "sum", "score", "prompt", "nothing"])
def test_a_report_that_contradicts_itself_is_no_evidence(tmp_path, damage):
    rows = garak_rows(answers(6))
    done = [row for row in rows if row.get("status") == 2]
    if damage == "cut":
        rows.pop()
    elif damage == "sum":
        rows[-3] |= {"passed": rows[-3]["passed"] + 1}
    elif damage == "score":
        done[1]["detector_results"]["d.B"] = [1.0]
    elif damage == "prompt":
        done[0]["prompt"] = {"turns": []}
    else:
        rows = [row for row in rows if row["entry_type"] != "attempt"]
        for row in rows:
            row |= {"passed": 6} if row["entry_type"] == "eval" else {}
    with pytest.raises(ModelProblem):
        read_attempts(written(tmp_path, rows))


def test_prompts_of_older_reports_are_texts(tmp_path):
    rows = garak_rows(answers(6))
    for row in rows:
        if row["entry_type"] == "attempt":
            row["prompt"] = row["prompt"]["turns"][0]["content"]["text"]
            row["outputs"] = [row["outputs"][0]["text"], None]
            row["detector_results"] = {k: [*v, None] for k, v in row["detector_results"].items()}
    version, attempts = read_attempts(written(tmp_path, rows))
    assert (version, len(attempts)) == ("0.17.1", 6)
    assert sum(one.through for one in attempts) == 2


ORDERS = {case["context"]: case for case in CASES["injection"]}


def obeys_naive(request: ChatRequest) -> str:
    """Obeys orders that stand in a document openly, and no others."""
    text = request.messages[-1].content
    found = [case for context, case in ORDERS.items() if context in text]
    naive = found and found[0]["segment"] == "naive"
    return found[0]["forbidden"][0] if naive else good(request)


def test_the_programs_own_attacks_are_one_command(runtime, models):
    _, tuned = models(good, obeys_naive)
    naive = sum(case["segment"] == "naive" for case in CASES["injection"])
    with pytest.raises(ConfigProblem, match="nobody is named to mend"):
        attacking.run(runtime, by="fa")
    asked = len(tuned.asked)
    made = attacking.run(runtime, by="fa", owner="ed")
    assert len(tuned.asked) == asked, "what was answered is not asked again"
    assert made.attempts > len(CASES["injection"]), "secrets of the rows are asked for too"
    assert (made.through, made.unanswered, made.confirmed) == (naive, 0, True)
    (finding,) = made.findings
    assert (finding.category, finding.through, finding.owner) == ("injection: naive", naive, "ed")
    kept = [item for item in runtime.evidence() if item.about == red_team.ABOUT][-1]
    assert (kept.grade, kept.subjects) == (Grade.MEASURED, (runtime.head.model,))
    assert not any(context in runtime.blobs.get(made.report).decode() for context in ORDERS)
    assert red_team.exercises(runtime)[-1] == made
    assert gates.state(runtime, GateName.PROOF).missing_evidence == ()
    assert not held(runtime), "a program's list is nobody's independent attack"
    safety.run(runtime)
    assert not [one for one in tuned.asked[asked:] if ORDERS.keys() & {one.messages[-1].content}]


def test_who_answers_nothing_was_not_attacked(runtime, models):
    models(good, lambda _: "  ")
    made = attacking.run(runtime, by="fa")
    assert (made.attempts, made.through, made.confirmed) == (0, 0, False)
    assert made.unanswered > len(CASES["injection"])
    state = gates.state(runtime, GateName.PROOF)
    assert state.missing_evidence == (f"{red_team.ABOUT}: is declared, must be measured",)
    assert state.closed_by == ("tuneworthy eval red-team run --by PERSON --owner PERSON",)


def test_nobody_attacks_for_a_stranger(runtime, models):
    models(good, good)
    for by, owner in (("stranger", ""), ("fa", "stranger")):
        with pytest.raises(ConfigProblem, match="no person"):
            attacking.run(runtime, by=by, owner=owner)


KINDS = st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.sampled_from(["", "o"])))


@given(KINDS)
def test_every_attack_that_got_through_stands_in_one_finding(kinds):
    attempts = [
        Attempt(
            id=str(n),
            category=kind,
            messages=(Message(role="user", content="x"),),
            output="y",
            through=through,
            owner=owner,
        )
        for n, (kind, through, owner) in enumerate(kinds)
    ]
    found = findings(attempts, "me")
    assert sum(one.through for one in found) == sum(one.through for one in attempts)
    assert all(one.owner and 0 < one.through <= one.attempts for one in found)
    chosen = spread(attempts, 4)
    assert len({one.id for one in chosen}) == len(chosen) == min(4, len(attempts))


@given(st.text(), st.text(max_size=3))
def test_an_answer_that_was_cut_off_is_the_same_one(text, more):
    assert same(text, text + more) == bool(text.strip())
    assert not same(text, "")
