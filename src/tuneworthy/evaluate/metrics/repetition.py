"""The answer does not say the same again and again."""

from typing import Any

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, unfit
from tuneworthy.evaluate.metrics.spec import Form, MetricSpec
from tuneworthy.methods.repetition import repetition as first_broken


def repetition(output: str, _case: Case) -> Mark:
    """1 when no rule of repetition is broken."""
    found = first_broken(output)
    return RIGHT if found is None else unfit(found.rule)


def _form(_options: Any) -> Form:
    return lambda text: bool(text.strip()) and first_broken(text) is None


SPEC = MetricSpec(
    name="repetition",
    scores="1 when the answer neither loops nor repeats most of its words.",
    source="Table A1 of Rae et al. (2021), Gopher; answers under 150 words by the loop rule or "
    "when half of them repeats.",
    blind="The same thought in other words; JSON is held to the loop rule alone.",
    make=lambda _options, _tools: repetition,
    form=_form,
)
