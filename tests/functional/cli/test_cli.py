"""The contract of the command line: exit codes, one JSON object, help, nearest names."""

import json
import re
import xml.etree.ElementTree as ET  # the text is our own output
from pathlib import Path
from typing import Any

import click
import pytest

from tuneworthy.cli import crash
from tuneworthy.cli.main import COMMANDS, LazyGroup, cli
from tuneworthy.core import errors
from tuneworthy.core.errors import Problem
from tuneworthy.core.nouns.dataset import DatasetVersion, Finding
from tuneworthy.lifecycle import datasets
from tuneworthy.lifecycle.wiring import Runtime


def verbs() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [()]
    for name in COMMANDS:
        command = LazyGroup().get_command(click.Context(cli), name)
        found.append((name,))
        if isinstance(command, click.Group):
            found += [(name, verb) for verb in command.commands]
    return found


@pytest.mark.parametrize("words", verbs(), ids=" ".join)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_command_has_help(run, words, flag):
    done = run(*words, flag)
    assert done.code == 0
    assert done.err == ""
    assert done.out.startswith(f"Usage: {' '.join(('tuneworthy', *words))}")
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "message", "fix"),
    [
        (["asess"], "There is no command 'asess'.", "tuneworthy assess"),
        (["dta"], "There is no command 'dta'.", "tuneworthy data"),
        (["zzz"], "There is no command 'zzz'.", "tuneworthy --help"),
        (["data", "buld"], "There is no command 'data buld'.", "tuneworthy data build"),
        (["serve", "zzz"], "There is no command 'serve zzz'.", "tuneworthy serve --help"),
        (["data"], "'tuneworthy data' needs a command: ", "tuneworthy data --help"),
        ([], "'tuneworthy' needs a command: ", "tuneworthy --help"),
        (["gate", "approve", "start"], "Missing option '--by'.", "tuneworthy gate approve --help"),
        (["gate", "show", "strat"], "'strat' is not one of ", "tuneworthy gate show --help"),
        (["data", "build", "more"], "unexpected extra argument", "tuneworthy data build --help"),
        (["--jsn"], "No such option '--jsn'", "tuneworthy --help"),
        (["audit", "log", "-n", "many"], "'many' is not a valid integer", "--help"),
        (["serve", "start", "--port", "70000"], "70000 is not in the range", "--help"),
        (["init", "--example", "tool"], "There is no example 'tool'.", "services or tools"),
        (["people", "add"], "Missing argument 'PERSON'.", "tuneworthy people add --help"),
    ],
)
def test_a_slip_says_what_is_wrong_and_what_to_type(run, words, message, fix):
    done = run(*words)
    assert done.code == 2
    assert done.out == ""
    assert message in done.err
    assert f"fix: {fix}" in done.err or fix in done.err.split("fix: ")[1]
    told = run("--json", *words)
    assert (told.code, told.out) == (2, "")
    assert message in told.error["message"]


def test_exit_codes_are_those_that_help_names(run):
    page = run("help").out
    for kind in [kind for kind in vars(errors).values() if isinstance(kind, type)]:
        if issubclass(kind, Problem):
            assert f"{kind.exit_code:5}  " in page


def test_errors_go_to_standard_error_with_why_and_fix(run, tmp_path):
    done = run("-C", str(tmp_path), "status")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: There is no tuneworthy.yaml in ")
    assert "\n  fix: tuneworthy init" in done.err


def test_json_can_be_asked_for_anywhere_or_by_the_environment(run, tmp_path, monkeypatch):
    for words in (["--json", "-C", str(tmp_path), "status"], ["status", "-C", str(tmp_path)]):
        monkeypatch.setenv("TUNEWORTHY_JSON", "0" if "--json" in words else "1")
        assert run(*words).error["code"] == "no_project"
    assert run("status", "--json", "-C", str(tmp_path)).error["code"] == "no_project"


def test_a_folder_that_is_not_there(run, project):
    for command in ("status", "doctor"):
        done = run("-C", str(project / "typo"), command)
        assert done.code in (1, 2)
        assert str(project / "typo") in done.err


