"""The answer has a form: JSON, a JSON object, or a tool call. Whether it is right is not asked."""

from typing import Literal

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.first_json import first_object
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, Metric, unfit
from tuneworthy.evaluate.metrics.spec import Form, MetricSpec, MetricTools, Options
from tuneworthy.evaluate.metrics.tool_call_match import is_call
from tuneworthy.methods.strict_json import whole_json


class ValidOptions(Options):
    """The form."""

    form: Literal["json", "json_object", "tool_call"] = "json_object"
    """``json``: the whole answer is JSON; the others may stand inside text."""


def _form(options: ValidOptions) -> Form:
    if options.form == "json":
        return lambda text: bool(whole_json(text))
    if options.form == "json_object":
        return lambda text: first_object(text) is not None
    return lambda text: is_call(first_object(text) or {})


def _make(options: ValidOptions, _tools: MetricTools) -> Metric:
    fits = _form(options)

    def valid(output: str, _case: Case) -> Mark:
        return RIGHT if fits(output) else unfit(f"no {options.form.replace('_', ' ')}")

    return valid


SPEC = MetricSpec(
    name="valid",
    scores="1 when the answer has the form, whatever it says.",
    source="RFC 8259 (JSON).",
    blind="Whether anything in it is right.",
    make=_make,
    options=ValidOptions,
    form=_form,
    ends="json",
    whole=lambda options: options.form == "json",
)
