"""tuneworthy eval errors and eval diff over files and over a project's kept runs."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import tuneworthy
from tests.fakes.kept_runs import keep_run
from tests.fakes.small_project import make_small, open_small, released
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.run import CaseResult, EvaluationRun
from tuneworthy.core.nouns.suite import Case
from tuneworthy.lifecycle import ceiling, evaluation, gates
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest

HOSTILE = (
    "</p><script>alert(1)</script>",
    "\x1b[2J\x1b]0;owned\x07 steer",
    "nul \x00 and \u202e turned",
    "```\n~~~\n# heading | cell",
    "<img src=x onerror=alert(1)>\r\nnext",
    "word " * 20_000,
    "x" * 300_000,
)


def write(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def rows(score: Callable[[int], float], output: Callable[[int], str]) -> list[dict[str, Any]]:
    return [
        {
            "id": f"c{at}",
            "request": f"request {at}",
            "expected": "yes",
            "output": output(at),
            "score": score(at),
            "segment": "ab"[at % 2],
        }
        for at in range(40)
    ]


@pytest.fixture
def base(tmp_path: Path) -> str:
    return write(tmp_path / "base.jsonl", rows(lambda at: float(at < 20), lambda at: "yes"))


@pytest.fixture
def candidate(tmp_path: Path) -> str:
    return write(
        tmp_path / "candidate.jsonl",
        rows(lambda at: float(at >= 5), lambda at: "no" if at < 5 else "yes"),
    )


def test_errors_of_two_files_without_a_project(run, base, candidate):
    said = ("eval", "errors", candidate, "--against", base, "--no-embeddings")
    found = run(*said, "--json")
    assert (found.code, found.err) == (0, "")
    assert (found.json["n"], found.json["n_failed"]) == (40, 5)
    changed = found.json["changes"]
    assert (changed["broken"], changed["fixed"], changed["same"]) == (5, 20, 15)
    assert changed["broken_cases"][0]["base_output"] == "yes"
    assert sum(len(one["cases"]) for one in found.json["clusters"]) == 5
    text = run(*said)
    assert "5 of 40 cases fail (12%, 95 % interval 5% to 26%). A case passes at 1." in text.out
    assert "newly broken 5, newly fixed 20, unchanged 15" in text.out
    assert run("eval", "errors", candidate, "--no-embeddings", "--json").json["changes"] is None


def test_a_diff_of_two_files_in_every_form(run, base, candidate, tmp_path):
    said = ("eval", "diff", base, candidate)
    plain = run(*said, "--only", "broken", "--most", "1")
    assert plain.code == 0
    assert "candidate: [-yes-]{+no+}" in plain.out
    assert "Shown: 1 of 5." in plain.out
    assert "\x1b" not in plain.out
    coloured = run(*said, "--case", "c0", "--color").out
    assert "\x1b[31m\x1b[9myes\x1b[0m\x1b[32mno\x1b[0m" in coloured
    assert "```text" in run(*said, "--case", "c0", "--format", "markdown").out
    told = run(*said, "--only", "fixed", "--json").json
    assert (told["found"], len(told["cases"])) == (20, 20)
    page = tmp_path / "new" / "diff.html"
    assert run(*said, "--case", "c0", "--html", str(page)).code == 0
    assert "<del>yes</del><ins>no</ins>" in page.read_text(encoding="utf-8")


class Tags(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen |= {tag, *(f"{tag} {name}" for name, _ in attrs)}


def test_hostile_outputs_stay_text(run, tmp_path):
    def hostile(at: int) -> str:
        return HOSTILE[at % len(HOSTILE)]

    made = rows(lambda at: 0.0, hostile)
    for row in made:
        row["request"], row["error"] = row["output"][:500], row["output"][:80]
        row["segment"] = row["output"][:40]
    other = rows(lambda at: 1.0, lambda at: "yes")
    for row, bad in zip(other, made, strict=True):
        row["segment"] = bad["segment"]
    one, two = write(tmp_path / "one.jsonl", other), write(tmp_path / "two.jsonl", made)
    pages = (tmp_path / "errors.html", tmp_path / "diff.html")
    errors = run(
        *("eval", "errors", two, "--against", one, "--no-embeddings", "--html", str(pages[0]))
    )
    shown = run("eval", "diff", one, two, "--html", str(pages[1]))
    markdown = run("eval", "diff", one, two, "--format", "markdown")
    for done in (errors, shown, markdown):
        assert (done.code, done.err) == (0, "")
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", done.out)
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]", text)
        tags = Tags()
        tags.feed(text)
        assert not {"script", "img", "a"} & tags.seen
        assert not {one for one in tags.seen if " on" in one or "src" in one or "href" in one}
        assert "default-src 'none'" in text
        assert len(text) < 2_000_000
    fences = re.findall("^`{3,}", markdown.out, re.M)
    assert len(fences) % 2 == 0


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["errors", "nowhere.jsonl"], 2, "no_results_file"),
        (["errors", "BASE", "--pass-at", "2"], 2, "bad_pass"),
        (["errors", "BASE", "--pass-at", "nan"], 2, "bad_pass"),
        (["errors", "BASE", "--no-embeddings", "--html", "FOLDER"], 2, "cannot_write"),
        (["diff", "BASE", "BASE", "--case", "zz"], 2, "no_such_case"),
        (["diff", "BASE", "nowhere.jsonl"], 2, "no_results_file"),
    ],
)
def test_mistakes_are_named(run, base, tmp_path, words, code, error):
    names = {"BASE": base, "FOLDER": str(tmp_path)}
    found = run("--json", "eval", *[names.get(word, word) for word in words])
    assert (found.code, found.error["code"]) == (code, error)
    assert found.error["fix"]


def test_a_perfect_run_and_an_equal_one_have_nothing_to_show(run, tmp_path):
    good = write(tmp_path / "good.jsonl", rows(lambda at: 1.0, lambda at: "yes"))
    found = run("eval", "errors", good, "--against", good, "--json").json
    assert (found["n_failed"], found["clusters"], found["kinds"]) == (0, [], [])
    page = tmp_path / "d.html"
    assert run("eval", "diff", good, good, "--html", str(page)).code == 0
    assert "No case fits." in page.read_text(encoding="utf-8")


# -- a project's kept runs --------------------------------------------------------------------


def keep(
    runtime: Runtime, arm: str, model: str, answer: Callable[[int, Case], str]
) -> EvaluationRun:
    suite, cases = ceiling.current_suite(runtime)
    found = [
        CaseResult(
            case=case.id,
            output=answer(at, case),
            score=float(answer(at, case) == case.expected),
            valid=True,
            error="" if answer(at, case) == case.expected else "different",
        )
        for at, case in enumerate(cases)
    ]
    return keep_run(
        runtime, suite.id, next(one for one in runtime.arms if one.arm == arm), found, model
    )


def test_the_tuned_run_is_analysed_kept_as_evidence_and_shown_at_the_gate(run, tmp_path):
    home = make_small(tmp_path)
    at = ("-C", str(home))
    assert run("--json", *at, "eval", "errors").error["code"] == "nothing_to_analyse"
    runtime = open_small(home, FixedClock(datetime(2026, 3, 1, 12, tzinfo=UTC)))
    version: ModelVersion = released(runtime)
    plain = keep(runtime, "zero_shot", version.base, lambda at, case: case.expected[: at % 2 * 99])
    tuned = keep(
        runtime,
        "tuned",
        digest([version.base, version.adapter]),
        lambda at, case: case.expected if at > 4 else "no",
    )
    assert evaluation.tuned_run(runtime) == tuned
    before = gates.state(runtime, GateName.PROOF)
    assert before.beside["eval.failure_analysis"] is None
    runtime.close()

    found = run(*at, "--json", "eval", "errors", "--no-embeddings")
    assert (found.code, found.err) == (0, "")
    assert found.json["n_failed"] == 5
    assert found.json["changes"]["broken"] == 2
    assert found.json["changes"]["against"].startswith(plain.arm.id)
    assert run(*at, "eval", "errors", tuned.id[:19], "--against", plain.id).code == 0
    told = run(*at, "--json", "gate", "list").json["gates"]
    (proof,) = (gate for gate in told if gate["gate"] == "proof")
    claim = proof["beside"]["eval.failure_analysis"]
    assert (claim["n_failed"], claim["newly_wrong"], claim["kinds"]) == (5, 2, {"different": 5})
    assert proof["bundle"] == before.bundle
    assert "also on record: eval.failure_analysis" in run(*at, "gate", "show", "proof").out
    shown = run(*at, "eval", "diff", plain.id, tuned.id, "--only", "broken")
    assert "Shown: 2 of 2." in shown.out
    assert run(*at, "--json", "eval", "diff", plain.id, "abcdef0123").error["code"] == "no_such_run"
    with tuneworthy.open(home) as work:
        assert work.failures(options=tuneworthy.FailureOptions(embeddings=False)).n_failed == 5
        assert work.diff_runs(plain.id, tuned.id).n == found.json["n"]
