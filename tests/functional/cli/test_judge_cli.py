"""tuneworthy eval judge over a real endpoint whose verdicts follow a rule with known biases."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.endpoint import Heard, Said, endpoint
from tests.fakes.small_project import edit

CRITERIA = """\
criteria:
  - name: right
    asks: Is the answer right?
    anchors: {1: Wrong., 2: Partly., 3: Right.}
"""


def chance(text: str) -> float:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6]) / 2**48


def verdict(text: str, _before: int) -> Said:
    """Finds the good answer nine times of ten; else takes the first. A nonsense pair confuses."""
    if "# Answer A" not in text:
        score = 3 if "good" in text.partition("# Answer\n")[2] else 1
        return Said(text="Well..." if "nonsense" in text else f"Score: {score}")
    first = text.partition("# Answer A\n")[2].partition("\n\n# Answer B\n")[0]
    if "nonsense" in text:
        return Said(text="Both are fine.")
    number = re.findall(r"case (\d+)", text)[0]
    right = "A" if "good" in first else "B"
    return Said(text=f"Verdict: {right if chance(number) < 0.9 else 'A'}")


@pytest.fixture
def judge() -> Iterator[Heard]:
    with endpoint(verdict) as heard:
        yield heard


@pytest.fixture
def home(project: Path, judge: Heard) -> Path:
    text = f"judges: [{{name: careful, at: '{judge.url}', model: m}}]\n"
    settings = project / "tuneworthy.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + text, encoding="utf-8")
    (project / "rubric.yaml").write_text(CRITERIA, encoding="utf-8")
    return project


def write(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def pairs(n: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": k,
            "request": f"case {k}",
            "a": f"good {k}" if k % 2 else f"poor {k}",
            "b": f"poor {k}" if k % 2 else f"good {k}",
            "verdicts": "a" if k % 2 else "b",
            **more,
        }
        for k in range(n)
    ]


def test_a_judge_is_held_against_people_and_nothing_is_asked_twice(run, home, judge):
    file = write(home / "pairs.jsonl", pairs(120))
    said = ("-C", str(home), "eval", "judge", "calibrate", file)
    found = run(*said, "--json")
    assert found.code == 0, found.err
    told = found.json
    swayed = sum(chance(str(k)) >= 0.9 for k in range(120))
    assert told["counts"] == {
        "a": sum(k % 2 for k in range(120) if chance(str(k)) < 0.9),
        "b": sum(1 - k % 2 for k in range(120) if chance(str(k)) < 0.9),
        "tie": swayed,
        "unreadable": 0,
    }
    place = told["bias"]["position"]
    assert (told["inconsistent"], place["swayed"], place["to_first"]) == (swayed,) * 3
    assert place["first"]["value"] == pytest.approx(0.5 + swayed / 240)
    agreed = told["agreement"]
    assert agreed["items"] == 120
    assert agreed["same"] == pytest.approx(1 - swayed / 120)
    assert agreed["kappa_low"] < agreed["kappa"] < agreed["kappa_high"]
    assert told["standing"]["ok"] is told["ok"] is True
    asked = len(judge.asked)
    assert asked == 240
    text = run(*said)
    assert "It may open a gate: its kappa with people is" in text.out
    assert "Position: the first answer gets" in text.out
    assert len(judge.asked) == asked
    # The same judge on other pairs stands by its record; another prompt does not.
    other = write(home / "other.jsonl", pairs(3, request="case 1 again"))
    again = run("-C", str(home), "eval", "judge", "run", other, "--json")
    assert again.json["standing"]["ok"] is True
    rated = write(home / "rated.jsonl", [{"id": "1", "request": "r", "answer": "good"}])
    rubric = ("--criteria", str(home / "rubric.yaml"))
    mere = run("-C", str(home), "eval", "judge", "run", rated, *rubric, "--json").json
    assert (mere["score"]["value"], mere["standing"]["ok"]) == (1, False)
    assert mere["standing"]["reason"] == "it was never held against people"


def test_a_stopped_calibration_goes_on(run, home, judge):
    part, whole = pairs(60), pairs(120)
    run("-C", str(home), "eval", "judge", "run", write(home / "p.jsonl", part))
    assert len(judge.asked) == 120
    run("-C", str(home), "eval", "judge", "calibrate", write(home / "w.jsonl", whole))
    assert len(judge.asked) == 240
    assert max(judge.tries.values()) == 1


@pytest.mark.parametrize(
    ("n", "request_", "why"),
    [(99, "case", "99 items; 100 are needed"), (120, "nonsense", "below 0.6")],
)
def test_a_judge_below_the_bar_ends_with_three(run, home, n, request_, why):
    rows = [{**row, "request": f"{request_} {row['id']}"} for row in pairs(n)]
    done = run("-C", str(home), "eval", "judge", "calibrate", write(home / "p", rows), "--json")
    assert done.code == 3
    assert done.error["code"] == "judge_below_bar"
    assert why in done.error["why"]
    if request_ == "nonsense":
        assert done.json["counts"]["unreadable"] == n
        assert (done.json["a"]["value"], done.json["b"]["value"]) == (0, 0)


def test_empty_and_equal_answers_need_no_judge(run, home, judge):
    rows = [
        {"id": "e", "request": "case 1", "a": "", "b": "good"},
        {"id": "same", "request": "case 1", "a": "good", "b": " good\n"},
        {"id": "none", "request": "case 1", "a": "", "b": " "},
    ]
    told = run("-C", str(home), "eval", "judge", "run", write(home / "p", rows), "--json").json
    assert [one["verdict"] for one in told["verdicts"]] == ["b", "tie", "tie"]
    assert told["not_asked"] == 3
    assert told["bias"]["position"]["pairs"] == 0
    assert not judge.asked


def test_answers_are_rated_by_criteria_and_written(run, home, judge):
    rows = [
        {"id": str(k), "request": f"r{k}", "answer": said, "scores": {"right": score}}
        for k, (said, score) in enumerate([("good", 3), ("poor", 1), ("", 1), ("nonsense", 3)] * 30)
    ]
    out = home / "scores.jsonl"
    done = run(
        *("-C", str(home), "eval", "judge", "calibrate", write(home / "a", rows), "--json"),
        *("--criteria", str(home / "rubric.yaml"), "-o", str(out)),
    )
    told = done.json
    assert (told["unreadable"], told["empty"]) == (30, 30)
    assert told["score"]["value"] == pytest.approx(0.25)
    assert told["agreement"]["same"] == pytest.approx(0.75)
    assert told["agreement"]["weights"] == "quadratic"
    kept = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["score"] for row in kept[:4]] == [1, 0, 0, 0]
    assert [row["readable"] for row in kept[:4]] == [True, True, True, False]
    assert not any("# Answer\n\n" in text for text in judge.asked)


def test_the_right_answer_is_shown_unless_it_is_not_wanted(run, home, judge):
    file = write(home / "p", pairs(1, reference="It is 42."))
    run("-C", str(home), "eval", "judge", "run", file, "--no-reference")
    assert not any("It is 42." in text for text in judge.asked)
    run("-C", str(home), "eval", "judge", "run", file)
    assert all("# Right answer" in text and "It is 42." in text for text in judge.asked[2:])
    assert len(judge.asked) == 4


BAD = [
    ("not json", ["nothing"], "it is not JSON"),
    ("twice", ['{"id": "1", "request": "r", "a": "x", "b": "y"}'] * 2, "is that of line 1"),
    ("mixed", ['{"id": 1, "request": "r", "answer": "x"}', '{"id": 2, "request": "r", "a": "x"}'],
     "'answer': It is missing."),
    ("verdict", ['{"id": 1, "request": "r", "a": "x", "b": "y", "verdicts": ["c"]}'],
     "'verdicts.0': It must be 'a', 'b' or 'tie'"),
    ("empty", [""], "nothing to judge"),
    ("number", ["7"], "it must be an object"),
    ("half", ['{"id": "\\ud800", "request": "r", "a": "x", "b": "y"}'], "'id'"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "lines", "told"), BAD, ids=[one[0] for one in BAD])
def test_faults_of_a_file_are_told_with_their_lines(run, home, judge, name, lines, told):
    path = home / "bad.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    done = run("-C", str(home), "eval", "judge", "run", str(path), "--json")
    assert done.code == 2
    assert f"bad.jsonl:{len(lines) if name != 'empty' else 1}: " in done.error["message"]
    assert told in done.error["message"]
    assert not judge.asked


def test_what_does_not_go_together_is_told(run, home, judge):
    file = write(home / "p", pairs(2))
    answers = write(home / "a", [{"id": "1", "request": "r", "answer": "x"}])
    scored = write(
        home / "s", [{"id": "1", "request": "r", "answer": "x", "scores": {"right": 4, "no": 1}}]
    )
    rubric = ("--criteria", str(home / "rubric.yaml"))
    at = ("-C", str(home), "eval", "judge", "run")
    for words, code in (
        ((file, "--judge", "other"), "unknown_judge"),
        ((file, *rubric), "pairs_have_no_criteria"),
        ((answers,), "no_criteria"),
        ((file, "a-run"), "file_alone"),
        (("a-run",), "no_such_run"),
        (("gone.jsonl",), "no_file"),
        ((scored, *rubric), "bad_settings"),
        ((answers, "--criteria", str(home / "none.yaml")), "no_file"),
    ):
        done = run(*at, *words, "--json")
        assert done.code == 2
        assert done.error["code"] == code, done.error
    unsaid = write(home / "u", [{"id": "1", "request": "r", "a": "x", "b": "y"}])
    for words in ((unsaid,), (answers, *rubric)):
        done = run("-C", str(home), "eval", "judge", "calibrate", *words, "--json")
        assert (done.code, done.error["code"]) == (2, "nobody_judged")
    assert not judge.asked


def test_a_project_without_a_judge_is_told_how_to_name_one(run, project):
    done = run("-C", str(project), "eval", "judge", "run", write(project / "p", pairs(1)), "--json")
    assert (done.code, done.error["code"]) == (2, "no_judge")
    assert "judges: [{name: careful" in done.error["fix"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("judges: [{at: 'http://h/v1', reading: likelihood}]", "does not tell how likely"),
        ("judges: [{at: embedded}, {at: embedded}]", "two judges are called 'embedded'"),
        ("judge_bar: 1.5", "judge_bar"),
    ],
)
def test_faults_of_the_settings_are_told(run, project, text, told):
    settings = project / "tuneworthy.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + text + "\n", encoding="utf-8")
    done = run("-C", str(project), "config", "check", "--json")
    assert done.code == 2
    assert told in done.error["message"]


def test_a_judge_that_is_gone_is_a_problem_and_no_verdict(run, home, judge):
    edit(home, "tuneworthy.yaml", judge.url, "http://127.0.0.1:9/v1")
    done = run("-C", str(home), "eval", "judge", "run", write(home / "p", pairs(2)), "--json")
    assert done.code not in (0, 2)
    assert done.error["code"] != "internal"


def test_the_embedded_model_judges_by_likelihood_and_by_text(run, project):
    pytest.importorskip("torch")
    settings = project / "tuneworthy.yaml"
    judges = "judges: [{name: odds, at: embedded, reading: likelihood}, {name: said, at: embedded}]"
    settings.write_text(settings.read_text(encoding="utf-8") + judges + "\n", encoding="utf-8")
    rows = [
        {"id": "1", "request": "What is 2 + 2?", "a": "4", "b": "It is 5.", "verdicts": "a"},
        {"id": "2", "request": "Name a colour.", "a": "Seven", "b": "Blue", "verdicts": "b"},
        {"id": "long", "request": "word " * 30_000, "a": "Yes.", "b": "No."},
    ]
    file = write(project / "p.jsonl", rows)
    found = {}
    for name in ("odds", "said"):
        done = run("-C", str(project), "eval", "judge", "run", file, "--judge", name, "--json")
        assert done.code == 0, done.err
        found[name] = done.json
        assert sum(done.json["counts"].values()) == done.json["n"] == 3
        assert done.json["verdicts"][2]["verdict"] == "unreadable"
        assert done.json["standing"]["ok"] is False
    # By likelihood there is a verdict on all it can hold; and the two are judges of their own.
    assert found["odds"]["counts"]["unreadable"] == 1
    assert found["odds"]["judge"]["digest"] != found["said"]["judge"]["digest"]
    assert found["odds"]["judge"]["model"] == found["said"]["judge"]["model"]
    for verdict in found["odds"]["verdicts"][:2]:
        assert set(verdict["said"]) <= {"Verdict: A", "Verdict: B"}
