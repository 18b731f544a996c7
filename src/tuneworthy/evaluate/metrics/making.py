"""Makes a metric from its settings, guarded against answers that no metric should have to judge."""

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import ValidationError

from tuneworthy.core.nouns.metric import MetricName, MetricSettings
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.known import SPECS
from tuneworthy.evaluate.metrics.mark import Mark, Metric, right_answers, unfit
from tuneworthy.evaluate.metrics.spec import Form, MetricSpec, MetricTools, Options
from tuneworthy.methods.visible import hides

LONGEST = 100_000
"""Characters: a longer answer is endless, unless a right one has a quarter of its length."""

NO_TOOLS = MetricTools()

_SURROGATE = re.compile("[\ud800-\udfff]")


def metric_of(settings: MetricSettings, tools: MetricTools = NO_TOOLS) -> Metric:
    """The metric that the settings name, with their options.

    It raises for no answer whatever. An empty answer, an endless one, and a case that lacks what
    the metric needs get 0 and are told as such.

    Raises:
        ValueError: An option is not known to the metric, is missing, or does not fit; or a tool
            is not at hand.
        ConfigProblem: A package that the metric needs is not installed.
    """
    spec = SPECS[settings.name]
    return _guarded(spec, spec.make(options_for(settings), _mending(tools)))


def _mending(tools: MetricTools) -> MetricTools:
    """The same tools; what is embedded is mended first, right answers and contexts too."""
    embed = tools.embed
    if embed is None:
        return tools
    return replace(tools, embed=lambda texts: embed([_clean(text) for text in texts]))


def options_of(name: MetricName) -> type[Options]:
    """The typed options of a metric."""
    return SPECS[name].options


def options_for(settings: MetricSettings) -> Options:
    """The checked options. Raises ValueError that lists every fault."""
    kind = SPECS[settings.name].options
    try:
        return kind.model_validate(settings.options)
    except ValidationError as fault:
        lines = [_told(error, kind) for error in fault.errors()]
        raise ValueError(f"{settings.name}: {'; '.join(lines)}") from fault


def form_check(settings: MetricSettings) -> Form:
    """A check of an answer's form, for live traffic where the right answer is not known.

    Raises:
        ValueError: The options do not fit the metric.
    """
    fits = SPECS[settings.name].form(options_for(settings))

    def checked(text: str) -> bool:
        try:
            return len(text) <= LONGEST and fits(text)
        except RecursionError:
            return False

    return checked


def answer_ends(settings: MetricSettings) -> Literal["", "json"]:
    """When an answer is over before the model says so: at the end of its JSON object or list.

    Never where a metric asks for JSON alone: then the model has to know when to stop.

    Raises:
        ValueError: An option does not fit the metric.
    """
    spec = SPECS[settings.name]
    return "" if spec.whole(options_for(settings)) else spec.ends


def score_all(
    settings: MetricSettings,
    outputs: Sequence[str],
    cases: Sequence[Case],
    tools: MetricTools = NO_TOOLS,
) -> list[Mark]:
    """The marks of all answers; the embedder, where one is asked, is asked once.

    Raises:
        ValueError: As ``metric_of``; or there are not as many answers as cases.
    """
    spec, options = SPECS[settings.name], options_for(settings)
    if tools.embed is not None and spec.embeds is not None:
        texts = {
            _clean(text): None
            for output, case in zip(outputs, cases, strict=True)
            if not _unjudged(spec, output, case)
            for text in spec.embeds(options, _clean(output), case)
        }
        tools = replace(tools, embed=_known(list(texts), tools.embed))
    metric = metric_of(settings, tools)
    return [metric(output, case) for output, case in zip(outputs, cases, strict=True)]


def _known(
    texts: list[str], embed: Callable[[Sequence[str]], Any]
) -> Callable[[Sequence[str]], Any]:
    """An embedder that knows the texts already, and asks for no other."""
    place = {text: number for number, text in enumerate(texts)}
    vectors = embed(texts) if texts else None
    return lambda asked: vectors[[place[text] for text in asked]]  # type: ignore[index]


def _guarded(spec: MetricSpec, metric: Metric) -> Metric:
    def guarded(output: str, case: Case) -> Mark:
        fault = _unjudged(spec, output, case)
        if fault:
            return unfit(fault)
        try:
            return metric(_clean(output), case)
        except RecursionError:
            return unfit("nested too deeply")

    return guarded


def _unjudged(spec: MetricSpec, output: str, case: Case) -> str:
    """Why the metric is not even asked; empty when it is."""
    lacking = lacks(spec, case)
    if lacking:
        return lacking
    references = right_answers(case)
    if len(output) > max(LONGEST, *(4 * len(text) for text in (*references, case.context))):
        return "endless"
    if all(c.isspace() or hides(c) for c in output):
        return "empty"
    return ""


def lacks(spec: MetricSpec, case: Case) -> str:
    """What the metric needs and the case does not hold; empty when nothing is missing."""
    if spec.needs == "context":
        return "" if case.context.strip() else "no context"
    if spec.needs and not right_answers(case):
        enough = spec.needs == "reference or accepted" and case.accepted
        return "" if enough else "no reference"
    return ""


def as_judged(
    spec: MetricSpec, outputs: Sequence[str], cases: Sequence[Case]
) -> tuple[list[str], list[Case]]:
    """What figures over all cases are made from.

    A case that lacks what the metric needs stays out; an empty or endless answer is an empty one.
    """
    kept = [
        ("" if _unjudged(spec, output, case) else _clean(output), case)
        for output, case in zip(outputs, cases, strict=True)
        if not lacks(spec, case)
    ]
    return [output for output, _ in kept], [case for _, case in kept]


def _clean(output: str) -> str:
    """A lone surrogate, which has no UTF-8 form, becomes U+FFFD."""
    return _SURROGATE.sub("\ufffd", output)


def _told(error: Any, kind: type[Options]) -> str:
    where = ".".join(str(step) for step in error["loc"])
    if error["type"] == "extra_forbidden":
        known = [field.alias or name for name, field in kind.model_fields.items()]
        near = difflib.get_close_matches(where, known, 1, cutoff=0.5)
        hint = f"did you mean '{near[0]}'?" if near else f"it has {', '.join(known) or 'none'}"
        return f"there is no option '{where[:80]}'; {hint}"
    if error["type"] == "missing":
        return f"the option '{where}' is missing"
    said = error["msg"].removeprefix("Value error, ")
    return f"{where or 'the options'}: {said}"
