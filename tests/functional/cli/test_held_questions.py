"""Test questions that stand inside longer requests: among examples, instructions, notes."""

import json
from pathlib import Path

import pytest

from tuneworthy.workspace import FileOptions, check_file

ASKED = "How many bolts of blue fibre does a robe take?"
NOTES = "The town lies by a lake, and in the winter hardly anybody comes to see it. " * 4


def leaks(tmp_path: Path, request: str, asked: str = ASKED) -> list[int]:
    rows = [
        {"prompt": "When does the shop in the old town open?", "completion": "At nine."},
        {"prompt": request, "completion": "Two."},
    ]
    mine, test = tmp_path / "rows.jsonl", tmp_path / "test.jsonl"
    mine.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    test.write_text(json.dumps({"prompt": asked, "completion": "2"}), encoding="utf-8")
    found = check_file(mine, FileOptions(against=[test])).findings
    return [row for finding in found if finding.code == "leakage" for row in finding.rows]


@pytest.mark.parametrize(
    "frame",
    [
        "{notes}\nQuestion: {asked}\nAnswer:",
        'Q: What is 2 + 2? A: 4. Q: "{asked}" {notes}',
        "{notes} {asked} Think step by step, and write the number alone on the last line.",
        "Please solve this task:\n{asked} {notes}",
    ],
)
def test_a_test_question_among_other_sentences_leaks(tmp_path: Path, frame: str) -> None:
    assert leaks(tmp_path, frame.format(notes=NOTES, asked=ASKED)) == [1]


@pytest.mark.parametrize(
    ("request_", "asked"),
    [
        (f"{NOTES} how do I get a new card for my youngest child?", "how do I get a new card"),
        (f"{NOTES} I ask how many bolts of blue fibre does a robe take? Tell me.", ASKED),
        (f"{NOTES} And in French?", "And in French?"),
    ],
)
def test_part_of_a_sentence_and_a_few_words_do_not(
    tmp_path: Path, request_: str, asked: str
) -> None:
    assert leaks(tmp_path, request_, asked) == []
