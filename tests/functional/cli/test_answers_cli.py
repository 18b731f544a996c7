"""``tuneworthy assess --answers FILE``: no project, one JSON object, exit code 2 for bad ones."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

import tuneworthy
from tuneworthy.assess import FACTORS
from tuneworthy.core.errors import ConfigProblem

YES = ("consistent_behavior", "domain_knowledge", "brand_voice", "latency")


def answers(**other: Any) -> dict[str, Any]:
    names = [f.name for f in FACTORS if f.name]
    return {
        "ceiling": dict.fromkeys(["C1", "C2", "C3", "C4", "C5"], True),
        "factors": {name: name in YES for name in names},
        **other,
    }


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to stand in: no project anywhere near."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, content: Any, name: str = "answers.json") -> str:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return name


def test_one_json_object_and_nothing_is_left_behind(run, folder):
    name = write(folder, answers())
    done = run("assess", "--answers", name, "--json")
    assert (done.code, done.err) == (0, "")
    assert done.json["ok"] is True
    assert done.json["verdict"] == "PILOT"
    assert done.json["rules"]["score"] == {
        "numerator": 4,
        "denominator": 11,
        "text": "4/11",
        "value": 0.3636,
        "band": "MODERATE",
    }
    assert done.json["rules"]["tree"]["result"] == "FINE_TUNE_CANDIDATE"
    assert done.json["rules"]["net"]["value"] == 4
    assert done.json["rules"]["weighted"]["text"] == "6/9"
    assert done.json["second_opinion"]["verdict"] == "TUNING_IS_PROMISING"
    assert "break_even" not in done.json
    assert [path.name for path in folder.iterdir()] == [name]


def test_yaml_with_money(run, folder):
    rows = ["ceiling: {C1: true, C2: null}", "factors:"]
    rows += [f"  {name}: {str(name in YES).lower()}" for name in answers()["factors"]]
    rows += ["money:", "  upfront: 6000", "  ongoing: 500", "  returns: 2000"]
    done = run("assess", "--answers", write(folder, "\n".join(rows), "a.yaml"), "--json")
    assert done.json["verdict"] == "KEEP_OPTIMISING_PROMPTS"
    assert done.json["break_even"]["months"] == 4.0
    assert "C2, C3, C4, C5" in done.json["reasons"][0]


def test_words_for_people(run, folder):
    money = {"upfront": 6000, "ongoing": 500, "returns": 2000}
    done = run("assess", "--answers", write(folder, answers(money=money)))
    assert done.code == 0
    for words in (
        "Verdict: PILOT",
        "Tree: FINE_TUNE_CANDIDATE",
        "Is the prompt ceiling reached? yes",
        "Score: 4/11 = 0.3636, MODERATE",
        "Net: 4 - 0 = 4, STRONG",
        "Weighted, advice only: (6 - 0) / 9 = 6/9 = 0.667",
        "Second opinion (the template's tree): TUNING_IS_PROMISING",
        "It breaks even after 4.00 months.",
        "A2  low_volume",
    ):
        assert words in done.out


@pytest.mark.parametrize(
    ("name", "content", "code", "said"),
    [
        ("none.yaml", None, "no_file", "none.yaml does not exist"),
        ("a.yaml", "", "empty_settings", "a.yaml is empty"),
        ("a.json", '{"ceiling": {"C1": tr', "bad_json", "a.json:1:20 is not JSON"),
        ("a.yaml", "ceiling: {C1: true}\nfactors: {}\nceiling: {}\n", "bad_yaml", "a.yaml:3:1"),
        ("a.yaml", "ceiling: {C1: yes}\nfactors: {latncy: true}\n", "bad_settings", "a.yaml:1:15"),
    ],
)
def test_bad_answers_leave_with_2_and_the_place(run, folder, name, content, code, said):
    if content is not None:
        write(folder, content, name)
    done = run("assess", "--answers", name, "--json")
    assert (done.code, done.out) == (2, "")
    assert done.error["code"] == code
    assert said in done.error["message"]


def test_not_utf8(run, folder):
    (folder / "a.yaml").write_bytes(b"ceiling: {}\nfactors: {} # \xfc\n")
    done = run("assess", "--answers", "a.yaml", "--json")
    assert (done.code, done.error["code"]) == (2, "not_utf8")


def test_what_is_no_plain_file_is_refused_at_once(spawn, folder):
    os.mkfifo(folder / "pipe")
    for name, kind in (("pipe", "a pipe"), ("/dev/zero", "a device"), (".", "a folder")):
        done = spawn("--json", "assess", "--answers", name, cwd=folder)
        assert (done.code, done.out, done.error["code"]) == (2, "", "unreadable")
        assert f"{name} is {kind}; a plain file is needed." in done.error["message"]
        assert done.error["fix"] == "Save what it holds in a file, and name that one."


def test_no_file_that_a_person_names_is_waited_for(spawn, project):
    os.mkfifo(project / "pipe")
    at = ("--json", "-C", str(project))
    done = spawn(*at, "assess", "rubric", "--check", str(project / "pipe"))
    assert (done.code, done.error["code"]) == (2, "no_rubric")
    assert "is a pipe" in done.error["why"]
    settings = project / "tuneworthy.yaml"
    text = settings.read_text(encoding="utf-8")
    for line in ("rubric: pipe", "answers: pipe", "people: pipe", "prompts: pipe"):
        settings.write_text(f"{text}\n{line}\n", encoding="utf-8")
        done = spawn(*at, "config", "check")
        assert done.code == 2, line
        assert "is a pipe" in " ".join(done.error.values()), line


def test_a_projects_own_answers_are_one_fault_with_the_way_on(run, project):
    (project / "answers.yaml").write_text("factors: {C1: true, I2: false}\nstrategic_value: 3\n")
    done = run("--json", "assess", "--answers", str(project / "answers.yaml"))
    assert (done.code, done.error["code"]) == (2, "project_answers")
    assert "own answers file" in done.error["message"]
    assert done.error["fix"] == f"For the project: tuneworthy -C {project} assess"
    alone = project.parent / "typed.yaml"
    alone.write_text("questions: {E1: yes}\nfactors: {C1: maybe, X: 3}\n")
    done = run("--json", "assess", "--answers", str(alone))
    assert (done.code, done.error["code"]) == (2, "project_answers")
    assert "tuneworthy -C DIR assess" in done.error["fix"]
    with pytest.raises(ConfigProblem) as caught:
        tuneworthy.decide({"factors": {"A4": True}})
    assert caught.value.code == "project_answers"


def test_answers_and_a_verb_do_not_go_together(run, folder):
    done = run("assess", "--answers", write(folder, answers()), "money")
    assert done.code == 2
    assert "does not go with 'money'" in done.err


def test_without_answers_a_project_is_still_needed(run, folder):
    done = run("assess", "--json")
    assert (done.code, done.error["code"]) == (2, "no_project")


def test_a_project_shows_both_verdicts_with_rules_and_second_opinion(run, project):
    assert run("-C", str(project), "data", "build").code == 0
    done = run("-C", str(project), "assess", "--json")
    assert done.code == 0
    for side in ("declared", "evidenced"):
        decision = done.json[side]
        assert decision["rules"]["score"]["denominator"] == 11
        assert decision["rules"]["tree"]["path"]
        assert decision["second_opinion"]["difference"]
    shown = run("-C", str(project), "assess", "--working")
    assert "Second opinion (the template's tree):" in shown.out
    assert "Score: " in shown.out