READS = [
    ["status"],
    ["data", "build"],
    ["data", "check"],
    ["data", "show"],
    ["data", "fates"],
    ["eval", "show"],
    ["assess"],
    ["assess", "--working"],
    ["train", "list"],
    ["gate", "list"],
    ["people", "list"],
    ["serve", "status"],
    ["drift", "report"],
    ["audit", "log"],
    ["audit", "verify"],
    ["config", "show"],
    ["config", "check"],
    ["config", "schema"],
]


def test_what_can_be_said_is_one_json_object(run, project):
    for words in READS:
        done = run(*words, "--json", "-C", str(project))
        assert (done.code, done.err) == (0, ""), words
        assert isinstance(done.json, dict)
        assert done.json.get("ok") is True or words == ["config", "schema"]


def test_the_same_for_what_writes_files(run, project, tmp_path):
    at = ("--json", "-C", str(project))
    made = run(*at, "report", "-o", str(tmp_path / "r.html"), "--summary", str(tmp_path / "s.json"))
    assert made.json["file"] == str(tmp_path / "r.html")
    assert json.loads((tmp_path / "s.json").read_text())
    pack = tmp_path / "pack.zip"
    assert run(*at, "data", "build").code == 0
    assert run(*at, "audit", "export", "-o", str(pack)).json["verified"] is True
    assert run("--json", "audit", "verify", str(pack)).json["verified"] is True
    person = run(*at, "people", "add", "ana", "Ana", "--role", "source_owner").json["person"]
    assert person["roles"] == ["source_owner"]
    assert run("--json", "init", str(tmp_path / "other")).json["files"]
    assert run("--json", "completion", "zsh").out.startswith("#compdef tuneworthy")


REFUSED = [
    (["data", "show"], 2, "no_dataset"),
    (["data", "fates"], 2, "no_dataset"),
    (["eval", "compare"], 3, "nothing_to_compare"),
    (["train", "start"], 3, "gate_shut"),
    (["gate", "approve", "start", "--by", "ana", "--reason", "ok"], 2, "no_person"),
    (["gate", "approve", "start", "--by", "ana", "--reason", " "], 2, "no_reason"),
    (["people", "add", "ana", "Ana", "--role", "boss"], 2, "no_such_role"),
    (["people", "add", "a/b", "Ana", "--role", "source_owner"], 2, "bad_id"),
    (["people", "attest", "policy", "nowhere.md", "--by", "ana"], 2, "no_person"),
    (["serve", "canary"], 2, "no_version"),
    (["serve", "promote", "--reason", "x"], 2, "no_rollout"),
    (["serve", "rollback", "--reason", "x"], 2, "no_route"),
    (["trace", "chatcmpl-1"], 2, "no_such_response"),
    (["audit", "export", "-o", "/proc/none/pack.zip"], 1, "cannot_write"),
    (["report", "-o", "/proc/none/r.html"], 1, "file_refused"),
    (["report", "-o", "/"], 1, "file_refused"),
    (["config", "schema", "-o", "/"], 1, "file_refused"),
    (["init"], 2, "project_exists"),
]


def test_what_is_refused_is_one_json_object_on_standard_error_alone(run, project):
    for words, code, name in REFUSED:
        done = run("--json", "-C", str(project), *words)
        assert (done.code, done.out) == (code, ""), words
        assert done.error["code"] == name, words
        assert done.error["message"]


def test_a_check_that_says_no_still_prints_what_it_found(run, project):
    shut = run("--json", "-C", str(project), "gate", "show", "start")
    assert shut.code == 3
    assert shut.json["ok"] is False
    assert shut.json["missing_evidence"]
    assert shut.error["code"] == "gate_shut"


ERROR = Finding(
    code="odd_rows",
    severity="block",
    message='Two rows say <"this"> &\nthat.',
    count=2,
    rows=("data/train.jsonl:7", "data/train.jsonl:9"),
    fix="Mend them.",
)


