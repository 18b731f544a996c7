"""Labelling by the command line: from a file of rows to a dataset version with agreement."""

import json
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import tuneworthy
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.errors import BlockedProblem, ConflictProblem
from tuneworthy.core.nouns.label_settings import QueueSettings
from tuneworthy.lifecycle.judgements import make_annotation
from tuneworthy.methods.canonical import digest_file

SUBJECTS = ("bills", "parcels", "locks", "trains", "bread", "boats", "tools", "birds")
PEOPLE = {
    "ana": "source_owner",
    "bo": "source_owner",
    "cy": "source_owner",
    "fa": "annotation_owner",
    "gu": "review_lead",
}
Do = Callable[..., Any]


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def ready(run: Any, project: Path) -> Path:
    """Sixty rows without targets, a guide, and five people."""
    rows = [json.loads(line) for line in _lines(project / "data" / "train.jsonl")]
    bare = [json.dumps({"request": row["request"], "n": n}) for n, row in enumerate(rows)]
    (project / "data" / "raw.jsonl").write_text("\n".join(bare) + "\n", encoding="utf-8")
    (project / "guide.md").write_text("# Name the subject\n", encoding="utf-8")
    for person, role in PEOPLE.items():
        done = run("-C", str(project), "people", "add", person, person.title(), "--role", role)
        assert done.code == 0
    return project


@pytest.fixture
def do(run: Any, ready: Path) -> Do:
    """A label command on that project, with --json."""
    return lambda *words: run("--json", "-C", str(ready), "label", *words)


@pytest.fixture
def opened(do: Do) -> Do:
    """The same with the queue 'subjects' open: every row by two people."""
    made = do(
        "create", "subjects", "--from", "data/raw.jsonl", "--guide", "guide.md",
        "--choices", ",".join(SUBJECTS), "--gold-rate", "0.2", "--by", "fa",
    )  # fmt: skip
    assert made.code == 0
    assert made.json["items"] == 60
    return do


def truth(text: str) -> str:
    return next(subject for subject in SUBJECTS if subject in text)


def work(do: Do, person: str, label: Callable[[str], str] = truth, most: int = 99) -> list[str]:
    """Let a person judge until nothing is left for them; the items in their order."""
    seen: list[str] = []
    while len(seen) < most:
        handed = do("next", "subjects", "--by", person)
        assert handed.code == 0
        if handed.json["next"] is None:
            break
        item = handed.json["next"]["item"]
        assert do("submit", "subjects", item["id"], label(item["text"]), "--by", person).code == 0
        seen.append(item["id"])
    return seen


