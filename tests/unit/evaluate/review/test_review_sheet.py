"""Sheets survive what people and spreadsheets do to them, and nothing else passes."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.evaluate.review.test_blindness import review
from tuneworthy.core.nouns.review import HandedPair
from tuneworthy.evaluate.review import altered, as_csv, as_jsonl, read_sheet, said_in, sheet_rows
from tuneworthy.evaluate.review.sheet import cell, whole

KEY = bytes(range(32))
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


def handed(left: str, right: str, request: str = "q") -> HandedPair:
    return HandedPair(review="r", item="1", question="Which?", request=request, reference="",
                      left=left, right=right, until="")  # fmt: skip


@given(words, words, words, st.booleans())
def test_a_sheet_comes_back_as_it_went(left: str, right: str, request: str, is_csv: bool) -> None:
    one, made = handed(left, right, request), review(KEY)
    rows = sheet_rows(made, [one], "ana")
    text = as_csv(rows) if is_csv else as_jsonl(rows)
    found = read_sheet(text, is_csv=is_csv)
    assert not isinstance(found, str)
    (row,) = found
    assert altered(made, one, "ana", row.values) == ""
    assert said_in(made, row.values) is None
    assert said_in(made, {**row.values, "verdict": " left "}) == "left"


@given(words, words, st.sampled_from(["left", "right", "request", "question", "digest"]))
def test_any_change_of_what_is_shown_is_seen(left: str, right: str, column: str) -> None:
    one, made = handed(left, right), review(KEY)
    (row,) = sheet_rows(made, [one], "ana")
    assert altered(made, one, "ana", {**row, column: row[column] + "x"})
    assert altered(made, handed(f"{left}y", right), "ana", row)
    assert altered(made, one, "bo", row), "another person saw other places"
    assert altered(review(KEY, content="other"), one, "ana", row), "under another guide"


@given(words, words)
def test_changed_places_are_seen(left: str, right: str) -> None:
    one, made = handed(f"{left}1", f"{right}2"), review(KEY)
    (row,) = sheet_rows(made, [one], "ana")
    assert altered(made, one, "ana", {**row, "left": row["right"], "right": row["left"]})


@given(words)
def test_no_cell_is_a_formula(text: str) -> None:
    rows = sheet_rows(review(KEY), [handed(text, f"={text}")], "ana")
    records = list(csv.reader(io.StringIO(as_csv(rows).removeprefix("\ufeff"), newline="")))
    assert not [
        value for record in records for value in record if value.startswith(("=", "+", "@"))
    ]
    assert cell("plain") == "plain"


@given(st.text(max_size=60), st.booleans())
def test_reading_anything_gives_rows_or_a_reason(text: str, is_csv: bool) -> None:
    found = read_sheet(text, is_csv=is_csv)
    assert isinstance(found, str | list)


def test_whole_numbers_as_people_write_them() -> None:
    assert [whole(text) for text in ("4", " 4.0", "4,0")] == [4, 4, 4]
    for text in ("4.5", "many", "", "nan", "1e999"):
        with pytest.raises((ValueError, OverflowError)):
            whole(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a,b,a\n1,2,3\n", "two columns"),
        ("a,b\n1,2,3\n", "3 cells under 2 names"),
        ('a,b\n"1,2\n', "line 2"),
    ],
)
def test_a_broken_table_says_where(text: str, why: str) -> None:
    found = read_sheet(text, is_csv=True)
    assert isinstance(found, str)
    assert why in found
