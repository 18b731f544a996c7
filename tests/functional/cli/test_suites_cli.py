"""tuneworthy eval suite: files that are read, checked, frozen, changed and retired in the open."""

import json
from pathlib import Path
from typing import Any

import pytest

import tuneworthy

ABOUT = "about: What must not get worse.\nrole: guard\n"
CASES = [
    {"id": f"c{n}", "request": f"Say {word}.", "expected": word, "segment": "words"}
    for n, word in enumerate(["one", "two", "three", "four"])
]


def write_suite(
    project: Path, name: str = "words", text: str = ABOUT, cases: Any = CASES, **more: Any
) -> Path:
    folder = project / "suites"
    folder.mkdir(exist_ok=True)
    lines = [case if isinstance(case, str) else json.dumps(case) for case in cases]
    (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    settings = "".join(f"{key}: {value}\n" for key, value in more.items())
    path = folder / f"{name}.yaml"
    path.write_text(f"{text}cases: {name}.jsonl\n{settings}", encoding="utf-8")
    return path


def claims(project: Path, about: str) -> list[dict[str, Any]]:
    with tuneworthy.open(project) as workspace:
        return [e.result for e in workspace.evidence() if e.about == about]


@pytest.fixture
def suite(run, project):
    """Runs ``tuneworthy eval suite`` on the project."""
    return lambda *words: run("--json", "-C", str(project), "eval", "suite", *words)


def test_a_project_without_suites_says_where_they_would_be(run, project):
    said = run("-C", str(project), "eval", "suite", "list")
    assert (said.code, said.out) == (0, "There is no suite. They are files: suites/NAME.yaml\n")
    assert run("-C", str(project), "eval", "suite", "check").code == 0


def test_a_suite_is_found_shown_and_frozen_with_its_thresholds(suite, project):
    write_suite(project, margin=0.05, target=0.9)
    (found,) = suite("list").json["suites"]
    assert (found["state"], found["n"], found["version"]) == ("not frozen", 4, "")
    shown = suite("show", "words").json
    assert [case["id"] for case in shown["cases"]] == ["c0", "c1", "c2", "c3"]
    assert shown["settings"]["margin"] == 0.05
    made = suite("refresh", "words").json
    assert (made["before"], len(made["added"])) == ("", 4)
    (found,) = suite("list").json["suites"]
    assert (found["state"], found["version"]) == ("frozen", made["after"])
    (frozen,) = claims(project, "suite.frozen")
    assert (frozen["name"], frozen["margin"], frozen["target"]) == ("words", 0.05, 0.9)
    assert claims(project, "suite.refresh") == []  # nothing was there to be refreshed


def test_a_refresh_says_what_changed_and_is_put_on_record(suite, run, project):
    write_suite(project, margin=0.05)
    before = suite("refresh", "words").json["after"]
    changed = [*CASES[1:3], {**CASES[3], "expected": "4"}, {**CASES[0], "id": "new"}]
    path = write_suite(project, cases=changed, margin=0.2)
    assert suite("list").json["suites"][0]["state"] == "changed"
    seen = suite("diff", "words", str(path)).json
    assert (seen["added"], seen["removed"], seen["changed"]) == (["new"], ["c0"], ["c3"])
    assert seen["settings"] == {"margin": [0.05, 0.2]}
    assert (seen["thresholds"], seen["after_candidate"]) == (["margin"], False)
    said = run("-C", str(project), "eval", "suite", "refresh", "words")
    assert "threshold margin: 0.05 -> 0.2" in said.out
    assert "1 cases removed: c0" in said.out
    assert "CHANGED AFTER" not in said.out
    (kept,) = claims(project, "suite.refresh")
    assert (kept["done"], kept["added"], kept["removed"], kept["changed"]) == (True, 1, 1, 1)
    after = kept["after"]
    back = suite("diff", after[7:19], before[7:19]).json
    assert (back["added"], back["removed"]) == (["c0"], ["new"])
    assert suite("refresh", "words").json["settings"] == {}


def test_what_was_frozen_counts_until_it_is_retired(suite, project):
    path = write_suite(project)
    suite("refresh", "words")
    assert suite("retire", "words", "--reason", "too easy").error["code"] == "suite_file_there"
    path.unlink()
    assert suite("list").json["suites"][0]["state"] == "file gone"
    assert suite("show", "words").json["state"]["n"] == 4
    refused = suite("refresh", "words")
    assert (refused.code, refused.error["code"]) == (2, "suite_file_gone")
    assert suite("retire", "words", "--reason", " ").error["code"] == "no_reason"
    assert suite("retire", "words", "--reason", "too easy").json["reason"] == "too easy"
    assert suite("list").json["suites"] == []
    assert suite("show", "words").error["code"] == "no_such_suite"
    write_suite(project)
    suite("refresh", "words")
    assert suite("list").json["suites"][0]["state"] == "frozen"


def test_a_comment_makes_no_other_version(suite, project):
    path = write_suite(project)
    suite("refresh", "words")
    path.write_text("# a word\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert suite("list").json["suites"][0]["state"] == "frozen"


def test_every_fault_is_told_at_once_with_its_place(suite, project):
    text = (
        "role: gard\nmargins: 1\nmetrics:\n  - {name: exact}\n  - {name: exact_match, option: 1}\n"
    )
    cases = [
        {"id": "a", "request": "r", "expected": "x", "sgment": "s"},
        '{"id": "b", "request": "r", "expected": "y"',
        {"id": "c", "request": "one", "expected": "x"},
        {"id": "c", "request": "two", "expected": "x"},
        {"id": "d", "request": "one", "expected": "x"},
        {"request": "r2", "expected": "x"},
        {"id": "e", "request": "r3", "expected": " "},
        '{"id": "f", "id": "g", "request": "r4", "expected": "x"}',
        '{"id": "h", "request": "r5", "expected": NaN}',
        '{"id": "i", "request": "\\ud800", "expected": "x"}',
        "[1]",
        {"id": "j", "request": "", "expected": "x"},
    ]
    path = write_suite(project, text=text, cases=cases)
    refused = suite("check", "words")
    assert refused.code == 2
    said = refused.error["message"].replace(str(project / "suites"), "")
    lines = said.split("\n")[1:]
    assert [line.split(": ")[0].strip() for line in lines] == [
        "/words.yaml:1:7",
        "/words.yaml:4:12",
        "/words.yaml:5:25",
        "/words.yaml:2:1",
        *(f"/words.jsonl:{place}" for place in ("1:46", "2:44", "4:1", "5:1", "6:1", "7:1")),
        *(f"/words.jsonl:{place}" for place in ("8:1", "9:1", "10:1", "11:1", "12:1")),
    ], said
    assert "Did you mean 'guard'?" in lines[0]
    assert "Did you mean 'segment'?" in lines[4]
    assert "the id 'c' stands in line 3 too" in said
    assert "'d' asks and expects the same as line 3" in said
    assert "'id' is missing" in said
    assert "'e': no reference" in said
    every = suite("check")
    assert every.code == 3
    assert json.loads(every.out)["suites"][0]["state"] == "unreadable"
    assert path.exists()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("role: guard\n", "it names no cases"),
        ("split: test\ncases: words.jsonl\n", "both say where the cases come from"),
        ("cases: gone.jsonl\n", "does not exist"),
        ("cases: ../tuneworthy.yaml\n", "does not lie beside"),
        ("cases: words.jsonl\nsegment: a\n", "'segment' chooses among the cases of a split"),
        ("cases: words.jsonl\nprompt: {arm: decomposed}\n", "at least two steps"),
        ("cases: words.jsonl\nmargin: 0\n", "margin"),
        (
            "cases: words.jsonl\nmetrics: [{name: exact_match, options: {x: 1}}]\n",
            "metrics.0.options.x",
        ),
        ("cases: [", "is not YAML"),
        ("", "holds no settings"),
    ],
)
def test_a_fault_in_the_settings_is_told(suite, project, settings, said):
    path = write_suite(project)
    path.write_text(settings, encoding="utf-8")
    refused = suite("show", "words")
    assert refused.code == 2
    assert said in refused.error["message"]


