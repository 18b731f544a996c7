"""Checks and mends files without a project, as other people's scripts call it."""

import csv
import gzip
import json
import os
import shlex
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import feather

import tuneworthy
from tuneworthy.core.errors import ConfigProblem, Problem
from tuneworthy.core.nouns.file_check import FileCheck
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.kinds import raw_rows
from tuneworthy.data.opened import NoHash
from tuneworthy.data.rows import Limits
from tuneworthy.data.source_files import files_of
from tuneworthy.workspace import FileOptions, check_file, fix_file

ASKED = [
    "How do I reset the password of my account?",
    "When does the shop in the old town open on Sundays?",
    "Which train goes from Basel to the airport?",
    "My parcel has not come since last Thursday.",
    "Can I pay for the subscription once a year?",
    "The lamp in the hall flickers in the evening.",
    "Please move my dentist visit to next week.",
    "What does the warranty say on water damage?",
]
TOOL = {
    "type": "function",
    "function": {
        "name": "lamp",
        "parameters": {
            "type": "dict",
            "properties": {"room": {"type": "string"}, "level": {"type": "integer"}},
            "required": ["room"],
        },
    },
}


def chat(asked: str, said: str, **more: Any) -> dict[str, Any]:
    turns = [{"role": "user", "content": asked}, {"role": "assistant", "content": said}]
    return {"messages": turns, **more}


SOUND = [chat(text, f"That is answer number {i}.") for i, text in enumerate(ASKED)]


def write(path: Path, rows: list[Any]) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def rows_by_code(checked: FileCheck) -> dict[str, list[int]]:
    return {found.code: list(found.rows) for found in checked.findings}


def call(name: str, arguments: dict[str, Any]) -> str:
    return json.dumps({"name": name, "arguments": arguments})


PLANTED: dict[str, list[Any]] = {
    "schema_error": ["{half", {"messages": "no"}, {"messages": []}],
    "empty_output": [
        chat("What is it?", " "),
        chat("What does it cost?", "\u200b\ufeff"),
        chat("What is left?", "nan"),
        chat("What is in the cell?", "#REF!"),
    ],
    "over_length": [chat("word " * 3000, "Yes, that is so.")],
    "encoding_damage": [chat("Where is the cafÃ©?", "Down the road, on the left.")],
    "refusal_boilerplate": [chat("Who are you?", "As an AI language model, I cannot say.")],
    "template_text": [chat("And you?", "Fine.<|im_end|>\n<|im_start|>user")],
    "placeholder": [chat("Delete the group", "az group delete --name MyResourceGroup")],
    "broken_json": [
        chat("Give me the record of Anna", '{"name": "Anna", "age": '),
        chat("Give me the record of Berta", 'Here it is:\n```json\n{"name": "Berta", \n```\nDone.'),
        chat("Which item did Carla order?", '{"item": NaN}'),
        chat("Give me the record of Dora", '{"name": "Dora", "at": {"x": 1, "x": 2}}'),
    ],
    "tool_schema": [
        chat("Lights on", call("lights", {}), tools=[TOOL]),
        chat("Dim the kitchen lamp", call("lamp", {"level": 3}), tools=[TOOL]),
        chat("Dim it to half", call("lamp", {"room": "hall", "level": "half"}), tools=[TOOL]),
        chat("Dim it a bit", call("lamp", {"room": "hall", "colour": "red"}), tools=[TOOL]),
        {
            "messages": [
                {"role": "user", "content": "Switch the porch on, please"},
                {"role": "assistant", "content": "At once.\n" + call("lamp", {"level": 1})},
                {"role": "tool", "content": "no room"},
                {"role": "assistant", "content": "That did not work."},
            ],
            "tools": [TOOL],
        },
    ],
    "undeclared_call": [chat("Turn the heating up", call("heat", {"by": 2}))],
    "exact_duplicate": [SOUND[2]],
    "near_duplicate": [chat(ASKED[3].upper(), "That is answer number 3.")],
    "conflict": [chat(ASKED[4], "No, never.")],
    "pii": [chat("Mail jane.doe@acme-industries.com", "I have sent the mail.")],
    "secret": [chat("My key is AKIA" + "Q3ZT7XW2M4N5B6V8", "Take it out of there.")],
}


@pytest.mark.parametrize("code", PLANTED)
def test_each_planted_fault_is_found_in_its_rows_and_nowhere_else(
    tmp_path: Path, code: str
) -> None:
    path = write(tmp_path / "rows.jsonl", [*SOUND, *PLANTED[code]])
    found = rows_by_code(check_file(path))
    planted = list(range(len(SOUND), len(SOUND) + len(PLANTED[code])))
    assert [row for row in found[code] if row >= len(SOUND)] == planted
    assert all(row >= len(SOUND) for other, rows in found.items() if other != code for row in rows)


def test_one_call_and_several_calls_are_one_format(tmp_path: Path) -> None:
    one = [chat(text, call("lamp", {"room": "hall"}), tools=[TOOL]) for text in ASKED[:4]]
    calls = [{"name": "lamp", "arguments": {"room": room}} for room in ("hall", "cellar")]
    several = chat(ASKED[4], json.dumps(calls), tools=[TOOL])
    words = chat(ASKED[5], "I cannot see that lamp.", tools=[TOOL])
    path = write(tmp_path / "rows.jsonl", [*one, several, words])
    assert rows_by_code(check_file(path))["mixed_formats"] == [5]


