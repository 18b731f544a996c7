"""UTF-8 of other scripts read as a Western code page: found, undone, and nothing else touched."""

# ruff: noqa: RUF001

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.misread import misread, reread
from tuneworthy.methods.text_damage import encoding_damage

TEXTS = {
    "Russian": "Где моя посылка? Она не пришла в четверг.",
    "Greek": "Πού είναι το δέμα μου; Δεν ήρθε την Πέμπτη.",
    "Hebrew": "איפה החבילה שלי? היא לא הגיעה ביום חמישי.",
    "Arabic": "أين طردي؟ لم يصل يوم الخميس.",
    "Chinese": "我的包裹在哪里？星期四没有到。",
    "Japanese": "荷物はどこですか。木曜日に届きませんでした。",
    "Korean": "제 소포는 어디에 있나요? 목요일에 오지 않았어요.",
}
SOUND = [
    "Café à Genève, Ærø, naïve “quoted” €5",
    "Il a dit «café»… puis «été»…",
    "«NO HABLÓ”, DIJO. ¿QUÉ? ¡AÑO NUEVO!» Ø° 3×² Ñ±",
    "ÀÉÎÕÜ àéîõü ÄÖÜß ÅØÆ åøæ ÐÞ ðþ",
    "Ça coûte 5 € – c’est l’œuvre d’Éric… «ÇA»",
    "日本語 🎉 Привет мир שלום مرحبا Γειά σου 안녕",
    "1½ × 2¾ ± 3° · µ § ¶ © ®",
]


def _browser(text: str) -> str:
    """As WHATWG has it: Windows-1252, with its five gaps filled."""
    data = text.encode()
    return "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in data)


def _latin(text: str) -> str:
    return text.encode().decode("latin-1")


@pytest.mark.parametrize("read", [_browser, _latin])
@pytest.mark.parametrize("name", TEXTS)
def test_a_misread_text_is_found_and_read_again(name, read):
    text = f"It says {TEXTS[name]} there."
    assert not encoding_damage(text)
    assert misread(read(text))
    assert encoding_damage(read(text))
    assert reread(read(text)) == text


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_that_lost_bytes_is_found_and_not_guessed_at(name):
    lost = TEXTS[name].encode().decode("cp1252", "ignore")
    whole = lost == _browser(TEXTS[name])
    assert misread(lost)
    assert reread(lost) == (TEXTS[name] if whole else lost)


@pytest.mark.parametrize("text", SOUND)
def test_sound_text_is_left_alone(text):
    assert misread(text) == ""
    assert reread(text) == text


@given(st.text(st.characters(max_codepoint=0xFF) | st.sampled_from("€“”’…–ŒœŠš"), max_size=40))
def test_only_what_was_misread_is_read_again_and_its_ascii_stays(text):
    again = reread(text)
    assert again == text or misread(text)
    assert re.sub("[^\x00-\x7f]", "", again) == re.sub("[^\x00-\x7f]", "", text)


@given(st.text(st.characters(min_codepoint=0x400, max_codepoint=0x44F), min_size=2, max_size=20))
def test_every_word_of_a_script_is_found(word):
    assert reread(_browser(word)) == word
    assert reread(_latin(word)) == word


def test_real_texts_raise_no_alarm():
    folder = os.environ.get("TUNEWORTHY_TEST_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("TUNEWORTHY_TEST_DATA names no folder")
    names = ["ha-intents-tests", "presidio-synth-pii", "tldr-style", "clinc150"]
    files = [file for name in names for file in Path(folder, name).rglob("*.json*")]
    assert files
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            assert misread(line) == "", file
