import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.refusal import is_refusal, refusal_rows
from tuneworthy.methods.repetition import repeated_share, repetition, repetitive_rows, top_share
from tuneworthy.methods.text_damage import cut_off, encoding_damage, mojibake, template_text

LONG_PROSE = " ".join(f"word{i} stands{i * 7} here{i * 3}" for i in range(80))


@pytest.mark.parametrize(
    "text",
    [
        "the cat sat on the mat " * 6,
        "I do not know. I do not know. I do not know. I do not know.",
        "a" * 40,
        "one line\n" * 8,
        LONG_PROSE + " and so we go on to the very end of it all" * 12,
        LONG_PROSE + " I hope this helps." * 8,
        LONG_PROSE + "!" * 120,
        "az group list --output table\n\naz group list --output table",
    ],
)
def test_repetition_is_seen(text):
    assert repetition(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yes",
        "no no no no",
        "ha ha ha!",
        LONG_PROSE,
        LONG_PROSE + "\n" + "-" * 120 + "\nand more",
        LONG_PROSE + " Well, well, well, well, I hope this helps.",
        "row row row row",
        json.dumps([{"name": "get_weather", "arguments": {"city": "Bonn"}}] * 9),
        "5 + 5 = 10 apples. 10 + 5 = 15 apples. 15 + 5 = 20 apples. So 20 apples in all.",
    ],
)
def test_what_repeats_by_right_is_left_alone(text):
    assert repetition(text) is None


@given(st.text(max_size=400))
def test_a_broken_rule_has_a_share_over_its_limit(text):
    found = repetition(text)
    assert found is None or found.limit < found.share <= 1


@given(st.lists(st.sampled_from("abc"), max_size=40), st.integers(1, 4))
def test_shares_lie_between_nothing_and_all(words, n):
    size = sum(map(len, words))
    assert 0 <= repeated_share(words, n, size) <= 1
    assert 0 <= top_share(words, n, size) <= 1
    assert repeated_share(words + words, n, 2 * size) >= (0.5 if len(words) >= n else 0)


@pytest.mark.parametrize(
    "text",
    [
        "I can't help with that.",
        "I\u2019m sorry, but I can\u2019t assist with that request.",
        "As an AI language model, I do not have feelings.",
        "I am sorry, but I am not able to provide that information.",
        "Apologies, but I cannot comply.",
        "I won't help you",
        "That is against OpenAI's policy.",
        "I'm just an AI assistant.",
        "My knowledge cutoff is 2021.",
    ],
)
def test_boilerplate_is_a_refusal(text):
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I can't believe it!",
        "I cannot wait to see you.",
        "I will not be there tomorrow.",
        "He said that he can't help it.",
        "Sorry for the delay; your card is on its way.",
        "An AI language model predicts the next token.",
    ],
)
def test_other_sentences_are_none(text):
    assert not is_refusal(text)


def test_rows_are_named_in_order():
    assert refusal_rows(["fine", "I can't help with that.", "", "I can't comply."]) == [1, 3]
    assert repetitive_rows(["fine", "again and again " * 9, "x"]) == [1]


@given(
    st.text(
        st.sampled_from("\u00e4\u00f6\u00fc\u00df\u00e9\u00e8\u00f1\u2019\u20ac\u201c"), min_size=1
    )
)
def test_utf8_read_as_windows_1252_is_seen(text):
    broken = text.encode("utf-8").decode("cp1252", "replace")
    assert encoding_damage(f"so {broken} it")


@pytest.mark.parametrize(
    "text",
    [
        "na\u00efve caf\u00e9 \u00c5ngstr\u00f6m S\u00c3O PAULO \u00e2ge \u00c2me",
        "\u65e5\u672c\u8a9e \u0440\u0443\u0441\u0441\u043a\u0438\u0439",
        "\u05e2\u05d1\u05e8\u05d9\u05ea",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u20ac 5 \u2013 6 \u201cso\u201d",
        "tab\tline\r\nend",
    ],
)
def test_real_words_are_no_damage(text):
    assert encoding_damage(text) == ""


def test_controls_and_lost_characters_are_damage():
    assert encoding_damage("a\x00b") == "\x00"
    assert encoding_damage("a\ufffdb") == "\ufffd"
    assert mojibake("It\u00e2\u20ac\u2122s") != ""


@pytest.mark.parametrize(
    "text",
    [
        "fine<|im_end|>",
        "<|start_header_id|>user",
        "[INST] do it [/INST]",
        "### Response:\nYes",
        "Yes.\nHuman: and now?",
        "<start_of_turn>model",
    ],
)
def test_a_template_left_in_is_seen(text):
    assert template_text(text)


@pytest.mark.parametrize(
    "text", ["", "## Response times", "a human: what is it?", "x<s>y", "print('|>')"]
)
def test_ordinary_text_has_no_template(text):
    assert template_text(text) == ""


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)
    )
)
def test_whole_json_is_never_cut_off_and_a_cut_object_is(value):
    whole = json.dumps({"value": value})
    assert cut_off(whole) == ""
    assert cut_off(whole[:-1]) == "JSON"


def test_sentences_and_fences_that_stop_short():
    assert cut_off("```python\nprint(1)") == "code fence"
    assert cut_off(" ".join(["word"] * 25) + " and the") == "sentence"
    assert cut_off(" ".join(["word"] * 25) + " end.") == ""
    assert cut_off("of the") == ""
    assert cut_off("") == ""


def test_letters_that_repeat_without_a_break_are_a_loop_and_long_words_are_none():
    assert repetition("ha" * 300) is not None
    assert repetition("谢谢你" * 20) is not None
    assert repetition("hahahaha, that was good, was it not?") is None
    assert repetition("Donaudampfschifffahrtsgesellschaftskapitän") is None
    assert repetition("0101" * 40) is None


def test_one_sign_or_sentence_without_end_is_a_loop_and_a_ruled_line_is_none():
    for sign in "!.-_\U0001f600。":
        assert repetition("I think so" + sign * 2000) is not None
        assert repetition("A heading\n" + sign * 60 + "\nand a few words.") is None
    assert repetition("今天天气很好。" * 300) is not None
    assert repetition("今天天气很好。明天会下雨。") is None
    # A short loop before the long one does not hide it.
    assert repetition("ha haha ha " + "no way, no way, no way, no way. " + "!" * 900) is not None
