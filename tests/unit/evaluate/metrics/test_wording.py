from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate import Mark, metric_of
from tuneworthy.evaluate.metrics.sentences import sentences


def mark(name: str, output: str, request: str = "r", **options: Any) -> Mark:
    settings = MetricSettings.model_validate({"name": name, "options": options})
    return metric_of(settings)(output, Case(id="c", request=request, expected=""))


@pytest.mark.parametrize(
    ("pattern", "said", "options", "score"),
    [
        (r"\d{4}-\d{2}-\d{2}", "on 2026-01-31.", {}, 1),
        (r"\d{4}-\d{2}-\d{2}", "on 2026-01-31.", {"whole": True}, 0),
        (r"\d{4}-\d{2}-\d{2}", " 2026-01-31\n", {"whole": True}, 1),
        ("iam", "IAM", {}, 0),
        ("iam", "IAM", {"case": False}, 1),
        ("sorry", "I am sorry", {"absent": True}, 0),
        ("sorry", "Here you are", {"absent": True}, 1),
        ("(a+)+$", "a" * 5000 + "b", {}, 0),
    ],
)
def test_regex(pattern: str, said: str, options: Any, score: float) -> None:
    assert mark("regex", said, pattern=pattern, **options).score == score


TERMS = {
    "terms": [{"preferred": "customer", "forbidden": ["client", "user"]}],
    "must": ["kind regards"],
    "forbidden": ["cheap"],
    "glossary": {"invoice": "Rechnung"},
}


@pytest.mark.parametrize(
    ("said", "request_", "score", "error"),
    [
        ("Dear customer, kind  regards", "r", 1, ""),
        ("Dear Client, kind regards", "r", 2 / 3, "says client for customer"),
        ("Dear clientele, kind regards", "r", 1, ""),
        ("Cheap! Dear user", "r", 0, "lacks kind regards"),
        ("Die Rechnung. Kind regards", "my invoice", 1, ""),
        ("Die Faktura. Kind regards", "my invoice", 3 / 4, "lacks Rechnung for invoice"),
    ],
)
def test_terms(said: str, request_: str, score: float, error: str) -> None:
    found = mark("terms", said, request_, **TERMS)
    assert found.score == pytest.approx(score)
    assert found.error == error


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        ({"max_words": 2}, "two words", "now three words"),
        ({"max_sentences": 1}, "Dr. No pays 3.5 EUR.", "One. Two."),
        ({"max_sentence_words": 2}, "Two words. Two more.", "Here are three."),
        ({"starts_with": ["Dear", "Hi"]}, " Hi you", "Hello"),
        ({"ends_with": ["."]}, "Done.\n", "Done"),
        ({"not_person": ["first"]}, "The item is in us-east.", "We checked."),
        ({"not_person": ["first"]}, "Phase i ends.", "I'm sorry."),
        ({"not_person": ["second"]}, "Users log in.", "Your account"),
        ({"capital": True}, "'Done'", "done"),
        ({"one_line": True}, "one\n", "one\ntwo"),
        ({"no_markdown": True}, "2 * 3 * 4 and a_b_c", "- a list"),
        ({"no_markdown": True}, "Issue #4 - fixed", "**bold**"),
        ({"no_emoji": True}, "plain", "great \U0001f600"),
        ({"no_exclamation": True}, "Fine.", "Fine!"),
        ({"forbidden": ["as an AI"]}, "A train", "As  an ai, no"),
    ],
)
def test_each_rule_of_style(rule: Any, good: str, bad: str) -> None:
    assert mark("style", good, **rule).score == 1
    found = mark("style", bad, **rule)
    assert found.score == 0
    assert found.error


def test_style_is_the_share_of_rules_that_are_kept():
    found = mark(
        "style", "we did it!", no_exclamation=True, capital=True, max_words=3, one_line=True
    )
    assert found.score == 0.5


def test_length():
    assert mark("length", "a b", min_words=2, max_words=2).score == 1
    assert mark("length", "a", min_words=2).error == "too short"
    assert mark("length", "a b c", max_words=2).error == "too long"
    assert mark("length", " abc ", max_characters=3).score == 1
    assert mark("length", "abcd", max_characters=3).error == "too long"


def test_repetition():
    assert mark("repetition", "Open the console and choose a user.").score == 1
    assert mark("repetition", "I will check that. " * 8).score == 0


@given(st.lists(st.sampled_from(["One is.", "Two are!", "Why so?", "Done."]), max_size=8))
def test_sentences_are_found_again(parts: list[str]) -> None:
    assert sentences(" ".join(parts)) == parts
    assert sentences("\n\n".join(parts)) == parts


@given(st.text(max_size=200))
def test_sentences_lose_nothing_but_white_space(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())
