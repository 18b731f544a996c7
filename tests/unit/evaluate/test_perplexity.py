"""Perplexity and bits per byte from likelihoods, and two models on the same texts."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.model_ports import Likelihood
from tuneworthy.evaluate.perplexity import against_base, figures


def told(logprob: float, tokens: int = 4, greedy: bool = False) -> Likelihood:
    return Likelihood(logprob=logprob, tokens=tokens, greedy=greedy)


def test_figures_of_a_worked_example():
    # A uniform model over 8 tokens: three bits a token, whatever the text.
    texts = ["abcd", "é"]
    found = figures("m", texts, [told(-4 * math.log(8)), told(-2 * math.log(8), 2, True)])
    assert found.perplexity == pytest.approx(8)
    assert found.bits_per_byte == pytest.approx(6 * 3 / 6)
    assert (found.tokens, found.greedy) == (6, 1)


@given(st.lists(st.tuples(st.text(min_size=1), st.floats(-1e4, 0)), min_size=1, max_size=6))
def test_texts_weigh_by_their_length_and_not_by_their_number(rows):
    texts, chances = [text for text, _ in rows], [told(chance) for _, chance in rows]
    whole = figures("m", texts, chances)
    one = figures("m", ["".join(texts)], [told(sum(c.logprob for c in chances), 4 * len(rows))])
    assert whole.bits_per_byte == pytest.approx(one.bits_per_byte)
    assert whole.perplexity == pytest.approx(one.perplexity)
    assert whole.perplexity >= 1


def test_no_text_has_no_figures():
    for texts, chances in (([], []), ([""], [told(0, 0)])):
        with pytest.raises(ValueError, match="no text"):
            figures("m", texts, chances)


@given(st.lists(st.floats(-300, -1), min_size=30, max_size=40), st.floats(0.1, 0.9))
def test_the_same_share_off_every_text_is_that_ratio(chances, share):
    base = [told(chance) for chance in chances]
    ours = [told(chance * share) for chance in chances]
    ratio, verdict = against_base(ours, base)
    assert ratio is not None
    assert ratio.value == pytest.approx(share)
    assert verdict == "clearly better"
    assert against_base(base, ours)[1] == "clearly worse"
    assert against_base(base, base)[1] == "within noise"


def test_too_few_texts_and_too_few_groups_tell_no_difference():
    ours, base = [told(-1.0)] * 5, [told(-9.0)] * 5
    assert against_base(ours, base)[1] == "too few cases"
    ours, base = [told(-1.0)] * 40, [told(-9.0)] * 40
    ratio, verdict = against_base(ours, base, ["one"] * 40)
    assert (ratio, verdict) == (None, "too few cases")
