"""What the house knows of a metric: how it is made, what it needs, what it cannot see."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.judging import AnswerScore, Criteria, JudgedAnswer
from tuneworthy.core.nouns.metric import MetricName
from tuneworthy.core.nouns.recognising import Recognised
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.mark import Mark, Metric

Need = Literal["", "reference", "reference or accepted", "context"]
Form = Callable[[str], bool]
Recognise = Callable[[str, Sequence[str]], list[Recognised]]
Rate = Callable[[str, Criteria, Sequence[JudgedAnswer]], list[AnswerScore]]


class Options(Part):
    """A metric's options; this one has none."""


@dataclass(frozen=True)
class MetricTools:
    """What a metric may need from outside.

    Attributes:
        embed: Texts to unit vectors, shape (n, d); None where no embedder is at hand.
        rate: A judge's name, criteria and answers to scores; None where no judge is at hand.
        recognise: A recogniser's name and texts to what it says of each; None where there is none.
    """

    embed: Callable[[Sequence[str]], Any] | None = None
    rate: Rate | None = None
    recognise: Recognise | None = None


def said(_options: Any) -> Form:
    """The form of free text: something is said."""
    return lambda text: bool(text.strip())


def never(_options: Any) -> bool:
    """Whatever the options, no."""
    return False


@dataclass(frozen=True)
class MetricSpec:
    """One metric. Every score lies in 0..1, and more is better.

    Attributes:
        name: As in the project file.
        scores: What gets a 1, in one sentence.
        source: The paper, standard or program that the rule is from.
        blind: What the metric cannot see.
        make: The metric from its options and tools; raises ValueError for a tool that is missing.
        options: The typed options.
        needs: What a case must hold; a case without it is marked as a fault, never as a pass.
        kind: Whether scores are 0 and 1 alone, or anything between.
        form: From the options to a check of form, for live traffic; no right answer is needed.
        ends: When an answer is over before the model says so: at the end of its JSON.
        whole: From the options: whether whatever follows the JSON counts, so that nothing ends it.
        summary: Further figures over all cases, such as F1 by class.
        figures: The same from the marks alone, so that no model is asked again.
        embeds: The texts that will be asked of the embedder for one case.
    """

    name: MetricName
    scores: str
    source: str
    blind: str
    make: Callable[[Any, MetricTools], Metric]
    options: type[Options] = Options
    needs: Need = ""
    kind: Literal["binary", "graded"] = "binary"
    form: Callable[[Any], Form] = said
    ends: Literal["", "json"] = ""
    whole: Callable[[Any], bool] = never
    summary: Callable[[Any, Sequence[str], Sequence[Case]], dict[str, float]] | None = None
    figures: Callable[[Any, Sequence[Case], Sequence[Mark]], dict[str, float]] | None = None
    embeds: Callable[[Any, str, Case], list[str]] | None = None
