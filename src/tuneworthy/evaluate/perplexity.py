"""Perplexity and bits per byte of given texts, and how two models compare on them.

Perplexity is exp of the mean negative log-probability of a token (Jelinek et al., 1977). Bits per
byte divide the same sum, in bits, by the texts' UTF-8 bytes, so that models with different
tokenizers can be compared (as in Gao et al., 2020, "The Pile", section 3.1).
"""

import math
from collections.abc import Sequence

from tuneworthy.core.model_ports import Likelihood
from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.comparing import Verdict
from tuneworthy.core.nouns.perplexity import TextFigures
from tuneworthy.methods.paired import FEWEST, Pairs, ratio_interval


def figures(model: str, texts: Sequence[str], told: Sequence[Likelihood]) -> TextFigures:
    """Figures over all texts, each token and each byte with the same weight.

    Raises:
        ValueError: There is no text, or none with a byte.
    """
    nats = -math.fsum(one.logprob for one in told)
    tokens, size = sum(one.tokens for one in told), utf8_bytes(texts)
    if not tokens or not size:
        raise ValueError("no text to tell figures of")
    # exp overflows beyond 709; such a text is as good as impossible.
    return TextFigures(
        model=model,
        tokens=tokens,
        perplexity=math.exp(min(nats / tokens, 700.0)),
        bits_per_byte=nats / math.log(2) / size,
        greedy=sum(one.greedy for one in told),
    )


def utf8_bytes(texts: Sequence[str]) -> int:
    """The texts' length in UTF-8; a lone surrogate counts as what stands in for it."""
    return sum(len(text.encode("utf-8", "replace")) for text in texts)


def against_base(
    candidate: Sequence[Likelihood],
    base: Sequence[Likelihood],
    groups: Sequence[str] | None = None,
) -> tuple[Interval | None, Verdict]:
    """Bits per byte, candidate over base, and what that means; lower is better.

    The bytes are the same on both sides, so the ratio is one of two sums over texts; texts, or
    whole groups of them, are drawn.
    """
    ours, theirs = ([max(0.0, -one.logprob) for one in side] for side in (candidate, base))
    ratio = ratio_interval(Pairs.of(ours, theirs, groups))
    if ratio is None or len(base) < FEWEST:
        return ratio, "too few cases"
    if ratio.high < 1:
        return ratio, "clearly better"
    return ratio, "clearly worse" if ratio.low > 1 else "within noise"
