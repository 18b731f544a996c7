"""tuneworthy eval compare over files and over runs: the object, the words, the exit codes."""

import json
import os
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import tuneworthy
from tests.fakes.kept_runs import keep_run
from tests.fakes.small_project import make_small, open_small
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.run import CaseResult, EvaluationRun
from tuneworthy.lifecycle import ceiling, comparing, datasets
from tuneworthy.lifecycle.wiring import Runtime

FIELDS = {
    *("n", "base", "candidate", "delta", "interval", "p", "test", "verdict", "segments"),
    "n_needed",
}


def write(path: Path, scores: list[float], **more: list[Any]) -> str:
    rows = [{"id": f"c{at}", "score": score} for at, score in enumerate(scores)]
    for name, values in more.items():
        for row, value in zip(rows, values, strict=True):
            row[name] = value
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


@pytest.fixture
def base(tmp_path: Path) -> str:
    return write(tmp_path / "base.jsonl", [1.0] * 60 + [0.0] * 60)


@pytest.fixture
def better(tmp_path: Path) -> str:
    return write(tmp_path / "better.jsonl", [1.0] * 100 + [0.0] * 20)


def test_the_contract_is_one_object(run, base, better):
    found = run("eval", "compare", base, better, "--json")
    assert (found.code, found.err) == (0, "")
    assert found.json.keys() >= FIELDS
    assert found.json["n"] == 120
    assert found.json["delta"] == pytest.approx(1 / 3)
    low, high = found.json["interval"]
    assert 0 < low < 1 / 3 < high
    assert found.json["base"]["mean"] == 0.5
    assert found.json["verdict"] == "better"
    assert "McNemar" in found.json["test"]
    assert found.json["segments"] == []
    assert found.json["n_needed"] > 120


def test_worse_ends_with_three(run, base, better):
    found = run("eval", "compare", better, base, "--json")
    assert found.code == 3
    assert (found.json["verdict"], found.json["ok"]) == ("worse", False)
    assert found.error["code"] == "candidate_stopped"


@pytest.mark.parametrize("count", [1, 29])
def test_few_cases_and_noise_end_with_zero(run, tmp_path, base, count):
    few = write(tmp_path / "few.jsonl", [1.0] * count)
    none = write(tmp_path / "none.jsonl", [0.0] * count)
    found = run("eval", "compare", none, few, "--json")
    assert (found.code, found.json["verdict"]) == (0, "too_few")
    same = run("eval", "compare", base, base, "--json")
    assert (same.code, same.json["verdict"], same.json["p"]) == (0, "within_noise", 1.0)


@pytest.mark.parametrize(("count", "groups"), [(6, 0), (29, 0), (90, 9)])
def test_a_clear_loss_stops_however_few_the_cases(run, tmp_path, count, groups):
    more = {"group": [f"g{at % groups}" for at in range(count)]} if groups else {}
    right = write(tmp_path / "right.jsonl", [1.0] * count, **more)
    wrong = write(tmp_path / "wrong.jsonl", [0.0] * count, **more)
    found = run("eval", "compare", right, wrong, "--json")
    assert (found.code, found.json["verdict"]) == (3, "worse")
    assert run("eval", "compare", wrong, right, "--json").json["verdict"] == "too_few"


def test_the_margin_follows_alpha(run, tmp_path):
    base = write(tmp_path / "b.jsonl", [1.0] * 100 + [0.0] * 100)
    near = write(tmp_path / "n.jsonl", [1.0] * 98 + [0.0] * 99 + [1.0] * 3)
    lost = {
        alpha: run("eval", "compare", base, near, "--margin", "0.03", "--alpha", alpha, "--json")
        for alpha in ("0.3", "0.05", "0.001")
    }
    shown = {alpha: found.json["non_inferior"]["worst_loss"] for alpha, found in lost.items()}
    assert shown["0.3"] < shown["0.05"] < shown["0.001"]
    assert lost["0.05"].json["interval"][0] == pytest.approx(-shown["0.05"])
    assert lost["0.3"].json["non_inferior"]["passed"]
    assert not lost["0.001"].json["non_inferior"]["passed"]


