"""The answer's JSON object equals the expected one."""

from typing import Any

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.first_json import first_object, same_json
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, best, right_answers, unfit
from tuneworthy.evaluate.metrics.spec import Form, MetricSpec


def json_match(output: str, case: Case) -> Mark:
    """1 when the first JSON object in the answer equals a right one (key order ignored)."""
    said = first_object(output)
    if said is None:
        return unfit("no JSON object")
    return best([_against(said, first_object(text)) for text in right_answers(case) or [""]])


def _against(said: dict[str, Any], wanted: dict[str, Any] | None) -> Mark:
    if wanted is None:
        return unfit("no JSON object in the reference")
    if same_json(said, wanted):
        return RIGHT
    same_keys = set(said) == set(wanted)
    return Mark(score=0, valid=same_keys, error="other value" if same_keys else "other keys")


def object_form(_options: Any) -> Form:
    """The form: a JSON object stands in the answer."""
    return lambda text: first_object(text) is not None


SPEC = MetricSpec(
    name="json_match",
    scores="1 when the answer's first JSON object equals a right one; the order of keys does not "
    "matter.",
    source="Equality of JSON values, RFC 8259.",
    blind="Values that mean the same in another writing; whatever follows the object.",
    make=lambda _options, _tools: json_match,
    needs="reference",
    form=object_form,
    ends="json",
)