def test_an_empty_file_of_cases_and_a_name_nobody_can_type_are_refused(suite, project):
    path = write_suite(project, cases=[])
    assert "there is no case in it" in suite("show", "words").error["message"]
    path.rename(path.with_name("my words.yaml"))
    assert suite("list").json["suites"][0]["state"] == "unreadable"
    assert suite("check").code == 3
    path.with_name("my words.yaml").rename(path.with_name("main.yaml"))
    assert "suite over the dataset's test split" in suite("show", "main").error["why"]


def test_a_split_gives_its_cases_by_segment(suite, run, project):
    path = write_suite(project)
    path.write_text("role: guard\nsplit: validation\n", encoding="utf-8")
    assert suite("show", "words").error["code"] == "no_dataset"
    assert run("-C", str(project), "data", "build").code == 0
    assert len(suite("show", "words").json["cases"]) > 0
    path.write_text("split: validation\nsegment: north\n", encoding="utf-8")
    refused = suite("show", "words").error
    assert refused["code"] == "no_cases"
    assert "Its segments: none" in refused["why"]


def test_recorded_answers_without_a_ground_make_no_suite(suite, run, project):
    assert run("-C", str(project), "data", "build").code == 0
    path = write_suite(project)
    path.write_text("production: {days: 7, n: 20, seed: 3}\n", encoding="utf-8")
    refused = suite("refresh", "words").error
    assert refused["code"] == "no_cases"
    assert "none of 0 recorded answers" in refused["message"]


