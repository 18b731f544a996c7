"""The answer is neither too short nor too long."""

from pydantic import Field, model_validator

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, Metric, unfit
from tuneworthy.evaluate.metrics.spec import Form, MetricSpec, MetricTools, Options


class LengthOptions(Options):
    """Bounds, each of them included; at least one must be given."""

    min_words: int | None = Field(default=None, ge=1)
    """The fewest words (parted by white space)."""
    max_words: int | None = Field(default=None, ge=1)
    """The most words."""
    max_characters: int | None = Field(default=None, ge=1)
    """The most characters (Unicode code points), without white space at the ends."""

    @model_validator(mode="after")
    def _bounds(self) -> "LengthOptions":
        if self.min_words is self.max_words is self.max_characters is None:
            raise ValueError("No bound is given: set min_words, max_words or max_characters")
        if self.min_words and self.max_words and self.min_words > self.max_words:
            raise ValueError("min_words is above max_words")
        return self


def _fault(text: str, options: LengthOptions) -> str:
    words = len(text.split())
    if options.min_words is not None and words < options.min_words:
        return "too short"
    if options.max_words is not None and words > options.max_words:
        return "too long"
    long = options.max_characters is not None and len(text.strip()) > options.max_characters
    return "too long" if long else ""


def _make(options: LengthOptions, _tools: MetricTools) -> Metric:
    def length(output: str, _case: Case) -> Mark:
        fault = _fault(output, options)
        return unfit(fault) if fault else RIGHT

    return length


def _form(options: LengthOptions) -> Form:
    return lambda text: bool(text.strip()) and not _fault(text, options)


SPEC = MetricSpec(
    name="length",
    scores="1 when the answer has as many words and characters as the bounds allow.",
    source="A declared bound.",
    blind="What is said. Scripts without blanks between words need `max_characters`.",
    make=_make,
    options=LengthOptions,
    form=_form,
)
