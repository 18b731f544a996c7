"""What the metric sees, and, told as such, what it does not."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate import Mark, MetricTools, metric_of

CONTEXT = (
    "Acme was founded in 1998 in Lyon by Marie Duval. It makes bicycles and employs 420 people. "
    "In 2021 the company opened a second factory near Turin. Profits rose by 12.5 percent."
)


def mark(output: str, tools: MetricTools | None = None, **options: Any) -> Mark:
    settings = MetricSettings(name="groundedness", options=options)
    one = Case(id="c", request="Tell me of Acme Bikes.", expected="", context=CONTEXT)
    return metric_of(settings, tools or MetricTools())(output, one)


@pytest.mark.parametrize(
    ("output", "score", "error"),
    [
        (CONTEXT, 1, ""),
        ("Marie Duval founded Acme in Lyon.", 1, ""),
        ("Acme employs 420 people and makes bicycles.", 1, ""),
        ("Acme employs 430 people.", 0, "a number not in the context"),
        ("Acme was founded by Pierre Duval.", 0, "a name not in the context"),
        ("Acme makes bicycles. It sells expensive scooters abroad.", 0.5, "words not in"),
        ("Profits rose by 12.5 percent. Profits rose by 12.6 percent.", 0.5, "a number not in"),
    ],
)
def test_sentences_rest_on_the_context(output: str, score: float, error: str) -> None:
    found = mark(output)
    assert (found.score, found.error[: len(error)]) == (score, error)


@given(st.integers(0, 10**6))
def test_a_number_that_is_not_there_is_always_seen(number: int) -> None:
    there = number in (1998, 420, 2021)
    assert mark(f"Acme employs {number} people.").score == float(there)


def test_what_it_cannot_see():
    # Documented blind spots: should one of these be seen one day, the page must change.
    assert mark("The company did not open a second factory near Turin in 2021.").score == 1
    assert mark("Lyon was founded by Acme in 1998.").score == 1


def test_a_paraphrase_counts_where_embeddings_are_asked_for():
    def same(texts: Any) -> Any:
        return np.ones((len(texts), 1), dtype=np.float32)

    said = "The business set up another plant."
    assert mark(said).score == 0
    assert mark(said, MetricTools(embed=same), embeddings=True).score == 1
    wrong = "The business set up 7 plants."
    assert mark(wrong, MetricTools(embed=same), embeddings=True).score == 0
    with pytest.raises(ValueError, match="needs the sentence embedder"):
        mark(said, embeddings=True)
