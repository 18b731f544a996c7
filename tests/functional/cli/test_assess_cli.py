"""The scorecard by the front door: thresholds, forms for CI, the rubric, and closing gaps."""

import io
import json
import re
import shlex
import sys
import xml.etree.ElementTree as ET  # the text is our own output
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import tuneworthy
from tuneworthy.assess import shipped_rubric, shipped_text
from tuneworthy.cli.assess_ci import ForCi
from tuneworthy.core.nouns.document import SIGNERS
from tuneworthy.core.nouns.scorecard import DimensionScore, Scorecard
from tuneworthy.lifecycle.wiring import Runtime, open_runtime

Run = Callable[..., Any]


def assess(run: Run, project: Path, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = run("--json", "-C", str(project), "assess", *words).json
    return found


def predicates(card: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {p["id"]: p for d in card["scorecard"]["dimensions"] for p in d["predicates"]}


def test_a_fresh_project_is_below_any_threshold_and_says_what_is_missing(
    run: Run, project: Path
) -> None:
    at = ("-C", str(project), "assess")
    assert run(*at).code == 0
    done = run(*at, "--fail-under", "3.0", "--min", "3")
    assert done.code == 3
    assert "is below 3; below level 3: D1 is" in done.err
    assert "Missing: D" in done.err
    assert "fix: tuneworthy " in done.err
    told = run("--json", *at, "--min", "3")
    assert (told.code, told.json["ok"], told.error["code"]) == (3, False, "below_threshold")
    assert run(*at, "--fail-under", "1", "--min", "1").code == 0
    assert run(*at, "--format", "json", "--min", "1").json["ok"] is True


@pytest.mark.parametrize(
    ("levels", "asked", "blocked"),
    [
        ((3, 2, 2, 3, 2, 2), "2.333333", False),
        ((3, 2, 2, 3, 2, 2), "2.333334", True),
        ((3, 3, 3, 3, 3, 3), "3.0", False),
        ((3, 3, 3, 3, 3, 2), "3", True),
        ((5, 5, 5, 5, 5, 5), "5", False),
    ],
)
def test_the_mean_is_compared_exactly(levels: tuple[int, ...], asked: str, blocked: bool) -> None:
    dimensions = tuple(
        DimensionScore.model_validate(
            {"id": f"D{n}", "name": "x", "declared": 1, "evidenced": level, "target": 3}
            | {"predicates": ()}
        )
        for n, level in enumerate(levels, 1)
    )
    card = Scorecard(
        dimensions=dimensions, mean=0, band="", minimum=min(levels), gaps=(), rubric=""
    )
    ci = ForCi(Fraction(asked), None, "text")
    assert bool(ci.missed(card)) is blocked


@pytest.mark.parametrize("value", ["0.9", "5.1", "nan", "inf", "3/1", "1e0", "-3", "three", ""])
def test_a_threshold_that_is_no_level_is_a_usage_fault(run: Run, project: Path, value: str) -> None:
    done = run("-C", str(project), "assess", f"--fail-under={value}")
    assert (done.code, done.out) == (2, "")
    assert "is no level from 1 to 5" in done.err


def test_thresholds_are_not_left_unread(run: Run, project: Path) -> None:
    for words in (["--min", "3", "plan"], ["--fail-under", "3", "scorecard"]):
        done = run("-C", str(project), "assess", *words)
        assert done.code == 2
        assert "stand alone" in done.err


def test_gaps_as_findings_for_machines(run: Run, project: Path) -> None:
    at = ("-C", str(project), "assess", "--min", "3", "--format")
    sarif = run(*at, "sarif")
    assert sarif.code == 3
    results = sarif.json["runs"][0]["results"]
    rules = {rule["id"] for rule in sarif.json["runs"][0]["tool"]["driver"]["rules"]}
    missing = {
        id_
        for id_, p in predicates(assess(run, project)).items()
        if not p["held"] and p["level"] <= 3
    }
    assert {result["ruleId"] for result in results} == rules == missing
    assert {result["level"] for result in results} == {"error"}
    junit = run(*at, "junit")
    suite = ET.fromstring(junit.out)  # noqa: S314 - our own output
    assert junit.code == 3
    assert {case.get("name") for case in suite if case.find("failure") is not None} == missing
    assert len(suite) > len(missing)
    github = run(*at, "github")
    assert len(github.out.splitlines()) == len(missing)
    assert all(line.startswith("::error title=D") for line in github.out.splitlines())
    calm = run("-C", str(project), "assess", "--format", "github")
    assert calm.code == 0
    assert all(line.startswith("::warning title=D") for line in calm.out.splitlines())


def test_every_condition_is_shown_with_what_it_rests_on(run: Run, project: Path) -> None:
    assert run("-C", str(project), "data", "build").code == 0
    shown = run("-C", str(project), "assess", "scorecard").out
    found = predicates(assess(run, project))
    for id_, predicate in found.items():
        assert f"[{id_}]" in shown
        if not predicate["held"]:
            assert predicate["why"] in shown
            assert predicate["why"]
    valid = found["D2.2.valid"]
    assert valid["grade"] == valid["needs"] == "measured"
    assert valid["evidence"].startswith("sha256:")
    assert valid["age_days"] == pytest.approx(0, abs=0.01)
    assert "new dataset" in valid["stale_when"]
    short = found["D2.3.enough"]
    assert short["reason"] == "condition"
    assert "rows is 60, approach_minimum is 500" in short["why"]
    working = run("-C", str(project), "assess", "--working").out
    assert "[D2.2.valid]" in working
    assert "Enterprise questions" in working


def test_the_plan_by_the_front_door(run: Run, project: Path) -> None:
    done = run("-C", str(project), "assess", "plan")
    assert done.code == 0
    first = next(line for line in done.out.split("\n") if line.startswith("Days 1 to 30"))
    assert first == (
        "Days 1 to 30: Settle the verdict first, which is KEEP_OPTIMISING_PROMPTS. Then: Open the "
        "start and the build gates."
    )
    assert "     first: not reachable while the verdict is KEEP_OPTIMISING_PROMPTS" in done.out
    assert "owner: nobody is the data steward" in done.out
    told = run("--json", "-C", str(project), "assess", "plan").json
    assert [step["last_day"] for step in told["steps"]] == [30, 60, 90]


# -- the rubric -----------------------------------------------------------------------------


def own_rubric(project: Path, text: str, name: str = "my-rubric.toml") -> Path:
    path = project / name
    path.write_text(text, encoding="utf-8")
    settings = project / "tuneworthy.yaml"
    said = settings.read_text(encoding="utf-8")
    if "rubric:" not in said:
        settings.write_text(f"{said}rubric: {name}\n", encoding="utf-8")
    return path


def test_the_rubric_in_force_is_printed_and_its_digest_is_in_every_score(
    run: Run, project: Path
) -> None:
    assert run("-C", str(project), "assess", "rubric").out.strip() == shipped_text().strip()
    before = assess(run, project)["scorecard"]
    assert (before["rubric_name"], before["rubric_version"]) == ("", 1)
    text = shipped_text().replace("version = 1", "version = 7", 1)
    own_rubric(project, text)
    after = assess(run, project)["scorecard"]
    assert (after["rubric_name"], after["rubric_version"]) == ("my-rubric.toml", 7)
    assert after["rubric"] != before["rubric"]
    assert "version = 7" in run("-C", str(project), "assess", "rubric").out
    for words in ([], ["--format", "github"], ["--format", "sarif"]):
        said = run("-C", str(project), "assess", *words).out
        assert "my-rubric.toml" in said
        assert "not the product's own" in said


def test_every_form_for_machines_names_a_rubric_of_ones_own(run: Run, project: Path) -> None:
    own_rubric(project, shipped_text())
    for form in ("json", "github", "sarif"):
        done = run("-C", str(project), "assess", "--format", form)
        assert "my-rubric.toml" in done.out, form
    junit = run("-C", str(project), "assess", "--format", "junit").out
    case = ET.fromstring(junit).find("testcase[@name='own_rubric']/system-out")  # noqa: S314
    assert case is not None
    assert "not the product's own" in str(case.text)


def test_a_stricter_rubric_lowers_what_it_asks_more_for(run: Run, project: Path) -> None:
    assert run("-C", str(project), "data", "build").code == 0
    assert predicates(assess(run, project))["D2.2.version"]["held"]
    own_rubric(project, shipped_text().replace("'rows_out > 0'", "'rows_out > 1000'"))
    found = predicates(assess(run, project))["D2.2.version"]
    assert not found["held"]
    assert "rows_out is 60" in found["why"]


def test_a_faulty_rubric_is_refused_everywhere_with_all_its_places(run: Run, project: Path) -> None:
    text = shipped_text().replace("level = 2", "level = 9", 1).replace("'n >= 50'", "'n is'", 1)
    path = own_rubric(project, text)
    for words in (["assess"], ["assess", "rubric"], ["assess", "plan"], ["config", "check"]):
        done = run("-C", str(project), *words)
        assert (done.code, done.out) == (2, ""), words
        assert f"{path} has 2 faults." in done.err
        assert done.err.count(f"  {path}:") == 2
    check = run("assess", "rubric", "--check", str(path))
    assert check.code == 2
    assert "--check" in check.err.split("fix: ")[1]


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"x" * 1_000_001, b""])
def test_a_rubric_that_cannot_be_read(run: Run, project: Path, content: bytes | None) -> None:
    path = own_rubric(project, "")
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    done = run("-C", str(project), "assess")
    assert (done.code, done.out) == (2, "")
    assert str(path) in done.err


