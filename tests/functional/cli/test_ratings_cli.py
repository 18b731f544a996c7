"""Rating queues by the command line: a guide, scores, means, two runs in one queue."""

import csv
import io
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import tuneworthy

PEOPLE = {"ana": "source_owner", "bo": "source_owner", "fa": "review_lead"}
N = 24
Do = Callable[..., Any]


@pytest.fixture
def do(run: Any, project: Path) -> Do:
    """An ``eval ratings`` command with --json; two files of results, three people, a guide."""
    for name, word in (("base", "poor"), ("tuned", "fine")):
        rows = [
            {"id": f"c{n}", "score": 1, "request": f"request {n}", "output": f"{word} {n}",
             "segment": "ab"[n % 2]}
            for n in range(N)
        ]  # fmt: skip
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (project / f"{name}.jsonl").write_text(text, encoding="utf-8")
    for person, role in PEOPLE.items():
        done = run("-C", str(project), "people", "add", person, person.title(), "--role", role)
        assert done.code == 0
    made = run("-C", str(project), "eval", "ratings", "guide", str(project / "guide.yaml"))
    assert made.code == 0
    return lambda *words: run("--json", "-C", str(project), "eval", "ratings", *words)


def create(do: Do, project: Path, *more: str, runs: tuple[str, ...] = ("base", "tuned")) -> Any:
    names = [word for name in runs for word in ("--run", str(project / f"{name}.jsonl"))]
    return do("create", "rate", *names, "--guide", "guide.yaml", "--by", "fa", *more)


def work(do: Do, person: str, score: Callable[[str], int]) -> list[str]:
    seen: list[str] = []
    while (one := do("next", "rate", "--by", person).json["next"]) is not None:
        scores = [f"{c['name']}={score(one['answer'])}" for c in one["criteria"]]
        assert do("submit", "rate", one["item"], *scores, "--by", person).code == 0
        seen.append(one["answer"])
    return seen


def test_two_runs_rated_blind_in_one_queue(do: Do, run: Any, project: Path) -> None:
    made = create(do, project, "-n", "20", "--criteria", "clarity,tone", "--scale", "1-5",
                  "--overlap", "2")  # fmt: skip
    assert (made.json["items"], made.json["raters"]) == (40, 2)
    ana = work(do, "ana", lambda text: 4 if text.startswith("fine") else 2)
    bo = work(do, "bo", lambda text: 5 if text.startswith("fine") else 2)
    assert len(ana) == len(bo) == 40
    assert ana != bo
    starts = [text.split()[0] for text in ana]
    assert sum(one != other for one, other in pairwise(starts)) > 3

    found = do("close", "rate", "--by", "fa").json
    clarity, tone = found["criteria"]
    assert (clarity["criterion"], clarity["highest"]) == ("clarity", 5)
    assert clarity["mean"]["value"] == 4.5
    assert clarity["baseline"]["value"] == 2
    assert clarity["delta"]["value"] == pytest.approx(2.5)
    assert (clarity["verdict"], tone["verdict"]) in {
        ("clearly better", "clearly better"),
        ("too few cases", "too few cases"),
    }
    assert clarity["agreement"]["items"] == 40
    assert 0.7 < clarity["agreement"]["value"] < 1
    assert set(clarity["segments"]) == {"a", "b"}
    with tuneworthy.open(project) as workspace:
        (claim,) = [e for e in workspace.evidence() if e.about == "eval.ratings"]
    assert claim.result["criteria"]["tone"]["mean"] == 4.5
    assert (claim.result["n"], claim.result["raters"]) == (40, 2)
    lines = run("-C", str(project), "eval", "ratings", "result", "rate", "--by", "fa").out
    for word in ("clarity", "Holm", "alpha", "40 of 40"):
        assert word in lines


def test_one_run_alone_and_its_guide_on_the_screen(do: Do, run: Any, project: Path) -> None:
    assert create(do, project, runs=("tuned",)).json["items"] == N
    shown = run("-C", str(project), "eval", "ratings", "next", "rate", "--by", "ana").out
    for word in ("accuracy: Is what the answer says right?", "5 Everything is right", "tone=N"):
        assert word in shown
    work(do, "ana", lambda text: 1 + int(text.split()[1]) % 5)
    found = do("result", "rate", "--by", "fa").json
    assert [one["criterion"] for one in found["criteria"]] == [
        "accuracy", "completeness", "clarity", "tone"
    ]  # fmt: skip
    assert found["criteria"][0]["baseline"] is None
    assert found["criteria"][0]["agreement"]["value"] is None
    assert 0 < found["score"]["low"] < found["score"]["value"] < found["score"]["high"] < 1