def test_from_rows_without_labels_to_measured_agreement(run: Any, opened: Do, ready: Path) -> None:
    at = ("--json", "-C", str(ready))
    for item in ("1", "2"):
        text = (ready / "data" / "raw.jsonl").read_text().splitlines()[int(item) - 1]
        assert opened("gold", "subjects", item, truth(text), "--by", "gu").code == 0
    orders = [work(opened, "ana"), work(opened, "bo", lambda t: "bills" if " 7" in t else truth(t))]
    assert orders[0] != orders[1]
    for order in orders:
        assert len(order) == len(set(order)) >= 58
    assert work(opened, "cy") == [], "every row has its two people"

    report = opened("agreement", "subjects").json
    assert (report["overlapping"], report["finished"], report["gold"]) == (58, 58, 2)
    assert 0.5 < report["alpha"] < 1
    assert report["alpha_low"] < report["alpha"] < report["alpha_high"]
    ana, bo = report["annotators"]
    assert ana["gold"]["value"] == 1.0
    assert ana["gold"]["low"] < 1
    assert ana["same"] == bo["same"] < 1
    assert report["guide_signed"] is False

    open_ = opened("conflicts", "subjects").json["conflicts"]
    assert len(open_) == report["open_conflicts"] > 0
    for one in open_:
        done = opened("adjudicate", "subjects", one["item"]["id"], truth(one["item"]["text"]),
                      "--reason", "the guide names it", "--by", "fa")  # fmt: skip
        assert done.code == 0
    assert opened("conflicts", "subjects").json["conflicts"] == []

    made = opened("apply", "subjects", "--by", "fa").json
    assert (made["rows"], made["unresolved"]) == (60, 0)
    assert made["how"] == {"adjudicated": len(open_), "agreed": 58 - len(open_), "gold": 2}
    path = ready / "data" / "raw.labelled.jsonl"
    assert made["path"] == "data/raw.labelled.jsonl"
    assert made["id"] == digest_file(path)
    rows = [json.loads(line) for line in _lines(path)]
    assert all(row["target"] == truth(row["request"]) for row in rows)
    assert [row["n"] for row in rows] == list(range(60))
    assert all(row["annotators"] and row["label_guide"] == made["guide"] for row in rows)
    assert opened("apply", "subjects", "--by", "fa").json["id"] == made["id"]

    settings = ready / "tuneworthy.yaml"
    text = settings.read_text("utf-8").replace("data/train.jsonl", "data/raw.labelled.jsonl")
    settings.write_text(text, encoding="utf-8")
    version = run(*at, "data", "build").json
    with tuneworthy.open(ready) as workspace:
        claims = {item.about: item for item in workspace.evidence()}
        held = {p.id: p.held for d in workspace.scorecard().dimensions for p in d.predicates}
    claim = claims["data.agreement"]
    assert claim.subjects == (version["id"],)
    assert claim.grade == "measured"
    assert claim.result["items"] == 58
    assert claim.result["share"] == pytest.approx(58 / version["rows_out"])
    assert claim.result["alpha"] == report["alpha"]
    assert set(claim.result["annotators"]) == {"ana", "bo", "fa", "gu"}
    assert held["D2.4.agreement"] is True
    assert run(*at, "audit", "verify").code == 0


def test_a_version_without_the_labelled_bytes_has_no_agreement(
    run: Any, opened: Do, ready: Path
) -> None:
    work(opened, "ana")
    work(opened, "bo")
    assert opened("apply", "subjects", "--by", "fa").code == 0
    path = ready / "data" / "raw.labelled.jsonl"
    path.write_text(path.read_text("utf-8").replace("bills", "trains"), encoding="utf-8")
    settings = ready / "tuneworthy.yaml"
    text = settings.read_text("utf-8").replace("data/train.jsonl", "data/raw.labelled.jsonl")
    settings.write_text(text, encoding="utf-8")
    assert run("--json", "-C", str(ready), "data", "build").code == 0
    with tuneworthy.open(ready) as workspace:
        assert "data.agreement" not in {item.about for item in workspace.evidence()}
    refused = opened("apply", "subjects", "--by", "fa")
    assert (refused.code, refused.error["code"]) == (2, "file_exists")


def test_a_changed_guide_binds_new_labels_and_sets_the_old_ones_aside(
    opened: Do, ready: Path
) -> None:
    first = opened("next", "subjects", "--by", "ana").json["next"]["item"]
    assert opened("submit", "subjects", first["id"], "bills", "--by", "ana").code == 0
    second = opened("next", "subjects", "--by", "ana").json["next"]["item"]
    (ready / "guide.md").write_text("# Name the subject, in lower case\n", encoding="utf-8")
    late = opened("submit", "subjects", second["id"], "bills", "--by", "ana")
    assert (late.code, late.error["code"]) == (1, "guide_changed")
    again = opened("next", "subjects", "--by", "ana").json["next"]["item"]
    assert again == second
    assert opened("submit", "subjects", second["id"], "bills", "--by", "ana").code == 0
    report = opened("agreement", "subjects").json
    assert (report["annotations"], report["older_guide"]) == (1, 1)
    refused = opened("still-valid", "subjects", "--reason", "spelling", "--by", "ana")
    assert (refused.code, refused.error["code"]) == (3, "not_allowed")
    assert opened("still-valid", "subjects", "--reason", "spelling", "--by", "fa").code == 0
    report = opened("agreement", "subjects").json
    assert (report["annotations"], report["older_guide"]) == (2, 0)
    nothing = opened("still-valid", "subjects", "--reason", "again", "--by", "fa")
    assert nothing.error["code"] == "nothing_older"
    # Without that word a person is asked again.
    (ready / "guide.md").write_text("# Quite another guide\n", encoding="utf-8")
    assert first["id"] in work(opened, "ana")