def test_more_faults_than_fit_are_counted(suite, project):
    write_suite(project, cases=["{"] * 100)
    said = suite("show", "words").error["message"]
    assert said.endswith("... and 60 more.")
    assert "100 faults" in said


TASK = """\
task: colours
dataset_path: json
dataset_kwargs: {data_files: {test: rows.jsonl, train: none.jsonl}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{thing}} is"
doc_to_choice: "{{colours}}"
doc_to_target: right
metric_list: [{metric: acc}]
"""


def test_a_task_of_the_harness_becomes_a_suite_that_can_be_run(suite, project, tmp_path):
    (tmp_path / "task.yaml").write_text(TASK, encoding="utf-8")
    rows = [
        {"thing": "Grass", "colours": ["red", "green"], "right": 1},
        {"thing": "Blood", "colours": ["red", "green"], "right": 0},
        {"thing": "Snow", "colours": ["red"], "right": 4},
    ]
    text = "\n".join(map(json.dumps, rows))
    (tmp_path / "rows.jsonl").write_text(text, encoding="utf-8")
    words = ("import", str(tmp_path / "task.yaml"), "--from", "lm-eval", "-o")
    made = suite(*words, str(project / "suites" / "colours.yaml")).json
    assert (made["n"], len(made["dropped"]), len(made["notes"])) == (2, 1, 1)
    assert suite("check").code == 0
    shown = suite("show", "colours").json
    assert [case["expected"] for case in shown["cases"]] == ["green", "red"]
    again = suite(*words, str(project / "suites" / "colours.yaml"))
    assert (again.code, again.error["code"]) == (2, "suite_file_there")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("task.yaml", TASK + "process_docs: !function utils.docs\n", "'process_docs' is Python"),
        ("task.yaml", TASK + "include: gone.yaml\n", "does not exist"),
        ("task.yaml", TASK + "include: task.yaml\n", "include one another"),
        ("task.yaml", TASK.replace("path: json", "path: a/b"), "data set of a hub"),
        ("task.yaml", "a: [", "is not YAML"),
    ],
)
def test_a_task_that_cannot_be_carried_over_is_refused(suite, tmp_path, name, text, said):
    (tmp_path / name).write_text(text, encoding="utf-8")
    out = tmp_path / "suites" / "x.yaml"
    refused = suite("import", str(tmp_path / name), "--from", "lm-eval", "-o", str(out))
    assert refused.code == 2
    assert said in refused.error["message"] + refused.error["why"]
    assert not out.exists()


def test_other_tools_rows_become_suites(suite, project, tmp_path):
    csv = tmp_path / "rows.csv"
    csv.write_text('input,target,choices\n"What melts?",B,"stone,ice"\n', encoding="utf-8")
    out = project / "suites" / "melting.yaml"
    assert suite("import", str(csv), "--from", "inspect", "-o", str(out)).json["n"] == 1
    samples = tmp_path / "samples.jsonl"
    samples.write_text('{"input": "JSON?", "ideal": "{\\"a\\": 1}"}\n[1]\n', encoding="utf-8")
    out = project / "suites" / "json.yaml"
    words = ("import", str(samples), "--from", "openai-evals", "--scorer", "json", "-o", str(out))
    assert "row 2 is no object" in suite(*words).error["message"]
    samples.write_text('{"input": "JSON?", "ideal": "{\\"a\\": 1}"}\n', encoding="utf-8")
    assert suite(*words).json["n"] == 1
    assert [one["name"] for one in suite("list").json["suites"]] == ["json", "melting"]
    assert suite("check").code == 0