@pytest.mark.parametrize("code", PLANTED)
def test_what_is_mended_is_not_found_again(tmp_path: Path, code: str) -> None:
    path = write(tmp_path / "rows.jsonl", [*SOUND, *PLANTED[code]])
    before = path.read_bytes()
    fix, changes = fix_file(path, [code], tmp_path / "out.jsonl")
    assert path.read_bytes() == before
    assert fix.rows_in == fix.rows_out + fix.dropped
    assert fix.rows_out == len((tmp_path / "out.jsonl").read_text().splitlines())
    ledger = [json.loads(line) for line in Path(fix.ledger).read_text().splitlines()]
    assert [line["row"] for line in ledger] == [change.row for change in changes]
    assert len(ledger) == fix.dropped + fix.changed > 0
    assert all(line["reason"] for line in ledger)
    assert code not in rows_by_code(check_file(tmp_path / "out.jsonl"))


def test_sound_rows_keep_their_bytes_and_nothing_private_is_in_the_ledger(tmp_path: Path) -> None:
    strange = '{"messages":   [{"role":"user","content":"Odd  spacing \\u00e9 here"},' + (
        ' {"content": "Kept as it is.", "role": "assistant"}]}'
    )
    path = write(tmp_path / "rows.jsonl", [strange, "", *PLANTED["pii"], *PLANTED["secret"]])
    fix, _ = fix_file(path, ["pii", "secret"], tmp_path / "out.jsonl")
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    assert lines[0] == strange
    assert "[EMAIL]" in lines[1]
    both = "".join([*lines[1:], Path(fix.ledger).read_text()])
    assert "jane.doe" not in both
    assert "Q3ZT7XW2M4N5B6V8" not in both


