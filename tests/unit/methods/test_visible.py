"""Text from elsewhere cannot steer a terminal, hide, or run on."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.visible import hides, visible


@given(st.text(), st.integers(1, 200), st.booleans())
def test_nothing_hides_and_nothing_is_too_long(text: str, most: int, lines: bool) -> None:
    shown = visible(text, most, lines=lines)
    assert len(shown) <= most
    assert not any(hides(c) for c in shown if c != "\n")
    assert lines or "\n" not in shown


@given(st.text(st.characters(categories=["L", "N", "P"]), max_size=50))
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert visible(text, 50) == text == visible(text, 50, lines=True)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("a\u202eb", "a\\u202eb"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("z\u200bw", "z\\u200bw"),
        ("\x9b31m", "\\x9b31m"),
        ("\udce9", "\\udce9"),
        ("bell\x07", "bell\\x07"),
    ],
)
def test_what_steers_is_written_out(text: str, shown: str) -> None:
    assert visible(text, 60, lines=True) == shown
    assert all(unicodedata.category(c) != "Cf" for c in shown)


def test_a_line_cannot_be_overwritten_and_a_cut_is_told() -> None:
    assert visible("fine\rforged", 60, lines=True) == "fine\\rforged"
    assert visible("a\r\nb", 60, lines=True) == "a\nb"
    assert visible("x" * 100, 20) == "x" * 11 + "... (cut)"