def test_a_guide_stands_as_it_was_when_the_queue_was_opened(do: Do, project: Path) -> None:
    assert create(do, project).code == 0
    text = (project / "guide.yaml").read_text("utf-8")
    (project / "guide.yaml").write_text(text.replace("made up", "invented"), encoding="utf-8")
    one = do("next", "rate", "--by", "ana").json["next"]
    assert "made up" in one["criteria"][0]["anchors"]["1"]


def test_what_cannot_be_rated_so_is_refused(do: Do, project: Path) -> None:
    assert create(do, project, "--criteria", "wit").error["code"] == "no_criterion"
    assert create(do, project, "--scale", "1-7").error["code"] == "other_scale"
    assert create(do, project, "--scale", "0-7").error["code"] == "bad_review"
    assert create(do, project, runs=("base", "base")).error["code"] == "runs_wrong"
    (project / "guide.yaml").write_text("criteria: []\n", encoding="utf-8")
    assert create(do, project).code == 2
    (project / "guide.yaml").unlink()
    assert create(do, project).error["code"] == "no_guide"


def test_a_score_must_be_one_of_the_guide(do: Do, project: Path) -> None:
    assert create(do, project, "--criteria", "clarity,tone").code == 0
    for scores, part in (
        (("clarity=6", "tone=1"), "may be 1 to 5"),
        (("clarity=3",), "'tone' has no score"),
        (("clarity=3", "tone=3", "wit=3"), "'wit' is no criterion"),
        (("clarity=x", "tone=3"), "CRITERION=SCORE"),
        (("clarity=3", "clarity=4"), "scored twice"),
    ):
        done = do("submit", "rate", "1", *scores, "--by", "ana")
        assert (done.code, done.error["code"]) == (2, "bad_rating")
        assert part in done.error["message"]
    assert do("submit", "rate", "1", "clarity=3", "tone=3", "--by", "ana").code == 0
    again = do("submit", "rate", "1", "clarity=4", "tone=3", "--by", "ana")
    assert again.error["code"] == "already_labelled"
    assert do("submit", "rate", "1", "clarity=4", "tone=3", "--again", "--by", "ana").code == 0


def test_a_sheet_of_ratings_comes_back(do: Do, project: Path) -> None:
    assert create(do, project, "--criteria", "clarity,tone", runs=("tuned",)).code == 0
    path = project / "ana.csv"
    assert do("export", "rate", "--for", "ana", "-o", str(path)).json["rows"] == N
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), "")))
    rows[0] |= {"clarity": "4.0", "tone": "2"}
    rows[1] |= {"clarity": "4"}
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8")
    refused = do("import", "rate", str(path), "--by", "fa").error
    assert refused["code"] == "bad_sheet"
    assert "'tone' has no score" in refused["message"]
    lines = out.getvalue().splitlines(keepends=True)
    path.write_text("".join([*lines[:2], *lines[3:]]), encoding="utf-8")
    assert do("import", "rate", str(path), "--by", "fa").json["added"] == 1


def test_a_candidate_rated_clearly_worse_ends_with_three(do: Do, run: Any, project: Path) -> None:
    for name in ("base", "tuned"):
        rows = [
            {"id": f"c{n}", "score": 1, "request": f"request {n}", "output": f"{name} {n}"}
            for n in range(40)
        ]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (project / f"{name}.jsonl").write_text(text, encoding="utf-8")
    assert create(do, project, "-n", "40", "--criteria", "clarity,tone").code == 0
    while (one := do("next", "rate", "--by", "ana").json["next"]) is not None:
        clarity = 2 if one["answer"].startswith("tuned") else 4
        done = do("submit", "rate", one["item"], f"clarity={clarity}", "tone=3", "--by", "ana")
        assert done.code == 0
    done = do("close", "rate", "--by", "fa")
    assert (done.code, done.error["code"]) == (3, "people_prefer_other")
    assert "By 'clarity'" in done.error["message"]
    told = ("-C", str(project), "eval", "ratings", "result", "rate", "--by", "fa", "--format")
    out = run(*told, "github").out.splitlines()
    assert [line.split("::")[1].split(",")[0] for line in out] == [
        "error title=criterion_clarity",
        "notice title=criterion_tone",
    ]