@pytest.fixture
def with_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version whose checks say error: the pipeline leaves none by itself, so one is put in."""
    build = datasets.build

    def built(runtime: Runtime, canaries: int | None = None) -> DatasetVersion:
        version = build(runtime, canaries)
        return version.model_copy(update={"findings": (*version.findings, ERROR)})

    monkeypatch.setattr(datasets, "build", built)


def check_formats(run: Any, project: Path, exit_code: int) -> None:
    at = ("-C", str(project), "data", "check")
    found = run("--json", *at)
    codes = [finding["code"] for finding in found.json["findings"]]
    assert "shape" in codes
    assert (found.code, found.json["ok"]) == (exit_code, exit_code == 0)
    text = run(*at)
    assert text.code == exit_code
    assert all(code in text.out for code in codes)

    sarif = run(*at, "--format", "sarif")
    assert (sarif.code, sarif.json["version"]) == (exit_code, "2.1.0")
    results = sarif.json["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == codes
    assert {result["level"] for result in results} <= {"error", "warning", "note"}

    junit = run(*at, "--format", "junit")
    suite = ET.fromstring(junit.out)  # noqa: S314 - our own output
    assert (junit.code, [case.get("name") for case in suite]) == (exit_code, codes)
    assert int(suite.get("failures", "")) == len(suite.findall("*/failure"))
    assert bool(suite.findall("*/failure")) is bool(exit_code)

    github = run(*at, "--format", "github")
    assert github.code == exit_code
    lines = github.out.splitlines()
    for line, code in zip(lines, codes, strict=True):
        kind, _, rest = line.removeprefix("::").partition(" ")
        assert kind in ("error", "warning", "notice")
        assert re.match(rf"title={code}(,file=[^,:]+,line=\d+)?::.", rest)


def test_findings_for_machines(run, project):
    check_formats(run, project, 0)


def test_findings_that_say_error_for_machines(run, project, with_error):
    check_formats(run, project, 3)
    at = ("-C", str(project), "data", "check")
    done = run(*at, "--format", "sarif")
    assert "error: 1 of the data checks block training." in done.err
    places = [
        place["physicalLocation"] for place in done.json["runs"][0]["results"][-1]["locations"]
    ]
    assert [place["region"]["startLine"] for place in places] == [7, 9]
    assert {place["artifactLocation"]["uri"] for place in places} == {"data/train.jsonl"}
    assert run("--json", *at).error["fix"] == "Mend them."


def test_the_schema_of_the_project_file(run):
    schema = run("config", "schema").json
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    assert {"name", "use_case", "goal", "metric", "target", "sources"} == set(schema["required"])
    assert "id" not in schema["properties"]
    assert set(schema["required"]) <= set(schema["properties"])
    kinds = schema["$defs"]
    assert kinds["TrainSettings"]["properties"]["lora_r"]["minimum"] == 1
    named = json.dumps(schema)
    references = {part.split('"')[0] for part in named.split("#/$defs/")[1:]}
    assert references == set(kinds)


def test_doctor_says_no_by_its_exit_code_and_its_json(run, monkeypatch):
    monkeypatch.setattr("tuneworthy.cli.start.find_spec", lambda name: None)
    done = run("--json", "doctor")
    assert done.code == 3
    assert done.json["ok"] is False
    assert done.error["code"] == "not_ready"
    assert "pip install" in done.error["fix"]


def test_an_actor_can_be_named_anywhere(run, project):
    assert run("-C", str(project), "data", "build", "--as", "ana").code == 0
    events = run("-C", str(project), "--json", "audit", "log").json["events"]
    assert {event["actor_id"] for event in events} == {"ana"}


def test_a_real_process_leaves_with_the_same_codes(spawn, tmp_path):
    assert spawn("help").code == 0
    done = spawn("--json", "status", cwd=tmp_path)
    assert (done.code, done.out, done.error["code"]) == (2, "", "no_project")


def test_a_fault_of_the_program_leaves_its_trace_in_a_file(tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".tuneworthy").mkdir()
    problem = crash.crash_problem(ZeroDivisionError("by zero"), verbose=False)
    assert problem.code == "unexpected"
    (path,) = (tmp_path / ".tuneworthy" / "log").iterdir()
    assert path.name in problem.why
    assert "ZeroDivisionError: by zero" in path.read_text()
