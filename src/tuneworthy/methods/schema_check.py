"""JSON Schema, draft 2020-12, whose patterns are RE2's: linear in the text, whatever the schema.

The patterns of a backtracking engine can take hours over forty characters ("(a+)+$"). Schemas come
with data that others wrote, so no other validator is used anywhere.
"""

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from tuneworthy.methods.patterns import as_utf8, compiled


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
                if name in ("$ref", "$dynamicRef") and isinstance(value, str):
                    yield value, ""
                elif name == "pattern" and isinstance(value, str):
                    yield "", value
                elif name == "patternProperties" and isinstance(value, dict):
                    yield from (("", pattern) for pattern in value)


def _pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and compiled(pattern).search(as_utf8(value)) is None:
        yield ValidationError("another form than the pattern")


def _pattern_properties(
    validator: Any, patterns: dict[str, Any], value: Any, _: Any
) -> Iterator[ValidationError]:
    for pattern, inner in patterns.items() if isinstance(value, dict) else ():
        for name in value:
            if compiled(pattern).search(as_utf8(name)) is not None:
                yield from validator.descend(value[name], inner, path=name, schema_path=pattern)


_Linear: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"pattern": _pattern, "patternProperties": _pattern_properties}
)