@pytest.mark.parametrize("verb", ["compare", "diff", "errors"])
def test_a_pipe_is_refused_and_not_waited_for(run, tmp_path, base, verb):
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    found = run("--json", "eval", verb, str(pipe), *([base] if verb != "errors" else []))
    assert (found.code, found.error["code"]) == (2, "unreadable")
    assert "a pipe" in found.error["message"]


def test_a_device_is_refused(run, base):
    assert run("--json", "eval", "compare", "/dev/zero", base).error["code"] == "unreadable"


def test_a_line_without_end_is_refused(run, tmp_path, base):
    long = tmp_path / "long.jsonl"
    with long.open("wb") as file:
        file.truncate(comparing.LONGEST_LINE + 2)
    found = run("--json", "eval", "compare", str(long), base)
    assert (found.code, found.error["code"]) == (1, "results_unreadable")
    assert "long.jsonl:1 is longer" in found.error["message"]


def test_one_ruined_segment_stops_a_better_candidate(run, tmp_path):
    names = ["de"] * 200 + ["fr"] * 20
    one = write(tmp_path / "a.jsonl", [0.0] * 100 + [1.0] * 120, segment=names)
    two = write(tmp_path / "b.jsonl", [1.0] * 200 + [0.0] * 20, segment=names)
    found = run("eval", "compare", one, two, "--json")
    assert found.code == 3
    assert (found.json["verdict"], found.json["vetoes"]) == ("better", ["fr"])
    assert found.error["message"] == "Segment 'fr' is clearly worse."
    assert "fr" in run("eval", "compare", one, two).out
    suite = ET.fromstring(run("eval", "compare", one, two, "--format", "junit").out)  # noqa: S314
    assert {case.get("name") for case in suite if case.find("failure") is not None} == {
        "segment_fr"
    }


def test_a_segments_name_cannot_start_a_line_of_its_own(run, tmp_path):
    """What a CI log shows on a line of its own, GitHub takes for a command."""
    names = ["fine"] * 40 + ["a\n::error::not ours\n" + "x" * 400] * 40
    base = write(tmp_path / "b.jsonl", [1.0] * 80, segment=names)
    ours = write(tmp_path / "c.jsonl", [1.0] * 40 + [0.0] * 40, segment=names)
    for form in ("text", "github"):
        said = run("eval", "compare", base, ours, "--format", form)
        assert said.code == 3
        shown = [*said.out.splitlines(), *said.err.splitlines()]
        assert not any(line.lstrip().startswith("::error::not ours") for line in shown)
        assert "a ::error::not ours x" in said.err
        assert form == "github" or all(len(line) < 200 for line in shown)


def test_required_proofs(run, base, better, tmp_path):
    nearly = write(tmp_path / "n.jsonl", [1.0] * 59 + [0.0] * 61)
    at = ("eval", "compare", base)
    assert run(*at, nearly).code == 0
    assert run(*at, nearly, "--require", "better").code == 3
    assert run(*at, better, "--require", "better").code == 0
    assert run(*at, nearly, "--require", "non_inferior", "--margin", "0.1").code == 0
    refused = run(*at, nearly, "--require", "non_inferior", "--margin", "0.01")
    assert refused.code == 3
    assert "not ruled out" in refused.err
    assert run(*at, nearly, "--require", "non_inferior").code == 2