def test_a_command_that_does_not_exist_is_a_warning(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text(shipped_text(), encoding="utf-8")
    assert "no fault" in run("assess", "rubric", "--check", str(path)).out
    path.write_text(
        shipped_text().replace("tuneworthy drift check", "tuneworthy drift chek"), encoding="utf-8"
    )
    done = run("--json", "assess", "rubric", "--check", str(path))
    assert done.code == 0
    (warning,) = done.json["warnings"]
    assert warning.startswith("D6.3.heartbeat: ")


# -- gaps close -----------------------------------------------------------------------------


@pytest.fixture
def services(run: Run, tmp_path: Path) -> Path:
    pytest.importorskip("awscli")
    folder = tmp_path / "services"
    assert run("init", str(folder), "--example", "services").code == 0
    return folder


HOLDERS = {
    "ada": ("source_owner", "annotation_owner"),
    "bruno": ("compliance_reviewer",),
    "carla": ("business_owner",),
    "emeka": ("technical_owner",),
    "farida": ("model_owner",),
    "goran": ("review_lead",),
    "hanna": ("governance_owner",),
}
"""Who can sign in the example."""


def filled_in(command: str, project: Path, id_: str) -> list[str]:
    """A command of a gap as somebody would type it."""
    role = command.rpartition(" ")[2]
    person = SIGNS[command.split()[3]] if "attest" in command else f"new_{role}"
    (project / "paper.md").write_text(f"What we hold to: {id_}.\n", encoding="utf-8")
    words = {"PERSON": person, "NAME": "Somebody", "FILE": str(project / "paper.md")}
    return [words.get(word, word) for word in shlex.split(command)[1:]]


SIGNS = {
    name: next(id_ for id_, held in HOLDERS.items() if set(held) & set(roles))
    for name, roles in SIGNERS.items()
}
CHEAP = ("data", "people", "assess", "audit")
"""Commands that run no model."""


def do_first(first: str, project: Path) -> None:
    """What a gap says that a person does before its command."""
    settings = project / "tuneworthy.yaml"
    text = settings.read_text(encoding="utf-8")
    if first.startswith("write 'licence:'"):
        settings.write_text(text.replace('legal_basis: ""', "legal_basis: contract"), "utf-8")
    elif first.startswith("write rows under 'costs:'"):
        rows = first.partition("such as ")[2].split(" and ")
        lines = "".join(f"  {row}\n" for row in rows)
        with (project / "answers.yaml").open("a", encoding="utf-8") as file:
            file.write(f"costs:\n{lines}")
    else:
        raise AssertionError(first)


def test_typing_the_command_of_a_gap_closes_it(
    run: Run, services: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing is on record but a fresh project: work through every gap that needs no model.
    (services / "answers.yaml").unlink()
    settings = services / "tuneworthy.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(re.sub(r"legal_basis: .*", 'legal_basis: ""', text), encoding="utf-8")
    assert run("-C", str(services), "data", "build").code == 0
    tried: dict[str, str] = {}
    while True:
        found = predicates(assess(run, services))
        todo = [
            p
            for p in found.values()
            if not p["held"]
            and p["level"] <= 3
            and p["reachable"]
            and p["command"].split()[1:2]
            and p["command"].split()[1] in CHEAP
            and p["id"] not in tried
        ]
        if not todo:
            break
        gap = todo[0]
        tried[gap["id"]] = gap["command"]
        if gap["first"]:
            do_first(gap["first"], services)
        # Somebody who answers the sixteen questions on the need, and then walks away.
        monkeypatch.setattr(sys, "stdin", io.StringIO("y\n" * 11 + "n\n" * 5))
        done = run("-C", str(services), *filled_in(gap["command"], services, gap["id"]))
        assert done.code == (4 if "--ask" in gap["command"] else 0), (gap["command"], done.err)
        after = predicates(assess(run, services))
        assert after[gap["id"]]["held"], (gap, after[gap["id"]])
    assert sum("attest" in command for command in tried.values()) >= 4
    assert {"D1.3.models", "D1.3.money", "D2.3.ground", "D4.3.compliance"} <= set(tried)
    assert predicates(assess(run, services))["D5.2.budget"]["held"]
    assert "tuneworthy assess --ask" in tried.values()


def test_a_gap_says_what_stands_in_its_way(run: Run, services: Path) -> None:
    assert run("-C", str(services), "data", "build").code == 0
    told = assess(run, services)
    verdict = told["evidenced"]["verdict"]
    found = predicates(told)
    for id_ in ("D1.4.start", "D2.3.start", "D5.3.run", "D3.4.general", "D6.3.drill"):
        assert not found[id_]["reachable"], id_
        assert found[id_]["first"] == f"not reachable while the verdict is {verdict}"
    assert "live requests" in found["D6.3.heartbeat"]["first"]
    gaps = told["scorecard"]["gaps"]
    assert [g["reachable"] for g in gaps] == sorted((g["reachable"] for g in gaps), reverse=True)
    # A gate is named only where its own policy lacks that very evidence, and while it is shut.
    states = run("--json", "-C", str(services), "gate", "list").json["gates"]
    lacking = {
        (state["gate"], lack.partition(": ")[0])
        for state in states
        if not state["open"]
        for lack in state["missing_evidence"]
    }
    about = {p.id: p.about for p in shipped_rubric().predicates}
    for gap in gaps:
        asked = [gate for gate, fact in lacking if fact == about[gap["predicate"]]]
        assert (gap["opens"] in asked) if asked else not gap["opens"], gap
    shown = run("-C", str(services), "assess").out
    whole = run("-C", str(services), "assess", "scorecard").out
    assert f"(not reachable while the verdict is {verdict})" in whole
    assert shown.count("(opens the") == sum(bool(g["opens"]) for g in gaps if g["reachable"])


def test_evidence_that_nothing_records_is_a_warning(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    text = shipped_text().replace('about = "data.leakage"', 'about = "data.leekage"')
    path.write_text(text, encoding="utf-8")
    done = run("--json", "assess", "rubric", "--check", str(path))
    assert done.code == 0
    (warning,) = done.json["warnings"]
    assert warning == "D2.3.leakage: nothing records 'data.leekage', did you mean 'data.leakage'?"


def test_people_who_stand_in_the_file_need_only_be_registered(run: Run, services: Path) -> None:
    before = predicates(assess(run, services))
    assert before["D1.3.sponsor"]["command"] == "tuneworthy people list"
    assert run("-C", str(services), "people", "list").code == 0
    assert predicates(assess(run, services))["D1.3.sponsor"]["held"]
    answers = {a["id"]: a for a in assess(run, services)["scorecard"]["enterprise"]}
    assert (answers["N1"]["answer"], answers["N1"]["known_by"]) == ("yes", "attested")
    assert answers["E12"]["answer"] == "yes"
    assert answers["U1"]["answer"] == "unknown"


def test_lies_in_the_answers_open_nothing(run: Run, services: Path) -> None:
    path = services / "answers.yaml"
    factors = [*(f"C{n}" for n in range(1, 6)), *(f"I{n}" for n in range(1, 7))]
    lies = {
        "factors": {**dict.fromkeys(factors, True), **{f"A{n}": False for n in range(1, 6)}},
        "questions": {
            **{f"E{n}": "yes, done" for n in range(1, 13)},
            **{f"{k}{n}": "yes" for k in "RN" for n in range(1, 4)},
            **{f"D{n}": "5" for n in range(1, 7)},
        },
    }
    path.write_text(json.dumps(lies), encoding="utf-8")
    told = assess(run, services)["scorecard"]
    path.unlink()
    silent = assess(run, services)["scorecard"]
    for liar, honest in zip(told["dimensions"], silent["dimensions"], strict=True):
        assert liar["evidenced"] <= max(2, honest["evidenced"])
        above = [p["id"] for p in liar["predicates"] if p["held"] and p["level"] > 2]
        assert above == [p["id"] for p in honest["predicates"] if p["held"] and p["level"] > 2]
    assert not any(told["readiness"][name] for name in ("train", "release", "scale"))
    gates = run("--json", "-C", str(services), "gate", "list").json["gates"]
    assert not any(gate["open"] for gate in gates)


# -- answers and forms ----------------------------------------------------------------------


def test_an_unknown_question_is_refused_with_its_line_and_the_nearest(
    run: Run, project: Path
) -> None:
    path = project / "answers.yaml"
    path.write_text("questions:\n  E99: x\n  n3: Bob\n  quality_examples: 10000\n", "utf-8")
    for words in (["assess"], ["config", "check"]):
        done = run("-C", str(project), *words)
        assert (done.code, done.out) == (2, "")
        assert f"{path}:2:3: there is no question 'E99'. Did you mean 'E9'?" in done.err
        assert f"{path}:3:3: there is no question 'n3'. Did you mean 'N3'?" in done.err
        assert "quality_examples" not in done.err
    path.write_text("questions: {quality_examples: 10000}\nstrategic_value: 0\n", "utf-8")
    assert run("-C", str(project), "config", "check").code == 0


def test_what_the_levels_allow_is_shown(run: Run, project: Path) -> None:
    done = run("-C", str(project), "assess")
    assert "The levels allow: train no, release no, scale no." in done.out


def test_two_forms_at_once_are_refused(run: Run, project: Path) -> None:
    done = run("--json", "-C", str(project), "assess", "--format", "sarif")
    assert done.code == 2
    assert "give one of them" in done.err


def test_the_first_alternative_without_data_is_to_build_it(run: Run, project: Path) -> None:
    done = run("-C", str(project), "assess", "alternatives")
    assert done.out.startswith("There is no dataset yet. First: tuneworthy data build")


def test_twins_and_quoted_levels_are_told_beside_other_faults(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    text = shipped_text().replace('id = "D1.2.factors"', 'id = "D1.2.target"')
    path.write_text(text.replace("level = 2", 'level = "2"', 1), encoding="utf-8")
    done = run("assess", "rubric", "--check", str(path))
    assert done.code == 2
    assert "predicate D1.2.target stands twice" in done.err
    assert "level must be a valid integer" in done.err


def test_evidence_of_no_time_is_named_and_no_command_fails(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = open_runtime(project)
    with monkeypatch.context() as patch:
        patch.setattr(Runtime, "now", lambda _: "yesterday")
        claims = [
            runtime.claim(about, [runtime.project.id], {"restored": True, "allows_tuning": True})
            for about in ("monitor.heartbeat", "rollout.rollback_drill", "decision.verdict")
        ]
    runtime.record(*claims)
    runtime.close()
    monkeypatch.chdir(project)  # the report stands where one works
    for command in ("assess", "status", "gate list", "assess plan", "report", "duties list"):
        done = run("-C", str(project), *command.split())
        assert done.code in (0, 3), (command, done.err)
        assert "unexpected" not in done.err
    shown = run("-C", str(project), "assess", "scorecard").out
    lines = [line for line in shown.split("\n") if line.startswith("  not counted: ")]
    assert len(lines) == len(claims)
    assert all(line.endswith("its time stamp is no time: 'yesterday'.") for line in lines)
    with tuneworthy.open(project) as workspace:
        assert workspace.last_watch() is None
