"""Blind pairs by the command line: from two files of results to a verdict kept as evidence."""

import csv
import io
import json
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import tuneworthy
from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.review import Review, ReviewKey
from tuneworthy.core.nouns.review_settings import ReviewSettings

PEOPLE = {"ana": "source_owner", "bo": "source_owner", "cy": "source_owner", "fa": "review_lead"}
N = 60
Do = Callable[..., Any]


def _write(path: Path, word: Callable[[int], str]) -> None:
    rows = [
        {
            "id": f"c{n}",
            "score": 1,
            "request": f"request {n}",
            "expected": f"expected {n}",
            "segment": ("bills", "parcels", "locks")[n % 3],
            "output": word(n),
        }
        for n in range(N)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def do(run: Any, project: Path) -> Do:
    """An ``eval`` command with --json on a project with four people and two files of results.

    Ten of the sixty answers are equal; of the others the candidate's are called fine.
    """
    _write(project / "base.jsonl", lambda n: "same" if n < 10 else f"poor answer {n}")
    _write(project / "tuned.jsonl", lambda n: " same\r\n" if n < 10 else f"fine answer {n}")
    for person, role in PEOPLE.items():
        done = run("-C", str(project), "people", "add", person, person.title(), "--role", role)
        assert done.code == 0

    return lambda *words: run("--json", "-C", str(project), "eval", *words)


@pytest.fixture
def opened(do: Do, project: Path) -> Do:
    made = create(do, project)
    assert made.code == 0, made.err
    return do


def create(do: Do, project: Path, *more: str) -> Any:
    runs = ("--run", str(project / "base.jsonl"), "--run", str(project / "tuned.jsonl"))
    return do("pairs", "create", "blind", *runs, "--gain", "0.4", "-n", "50", "--by", "fa", *more)


def fine(handed: dict[str, str]) -> str:
    return "left" if handed["left"].startswith("fine") else "right"


def work(
    do: Do, person: str, say: Callable[[dict[str, str]], str] = fine, most: int = 99
) -> list[dict[str, str]]:
    """Let a person judge until nothing is left; what they were shown, in their order."""
    seen: list[dict[str, str]] = []
    while len(seen) < most:
        handed = do("pairs", "next", "blind", "--by", person)
        assert handed.code == 0, handed.err
        if (one := handed.json["next"]) is None:
            break
        done = do("pairs", "submit", "blind", one["item"], say(one), "--by", person)
        assert done.code == 0, done.err
        seen.append(one)
    return seen


def test_from_two_runs_to_evidence(opened: Do, project: Path) -> None:
    seen = work(opened, "ana")
    assert len(seen) == 50
    assert Counter(fine(one) for one in seen).keys() == {"left", "right"}
    status = opened("pairs", "status", "blind").json
    assert (status["finished"], status["items"], status["by_person"]) == (50, 50, {"ana": 50})

    found = opened("pairs", "close", "blind", "--by", "fa").json
    assert (found["n"], found["cases"], found["equal"], found["basis"]) == (
        50,
        60,
        10,
        "as planned",
    )
    assert found["sides"] == {"candidate": 50, "baseline": 0, "tie": 0, "both_bad": 0}
    assert found["win_judged"]["value"] == 1.0
    assert found["win"]["value"] == pytest.approx((50 + 5) / 60)
    assert found["win"]["low"] > 0.8
    assert found["verdict"] == "clearly better"
    assert found["p_value"] == pytest.approx(2 * 0.5**50)
    assert found["test"] == "exact McNemar"
    assert [one["segment"] for one in found["segments"]] == ["bills", "locks", "parcels"]

    with tuneworthy.open(project) as workspace:
        (claim,) = [e for e in workspace.evidence() if e.about == "eval.blind_review"]
    facts = claim.result
    assert (facts["n"], facts["raters"], facts["people"]) == (50, 1, ["ana"])
    assert facts["low"] <= facts["win"] <= facts["high"]
    assert claim.grade == "measured"

    late = opened("pairs", "submit", "blind", seen[0]["item"], "tie", "--again", "--by", "ana")
    assert (late.code, late.error["code"]) == (3, "review_closed")
    assert opened("pairs", "result", "blind", "--by", "fa").json == found


def test_a_rater_sees_nothing_of_whose_answer_it_is(opened: Do, project: Path) -> None:
    one = opened("pairs", "next", "blind", "--by", "ana").json["next"]
    assert set(one) == {"review", "item", "question", "request", "reference", "left", "right",
                        "until"}  # fmt: skip
    kept = opened("pairs", "submit", "blind", one["item"], "left", "--by", "ana")
    said = opened("pairs", "status", "blind")
    for text in (json.dumps(one), kept.out, said.out):
        assert not {"tuned", "base.jsonl", "candidate", "baseline"} & set(
            text.replace('"', " ").split()
        )
    shown = {person: {o["item"]: fine(o) for o in work(opened, person)} for person in ("bo",)}
    assert set(shown["bo"].values()) == {"left", "right"}


def test_two_people_meet_other_orders_and_other_sides(do: Do, project: Path) -> None:
    assert create(do, project, "--overlap", "2").code == 0
    ana, bo = work(do, "ana"), work(do, "bo", lambda one: "tie" if one["item"] < "3" else fine(one))
    assert [o["item"] for o in ana] != [o["item"] for o in bo]
    sides = {one["item"]: fine(one) for one in ana}
    same = sum(sides[one["item"]] == fine(one) for one in bo)
    assert 10 < same < 40
    found = do("pairs", "result", "blind", "--by", "fa").json
    assert found["agreement"]["items"] == 50
    assert found["sides"]["tie"] > 0, "a pair on which two people differ is a tie"
    assert {r["person"]: r["judged"] for r in found["raters"]} == {"ana": 50, "bo": 50}
    assert all(r["left"]["low"] < 0.5 < r["left"]["high"] for r in found["raters"])


def test_one_may_look_at_any_time_and_pays_for_it(opened: Do) -> None:
    work(opened, "ana", most=20)
    assert opened("pairs", "result", "blind", "--by", "ana").error["code"] == "not_a_lead"
    early = opened("pairs", "result", "blind", "--by", "fa").json
    assert (early["n"], early["basis"], early["verdict"]) == (20, "at any look", "clearly better")
    assert early["sequential"]["enough"] is True
    assert early["sequential"]["crossed_at"] <= 20
    assert early["win_judged"]["low"] > 0.5
    blocked = opened("pairs", "next", "blind", "--by", "fa")
    assert (blocked.code, blocked.error["code"]) == (3, "has_looked")
    work(opened, "bo")
    whole = opened("pairs", "result", "blind", "--by", "fa").json
    assert (whole["n"], whole["basis"]) == (50, "at any look")


def test_a_lead_who_judges_does_not_look(opened: Do) -> None:
    work(opened, "fa", most=3)
    for command in (("result", "blind"), ("key", "blind", "-o", "key.json")):
        blocked = opened("pairs", *command, "--by", "fa")
        assert (blocked.code, blocked.error["code"]) == (3, "still_rating")


def test_a_result_that_does_not_tell_says_go_on(opened: Do) -> None:
    turn = iter(range(99))
    work(opened, "ana", lambda one: fine(one) if next(turn) % 2 else "both-bad", most=6)
    found = opened("pairs", "result", "blind", "--by", "fa").json
    assert (found["verdict"], found["sequential"]["enough"]) == ("too few cases", False)
    assert found["sequential"]["words"].startswith("Go on")
    assert found["sides"]["both_bad"] == 3
    assert (found["win_judged"]["low"], found["win_judged"]["high"]) != (0.0, 1.0)


def test_what_cannot_be_said_is_refused(opened: Do, run: Any, project: Path) -> None:
    cases = [
        (("pairs", "submit", "blind", "1", "best", "--by", "ana"), 2, "bad_verdict"),
        (("pairs", "submit", "blind", "999", "left", "--by", "ana"), 2, "no_item"),
        (("pairs", "next", "other", "--by", "ana"), 2, "no_review"),
        (("ratings", "next", "blind", "--by", "ana"), 2, "no_review"),
        (("pairs", "next", "blind", "--by", "nobody"), 2, "no_person"),
        (("pairs", "skip", "blind", "1", "--reason", " ", "--by", "ana"), 2, "no_reason"),
        (("pairs", "close", "blind", "--by", "ana"), 3, "not_a_lead"),
        (("pairs", "verdicts", "blind", "-o", "v.jsonl", "--by", "fa"), 3, "review_open"),
    ]
    for words, code, name in cases:
        done = opened(*words)
        assert (done.code, done.error["code"]) == (code, name), words
    assert create(opened, project).error["code"] == "changed_meanwhile"
    one = ("--run", str(project / "base.jsonl"))
    assert opened("pairs", "create", "x", *one, *one, "--by", "fa").error["code"] == "same_run"
    assert opened("pairs", "create", "x", *one, "--by", "fa").error["code"] == "two_runs"
    bad = create(opened, project, "--gain", "2", "--overlap", "0")
    assert (bad.code, bad.error["code"]) == (2, "bad_review")
    assert "--overlap" in bad.error["message"]


def test_equal_answers_leave_nothing_to_judge(do: Do, project: Path) -> None:
    (project / "tuned.jsonl").write_bytes((project / "base.jsonl").read_bytes() + b"\n")
    done = create(do, project)
    assert (done.code, done.error["code"]) == (1, "all_equal")
    _write(project / "tuned.jsonl", str)
    text = (project / "tuned.jsonl").read_text("utf-8").replace('"c1"', '"d1"')
    (project / "tuned.jsonl").write_text(text, encoding="utf-8")
    assert create(do, project).error["code"] == "other_cases"


def test_an_empty_answer_is_shown_as_what_it_is(do: Do, project: Path) -> None:
    _write(project / "tuned.jsonl", lambda n: "" if n % 2 else f"fine answer {n}")
    assert create(do, project).code == 0
    shown = work(do, "ana", lambda one: "right" if "(no answer)" in one["left"] else "left")
    assert sum("(no answer)" in (one["left"], one["right"]) for one in shown) >= 20
    assert do("pairs", "close", "blind", "--by", "fa").json["sides"]["candidate"] <= 30


def test_a_pair_that_was_passed_on_is_somebody_elses(opened: Do) -> None:
    one = opened("pairs", "next", "blind", "--by", "ana").json["next"]
    assert opened("pairs", "next", "blind", "--by", "ana").json["next"]["item"] == one["item"]
    words = ("pairs", "skip", "blind", one["item"], "--reason", "I wrote it", "--by", "ana")
    assert opened(*words).code == 0
    assert one["item"] not in {o["item"] for o in work(opened, "ana")}
    assert [o["item"] for o in work(opened, "bo")] == [one["item"]]


def test_a_sheet_goes_out_blind_and_comes_back_whole(opened: Do, project: Path) -> None:
    for name, person in (("ana.csv", "ana"), ("bo.jsonl", "bo")):
        made = opened("pairs", "export", "blind", "--for", person, "-o", str(project / name))
        assert made.json["rows"] == 50
        text = (project / name).read_text("utf-8-sig")
        assert not [word for word in ("tuned", "candidate", "baseline") if word in text]
    again = opened("pairs", "export", "blind", "--for", "ana", "-o", str(project / "ana.csv"))
    assert again.error["code"] == "not_writable"

    rows = list(csv.DictReader(io.StringIO((project / "ana.csv").read_text("utf-8-sig"), "")))
    for row in rows[:40]:
        row["verdict"] = fine(row)
    rows[40]["reason"] = "not my subject"
    filled = fill(project / "ana-filled.csv", rows)
    found = opened("pairs", "import", "blind", str(filled), "--by", "fa").json
    assert (found["added"], found["skipped"], found["blank"]) == (41, 1, 9)
    twice = opened("pairs", "import", "blind", str(filled), "--by", "fa").json
    assert (twice["added"], twice["known"]) == (0, 41)
    assert opened("pairs", "status", "blind").json["finished"] == 40

    rows[0]["right"] += "!"
    rows[1]["verdict"] = "best"
    rows[2]["item"] = rows[3]["item"]
    altered = fill(project / "altered.csv", rows)
    before = opened("pairs", "status", "blind").json
    refused = opened("pairs", "import", "blind", str(altered), "--by", "fa")
    assert (refused.code, refused.error["code"]) == (1, "bad_sheet")
    for part in ("line 2: its 'right' is not", "line 3: 'best'", "line 4: its digest"):
        assert part in refused.error["message"]
    assert opened("pairs", "status", "blind").json == before

    found = opened("pairs", "close", "blind", "--by", "fa").json
    assert (found["n"], found["sides"]["candidate"]) == (40, 40)


def fill(path: Path, rows: list[dict[str, str]]) -> Path:
    """A sheet as a German spreadsheet writes it back."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize("text", ["", "x", "{}\n", "[1]\n", '{"review": "blind"}\n', "\x00\n"])
def test_a_file_that_is_no_sheet_is_named(opened: Do, project: Path, text: str) -> None:
    (project / "s.jsonl").write_text(text, encoding="utf-8")
    done = opened("pairs", "import", "blind", str(project / "s.jsonl"), "--by", "fa")
    assert done.code in (1, 2)
    assert done.error["code"] in ("no_sheet", "bad_sheet", "no_person", "empty_file")


def test_the_key_and_the_verdicts_fit_together(opened: Do, project: Path) -> None:
    work(opened, "ana")
    found = opened("pairs", "key", "blind", "-o", str(project / "key.json"), "--by", "fa")
    assert found.json["rows"] == 50
    assert opened("pairs", "next", "blind", "--by", "fa").error["code"] == "has_looked"
    key = json.loads((project / "key.json").read_text("utf-8"))
    assert key["candidate"].endswith("tuned.jsonl")
    opened("pairs", "close", "blind", "--by", "fa")
    made = opened("pairs", "verdicts", "blind", "-o", str(project / "v.jsonl"), "--by", "fa")
    rows = [json.loads(line) for line in (project / "v.jsonl").read_text("utf-8").splitlines()]
    assert made.json["rows"] == len(rows) == 50
    assert all(row["verdicts"] == ["b"] for row in rows)
    assert all(row["b"].startswith("fine") and row["a"].startswith("poor") for row in rows)


def test_many_people_at_once_never_share_a_place(opened: Do, project: Path) -> None:
    people = ["ana", "bo", "cy"]
    seen: dict[str, list[str]] = {person: [] for person in people}
    faults: list[BaseException] = []

    def judge(person: str) -> None:
        try:
            with tuneworthy.open(project) as workspace:
                while one := workspace.next_to_review("blind", "pairs", person):
                    workspace.submit_review("blind", "pairs", one.item, person, "left")
                    seen[person].append(one.item)
        except BaseException as fault:  # noqa: BLE001 - told below
            faults.append(fault)

    threads = [threading.Thread(target=judge, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sorted(item for items in seen.values() for item in items) == sorted(
        str(n) for n in range(1, 51)
    )


def test_a_last_place_goes_to_one(opened: Do, project: Path) -> None:
    with tuneworthy.open(project) as workspace:
        one = workspace.next_to_review("blind", "pairs", "ana")
        assert one is not None
        with pytest.raises(BlockedProblem) as caught:
            workspace.submit_review("blind", "pairs", one.item, "bo", "left")
    assert caught.value.code == "slot_taken"


def test_a_key_or_review_changed_by_hand_is_noticed(opened: Do, project: Path) -> None:
    work(opened, "ana", most=2)
    with tuneworthy.open(project) as workspace, closing(workspace):
        store = workspace._runtime.store
        review, key = store.get(Review, "blind"), store.get(ReviewKey, "blind:key")
        assert review is not None
        assert key is not None
        with workspace._runtime.change("sneak", ("thing", "x", "")) as change:
            change.put(key.model_copy(update={"key": "00" * 32}))
    assert opened("pairs", "next", "blind", "--by", "bo").error["code"] == "review_key_lost"
    sneak = ("sneak", ("thing", "x", ""))
    with tuneworthy.open(project) as workspace, workspace._runtime.change(*sneak) as change:
        change.put(key)
        change.put(review.model_copy(update={"equal": 0}))
    assert opened("pairs", "close", "blind", "--by", "fa").error["code"] == "labels_tampered"


def test_a_preference_for_the_baseline_is_not_fine(opened: Do) -> None:
    work(opened, "ana", lambda one: {"left": "right", "right": "left"}[fine(one)])
    found = opened("pairs", "close", "blind", "--by", "fa").json
    assert (found["verdict"], found["ok"]) == ("clearly worse", False)
    assert found["win"]["value"] == pytest.approx(5 / 60)


def test_lines_for_people(run: Any, opened: Do, project: Path) -> None:
    at = ("-C", str(project), "eval", "pairs")
    handed = run(*at, "next", "blind", "--by", "ana").out
    for word in ("Request", "Left", "Right", "Which answer is better?", "pairs submit blind"):
        assert word in handed
    work(opened, "ana")
    assert "50 of 50 items" in run(*at, "status", "blind").out
    assert "blind" in run(*at, "list").out
    closed = run(*at, "close", "blind", "--by", "fa").out
    for word in ("clearly better", "win rate  0.917", "as planned", "exact McNemar", "Chose left"):
        assert word in closed


def test_the_sdk_draws_as_many_as_are_needed(opened: Do, project: Path) -> None:
    with tuneworthy.open(project) as workspace:
        made = workspace.open_pairs(
            "few", str(project / "base.jsonl"), str(project / "tuned.jsonl"), "fa",
            ReviewSettings(gain=0.6, n=9, reference=True),
        )  # fmt: skip
        assert (made.items, made.equal, made.cases) == (9, 10, 60)
        assert made.needed == 30
        one = workspace.next_to_review("few", "pairs", "ana")
        assert one is not None
        assert one.reference.startswith("expected")
        names = [review.id for review in workspace.reviews("pairs")]
    assert names == ["blind", "few"]


def poor(handed: dict[str, str]) -> str:
    return "right" if fine(handed) == "left" else "left"


def test_a_review_that_the_candidate_loses_ends_with_three(
    opened: Do, run: Any, project: Path
) -> None:
    work(opened, "ana", poor)
    done = opened("pairs", "close", "blind", "--by", "fa")
    assert (done.code, done.json["ok"], done.json["verdict"]) == (3, False, "clearly worse")
    assert done.error["code"] == "people_prefer_other"
    assert "tuned.jsonl is clearly worse beside" in done.error["message"]
    # The review is closed, and what it says is kept all the same.
    with tuneworthy.open(project) as workspace:
        (claim,) = [e for e in workspace.evidence() if e.about == "eval.blind_review"]
    assert claim.result["verdict"] == "clearly worse"

    told = ("-C", str(project), "eval", "pairs", "result", "blind", "--by", "fa", "--format")
    annotated = run(*told, "github")
    assert annotated.code == 3
    assert annotated.out.startswith("::error title=people_worse::By what people prefer")
    assert "::error title=segment_bills::Segment 'bills' is clearly worse" in annotated.out
    found = json.loads(run(*told, "sarif").out)["runs"][0]["results"]
    assert [one["level"] for one in found] == ["error"] * 4
    assert 'failures="4"' in run(*told, "junit").out
    assert json.loads(run(*told, "json").out)["verdict"] == "clearly worse"


def test_a_review_that_the_candidate_wins_or_draws_ends_with_nought(
    opened: Do, run: Any, project: Path
) -> None:
    turn = iter(range(99))
    work(opened, "ana", lambda one: fine(one) if next(turn) % 2 else poor(one))
    told = ("-C", str(project), "eval", "pairs", "close", "blind", "--by", "fa")
    done = run(*told, "--format", "junit")
    assert done.code == 0
    assert 'failures="0"' in done.out
    assert 'name="people_within_noise"' in done.out


def test_losing_one_segment_alone_ends_with_three_too(opened: Do, run: Any, project: Path) -> None:
    def but_bills(handed: dict[str, str]) -> str:
        number = int(handed["request"].split()[1])
        return poor(handed) if number % 3 == 0 else fine(handed)

    work(opened, "ana", but_bills)
    done = run("-C", str(project), "eval", "pairs", "close", "blind", "--by", "fa",
               "--format", "github")  # fmt: skip
    assert done.code == 3
    levels = [line.split(" ")[0] for line in done.out.splitlines()]
    assert levels == ["::notice", "::error", "::notice", "::notice"]
    assert "Segment 'bills' is clearly worse" in done.err
