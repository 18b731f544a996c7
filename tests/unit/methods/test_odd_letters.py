"""Escapes left in, apostrophes lost, Cyrillic in the wrong page: found, mended, nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.data.mend.edits import repair
from tuneworthy.methods.text_damage import encoding_damage

MENDED = {
    "It&#39;s the &quot;small&quot; one": 'It\'s the "small" one',
    "Tom &amp;amp; Jerry": "Tom & Jerry",
    '<a href="x">Tom &amp;amp; Jerry &amp; Co</a>': '<a href="x">Tom &amp; Jerry &amp; Co</a>',
    '{"said": "&amp;quot;yes&amp;quot;, &quot;no&quot;"}': (
        '{"said": "&quot;yes&quot;, &quot;no&quot;"}'
    ),
    "the caf\\u00e9 is open": "the café is open",
    "I don?t know what they?re up to": "I don't know what they're up to",
}
SOUND = [
    "Is it? Sure.",
    "Really?yes. Sure?no.",
    "See https://x.org/find?t=1&s=2",
    "use colou?r and hono?r",
    "AT&T and R&D; more",
    "<p>one&nbsp;two</p>",
    'print("caf\\u00e9")',
    '{"name": "caf\\u00e9"}',
    "ÀÉÎÕÜ àéîõü ÄÖÜß ÅØÆ åøæ ÐÞ ðþ",
    "Der Bär größer als die Äpfel überall",
]
PAGES = {
    "cp1251": "Привет, где мой заказ? Он не пришел вчера.",
    "koi8-r": "Привет, где мой заказ? Он не пришел вчера.",
    "cp1253": "Που ειναι το δεμα; Δεν ηρθε την Πεμπτη.",
}


@pytest.mark.parametrize(("broken", "whole"), MENDED.items())
def test_what_an_export_left_is_found_and_read(broken, whole):
    assert encoding_damage(broken)
    assert repair(broken) == whole


@pytest.mark.parametrize("text", SOUND)
def test_what_stands_there_by_right_is_left_alone(text):
    assert encoding_damage(text) == ""
    assert repair(text) == text


@pytest.mark.parametrize(("page", "text"), PAGES.items())
def test_a_text_in_a_page_of_its_own_is_read_in_it(page, text):
    broken = text.encode(page).decode("cp1252")
    assert encoding_damage(broken)
    assert repair(broken) == text


@given(st.text(st.sampled_from("&#39;amp quotlt<\\u0e9{'?s"), max_size=40))
def test_a_repair_is_done_once(text):
    once = repair(text)
    assert repair(once) == once or encoding_damage(once)
