"""A right answer stands somewhere in the answer, in whole words."""

import re
from typing import Literal

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, Metric, right_answers, wrong
from tuneworthy.evaluate.metrics.phrases import holds
from tuneworthy.evaluate.metrics.spec import MetricSpec, MetricTools, Options


class ContainsOptions(Options):
    """How right answers are looked for."""

    need: Literal["any", "all"] = "any"
    """Whether one right answer must stand in the answer, or each of them."""
    case: bool = False
    """Whether the case of letters matters."""
    whole_words: bool = True
    """Whether ``iam`` may not be found inside ``diameter``."""


def _make(options: ContainsOptions, _tools: MetricTools) -> Metric:
    flags = {"case": options.case, "whole_words": options.whole_words}

    def contains(output: str, case: Case) -> Mark:
        text = re.sub(r"\s+", " ", output)
        found = [holds(text, phrase, **flags) for phrase in right_answers(case)]
        return RIGHT if (all if options.need == "all" else any)(found) else wrong("not in it")

    return contains


SPEC = MetricSpec(
    name="contains",
    scores="1 when a right answer stands in the answer, in whole words.",
    source="The containment match of the OpenAI Evals `Includes` template.",
    blind="Everything around it: an answer that denies the right answer, or lists them all, "
    "passes. Add `length` or `forbidden` beside it.",
    make=_make,
    options=ContainsOptions,
    needs="reference",
)
