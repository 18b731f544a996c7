"""The answer's JSON keeps a schema (JSON Schema, draft 2020-12)."""

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from jsonschema.validators import extend
from pydantic import Field, field_validator
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.first_json import json_values, whole_json
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, Metric, unfit
from tuneworthy.evaluate.metrics.patterns import compiled
from tuneworthy.evaluate.metrics.spec import Form, MetricSpec, MetricTools, Options


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


def checker(schema: dict[str, Any]) -> Any:
    """The validator of a schema. Nothing is fetched, and its patterns are RE2's.

    Raises:
        ValueError: It is no schema, refers to what is not in it, or has a pattern RE2 cannot read.
    """
    try:
        Draft202012Validator.check_schema(schema)
        root = DRAFT202012.create_resource(schema)
        resolver = Registry().with_resource("", root).resolver()
        for reference, pattern in _parts(schema):
            if reference:
                resolver.lookup(reference)
            if pattern:
                compiled(pattern)
        made = _Linear(schema, registry=Registry())
        made.is_valid({})
    except SchemaError as fault:
        raise ValueError(f"It is no JSON Schema: {fault.message[:200]}") from fault
    except Unresolvable as fault:
        raise ValueError(f"It refers to '{fault.ref}', which is not in it") from fault
    except RecursionError as fault:
        raise ValueError("It is nested too deeply, or refers to itself without end") from fault
    return made


def _parts(schema: Any) -> Iterator[tuple[str, str]]:
    """Every reference and every pattern in a schema, one of the two at a time."""
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()
            for name, value in node.items():
                if name == "$ref" and isinstance(value, str):
                    yield value, ""
                elif name == "pattern" and isinstance(value, str):
                    yield "", value
                elif name == "patternProperties" and isinstance(value, dict):
                    yield from (("", pattern) for pattern in value)


def _pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and compiled(pattern).search(_utf8(value)) is None:
        yield ValidationError("another form than the pattern")


def _pattern_properties(
    validator: Any, patterns: dict[str, Any], value: Any, _: Any
) -> Iterator[ValidationError]:
    for pattern, inner in patterns.items() if isinstance(value, dict) else ():
        for name in value:
            if compiled(pattern).search(_utf8(name)) is not None:
                yield from validator.descend(value[name], inner, path=name, schema_path=pattern)


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


_Linear: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"pattern": _pattern, "patternProperties": _pattern_properties}
)


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
)
