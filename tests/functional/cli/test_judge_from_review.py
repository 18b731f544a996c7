"""A judge is held against what two people said in the product's own closed queues."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import tuneworthy
from tests.fakes.endpoint import Said, endpoint

PEOPLE = {"ana": "source_owner", "bo": "source_owner", "fa": "review_lead"}
N = 104
RIGHT = {
    "name": "right",
    "asks": "Is the answer right?",
    "anchors": {"1": "Wrong.", "2": "Partly.", "3": "Right."},
}
KIND = {"name": "kind", "asks": "Is it kind?", "anchors": {"1": "Rude.", "3": "Kind."}}
Do = Callable[..., Any]


def score(text: str) -> int:
    return 3 if "fine" in text else 1


def verdict(text: str, _before: int) -> Said:
    """Knows the good answers; "odd" ones confuse it."""
    if "# Answer A" not in text:
        answer = text.partition("# Answer\n")[2].partition("\n\n# Criterion")[0]
        return Said(text="Well." if "odd" in answer else f"Score: {score(answer)}")
    first = text.partition("# Answer A\n")[2].partition("\n\n# Answer B\n")[0]
    return Said(text=f"Verdict: {'A' if 'fine' in first else 'B'}")


def criteria(path: Path, *wanted: dict[str, Any]) -> str:
    path.write_text(json.dumps({"criteria": wanted}), encoding="utf-8")
    return str(path)


@pytest.fixture
def do(run: Any, project: Path) -> Iterator[Do]:
    """An ``eval`` command with --json, where four of the candidate's answers are odd, one empty."""
    for name, word in (("base", "poor"), ("tuned", "fine")):
        texts = [f"{word} {n}" for n in range(N)]
        if name == "tuned":
            texts[:5] = ["", *(f"odd fine {n}" for n in range(1, 5))]
        rows = [
            {"id": f"c{n}", "score": 1, "request": f"request {n}", "output": text}
            for n, text in enumerate(texts)
        ]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (project / f"{name}.jsonl").write_text(text, encoding="utf-8")
    criteria(project / "guide.yaml", RIGHT, KIND)
    with endpoint(verdict) as heard:
        settings = project / "tuneworthy.yaml"
        more = f"judges: [{{name: careful, at: '{heard.url}', model: m}}]\n"
        settings.write_text(settings.read_text("utf-8") + more, encoding="utf-8")
        for person, role in PEOPLE.items():
            done = run("-C", str(project), "people", "add", person, person.title(), "--role", role)
            assert done.code == 0
        yield lambda *words: run("--json", "-C", str(project), "eval", *words)


def rate(project: Path, person: str, scores: Callable[[str], dict[str, int]]) -> None:
    with tuneworthy.open(project) as work:
        while one := work.next_to_review("tone", "ratings", person):
            answer = one.model_dump()["answer"]
            work.submit_review("tone", "ratings", one.item, person, scores(answer))


def prefer(project: Path, person: str) -> None:
    def good(text: str) -> tuple[bool, bool]:
        return "fine" in text, text != "(no answer)"

    with tuneworthy.open(project) as work:
        while one := work.next_to_review("blind", "pairs", person):
            shown = one.model_dump()
            left = good(shown["left"]) > good(shown["right"])
            work.submit_review("blind", "pairs", one.item, person, "left" if left else "right")


def create(do: Do, project: Path, task: str, name: str, *more: str) -> None:
    runs = [
        word for side in ("base", "tuned") for word in ("--run", str(project / f"{side}.jsonl"))
    ]
    made = do(task, "create", name, *runs, "-n", str(N), "--overlap", "2", "--by", "fa", *more)
    assert made.code == 0, made.err


def newest(project: Path) -> dict[str, Any]:
    with tuneworthy.open(project) as work:
        found = [e.result for e in work.evidence() if e.about == "eval.judge_agreement"]
    return dict(found[-1])


