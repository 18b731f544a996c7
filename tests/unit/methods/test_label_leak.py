from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.label_leak import copied_share, label_leaks

ASKED = [f"I want my money back for order number {chr(97 + i)}" for i in range(10)]


def how(requests: Any, targets: Any, **more: Any) -> Any:
    return [(leak.row, leak.how) for leak in label_leaks(requests, targets, **more)]


@pytest.mark.parametrize(
    "mark",
    [
        "label: refund",
        "Answer: refund",
        "[intent = refund]",
        "### Output: refund",
        "class -> refund",
    ],
)
def test_a_label_word_before_the_target_leaks(mark):
    requests = [*ASKED[:5], f"{ASKED[5]} {mark}", *ASKED[6:]]
    assert how(requests, ["refund"] * 10) == [(5, "marker")]


@pytest.mark.parametrize(
    "text",
    ["a refund please", "label: refunds", "my label is refundable", "what is the output format"],
)
def test_the_word_alone_does_not(text):
    assert how([text], ["refund"]) == []


TAGGED = ["card_arrival", "lost_card"]


@pytest.mark.parametrize(
    "text",
    [
        "[card_arrival] where is it",
        "where is it (card arrival)",
        "where is it #card_arrival",
        "where is it, I mean card_arrival",
        "where is it (intent: card arrival)",
    ],
)
def test_a_label_that_tags_its_request_leaks(text):
    found = label_leaks([text, "I lost it"], TAGGED, labels=True)
    assert [leak.row for leak in found] == [0]


@pytest.mark.parametrize(
    "text",
    [
        "where is it? one of: card_arrival, lost_card",
        "news of the card arrival please",
        "see ./card_arrival.py",
        "#card_arrival or #lost_card?",
    ],
)
def test_choices_and_common_words_do_not(text):
    assert label_leaks([text, "I lost it"], TAGGED, labels=True) == []


def test_a_field_of_a_json_target_leaks_behind_its_name():
    target = '{"intent": "AddToPlaylist", "slots": {"artist": "clem burke"}}'
    assert how(["add clem burke (intent: AddToPlaylist)"], [target]) == [(0, "marker")]
    assert how(["add clem burke, artist: clem burke"], [target]) == []


def test_a_whole_answer_in_the_request_leaks_when_it_is_the_exception():
    answer = "Use the blue form and sign it twice."
    requests = [*ASKED[:9], f"How? {answer}"]
    assert how(requests, [answer] * 10) == [(9, "whole")]


def test_where_most_answers_are_copies_copying_is_the_task():
    texts = [f"The quick brown fox number {i} jumps. Then more." for i in range(20)]
    targets = [text.split(".")[0] for text in texts]
    assert how(texts, targets) == []
    assert copied_share(texts, targets) == 1.0


def test_a_code_that_goes_with_one_label_leaks():
    requests = [f"row {i % 7} tag#{'A' if i % 2 else 'B'}1" for i in range(40)]
    targets = ["yes" if i % 2 else "no" for i in range(40)]
    assert len(how(requests, targets, labels=True)) == 40
    assert how(requests, targets) == []
    mixed = ["no", *targets[1:-1], "no"]
    assert {h for _, h in how(requests, mixed, labels=True)} == {"code"}
    assert len(how(requests, mixed, labels=True)) == 20


def test_words_that_go_with_one_label_do_not():
    requests = [f"what is the {'weather' if i % 2 else 'time'} now" for i in range(40)]
    assert how(requests, ["w" if i % 2 else "t" for i in range(40)], labels=True) == []


@given(st.lists(st.tuples(st.text(max_size=40), st.text(max_size=20)), max_size=20), st.booleans())
def test_rows_are_named_once_and_in_order(rows, labels):
    leaks = label_leaks([r for r, _ in rows], [t for _, t in rows], labels=labels)
    named = [leak.row for leak in leaks]
    assert named == sorted(set(named))
    assert all(0 <= row < len(rows) for row in named)


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20))
def test_every_target_leaks_behind_its_marker(target):
    assert [leak.how for leak in label_leaks([f"hello there\nlabel: {target}"], [target])] == [
        "marker"
    ]


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="1 requests but 2 targets"):
        label_leaks(["a"], ["a", "b"])
