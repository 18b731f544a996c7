"""How likely models hold given texts to be."""

from typing import Literal

from tuneworthy.core.nouns.base import Interval, Part
from tuneworthy.core.nouns.comparing import Verdict


class TextFigures(Part):
    """One model's figures over all texts together."""

    model: str
    tokens: int
    perplexity: float
    """A token; models with other tokenizers count other tokens."""
    bits_per_byte: float
    """Of the texts in UTF-8, the same bytes for every model."""
    greedy: int
    """Texts of which every token was the likeliest."""


class PerplexityRun(Part):
    """The base's figures, and a candidate's beside them, over the same texts."""

    source: str
    """The suite or the file that the texts are from."""
    texts: str
    """Digest of what was scored: texts with their prompts."""
    after: Literal["prompt", "nothing"]
    """Whether texts are right answers after their prompts, or stand alone."""
    n: int
    bytes: int
    base: TextFigures
    candidate: TextFigures | None = None
    ratio: Interval | None = None
    """Bits per byte, candidate over base; below 1 the candidate holds the texts for likelier."""
    verdict: Verdict | None = None