@pytest.mark.parametrize("form", ["github", "sarif", "junit", "json", "text"])
def test_every_format_says_the_same(run, base, better, form):
    stops = run("eval", "compare", better, base, "--format", form)
    goes = run("eval", "compare", base, better, "--format", form)
    assert (stops.code, goes.code) == (3, 0)
    marks = {
        "github": "::error title=compare_worse",
        "sarif": '"level": "error"',
        "junit": 'failures="1"',
        "json": '"verdict": "worse"',
        "text": "The candidate is clearly worse.",
    }
    assert marks[form] in stops.out
    assert marks[form] not in goes.out


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["nowhere.jsonl", "BASE"], 2, "no_results_file"),
        (["BASE"], 2, "two_sides"),
        (["BASE", "BASE", "BASE"], 2, "two_sides"),
        (["BASE", "BASE", "--metric", "speed"], 1, "no_such_metric"),
        (["BASE", "BASE", "--margin", "-1"], 2, "bad_margin"),
        (["BASE", "BASE", "--margin", "nan"], 2, "bad_margin"),
        (["BASE", "BASE", "--gain", "0"], 2, "bad_gain"),
        (["BASE", "BASE", "--alpha", "1"], 2, "bad_alpha"),
        (["BASE", "BASE", "--alpha", "nan"], 2, "bad_alpha"),
        (["BASE", "BASE", "--floor", "inf"], 2, "bad_floor"),
    ],
)
def test_mistakes_are_named(run, base, words, code, error):
    found = run("--json", "eval", "compare", *[base if w == "BASE" else w for w in words])
    assert (found.code, found.error["code"]) == (code, error)
    assert found.error["fix"]


def test_a_folder_is_no_file(run, tmp_path, base):
    (tmp_path / "x.d").mkdir()
    assert run("eval", "compare", base, str(tmp_path / "x.d")).code == 2


def test_two_runs_of_an_arm_say_how_noisy_it_is(run, base, better):
    calm = run("eval", "compare", base, base, "--aa", "--json")
    assert (calm.code, calm.json["noise"]["changed"]) == (0, 0)
    wild = run("eval", "compare", base, better, "--aa")
    assert wild.code == 3
    assert "does not hold still" in wild.err


def test_a_library_call_gives_the_same(base, better):
    found = tuneworthy.compare_files(base, better, tuneworthy.CompareOptions(alpha=0.01))
    assert (found.verdict, found.alpha) == ("clearly better", 0.01)


def keep(runtime: Runtime, arm: int, score: Callable[[int], float]) -> EvaluationRun:
    suite, cases = ceiling.freeze(runtime)
    rows = [
        CaseResult(case=case.id, output="", score=score(at), valid=True)
        for at, case in enumerate(cases)
    ]
    return keep_run(runtime, suite.id, runtime.arms[arm], rows)


def test_runs_of_a_project_are_compared_by_id_and_kept_with_their_segments(run, tmp_path):
    home = make_small(tmp_path)
    rows = [json.loads(line) for line in (home / "data" / "train.jsonl").read_text().splitlines()]
    for at, row in enumerate(rows):
        row["segment"] = "ab"[at % 2]
    (home / "data" / "train.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    runtime = open_small(home, FixedClock(datetime(2026, 3, 1, 12, tzinfo=UTC)))
    datasets.build(runtime)
    cases = ceiling.freeze(runtime)[1]
    base = keep(runtime, 0, lambda at: float(cases[at].segment == "a"))
    tuned = keep(runtime, 1, lambda at: float(cases[at].segment == "b"))
    made = comparing.compare_and_record(runtime, "eval.comparison", tuned, base)
    assert made.vetoes == ("a",)
    assert made.power is not None
    assert made.power.gain == runtime.project.declared_gain
    claims = {claim.about: claim.result for claim in runtime.evidence()}
    assert claims["eval.comparison"]["segments_worse"] == 1
    assert claims["eval.comparison"]["n_needed"] == made.power.n_needed
    assert claims["eval.segments"]["worse"] == ["a"]
    assert claims["eval.segments"]["scores"]["b"]["verdict"] == "clearly better"
    runtime.close()

    said = ("-C", str(home), "eval", "compare")
    whole = run(*said, base.id, tuned.id, "--json")
    assert whole.code == 3
    assert whole.json["vetoes"] == ["a"]
    assert run(*said, base.id[:19], tuned.id[7:17], "--json").json == whole.json
    tokens = run(*said, base.id, tuned.id, "--metric", "prompt_tokens", "--json")
    assert (tokens.code, tokens.json["better_is"]) == (0, "lower")
    assert run("--json", *said, base.id, "abcdef0123").error["code"] == "no_such_run"
    with tuneworthy.open(home) as work:
        assert work.compare_runs(base.id, tuned.id).vetoes == ("a",)
