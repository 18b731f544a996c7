"""``text_match`` against the steps of lm-evaluation-harness, Inspect and OpenAI Evals in ``re``."""

import re
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate import Mark, metric_of

STRICT = r"#### (\-?[0-9\.\,]+)"
FLEXIBLE = r"(-?[$0-9.,]{2,})|(-?[0-9]+)"
IGNORED = [",", r"\$", "(?s).*#### ", r"\.$"]
# No line break: Python's ``$`` also stands before one at the end, RE2's does not.
WORKING = st.text("0123456789.,$-# aAé", max_size=24)


def mark(output: str, expected: str, *more: str, **options: Any) -> Mark:
    settings = MetricSettings.model_validate({"name": "text_match", "options": options})
    return metric_of(settings)(
        output, Case(id="c", request="r", expected=expected, references=more)
    )


def harness(output: str, gold: str, pattern: str, which: int) -> bool:
    """The filter ``regex`` and ``exact_match`` with gsm8k's options (0.4.13)."""
    found = re.findall(pattern, output)
    said = "[invalid]"
    if found:
        groups = [g for g in found[which] if g] if isinstance(found[which], tuple) else found[which]
        said = (groups[0] if isinstance(groups, list) else groups).strip() if groups else said
    for ignored in IGNORED:
        said, gold = re.sub(ignored, "", said), re.sub(ignored, "", gold)
    return said.lower() == gold.lower()


@given(WORKING, st.sampled_from([(STRICT, 0), (FLEXIBLE, -1)]), st.integers(-999, 99999))
def test_numbers_are_taken_out_as_the_harness_does(working, way, number):
    pattern, which = way
    for output in (working, f"{working} {number:,}", f"{working}#### {number}."):
        gold = f"So it is\n#### {number:,}"
        options = {"take": [{"pattern": pattern, "which": which}], "ignore": IGNORED}
        score = mark(output, gold, **options, case="lower").score
        assert score == harness(output, gold, pattern, which)


@given(st.text("ab.\n", max_size=12), st.text("ab.", min_size=1, max_size=4))
def test_an_answer_ends_at_the_first_stop(output, expected):
    said = output.split("\n")[0].split(".")[0].strip()
    gold = expected.translate(str.maketrans("", "", string.punctuation))
    options = {"until": ["\n", "."], "take": [{"do": "trim"}], "punctuation": "dropped"}
    assert mark(output, expected, **options).score == (bool(gold) and said == gold)


@given(st.text("aB .-!ß", max_size=8), st.text("aB.ß", min_size=1, max_size=4))
def test_an_answer_that_ends_with_the_right_one_is_right_as_in_inspect(output, expected):
    edges = string.whitespace + string.punctuation
    said, gold = (text.strip().casefold().strip(edges) for text in (output, expected))
    score = mark(output, expected, case="fold", punctuation="edges", place="end").score
    # Inspect takes nothing at all for the end of any answer; here it is no right answer.
    assert score == (bool(gold) and bool(output.strip()) and said.endswith(gold))


@pytest.mark.parametrize(
    ("output", "place", "score"),
    [
        ("Paris, of course", "start", 1),
        ("It is Paris", "start", 0),
        ("It is Paris", "end", 1),
        ("It is Paris.", "end", 0),
        ("Is it Paris?", "inside", 1),
        ("It is paris", "inside", 0),
        ("Paris", "whole", 1),
        (" Paris", "whole", 0),
    ],
)
def test_the_right_answer_stands_where_it_must(output, place, score):
    assert mark(output, "Paris", place=place).score == score


def test_steps_are_taken_in_order():
    steps = [{"pattern": "name: (.*)"}, {"do": "upper"}, {"do": "trim"}]
    assert mark("His name: bo ", "BO", take=steps).score == 1
    assert mark("bo", "BO", take=steps) == Mark(score=0, valid=False, error="no match")
    steps[0]["otherwise"] = "bo"
    assert mark("nobody", "BO", take=steps).score == 1


def test_any_right_answer_will_do_and_digits_may_be_left_out():
    assert mark("bo", "Ann", "Bo", case="lower").score == 1
    assert mark("route 66", "route 7", digits=False).score == 1
    assert mark("route 66", "route 7").error == "different"


def test_a_right_answer_of_which_nothing_is_left_is_nobodys():
    assert mark("...", "!!", punctuation="dropped").error == "nothing left of the reference"


@pytest.mark.parametrize(
    "options",
    [
        {"ignore": ["("]},
        {"take": [{"pattern": "(?=x)"}]},
        {"until": [""]},
        {"place": "middle"},
        {"take": [{"do": "guess"}]},
    ],
)
def test_options_that_do_not_fit_are_refused(options):
    with pytest.raises(ValueError, match="text_match"):
        mark("x", "x", **options)