def test_skips_replacements_and_what_is_refused(opened: Do) -> None:
    handed = opened("next", "subjects", "--by", "ana").json["next"]
    assert opened("next", "subjects", "--by", "ana").json["next"]["item"] == handed["item"]
    assert "gold" not in json.dumps(handed)
    item = handed["item"]["id"]
    wrong = opened("submit", "subjects", item, "bils", "--by", "ana")
    assert (wrong.code, wrong.error["fix"]) == (2, "Did you mean 'bills'?")
    assert opened("skip", "subjects", item, "--reason", "unclear", "--by", "ana").code == 0
    assert opened("next", "subjects", "--by", "ana").json["next"]["item"]["id"] != item
    assert opened("submit", "subjects", item, "bills", "--by", "ana").code == 0
    twice = opened("submit", "subjects", item, "boats", "--by", "ana")
    assert (twice.code, twice.error["code"]) == (3, "already_labelled")
    assert opened("submit", "subjects", item, "boats", "--again", "--by", "ana").code == 0
    assert opened("submit", "subjects", item, "boats", "--by", "bo").code == 0
    full = opened("submit", "subjects", item, "boats", "--by", "cy")
    assert (full.code, full.error["code"]) == (3, "slot_taken")
    nobody = opened("next", "subjects")
    assert (nobody.code, nobody.error["code"]) == (2, "nobody_named")
    assert opened("next", "subjects", "--by", "eve").error["code"] == "no_person"
    assert opened("next", "nothing", "--by", "ana").error["code"] == "no_queue"
    assert opened("submit", "subjects", "999", "bills", "--by", "ana").error["code"] == "no_item"
    own = opened("adjudicate", "subjects", "60", "bills", "--reason", "r", "--by", "fa")
    assert own.error["code"] == "nobody_judged"
    assert opened("submit", "subjects", "60", "bills", "--by", "fa").code == 0
    own = opened("adjudicate", "subjects", "60", "bills", "--reason", "r", "--by", "fa")
    assert own.error["code"] == "judged_it_themselves"
    assert opened("adjudicate", "subjects", "60", "bills", "--reason", "r", "--by", "gu").code == 0
    for words in (("gold", "subjects", "1", "bills"), ("apply", "subjects")):
        refused = opened(*words, "--by", "ana")
        assert (refused.code, refused.error["code"]) == (3, "not_allowed")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--choices", "a"), "bad_queue"),
        (("--choices", "a,a"), "bad_queue"),
        (("--scale", "interval", "--choices", "a,b"), "bad_queue"),
        (("--scale", "interval", "--low", "5", "--high", "1"), "bad_queue"),
        (("--choices", "a,b", "--overlap", "1.5"), "bad_queue"),
        (("--choices", "a,b", "--low", "1"), "bad_queue"),
        (("--choices", "a,b", "--guide", "/etc/passwd"), "guide_outside"),
        (("--choices", "a,b", "--guide", "../guide.md"), "guide_outside"),
        (("--choices", "a,b", "--guide", "none.md"), "no_guide"),
        (("--choices", "a,b", "--from", "data/none.jsonl"), "no_source"),
        (("--choices", "a,b", "--by", "ana"), "not_allowed"),
    ],
)
def test_queues_that_cannot_be_opened(do: Do, words: tuple[str, ...], code: str) -> None:
    usual = ("--from", "data/raw.jsonl", "--guide", "guide.md", "--by", "fa")
    done = do("create", "q", *usual, *words)
    assert done.error["code"] == code
    assert done.error["fix"] or done.error["why"]
    assert do("list").json["queues"] == []


