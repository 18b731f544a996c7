"""A pattern stands in the answer, or must not."""

from pydantic import field_validator

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, Metric, unfit
from tuneworthy.evaluate.metrics.spec import Form, MetricSpec, MetricTools, Options
from tuneworthy.methods.patterns import compiled


class RegexOptions(Options):
    """The pattern and how it is applied."""

    pattern: str
    """In RE2's syntax: no look-arounds, no back-references."""
    whole: bool = False
    """Whether the answer, without white space at its ends, must match from end to end."""
    case: bool = True
    """Whether the case of letters matters."""
    absent: bool = False
    """Whether the pattern must not match."""

    @field_validator("pattern")
    @classmethod
    def _readable(cls, pattern: str) -> str:
        if not pattern:
            raise ValueError("It is empty, and would match every answer")
        compiled(pattern)
        return pattern


def _form(options: RegexOptions) -> Form:
    pattern = compiled(options.pattern, case=options.case)
    search = pattern.fullmatch if options.whole else pattern.search

    def fits(text: str) -> bool:
        text = text.strip().encode("utf-8", "replace").decode("utf-8")
        return bool(text) and (search(text) is None) == options.absent

    return fits


def _make(options: RegexOptions, _tools: MetricTools) -> Metric:
    fits = _form(options)

    def regex(output: str, _case: Case) -> Mark:
        if fits(output):
            return RIGHT
        return unfit("matches" if options.absent else "no match")

    return regex


SPEC = MetricSpec(
    name="regex",
    scores="1 when the pattern matches the answer (or, with `absent`, when it does not).",
    source="RE2 syntax, read in time linear in the answer.",
    blind="Meaning: any text of the right shape passes.",
    make=_make,
    options=RegexOptions,
    form=_form,
)
