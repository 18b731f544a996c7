"""The answer's JSON keeps a schema (JSON Schema, draft 2020-12)."""

from typing import Any

from jsonschema.exceptions import best_match
from pydantic import Field, field_validator

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.first_json import json_values
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, Metric, unfit
from tuneworthy.evaluate.metrics.spec import Form, MetricSpec, MetricTools, Options
from tuneworthy.methods.schema_check import checker
from tuneworthy.methods.strict_json import whole_json


class JsonSchemaOptions(Options):
    """The schema, and what may stand beside the JSON."""

    schema_: dict[str, Any] = Field(alias="schema")
    """A JSON Schema, draft 2020-12; ``$ref`` may point inside it alone."""
    alone: bool = False
    """Whether nothing but the JSON may stand in the answer."""

    @field_validator("schema_")
    @classmethod
    def _sound(cls, schema: dict[str, Any]) -> dict[str, Any]:
        checker(schema)
        return schema


def _fault(output: str, options: JsonSchemaOptions, validator: Any) -> str:
    """What is wrong with the answer, in a word or two; empty when nothing is."""
    values = whole_json(output) if options.alone else list(json_values(output))[:1]
    if not values:
        return "not JSON alone" if options.alone else "no JSON object or list"
    try:
        fault = best_match(validator.iter_errors(values[0]))
    except RecursionError:
        return "nested too deeply"
    return "" if fault is None else f"{fault.json_path}: {fault.validator}"[:200]


def _make(options: JsonSchemaOptions, _tools: MetricTools) -> Metric:
    validator = checker(options.schema_)

    def json_schema(output: str, _case: Case) -> Mark:
        fault = _fault(output, options, validator)
        return unfit(fault) if fault else RIGHT

    return json_schema


def _form(options: JsonSchemaOptions) -> Form:
    validator = checker(options.schema_)
    return lambda text: not _fault(text, options, validator)


SPEC = MetricSpec(
    name="json_schema",
    scores="1 when the answer's first JSON object or list keeps the schema.",
    source="JSON Schema, draft 2020-12, checked by the package jsonschema.",
    blind="Whether the values are right; `format` is not checked.",
    make=_make,
    options=JsonSchemaOptions,
    form=_form,
    ends="json",
    whole=lambda options: options.alone,
)