def test_a_name_is_taken_once_and_numbers_may_be_below_zero(do: Do) -> None:
    usual = ("--from", "data/raw.jsonl", "--guide", "guide.md", "--by", "fa")
    scale = ("--scale", "interval", "--low", "-4", "--high", "4")
    assert do("create", "mood", *usual, *scale).code == 0
    assert do("create", "mood", *usual, *scale).error["code"] == "changed_meanwhile"
    assert do("submit", "mood", "1", "-3", "--by", "ana").json["value"] == -3
    assert do("submit", "mood", "1", "-5", "--by", "bo").error["code"] == "bad_label"
    assert do("create", "../x", *usual, "--choices", "a,b").error["code"] == "bad_queue"


def test_a_source_that_changed_is_not_labelled_by_row_number(opened: Do, ready: Path) -> None:
    work(opened, "ana", most=3)
    for item in ("1", "2"):
        assert opened("gold", "subjects", item, "bills", "--by", "fa").code == 0
    path = ready / "data" / "raw.jsonl"
    path.write_text('{"request": "other"}\n' + path.read_text("utf-8"), encoding="utf-8")
    refused = opened("apply", "subjects", "--by", "fa")
    assert (refused.code, refused.error["code"]) == (1, "source_changed")
    assert not (ready / "data" / "raw.labelled.jsonl").exists()


@pytest.mark.parametrize(
    "order",
    [
        "UPDATE annotations SET body = replace(body, 'bills', 'boats')",
        "DELETE FROM annotations WHERE position = 1",
        "UPDATE annotations SET batch = 'sha256:other'",
        "DELETE FROM documents WHERE kind = 'gold'",
    ],
)
def test_labels_changed_in_the_database_are_noticed(opened: Do, ready: Path, order: str) -> None:
    assert opened("gold", "subjects", "5", "bills", "--by", "fa").code == 0
    for person in ("ana", "bo"):
        assert opened("submit", "subjects", "9", "bills", "--by", person).code == 0
    with closing(sqlite3.connect(ready / ".tuneworthy" / "tuneworthy.db")) as db, db:
        assert db.execute(order).rowcount > 0
    for words in (("agreement", "subjects"), ("apply", "subjects", "--by", "fa")):
        refused = opened(*words)
        assert refused.code == 3
        assert refused.error["code"] in ("labels_tampered", "annotation_damaged")


def test_labels_slipped_into_the_database_are_noticed(opened: Do, ready: Path) -> None:
    assert opened("submit", "subjects", "9", "bills", "--by", "ana").code == 0
    kept = ready / ".tuneworthy" / "tuneworthy.db"
    with tuneworthy.open(ready) as workspace:
        found = workspace._runtime.store.labels.annotations("subjects")[0].annotation
    forged = make_annotation(**{**found.model_dump(exclude={"id"}), "person": "bo"})
    row = (forged.id, "subjects", "9", "bo", forged.guide, False, "", "sha256:x", 9,
           forged.model_dump_json())  # fmt: skip
    with closing(sqlite3.connect(kept)) as db, db:
        db.execute("INSERT INTO annotations VALUES (?,?,?,?,?,?,?,?,?,?)", row)
    refused = opened("agreement", "subjects")
    assert (refused.code, refused.error["code"]) == (3, "labels_tampered")


RULES = """\
functions:
  bills: {label: bills, words: [bills]}
  parcels: {label: parcels, pattern: 'parcel\\w*'}
  guess: {label: bills, words: [number]}
"""