UNREADABLE: list[str | bytes] = [
    '{"prompt": "mail EMAIL", "completion": "done it", "x": 1180591620717411303424, "y": 9e999}',
    '{"prompt": "mail EMAIL now"}',
    '{"messages": [{"role": "user", "content": "mail EMAIL now"}]}',
    '{"EMAIL": [[1, {"b": "c"}]]}',
    '{"prompt": "mail EMAIL now", "completion": ',
    '{"prompt": "mail EMAIL", "prompt": "mail", "completion": "done it"}',
    '["EMAIL"]',
    "mail EMAIL",
    b'{"prompt": "caf\xe9", "completion": "mail EMAIL"}',
    '{"prompt": "mail EMAIL", "completion": ""}',
]


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.json", "rows.jsonl.gz"])
def test_no_row_slips_by_the_search_for_personal_data(tmp_path: Path, name: str) -> None:
    mail = b"jane.roe@acme-industries.com"
    odd = [row if isinstance(row, bytes) else row.encode() for row in UNREADABLE]
    rows = [json.dumps(SOUND[0]).encode(), *(row.replace(b"EMAIL", mail) for row in odd)]
    path = tmp_path / name
    data = b"[" + b",\n".join(rows) + b"]" if name.endswith("json") else b"\n".join(rows)
    path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    fix, changes = fix_file(path, ["pii", "encoding_damage"], tmp_path / "out.jsonl")
    left = (tmp_path / "out.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in left] == [SOUND[0]]
    assert fix.rows_in == fix.rows_out + fix.dropped
    assert {change.code for change in changes} == {"pii"}
    assert all(change.reason for change in changes)
    assert mail.decode() not in Path(fix.ledger).read_text()
    kept = rows_by_code(check_file(path))
    assert set(kept["pii"]) >= {2, 3, 4}
    assert 0 not in kept["pii"]


def test_damaged_texts_are_mended_and_none_is_left_empty(tmp_path: Path) -> None:
    said = "Она не пришла в четверг."
    rows = [
        chat(ASKED[0], said.encode().decode("latin-1")),
        chat(ASKED[1], "\x00"),
        chat(ASKED[2], "fine \x00now"),
    ]
    path = write(tmp_path / "rows.jsonl", rows)
    assert rows_by_code(check_file(path))["encoding_damage"] == [0, 1, 2]
    fix, changes = fix_file(path, ["encoding_damage"], tmp_path / "out.jsonl")
    left = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert left == [chat(ASKED[0], said), chat(ASKED[2], "fine now")]
    assert (fix.dropped, changes[1].action, changes[1].row) == (1, "dropped", 1)


def test_pseudonyms_are_the_same_for_the_same_person_and_need_a_key(
    run: Any, tmp_path: Path
) -> None:
    rows = [
        chat("Mail jane.doe@acme-industries.com", '{"to": "jane.doe@acme-industries.com"}'),
        chat("Is jane.doe@acme-industries.com there?", "I do not know that."),
    ]
    path, out, key = write(tmp_path / "a.jsonl", rows), tmp_path / "b.jsonl", tmp_path / "key"
    at = ("--json", "data", "fix", str(path), "--only", "pii", "--redact", "pseudonymise")
    assert run(*at, "-o", str(out)).error["code"] == "no_key"
    key.write_bytes(bytes(range(32)))
    assert run(*at, "-o", str(out), "--key", str(key)).code == 0
    first, second = (json.loads(line)["messages"] for line in out.read_text().splitlines())
    stand_in = json.loads(first[1]["content"])["to"]
    assert first[0]["content"] == f"Mail {stand_in}"
    assert second[0]["content"] == f"Is {stand_in} there?"
    assert "acme" not in out.read_text()


def test_wrong_labels_are_found_and_others_left_alone(run: Any, tmp_path: Path) -> None:
    subjects = {
        "weather": ["rain", "sunshine", "snow", "wind", "a storm", "fog"],
        "music": [
            "a song",
            "some jazz",
            "the album",
            "a playlist",
            "the radio",
            "my favourite tune",
        ],
        "bank": ["my balance", "a transfer", "the account", "my card", "a payment", "the interest"],
    }
    asked = {
        "weather": "Will there be {} in {} tomorrow?",
        "music": "Please play {} in the {} room",
        "bank": "Tell me about {} at the {} branch",
    }
    places = ["Bern", "Oslo", "Lima", "Cairo", "Perth", "Quito", "Minsk", "Turin"]
    rows = [
        chat(asked[label].format(subject, place), label)
        for label, some in subjects.items()
        for subject in some
        for place in places
    ]
    wrong = {3: "bank", 60: "weather", 110: "music"}
    for at, label in wrong.items():
        rows[at]["messages"][1]["content"] = label
    checked = check_file(write(tmp_path / "a.jsonl", rows), FileOptions(embeddings=False))
    found = rows_by_code(checked)["label_noise"]
    assert set(wrong) <= set(found)
    assert len(found) <= 2 * len(wrong)
    judged = next(check for check in checked.checks if check.code == "label_noise")
    assert judged.figure["judged_by"] == "character n-grams"
    assert judged.figure["mode"] == "normal"
    words = ("data", "check", str(tmp_path / "a.jsonl"), "--no-embeddings", "--strict-labels")
    strict = run(*words, "--json").json
    (surest,) = [one["rows"] for one in strict["findings"] if one["code"] == "label_noise"]
    assert surest
    assert set(surest) <= set(found)
    (judged,) = [one["figure"] for one in strict["checks"] if one["code"] == "label_noise"]
    assert judged["mode"] == "strict"


def test_a_newer_answer_makes_an_older_one_stale(tmp_path: Path) -> None:
    rows = [
        {"prompt": ASKED[1], "completion": "At nine.", "timestamp": "2025-01-01"},
        {"prompt": ASKED[1], "completion": "At ten.", "timestamp": "2026-01-01"},
        {"prompt": ASKED[2], "completion": "The red one.", "timestamp": "2024-01-01"},
    ]
    assert rows_by_code(check_file(write(tmp_path / "a.jsonl", rows)))["stale"] == [0]


def test_a_newer_answer_to_nearly_the_same_makes_an_older_one_stale(tmp_path: Path) -> None:
    near = "Hello, when does the shop in the old town open on sundays please"
    rows = [
        {"prompt": ASKED[1], "completion": "At nine.", "timestamp": "2025-01-01"},
        {"prompt": near, "completion": "At ten.", "timestamp": "2026-01-01"},
        {"prompt": "Please turn it on.", "completion": "On.", "timestamp": "2025-01-01"},
        {"prompt": "Please turn it off.", "completion": "Off.", "timestamp": "2026-01-01"},
        {"prompt": ASKED[2], "completion": "Red.", "timestamp": "2025-01-01"},
        {"prompt": ASKED[2], "completion": "Blue."},
    ]
    checked = check_file(write(tmp_path / "a.jsonl", rows))
    (found,) = [one for one in checked.findings if one.code == "stale"]
    assert (found.rows, found.others) == ((0,), {0: 1})
    (ran,) = [one for one in checked.checks if one.code == "stale"]
    assert ran.figure == {"same_request": 0, "near_request": 1}


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Asia/Tokyo"])
def test_a_stamp_without_a_zone_is_in_utc_wherever_the_machine_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    rows = [
        {"prompt": ASKED[1], "completion": "At nine.", "timestamp": "2026-01-01T12:00:00"},
        {"prompt": ASKED[1], "completion": "At ten.", "timestamp": "2026-01-01T13:00:00+00:00"},
        {"prompt": ASKED[2], "completion": "Red.", "timestamp": "2026-01-01T12:00:00"},
        {"prompt": ASKED[2], "completion": "Blue.", "timestamp": "2026-01-01T11:00:00Z"},
    ]
    path = write(tmp_path / "a.jsonl", rows)
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        found = rows_by_code(check_file(path))["stale"]
    time.tzset()
    assert found == [0, 3]


@pytest.mark.parametrize(
    ("code", "row"),
    [
        ("repetitive", chat("Say yes", "yes yes yes yes yes yes yes yes yes yes yes yes")),
        ("repetitive", chat("Laugh", "ha" * 300)),
        ("label_leak", chat("Label: approve. Shall we?", "approve")),
        ("truncated", chat("Explain", "The way to the station " * 5 + "goes along the river and")),
    ],
)
def test_answers_that_teach_the_wrong_thing_are_found(tmp_path: Path, code: str, row: Any) -> None:
    found = rows_by_code(check_file(write(tmp_path / "a.jsonl", [*SOUND, row])))
    assert found[code] == [len(SOUND)]


def test_the_majority_of_a_conflict_is_kept(tmp_path: Path) -> None:
    rows = [chat(ASKED[0], said) for said in ("Yes, at once.", "yes,  at once.", "No, not so.")]
    fix, changes = fix_file(write(tmp_path / "a.jsonl", rows), ["conflict"], tmp_path / "b.jsonl")
    assert (fix.dropped, changes[0].row, changes[0].kept) == (1, 2, 0)


@pytest.mark.parametrize(("first", "second", "left"), [(3, 3, 0), (3, 2, 3), (1, 2, 2), (2, 1, 2)])
def test_every_row_of_a_conflict_has_a_vote(
    tmp_path: Path, first: int, second: int, left: int
) -> None:
    rows = [chat("How do I reset my password?", "Use the link.")] * first
    rows += [chat("How do I reset my pasword?", "Call the help desk.")] * second
    path = write(tmp_path / "a.jsonl", rows)
    assert rows_by_code(check_file(path))["conflict"] == list(range(first + second))
    fix, changes = fix_file(path, ["conflict"], tmp_path / "b.jsonl")
    assert (fix.rows_out, len(changes)) == (left, first + second - left)
    if left:
        assert "conflict" not in rows_by_code(check_file(tmp_path / "b.jsonl"))


def test_a_typo_is_the_same_request_and_another_word_is_not(tmp_path: Path) -> None:
    rows = [
        chat("Please switch the light in the kitchen on", "on"),
        chat("Please swich the light in the kitchen on!", "off"),
        chat("Please switch the light in the bathroom on", "off"),
        chat("Please switch the light in the kitchen off", "off"),
        chat("Remind me to water the plants at 7", "seven"),
        chat("Remind me to water the plants at 8", "eight"),
    ]
    assert rows_by_code(check_file(write(tmp_path / "a.jsonl", rows)))["conflict"] == [0, 1]


def test_leakage_names_rows_found_exactly_or_nearly_in_other_files(tmp_path: Path) -> None:
    mine = write(tmp_path / "train.jsonl", SOUND)
    other = write(
        tmp_path / "test.jsonl",
        [
            chat(ASKED[1].upper(), "x"),
            chat(ASKED[5].replace("evening.", "evenings!"), "y"),
            *PLANTED["pii"],
        ],
    )
    checked = check_file(mine, FileOptions(against=[other]))
    assert rows_by_code(checked)["leakage"] == [1, 5]
    assert checked.blocked
    fix, _ = fix_file(mine, ["leakage"], tmp_path / "out.jsonl", FileOptions(against=[other]))
    assert fix.dropped == 2
    assert "leakage" not in rows_by_code(
        check_file(tmp_path / "out.jsonl", FileOptions(against=[other]))
    )


def test_a_case_of_a_benchmark_inside_a_row_is_found(run: Any, tmp_path: Path) -> None:
    case = "Natalia sold clips to forty eight of her friends in April and then half as many in May."
    cases = write(tmp_path / "bench.jsonl", [{"question": case, "answer": "72"}])
    row = chat(f"Solve this for me, please. {case} How many?", "Seventy-two.")
    mine = write(tmp_path / "a.jsonl", [*SOUND, row])
    told = run("--json", "data", "check", str(mine), "--benchmark", str(cases))
    found = {finding["code"]: finding["rows"] for finding in told.json["findings"]}
    assert (told.code, found) == (3, {"contamination": [8]})


def test_names_and_places_are_told_softly_and_never_block(run: Any, tmp_path: Path) -> None:
    rows = [
        *SOUND,
        chat("My name is Angela Brenner, where is it?", "In the drawer."),
        chat("Where do I send the form?", "To 12 Harbour Street, please."),
        {"prompt": "My name is Angela Brenner"},
    ]
    path = write(tmp_path / "a.jsonl", rows[:-1])
    told = run("--json", "data", "check", str(path))
    assert told.code == 0
    (soft,) = [one for one in told.json["findings"] if one["code"] == "pii_soft"]
    assert (soft["rows"], soft["severity"]) == ([8, 9], "warning")
    assert soft["reasons"] == {"8": "may hold a person", "9": "may hold a street address"}
    assert "Brenner" not in told.out
    assert run("data", "check", str(write(tmp_path / "b.jsonl", rows))).code == 3


@pytest.mark.skipif(find_spec("presidio_analyzer") is not None, reason="Presidio is installed")
def test_without_presidio_the_way_to_it_is_told(run: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", SOUND)
    told = run("--json", "data", "check", str(path), "--names", "en_core_web_sm")
    assert (told.code, told.error["code"]) == (2, "no_presidio")
    assert "tuneworthy[presidio]" in told.error["fix"]


def test_a_question_of_the_other_file_inside_a_row_is_a_leak(tmp_path: Path) -> None:
    tests = write(tmp_path / "tests.jsonl", [chat(one, f"It is so: {one}") for one in ASKED[:2]])
    turns = chat("Good morning to you.", "Good morning!")["messages"]
    page = f"From our handbook. {ASKED[0].upper()} It is so: {ASKED[0]} Ask again at the desk."
    rows = [
        {"messages": [*turns, *chat(ASKED[1].upper(), "At ten.")["messages"]]},
        {"text": page},
        {"text": f"We were asked: {ASKED[0]} Nobody knew what to say to that."},
        chat("Quite another matter, and at some length.", f"It is so: {ASKED[0]}"),
    ]
    checked = check_file(
        write(tmp_path / "rows.jsonl", [*SOUND[4:], *rows[:1], *rows[3:]]),
        FileOptions(against=(tests,)),
    )
    assert rows_by_code(checked)["leakage"] == [4]
    texts = check_file(write(tmp_path / "texts.jsonl", rows[1:3]), FileOptions(against=(tests,)))
    assert rows_by_code(texts)["leakage"] == [0]


def test_several_files_may_follow_against(run: Any, tmp_path: Path) -> None:
    mine = write(tmp_path / "a.jsonl", SOUND)
    others = [write(tmp_path / f"{i}.jsonl", [chat(ASKED[i], "x")]) for i in (1, 4)]
    told = run("data", "check", str(mine), "--against", *map(str, others), "--json")
    found = {finding["code"]: finding["rows"] for finding in told.json["findings"]}
    assert found["leakage"] == [1, 4]
    alone = run("data", "check", str(mine), str(others[0]))
    assert (alone.code, "after --against" in alone.err) == (2, True)


def test_every_check_says_whether_it_ran(tmp_path: Path) -> None:
    checked = check_file(write(tmp_path / "rows.jsonl", SOUND))
    assert checked.rows == len(SOUND)
    assert not checked.findings
    assert {check.code for check in checked.checks if not check.ran} == {
        "attribute_balance",
        "balance",
        "contamination",
        "label_flip",
        "label_noise",
        "leakage",
        "over_cap",
        "poison_burst",
        "poison_origin",
        "stale",
        "tokenizer_fit",
    }
    assert {"pii", "near_duplicate", "schema_error"} <= {check.code for check in checked.checks}


def test_csv_and_parquet_are_read_and_written_again(tmp_path: Path) -> None:
    pairs = [*((asked, f"answer {i}") for i, asked in enumerate(ASKED)), (ASKED[0], "answer 0")]
    with (tmp_path / "a.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("prompt", "completion"), *pairs])
    columns = {"prompt": [p for p, _ in pairs], "completion": [c for _, c in pairs]}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    for name in ("a.csv", "a.parquet"):
        assert rows_by_code(check_file(tmp_path / name))["exact_duplicate"] == [8]
        for out in ("b.csv", "b.parquet", "b.jsonl", "b.tsv"):
            fix_file(tmp_path / name, ["exact_duplicate"], tmp_path / out)
            checked = check_file(tmp_path / out)
            assert (checked.rows, checked.findings) == (8, ())


def test_json_lines_are_carried_into_files_of_other_kinds_with_every_field(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"prompt": asked, "completion": f"answer {i}"} for i, asked in enumerate(ASKED)
    ]
    rows[3] |= {"segment": "east", "tags": ["a", "b"]}
    path = write(tmp_path / "rows.jsonl", [*rows, rows[0]])
    with path.open("a") as file:
        file.write('{"prompt": "twice", "prompt": "named", "completion": "a"}\nnot JSON\n')
    for ending in ("csv", "tsv", "parquet", "json", "jsonl"):
        out = tmp_path / f"out.{ending}"
        mended, _ = fix_file(path, ["exact_duplicate"], out)
        carried = 10 if ending == "jsonl" else 8
        assert (mended.rows_in, mended.rows_out) == (11, carried)
        back = [row.values for row in raw_rows(out, Source(path=out.name), NoHash(), Limits())]
        for row, wanted in zip(back, rows, strict=False):
            has = {name: value for name, value in (row or {}).items() if value not in (None, "")}
            if ending in {"csv", "tsv"}:
                texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in wanted.items()}
                assert has == texts
            else:
                assert has == wanted


OURS = FileOptions(columns={"request": "frage", "target": "antwort"})
RUN = "=cmd|' /C calc'!A0"


@pytest.mark.parametrize("ending", ["csv", "tsv"])
def test_no_cell_of_a_mended_table_is_run_by_a_spreadsheet(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "rows.csv"
    with path.open("w", newline="") as file:
        asked = [(one, RUN if i == 0 else f"answer {i}", -i) for i, one in enumerate(ASKED)]
        csv.writer(file).writerows([("prompt", "completion", "@n"), *asked])
    out = tmp_path / f"out.{ending}"
    mended, changes = fix_file(path, ["pii"], out)
    with out.open(newline="") as file:
        back = list(csv.reader(file, delimiter="\t" if ending == "tsv" else ","))
    assert back[0] == ["prompt", "completion", "'@n"]
    assert back[1][1] == f"'{RUN}"
    assert [row[2] for row in back[1:]] == [str(-i) for i in range(len(ASKED))]
    assert (mended.changed, mended.by_code) == (1, {"formula": 1})
    assert [(one.row, one.reason[:11]) for one in changes] == [(0, "completion:")]


def test_a_changed_row_has_one_line_in_the_ledger_whatever_was_done_to_it(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    rows = [(f"{one} Mail jane@acme-industries.com", RUN) for one in ASKED]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("prompt", "completion"), *rows])
    mended, _ = fix_file(path, ["pii"], tmp_path / "out.csv")
    lines = [json.loads(line) for line in Path(mended.ledger).read_text().splitlines()]
    assert [line["row"] for line in lines] == list(range(len(ASKED)))
    assert (mended.changed, mended.by_code) == (8, {"formula": 8, "pii": 8})
    assert {edit["path"] for edit in lines[0]["edits"]} == {"$.prompt", "$.completion"}
    assert "redacted at" in lines[0]["reason"]
    assert "before a formula" in lines[0]["reason"]


DECLINED = "As an AI language model, I cannot say."
LONG = "The shop in the old town opens at ten on Sundays, and closes at four in the afternoon"


@pytest.mark.parametrize(
    ("rows", "only", "stay"),
    [
        ([DECLINED, DECLINED, "At ten."], "conflict,refusal_boilerplate", [2]),
        (["At ten.", "At ten.", "At nine."], "exact_duplicate,conflict", [0]),
        ([f"{LONG} caf\ufffd.", f"{LONG}."], "near_duplicate,encoding_damage", [1]),
        ([f"{LONG} caf\ufffd.", f"{LONG}.", f"{LONG}."], "near_duplicate,encoding_damage", [1, 2]),
    ],
)
def test_no_row_goes_for_one_that_goes_itself(
    tmp_path: Path, rows: list[str], only: str, stay: list[int]
) -> None:
    path = write(tmp_path / "rows.jsonl", [chat(ASKED[1], said) for said in rows])
    _, changes = fix_file(path, only.split(","), tmp_path / "out.jsonl")
    gone = {change.row for change in changes if change.action == "dropped"}
    assert sorted(set(range(len(rows))) - gone) == stay
    assert all(change.kept in (None, *stay) for change in changes)


@pytest.mark.parametrize(
    "only", [["normalise", "pii"], ["pii", "normalise"], ["encoding_damage"], ["tool_schema"]]
)
def test_no_code_repeats_personal_data_in_the_ledger(tmp_path: Path, only: list[str]) -> None:
    asked = "  Mail jane.doe@acme-industries.com at the cafÃ©  \r\n"
    bad = call("lamp", {"room": "hall", "jane.doe@acme-industries.com": 1})
    path = write(tmp_path / "rows.jsonl", [chat(asked, "Done."), chat(ASKED[0], bad, tools=[TOOL])])
    mended, _ = fix_file(path, only, tmp_path / "out.jsonl")
    assert mended.changed + mended.dropped >= 1
    assert "jane.doe@" not in Path(mended.ledger).read_text()


@pytest.mark.parametrize("only", ["pii", "secret"])
def test_a_password_in_an_address_is_a_secret_too(tmp_path: Path, only: str) -> None:
    address = "postgres://svc_app:" + "kT9vQ2mXw4Lz" + "@db.prod.acme-net.io:5432/main"
    path = write(tmp_path / "rows.jsonl", [*SOUND, chat(f"Connect to {address}", "Connected.")])
    found = rows_by_code(check_file(path))
    assert found["pii"] == found["secret"] == [len(SOUND)]
    fix, _ = fix_file(path, [only], tmp_path / "out.jsonl")
    assert fix.changed == 1
    assert "kT9vQ2mXw4Lz" not in (tmp_path / "out.jsonl").read_text() + Path(fix.ledger).read_text()
    left = rows_by_code(check_file(tmp_path / "out.jsonl"))
    assert "pii" not in left
    assert "secret" not in left


def test_a_link_at_another_name_is_never_followed(run: Any, tmp_path: Path) -> None:
    """Whatever stands beside the new file, its name for the time being is another."""
    path = write(tmp_path / "rows.jsonl", SOUND)
    victim = tmp_path / "victim.txt"
    victim.write_text("mine")
    (tmp_path / ".out.jsonl.part").symlink_to(victim)
    (tmp_path / "out.jsonl.ledger.jsonl").symlink_to(victim)
    found = run("data", "fix", str(path), "--only", "pii", "-o", str(tmp_path / "out.jsonl"))
    assert found.code == 0, found.err
    assert victim.read_text() == "mine"
    assert (tmp_path / ".out.jsonl.part").is_symlink()
    assert [one.name for one in tmp_path.glob("*.part")] == [".out.jsonl.part"]


def test_a_column_of_several_kinds_is_told_where_parquet_cannot_hold_it(tmp_path: Path) -> None:
    rows = [{"prompt": a, "completion": "b", "n": i or "none"} for i, a in enumerate(ASKED)]
    path = write(tmp_path / "rows.jsonl", rows)
    with pytest.raises(ConfigProblem, match="Column 'n' cannot be written as Parquet"):
        fix_file(path, ["pii"], tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()


def test_the_command_prints_one_object_and_exits_3_when_blocked(run: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", [*SOUND, *PLANTED["pii"], *PLANTED["exact_duplicate"]])
    told = run("--json", "data", "check", str(path))
    assert told.code == 3
    found = {f["code"]: f for f in json.loads(told.out)["findings"]}
    assert found["pii"]["rows"] == [8]
    assert found["pii"]["severity"] == "block"
    assert set(found["exact_duplicate"]) >= {"code", "severity", "rows", "message", "fix"}
    sound = write(tmp_path / "sound.jsonl", SOUND)
    assert run("--json", "data", "check", str(sound)).code == 0
    fixed = run(
        "--json", "data", "fix", str(path), "--only", "pii", "-o", str(tmp_path / "o.jsonl")
    )
    assert fixed.code == 0
    assert json.loads(fixed.out)["changed"] == 1
    assert run("data", "check", str(tmp_path / "o.jsonl")).code == 0
    sarif = run("data", "check", str(path), "--format", "sarif")
    assert json.loads(sarif.out)["runs"][0]["results"]


@pytest.mark.parametrize("name", ["rows.jsonl", "my rows.csv", "rows.jsonl.gz", "rows.arrow"])
def test_the_command_that_is_advised_mends_what_blocks(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    pairs = [(one, f"That is answer {i}.") for i, one in enumerate(ASKED)]
    pairs.append(("Write to jane.doe@acme-industries.com", "Done so."))
    rows = [{"frage": asked, "antwort": said} for asked, said in pairs]
    tests = write(tmp_path / "tests.jsonl", [chat(ASKED[2], "Seven.")])
    fix_file(write(tmp_path / "all.jsonl", rows), ["normalise"], tmp_path / "all.csv", OURS)
    if name.endswith(".arrow"):
        feather.write_feather(pa.Table.from_pylist(rows), name)
    elif name.endswith(".gz"):
        Path(name).write_bytes(gzip.compress(Path("all.jsonl").read_bytes()))
    else:
        Path(f"all{name[-4:]}" if name.endswith(".csv") else "all.jsonl").rename(name)
    mapped = ["--map", "request=frage", "--map", "target=antwort"]
    told = run("--json", "data", "check", name, *mapped, "--against", str(tests))
    assert (told.code, "leakage" in told.error["fix"]) == (3, True)
    command = shlex.split(told.error["fix"])
    assert run(*command[1:]).code == 0
    mended = command[command.index("-o") + 1]
    assert run("data", "check", mended, *mapped, "--against", str(tests)).code == 0


@pytest.mark.parametrize("code", ["leakage", "contamination"])
def test_nothing_is_called_mended_that_was_not_looked_for(
    run: Any, tmp_path: Path, code: str
) -> None:
    path, out = write(tmp_path / "rows.jsonl", SOUND), tmp_path / "out.jsonl"
    told = run("--json", "data", "fix", str(path), "--only", f"pii,{code}", "-o", str(out))
    assert (told.code, told.error["code"], out.exists()) == (2, "nothing_to_compare", False)
    other = write(tmp_path / "other.jsonl", [{"what": "no example"}])
    option = "--against" if code == "leakage" else "--benchmark"
    told = run("--json", "data", "check", str(path), option, str(other))
    assert (told.code, told.error["code"]) == (2, "nothing_to_compare")
    assert "other.jsonl" in told.error["message"]
    told = run("data", "fix", str(path), "--only", "pii,stale,label_noise", "-o", str(out))
    assert told.code == 0
    assert "Did not run: label_noise (" in told.out
    assert "stale (no row has a timestamp" in told.out


def test_personal_data_in_a_segment_is_found_and_taken_out(tmp_path: Path) -> None:
    """Cards and profiles name the segments of a set."""
    rows = [chat(ASKED[0], "At ten.", segment="jane.doe@acme-industries.com"), *SOUND[1:]]
    path = write(tmp_path / "rows.jsonl", rows)
    assert rows_by_code(check_file(path)) == {"pii": [0]}
    fix_file(path, ["pii"], tmp_path / "out.jsonl")
    assert not check_file(tmp_path / "out.jsonl").findings
    assert '"segment": "[EMAIL]"' in (tmp_path / "out.jsonl").read_text()


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("holder", ["", "data"])
def test_a_list_that_is_written_again_keeps_the_kinds_of_its_values(
    tmp_path: Path, indent: int | None, holder: str
) -> None:
    rows: list[dict[str, Any]] = [
        {"request": one, "target": {"n": 1.50, "big": 12345678901234567890, "i": i}, "segment": 7}
        for i, one in enumerate(ASKED)
    ]
    private = {"request": "Mail jane.doe@acme-industries.com", "target": {"ok": True}}
    path = tmp_path / "rows.json"
    both = [*rows, private]
    path.write_text(json.dumps({holder: both} if holder else both, indent=indent))
    for ending in ("json", "jsonl"):
        out = tmp_path / f"out.{ending}"
        mended, _ = fix_file(path, ["pii"], out)
        text = out.read_text()
        back = json.loads(text) if ending == "json" else [*map(json.loads, text.splitlines())]
        assert back == [*rows, {**private, "request": "Mail [EMAIL]"}]
        assert (mended.rows_out, mended.changed) == (9, 1)


@pytest.mark.parametrize("targets", [False, True])
def test_normalising_leaves_an_answer_alone_whatever_its_shape(
    tmp_path: Path, targets: bool
) -> None:
    tool_call = {"type": "function", "function": {"name": "lamp", "arguments": '{"room": "a "} '}}
    calls = {"role": "assistant", "content": None, "tool_calls": [tool_call]}
    rows: list[Any] = [
        {"request": "What is it? ", "target": {"a": " x "}},
        {"messages": [{"role": "user", "content": "Light, please. "}, calls], "tools": [TOOL]},
    ]
    path, out = write(tmp_path / "rows.jsonl", rows), tmp_path / "out.jsonl"
    _, changes = fix_file(path, ["normalise"], out, targets=targets)
    paths = {edit.path for change in changes for edit in change.edits}
    asked = {"$.request", "$.messages[0].content"}
    said = {"$.target.a", "$.messages[1].tool_calls[0].function.arguments"}
    assert paths == (asked | said if targets else asked)


def test_a_preview_writes_nothing(run: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", [*SOUND, *PLANTED["exact_duplicate"]])
    told = run("--json", "data", "fix", str(path), "--only", "exact_duplicate", "--preview")
    assert json.loads(told.out)["changes"][0]["row"] == 8
    assert [p.name for p in tmp_path.iterdir()] == ["rows.jsonl"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--only", "wrong", "-o", "x.jsonl"], "wrong is not a code"),
        (["--only", "pii"], "either -o OUT or --preview"),
        (["--only", "pii", "-o", "rows.jsonl"], "the file itself"),
        (["--only", "pii", "-o", "x.doc"], "not written"),
        (["--only", "pii", "-o", "none/x.jsonl"], "cannot be written"),
        (["--only", "pii", "--preview", "--map", "request"], "FIELD=COLUMN"),
    ],
)
def test_mistakes_are_said_and_nothing_is_written(run, tmp_path, monkeypatch, more, said):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "rows.jsonl", SOUND)
    told = run("data", "fix", "rows.jsonl", *more)
    assert told.code in (1, 2)
    assert said in told.err
    assert [p.name for p in tmp_path.iterdir()] == ["rows.jsonl"]


TEXTS = st.text(max_size=30) | st.sampled_from([*ASKED, '{"a": 1}', '{"a": ', "jane@acme-firm.com"])
LINES = st.one_of(
    st.builds(lambda a, b: json.dumps(chat(a, b)), TEXTS, TEXTS),
    st.builds(lambda a, b: json.dumps({"prompt": a, "completion": b}), TEXTS, TEXTS),
    st.text(max_size=40).filter(
        lambda t: not set(t) & set("\r\n\x85\u2028\u2029\x0b\x0c\x1c\x1d\x1e")
    ),
    st.sampled_from(["[]", "{}", "null", '{"messages": [{"role": "user"}]}', "1" * 5000]),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(LINES, min_size=1, max_size=12))
def test_no_row_is_lost_without_a_reason(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "any.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = sum(bool(line.strip()) for line in lines)
    try:
        checked = check_file(path)
    except Problem:
        assert rows == 0
        return
    assert checked.rows == rows
    codes = [found.code for found in checked.findings]
    if codes:
        out = tmp_path / "out.jsonl"
        _, changes = fix_file(path, codes, out)
        left = [line for line in out.read_text().split("\n") if line]
        assert rows == len(left) + sum(change.action == "dropped" for change in changes)
        assert len({change.row for change in changes}) == len(changes)
        gone = {change.row for change in changes if change.action == "dropped"}
        assert not gone & {change.kept for change in changes}
        if left:
            again = check_file(out)
            assert not set(rows_by_code(again)) & {"schema_error", "pii", "exact_duplicate"}


def test_the_sdk_names_both_verbs() -> None:
    assert tuneworthy.check_file is check_file
    assert tuneworthy.fix_file is fix_file


@pytest.mark.parametrize("verb", ["check", "preview", "fix"])
def test_a_name_that_is_not_utf8_is_refused_in_words(run, tmp_path, verb):
    path = tmp_path / os.fsdecode(b"b\xff.jsonl")
    path.write_text('{"request": "Where is it?", "target": "In the drawer."}')
    more = ["--only", "pii", "--preview"] if verb == "fix" else []
    done = run("--json", "data", verb, str(path), *more)
    assert (done.code, done.error["code"]) == (2, "name_not_utf8")
    assert "b\\udcff.jsonl" in done.error["message"]


def test_a_file_of_plain_text_is_checked_line_by_line(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(f"{ASKED[0]}\n\nMail jane.doe@acme-industries.com\n{ASKED[0]}\n")
    found = run("data", "check", str(path), "--json").json
    assert found["rows"] == 3
    codes = {one["code"]: one["rows"] for one in found["findings"]}
    assert (codes["exact_duplicate"], codes["pii"]) == ([2], [1])


def test_a_snapshot_of_a_hub_is_the_files_in_its_data_folder(tmp_path: Path) -> None:
    data = tmp_path / "set" / "data"
    data.mkdir(parents=True)
    for part in ("train-00000-of-00001", "test-00000-of-00001"):
        pq.write_table(pa.table({"text": ["a"]}), data / f"{part}.parquet")
    (tmp_path / "set" / "dataset_infos.json").write_text("{}")
    source = Source(path="set")
    assert [one.path for one in files_of(tmp_path, source)] == ["set/dataset_infos.json"]
    (tmp_path / "set" / "README.md").write_text("# A set")
    assert [one.path for one in files_of(tmp_path, source)] == [
        "set/data/test-00000-of-00001.parquet",
        "set/data/train-00000-of-00001.parquet",
    ]
    (data / "notes.txt").write_text("What this is.")
    assert len(files_of(tmp_path, source)) == 2
