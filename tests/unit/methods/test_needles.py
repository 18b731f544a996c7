"""Texts are found however they were written down, and nothing else is."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.needles import LEAST_NAME, Needles, scrub

LETTERS = "ab é√😀\\\"'/{}\t"
WORDS = st.text(LETTERS, min_size=4, max_size=30).map(lambda text: f"<{text}>")


@given(WORDS, st.text(LETTERS, max_size=20), st.booleans(), st.booleans())
def test_a_text_is_found_plain_in_json_and_in_json_inside_json(
    text: str, around: str, inner: bool, outer: bool
) -> None:
    needles = Needles([text])
    once = json.dumps({"said": f"{around}{text}{around}"}, ensure_ascii=inner)
    twice = json.dumps({"request": once}, ensure_ascii=outer)
    for written in (f"{around}{text}{around}", once, twice):
        assert needles.hit(written.encode("utf-8", "surrogatepass"))


@given(st.lists(WORDS, min_size=1, max_size=3), st.text(LETTERS + "<>", max_size=60))
def test_what_is_hit_holds_one_of_the_texts(texts: list[str], said: str) -> None:
    data = said.encode()
    needles = Needles(texts)
    spelled = [spelling for text in texts for spelling in _spelled(text)]
    assert needles.hit(data) == any(one in data for one in spelled)


def _spelled(text: str) -> set[bytes]:
    text = text.strip()
    once = {json.dumps(text, ensure_ascii=flag)[1:-1] for flag in (True, False)}
    twice = {json.dumps(one, ensure_ascii=flag)[1:-1] for one in once for flag in (True, False)}
    return {one.encode() for one in {text, *once, *twice}}


def test_a_name_is_found_as_a_whole_string_alone() -> None:
    needles = Needles([], ["ann-17"])
    assert needles.hit(b'{"user": "ann-17"}')
    assert needles.hit(json.dumps(json.dumps({"user": "ann-17"})).encode())
    assert not needles.hit(b'{"user": "ann-171"}')
    assert not needles.hit(b"ann-17 came by")


def test_short_texts_and_names_are_nobody_s() -> None:
    assert not Needles(["yes"], ["bo" * ((LEAST_NAME - 1) // 2)])
    assert not Needles([]).hit(b"anything")


@given(st.recursive(st.none() | st.integers() | st.text(max_size=8),
                    lambda c: st.lists(c, max_size=3) | st.dictionaries(st.text(max_size=4), c,
                                                                        max_size=3)))  # fmt: skip
def test_a_value_without_them_stays_as_it_is(value: object) -> None:
    assert scrub(value, Needles(["quite another text"]), "[erased]") == (value, 0)


def test_every_string_that_holds_one_is_replaced() -> None:
    value = {"a": ["x my own text y", 1], "my own text": {"b": "else"}}
    clean, n = scrub(value, Needles(["my own text"]), "[erased]")
    assert clean == {"a": ["[erased]", 1], "[erased]": {"b": "else"}}
    assert n == 2