def test_labelling_functions_with_their_accuracy(opened: Do, ready: Path) -> None:
    work(opened, "ana")
    work(opened, "bo")
    rules, out = ready / "rules.yaml", ready / "weak.jsonl"
    rules.write_text(RULES, encoding="utf-8")
    done = opened("weak", "subjects", str(rules), "-o", str(out))
    assert done.code == 0
    found = {rule["name"]: rule for rule in done.json["rules"]}
    assert found["bills"]["checked"]["value"] == found["parcels"]["checked"]["value"] == 1
    assert found["guess"]["checked"]["value"] < 0.3
    assert found["guess"]["covered"] == 1
    assert found["parcels"]["conflicts"] == found["parcels"]["covered"]
    assert len(out.read_text().splitlines()) == 60
    assert opened("weak", "subjects", str(rules), "-o", str(out)).error["code"] == "file_exists"
    rules.write_text(RULES.replace("label: parcels", "label: perhaps"), encoding="utf-8")
    assert opened("weak", "subjects", str(rules)).error["code"] == "no_such_choice"
    rules.write_text("functions: {a: {lable: bills}}", encoding="utf-8")
    assert opened("weak", "subjects", str(rules)).code == 2


ALONE = """\
functions:
  bills: {label: bills, words: [bills]}
  the same: {label: bills, words: [bill, bills]}
  parcels: {label: parcels, pattern: 'parcel\\w*'}
"""


def test_of_a_function_that_meets_no_other_nothing_is_known(
    run: Any, opened: Do, ready: Path
) -> None:
    rules, out = ready / "rules.yaml", ready / "weak.jsonl"
    rules.write_text(ALONE, encoding="utf-8")
    done = opened("weak", "subjects", str(rules), "-o", str(out))
    found = {rule["name"]: rule["accuracy"] for rule in done.json["rules"]}
    assert found["parcels"] is None
    assert found["bills"]["n"] == found["the same"]["n"] > 0
    said = {row["value"]: row["probability"] for row in map(json.loads, _lines(out))}
    assert said["parcels"] is None
    assert 0 < said["bills"] <= 1
    shown = run("-C", str(ready), "label", "weak", "subjects", str(rules)).out
    assert "unknown" in shown
    assert "Unknown for parcels: no other function votes on the same rows" in shown


def test_who_signed_the_guide_is_not_told_to_sign_it(run: Any, ready: Path) -> None:
    def create(name: str) -> str:
        done = run(
            "-C", str(ready), "label", "create", name, "--from", "data/raw.jsonl", "--guide",
            "guide.md", "--choices", "bills,boats", "--by", "fa",
        )  # fmt: skip
        assert done.code == 0
        return str(done.out)

    assert "sign the guide (tuneworthy people attest labelling_guide guide.md" in create("before")
    at = ("-C", str(ready))
    guide = str(ready / "guide.md")
    signed = run(*at, "people", "attest", "labelling_guide", guide, "--by", "fa")
    assert signed.code == 0, signed.err
    told = create("after")
    assert "sign" not in told
    assert "Next: tuneworthy label next after --by PERSON" in told
    (ready / "guide.md").write_text("# Name it otherwise\n", encoding="utf-8")
    assert "sign the guide" in create("changed")


