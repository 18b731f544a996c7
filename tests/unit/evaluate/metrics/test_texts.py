import itertools
import json
import os
import re
import string
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate import Mark, metric_of
from tuneworthy.evaluate.metrics.exact_match import exact_match
from tuneworthy.evaluate.metrics.normalised_match import normal
from tuneworthy.evaluate.metrics.number_match import numbers


def mark(name: str, output: str, expected: str, *more: str, **options: Any) -> Mark:
    settings = MetricSettings.model_validate({"name": name, "options": options})
    one = Case(id="c", request="r", expected=expected, references=more)
    return metric_of(settings)(output, one)


@given(st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=4))
def test_exact_match_ignores_white_space_alone(words: list[str]) -> None:
    right = Case(id="c", request="r", expected=" ".join(words))
    assert exact_match("\n " + "  ".join(words) + "\t", right).score == 1
    assert exact_match("".join(words) + "d", right).score == 0


# The example of SQuAD's paper and the published behaviour of its evaluate-v1.1.py.
@pytest.mark.parametrize(
    ("said", "wanted", "match", "f1"),
    [
        ("The Denver Broncos.", "denver broncos", 1, 1),
        ("a Denver  Broncos", "The Denver Broncos", 1, 1),
        ("Broncos", "Denver Broncos", 0, 2 / 3),
        ("Santa Clara, California", "Levi's Stadium", 0, 0),
        ("it was the Denver Broncos", "Denver Broncos", 0, 2 / 3),
        ("gold gold", "gold", 0, 2 / 3),
    ],
)
def test_squad(said: str, wanted: str, match: float, f1: float) -> None:
    assert mark("normalised_match", said, wanted).score == match
    assert mark("token_f1", said, wanted).score == pytest.approx(f1)


@given(st.text(max_size=60))
def test_normal_form_is_that_of_the_squad_script(text: str) -> None:
    lower = "".join(c for c in text.lower() if c not in set(string.punctuation))
    assert normal(text) == " ".join(re.sub(r"\b(a|an|the)\b", " ", lower).split())


def test_each_step_of_normalisation_can_be_left_out():
    assert mark("normalised_match", "IAM", "iam").score == 1
    assert mark("normalised_match", "IAM", "iam", case=False).score == 0
    assert mark("normalised_match", "3.5", "35").score == 1
    assert mark("normalised_match", "3.5", "35", punctuation=False).score == 0
    assert mark("normalised_match", "the cat", "cat", articles=False).score == 0
    assert mark("normalised_match", "The", "the").score == 0
    assert mark("normalised_match", "The", "The").score == 1


@pytest.mark.parametrize(
    ("said", "wanted", "options", "score", "error"),
    [
        ("So 3 + 4 = 7.", "7", {}, 1, ""),
        ("#### 1,250", "She has 1250", {}, 1, ""),
        ("$1,250.50", "1250.5", {}, 1, ""),
        ("\u22123", "-3", {}, 1, ""),
        ("about 3.14", "3.14159", {"tolerance": 0.01}, 1, ""),
        ("about 3.14", "3.14159", {}, 0, "other"),
        ("1010", "1000", {"relative": 0.01}, 1, ""),
        ("1011", "1000", {"relative": 0.01}, 0, "other"),
        ("7 of 9", "7", {"which": "first"}, 1, ""),
        ("7 of 9", "7", {"which": "only"}, 0, "several numbers"),
        ("1.250,5", "1250,5", {"decimal": ","}, 1, ""),
        ("none", "7", {}, 0, "no number"),
        ("7", "seven", {}, 0, "no number in the reference"),
        ("1e3", "1000", {}, 1, ""),
        ("7%", "7", {}, 1, ""),
        ("step2", "2", {}, 0, "no number"),
    ],
)
def test_numbers(said: str, wanted: str, options: Any, score: float, error: str) -> None:
    found = mark("number_match", said, wanted, **options)
    assert (found.score, found.error) == (score, error)


@given(st.decimals(-(10**9), 10**9, places=3), st.text("abc $.,", max_size=5))
def test_a_number_is_read_as_it_was_written(value: Decimal, before: str) -> None:
    for text in (f"{before} {value}", f"{before} {value:,}"):
        assert numbers(text)[-1] == value


def test_the_answers_of_gsm8k_end_in_their_number():
    folder = os.environ.get("TUNEWORTHY_TEST_DATA")
    if not folder:
        pytest.skip("TUNEWORTHY_TEST_DATA names no folder with the public sets")
    lines = (Path(folder) / "gsm8k" / "test.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line)["answer"] for line in lines]
    wanted = [answer.split("#### ")[1] for answer in rows]
    # The published rule for the right answer: what stands after ####, without its commas.
    assert [numbers(answer)[-1] for answer in rows] == [Decimal(w.replace(",", "")) for w in wanted]
    other = [mark("number_match", a, w).score for a, w in zip(rows, wanted[1:], strict=False)]
    assert sum(other) == sum(a == b for a, b in itertools.pairwise(wanted))


def test_contains_finds_whole_words_unless_told_otherwise():
    assert mark("contains", "Use  the IAM\nconsole", "iam console").score == 1
    assert mark("contains", "diameter", "iam").score == 0
    assert mark("contains", "diameter", "iam", whole_words=False).score == 1
    assert mark("contains", "Use IAM", "iam", case=True).score == 0
    assert mark("contains", "red and blue", "red", "green").score == 1
    assert mark("contains", "red and blue", "red", "green", need="all").score == 0
    assert mark("contains", "C++ (new)", "c++").score == 1