def test_a_queue_of_ratings_by_two_people(do: Do, project: Path) -> None:
    create(do, project, "ratings", "tone", "--guide", "guide.yaml")
    early = do("judge", "calibrate", "--from", "tone")
    assert (early.code, early.error["code"]) == (3, "review_open")
    rate(project, "ana", lambda text: {"right": score(text), "kind": 1 + 2 * (text[-1] in "02468")})
    # Bo finds every fifth poor answer partly right.
    rate(
        project,
        "bo",
        lambda text: {
            "right": 2 if text.startswith("poor") and text.endswith(("2", "7")) else score(text),
            "kind": 3,
        },
    )
    assert do("ratings", "close", "tone", "--by", "fa").code == 0

    # On kindness the judge goes by what is right: it stands by its worst criterion.
    both = do("judge", "calibrate", "--from", "tone")
    assert (both.code, both.json["ok"]) == (3, False)
    assert both.json["by_criterion"]["right"]["kappa"] > 0.9
    assert both.json["by_criterion"]["kind"]["kappa"] < 0.2

    right = criteria(project / "right.yaml", RIGHT)
    found = do("judge", "calibrate", "--from", "tone", "--criteria", right)
    assert found.code == 0, found.err
    told = found.json
    assert (told["n"], told["empty"], told["unreadable"]) == (2 * N, 1, 4)
    agreed = told["agreement"]
    assert agreed["items"] == 2 * N
    # The four that it could not read are disagreements.
    assert agreed["same"] == pytest.approx(1 - 4 / (2 * N))
    assert 0 < agreed["people_alpha"] < 1

    claim = newest(project)
    assert (claim["review"], claim["people"], claim["raters"]) == ("tone", ["ana", "bo"], 2)
    assert (claim["ok"], claim["kappa"], claim["kind"]) == (True, agreed["kappa"], "answers")
    length = told["length"]["doubling"]
    assert length["low"] <= length["value"] <= length["high"]
    assert claim["length_shift"] == length["value"]
    # The same words in a file make the same judge, with the same agreement.
    with tuneworthy.open(project) as work:
        rows = work._runtime.blobs.get(claim["rows"]).decode()
    (project / "rated.jsonl").write_text(rows, encoding="utf-8")
    file = (str(project / "rated.jsonl"), "--criteria", right)
    again = do("judge", "calibrate", *file)
    assert again.json["agreement"] == agreed
    assert again.json["judge"] == told["judge"]
    ids = {json.loads(line)["id"] for line in rows.splitlines()}
    assert {"c7 (baseline)", "c7 (candidate)"} < ids


def test_blind_pairs_by_two_people(do: Do, project: Path) -> None:
    create(do, project, "pairs", "blind", "--gain", "0.4")
    prefer(project, "ana")
    prefer(project, "bo")
    assert do("pairs", "close", "blind", "--by", "fa").code == 0
    found = do("judge", "calibrate", "--from", "blind")
    assert (found.code, found.json["agreement"]["kappa"]) == (0, 1)
    assert found.json["counts"] == {"a": 1, "b": N - 1, "tie": 0, "unreadable": 0}
    assert found.json["not_asked"] == 1, "the empty answer loses without the judge"
    claim = newest(project)
    assert (claim["kind"], claim["review"], claim["raters"]) == ("pairs", "blind", 2)
    # As through the file that `eval pairs verdicts` writes.
    path = str(project / "v.jsonl")
    assert do("pairs", "verdicts", "blind", "-o", path, "--by", "fa").code == 0
    by_file = do("judge", "calibrate", path)
    assert by_file.json["agreement"] == found.json["agreement"]
    assert by_file.json["bias"] == found.json["bias"]


def test_what_is_no_closed_review_is_told(do: Do, project: Path) -> None:
    create(do, project, "ratings", "tone", "--guide", "guide.yaml")
    assert do("ratings", "close", "tone", "--by", "fa").code == 0
    other = criteria(project / "other.yaml", {**KIND, "asks": "Is it warm?"})
    cases = [
        (("--from", "nothing"), 2, "no_review"),
        (("--from", "tone"), 2, "nobody_judged"),
        (("--from", "tone", "--criteria", other), 2, "other_criteria"),
        (("file.jsonl", "--from", "tone"), 2, "file_or_review"),
        ((), 2, "file_or_review"),
    ]
    for words, code, name in cases:
        done = do("judge", "calibrate", *words)
        assert (done.code, done.error["code"]) == (code, name), words