def test_to_label_studio_and_back(opened: Do, ready: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    made = opened("export", "subjects", "--to", str(folder)).json
    content = json.loads(Path(made["tasks"]).read_text("utf-8"))
    assert len(content) == made["items"] == 60
    assert "<Choices" in Path(made["config"]).read_text("utf-8")
    for number, task in enumerate(content):
        task["annotations"] = [
            {
                "completed_by": who,
                "was_cancelled": number == 7,
                "result": [{"from_name": "label", "to_name": "text", "type": "choices",
                            "value": {"choices": [truth(task["data"]["text"])]}}],
            }
            for who in ({"id": 1, "email": "ana@example.org"}, 2)
        ]  # fmt: skip
    path = folder / "export.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    unknown = opened("import", "subjects", str(path), "--by", "fa")
    assert (unknown.code, unknown.error["code"]) == (4, "unknown_author")
    assert "ana@example.org" in unknown.error["message"]
    named = ("--author", "ana@example.org=ana", "--author", "2=bo", "--by", "fa")
    done = opened("import", "subjects", str(path), *named).json
    assert (done["added"], done["skipped"], done["known"]) == (120, 2, 0)
    done = opened("import", "subjects", str(path), *named).json
    assert (done["added"], done["known"]) == (0, 120)
    report = opened("agreement", "subjects").json
    assert (report["overlapping"], report["alpha"]) == (59, 1.0)
    assert work(opened, "ana") == [], "what was done over there is not asked again"
    content[0]["annotations"][0]["result"][0]["value"]["choices"] = ["perhaps"]
    path.write_text(json.dumps(content), encoding="utf-8")
    assert opened("import", "subjects", str(path), *named).error["code"] == "bad_export"


def test_it_reads_well_without_json(run: Any, opened: Do, ready: Path) -> None:
    def say(*words: str) -> str:
        done = run("-C", str(ready), "label", *words)
        assert done.code == 0
        return str(done.out)

    assert "Nothing is left" not in say("next", "subjects", "--by", "ana")
    assert "subjects" in say("list")
    work(opened, "ana", most=4)
    assert "not known" in say("agreement", "subjects")
    work(opened, "bo", lambda text: "bills")
    told = say("agreement", "subjects")
    assert "alpha (nominal)" in told
    assert "ana" in told
    assert "Item" in say("conflicts", "subjects")


# -- through the SDK: time, and many at once ---------------------------------------------------

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_lapsed_lease_goes_to_the_next_and_never_twice(ready: Path) -> None:
    clock = FixedClock(NOON)
    one_row = ready / "data" / "one.jsonl"
    one_row.write_text('{"request": "bills"}\n', encoding="utf-8")
    settings = QueueSettings(
        source="data/one.jsonl", guide="guide.md", choices=SUBJECTS, annotators=1
    )
    with tuneworthy.open(ready, clock=clock) as workspace:
        workspace.open_label_queue("one", settings, "fa")
        assert workspace.next_to_label("one", "ana") is not None
        assert workspace.next_to_label("one", "bo") is None, "ana holds it"
        with pytest.raises(BlockedProblem) as caught:
            workspace.label("one", "1", "bo", "bills")
        assert caught.value.code == "slot_taken"
        clock.advance(timedelta(minutes=31))
        assert workspace.next_to_label("one", "bo") is not None
        with pytest.raises(BlockedProblem) as caught:
            workspace.label("one", "1", "ana", "bills")
        assert caught.value.code == "slot_taken"
        workspace.label("one", "1", "bo", "bills")
        assert workspace.next_to_label("one", "ana") is None


def test_eight_people_at_once_fill_every_place_and_no_more(ready: Path) -> None:
    settings = QueueSettings(
        source="data/raw.jsonl", guide="guide.md", choices=SUBJECTS, annotators=3, overlap=0.3,
        gold_rate=0,
    )  # fmt: skip
    people = [f"w{n}" for n in range(8)]
    with tuneworthy.open(ready) as workspace:
        for person in people:
            workspace.add_person(person, person, ["source_owner"])
        workspace.open_label_queue("many", settings, "fa")
    barrier = threading.Barrier(len(people))
    faults: list[Exception] = []

    def judge(person: str) -> None:
        try:
            with tuneworthy.open(ready, actor=person) as workspace:
                barrier.wait()
                while handed := workspace.next_to_label("many", person):
                    workspace.label("many", handed.item.id, person, truth(handed.item.text))
        except (BlockedProblem, ConflictProblem) as fault:
            faults.append(fault)

    threads = [threading.Thread(target=judge, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with tuneworthy.open(ready) as workspace:
        report = workspace.agreement("many")
        assert report.annotations == 18 * 3 + 42
        assert (report.finished, report.overlapping) == (60, 18)
        assert workspace.verify_audit().verified
