"""The words of the house: those that must stand in an answer, and those that must not."""

from pydantic import Field, model_validator

from tuneworthy.core.nouns.requirements import Term
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, Metric
from tuneworthy.evaluate.metrics.phrases import holds
from tuneworthy.evaluate.metrics.spec import MetricSpec, MetricTools, Options


class TermsOptions(Options):
    """The rules; at least one must be given."""

    terms: tuple[Term, ...] = ()
    """Each a ``preferred`` word and the ``forbidden`` ones that must not stand for it."""
    must: tuple[str, ...] = ()
    """Phrases that every answer must hold."""
    forbidden: tuple[str, ...] = ()
    """Phrases that no answer may hold."""
    glossary: dict[str, str] = Field(default_factory=dict)
    """Where the request holds the left phrase, the answer must hold the right one."""
    case: bool = False
    """Whether the case of letters matters."""

    @model_validator(mode="after")
    def _something(self) -> "TermsOptions":
        phrases = [*self.must, *self.forbidden, *self.glossary, *self.glossary.values()]
        if not (phrases or self.terms):
            raise ValueError("No rule is given: set terms, must, forbidden or glossary")
        if not all(phrase.strip() for phrase in phrases):
            raise ValueError("A phrase is blank")
        return self


def broken(output: str, case: Case, options: TermsOptions) -> tuple[list[str], int]:
    """The rules that the answer breaks, in words, and how many rules bear on this case."""

    def has(text: str, phrase: str) -> bool:
        return holds(text, phrase, case=options.case)

    found = [f"lacks {phrase}" for phrase in options.must if not has(output, phrase)]
    found += [f"says {phrase}" for phrase in options.forbidden if has(output, phrase)]
    for term in options.terms:
        said = [phrase for phrase in term.forbidden if has(output, phrase)]
        found += [f"says {said[0]} for {term.preferred}"] if said else []
    asked = [(k, v) for k, v in options.glossary.items() if has(case.request, k)]
    found += [f"lacks {wanted} for {word}" for word, wanted in asked if not has(output, wanted)]
    count = len(options.must) + len(options.forbidden) + len(options.terms) + len(asked)
    return found, count


def _make(options: TermsOptions, _tools: MetricTools) -> Metric:
    def terms(output: str, case: Case) -> Mark:
        faults, count = broken(output, case, options)
        if not faults:
            return RIGHT
        return Mark(score=1 - len(faults) / count, valid=True, error=faults[0][:200])

    return terms


SPEC = MetricSpec(
    name="terms",
    scores="The share of the rules of wording that the answer keeps, of those that bear on it.",
    source="Term accuracy as in the WMT 2021 terminology task (Alam et al., 2021), extended by "
    "forbidden words.",
    blind="Inflected forms, unless they are listed; a right word in a wrong place.",
    make=_make,
    options=TermsOptions,
    kind="graded",
)
