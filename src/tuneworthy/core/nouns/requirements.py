"""What the business asks of an answer beside being right: time, money, words."""

from typing import Annotated

from pydantic import Field

from tuneworthy.core.nouns.base import Part

_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Phrase = Annotated[str, Field(min_length=1)]


class Limits(Part):
    """The most that an answer may take or cost; what has no limit is not judged."""

    p95_seconds: _Positive | None = None
    """95 of 100 answers must come within so many seconds."""
    cost_per_request: _Positive | None = None
    """In the currency of ``prices``."""
    cost_per_month: _Positive | None = None
    """For 30 days, in the currency of ``prices``."""


class Prices(Part):
    """What the untuned model's tokens cost, in one currency, for a million of them."""

    prompt_per_million: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    completion_per_million: float = Field(default=0.0, ge=0, allow_inf_nan=False)


class Term(Part):
    """The word to use, and the words that must not stand for it."""

    preferred: _Phrase
    forbidden: tuple[_Phrase, ...] = Field(min_length=1)


class Style(Part):
    """How answers must not sound."""

    forbidden: tuple[_Phrase, ...] = ()
    """Phrases that no answer may hold; case and spacing do not matter."""
