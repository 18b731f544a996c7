"""Match by declared steps: what other tools do to an answer before they compare it, step by step.

The order is that of lm-evaluation-harness (0.4.13): the answer ends at a stop text, its filters
take it apart, patterns are cut out of both sides, and what is left is compared letter by letter.
"""

import string
from typing import Annotated, Literal

from pydantic import Field, field_validator

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, Metric, right_answers, unfit, wrong
from tuneworthy.evaluate.metrics.spec import MetricSpec, MetricTools, Options
from tuneworthy.methods.patterns import compiled, found_in, without

_MARKS = str.maketrans("", "", string.punctuation)
_DIGITS = str.maketrans("", "", string.digits)
_EDGES = string.whitespace + string.punctuation


class Take(Part):
    """One step over the answer: what a pattern finds, or all of it trimmed or in one case."""

    do: Literal["pattern", "trim", "lower", "upper"] = "pattern"
    pattern: str = ""
    """In RE2's syntax; with groups, the first group that holds something counts."""
    which: int = 0
    """Which of its places counts, from 0; -1 is the last."""
    otherwise: str | None = None
    """What stands in for a place that is not there; without it such an answer is wrong."""

    @field_validator("pattern")
    @classmethod
    def _readable(cls, pattern: str) -> str:
        compiled(pattern)
        return pattern


class TextMatchOptions(Options):
    """What is done to the answer, what to both sides, and where the right answer must stand."""

    until: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """The answer ends before the first of these."""
    take: tuple[Take, ...] = ()
    """Steps over the answer, in order."""
    ignore: tuple[str, ...] = ()
    """Patterns that are cut out of answer and right answer, in RE2's syntax."""
    case: Literal["exact", "lower", "fold"] = "exact"
    """Whether letters are compared as they are, in lower case, or folded (`ß` as `ss`)."""
    punctuation: Literal["kept", "edges", "dropped"] = "kept"
    """ASCII punctuation; `edges` takes it and white space off both ends."""
    digits: bool = True
    """Whether ASCII digits count."""
    place: Literal["whole", "start", "end", "inside"] = "whole"
    """Where in the answer the right answer must stand."""

    @field_validator("ignore")
    @classmethod
    def _readable(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            compiled(pattern)
        return patterns


def taken(output: str, options: TextMatchOptions) -> str | None:
    """What the steps leave of an answer; None where a pattern is not in it."""
    for stop in options.until:
        output = output.split(stop)[0]
    for step in options.take:
        found = _step(output, step)
        if found is None:
            return None
        output = found
    return output


def _step(text: str, step: Take) -> str | None:
    if step.do == "trim":
        return text.strip()
    if step.do == "lower":
        return text.lower()
    if step.do == "upper":
        return text.upper()
    places = found_in(step.pattern, text)
    if not -len(places) <= step.which < len(places):
        return step.otherwise
    groups = [group for group in places[step.which] if group]
    return groups[0].strip() if groups else step.otherwise


def plain(text: str, options: TextMatchOptions) -> str:
    """A side of the comparison, after what is done to both."""
    for pattern in options.ignore:
        text = without(pattern, text)
    if options.case != "exact":
        text = text.lower() if options.case == "lower" else text.casefold()
    if options.punctuation == "edges":
        text = text.strip(_EDGES)
    elif options.punctuation == "dropped":
        text = text.translate(_MARKS)
    return text if options.digits else text.translate(_DIGITS)


def _stands(wanted: str, said: str, place: str) -> bool:
    if place == "start":
        return said.startswith(wanted)
    if place == "end":
        return said.endswith(wanted)
    return wanted in said if place == "inside" else wanted == said


def _make(options: TextMatchOptions, _tools: MetricTools) -> Metric:
    def text_match(output: str, case: Case) -> Mark:
        found = taken(output, options)
        if found is None:
            return unfit("no match")
        said = plain(found, options)
        wanted = [text for right in right_answers(case) if (text := plain(right, options))]
        if not wanted:
            return unfit("nothing left of the reference")
        right = any(_stands(text, said, options.place) for text in wanted)
        return RIGHT if right else wrong("different")

    return text_match


SPEC = MetricSpec(
    name="text_match",
    scores="1 when the answer, after declared steps, is (or begins, ends with, holds) a right one.",
    source="`exact_match`, `filter_list` and `until` of lm-evaluation-harness (Gao et al., 2021), "
    "the scorers of Inspect (UK AI Security Institute) and the templates of OpenAI Evals.",
    blind="Whatever the steps cut away. White space counts unless a step takes it off; in RE2 "
    "`\\w`, `\\d` and `\\s` are ASCII, and `$` is the very end.",
    make=_make,
    options=TextMatchOptions,
    needs="reference",
)
