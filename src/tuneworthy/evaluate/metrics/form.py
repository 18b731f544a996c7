"""Whether an answer has the form that was asked for; needs no expected answer."""

from collections.abc import Callable
from typing import Literal

from tuneworthy.core.nouns.metric import MetricName
from tuneworthy.evaluate.metrics.first_json import first_object


def form_check(metric: MetricName) -> Callable[[str], bool]:
    """A check of an answer's form, for live traffic where the right answer is not known."""
    return {"exact_match": _said, "json_match": _object, "tool_call_match": _call}[metric]


def answer_ends(metric: MetricName) -> Literal["", "json"]:
    """When an answer is over before the model says so: at the end of its JSON object."""
    return "" if metric == "exact_match" else "json"


def _said(text: str) -> bool:
    return bool(text.strip())


def _object(text: str) -> bool:
    return first_object(text) is not None


def _call(text: str) -> bool:
    call = first_object(text)
    return (
        call is not None
        and isinstance(call.get("name"), str)
        and isinstance(call.get("arguments"), dict)
    )
