"""Targets far shorter than the others, and targets that say nothing."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tuneworthy.core.nouns.file_check import FileCheck
from tuneworthy.workspace import check_file

LONG = "It takes {} days by road and {} by train, as far as anybody here can say of a place."
MIDDLE = "Number {} is the one"


def told(tmp_path: Path, said: Sequence[str]) -> list[int]:
    rows = [
        {"prompt": f"What about the way number {i * 37} to town?", "completion": text}
        for i, text in enumerate(said)
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    checked: FileCheck = check_file(path)
    return [row for f in checked.findings if f.code == "too_short" for row in f.rows]


def some(frame: str, count: int) -> list[str]:
    return [frame.format(i, i + 3) for i in range(count)]


@pytest.mark.parametrize("nothing", ["Ok", "Sure.", "n/a", "None", "null", "...", "-", "[TBD]"])
def test_a_target_that_says_nothing_is_told_where_others_have_words(
    tmp_path: Path, nothing: str
) -> None:
    assert told(tmp_path, [*some(MIDDLE, 20), nothing]) == [20]
    assert told(tmp_path, ["yes", "no"] * 20 + [nothing]) == []


def test_one_word_among_long_answers_is_told_as_the_exception(tmp_path: Path) -> None:
    assert told(tmp_path, [*some(LONG, 30), "basketball"]) == [30]
    assert told(tmp_path, [*some(LONG, 8), "basketball", "Rome"]) == [8, 9]


def test_where_many_answers_are_short_only_those_that_say_nothing_are_told(tmp_path: Path) -> None:
    said = [*some(LONG, 30), *["basketball", "science", "blue", "Rome"], "n/a"]
    assert told(tmp_path, said) == [34]


def test_a_sentence_without_spaces_is_not_one_word(tmp_path: Path) -> None:
    chinese = "她周一去了学校但是却发现没有其他的同学所以她意识到这个周一是国家假日"
    assert told(tmp_path, [*some(LONG, 30), chinese]) == []
