"""How many fields of the expected JSON object the answer has right."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.first_json import first_object
from tuneworthy.evaluate.metrics.json_match import object_form
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, Metric, best, right_answers, unfit
from tuneworthy.evaluate.metrics.spec import MetricSpec, MetricTools, Options

Leaf = tuple[str, str]


class JsonFieldsOptions(Options):
    """What is counted."""

    count: Literal["f1", "share"] = "f1"
    """``f1`` counts fields that should not be there too; ``share`` the expected ones alone."""
    fields: tuple[str, ...] = ()
    """The top-level fields that count; empty: all."""
    case: bool = True
    """Whether the case of letters in values matters."""


def leaves(value: dict[str, Any], options: JsonFieldsOptions) -> Counter[Leaf]:
    """Each scalar with its path; the order of a list's entries does not count.

    >>> sorted(leaves({"a": {"b": 1}, "c": ["x", "y"]}, JsonFieldsOptions()))
    [('.a.b', '1'), ('.c[]', '"x"'), ('.c[]', '"y"')]
    """
    kept = {k: v for k, v in value.items() if not options.fields or k in options.fields}
    return Counter(_leaves(kept, case=options.case))


def _leaves(value: Any, *, case: bool) -> Iterator[Leaf]:
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, dict) and node:
            waiting += [(f"{path}.{name}", inner) for name, inner in node.items()]
        elif isinstance(node, list) and node:
            waiting += [(f"{path}[]", inner) for inner in node]
        elif path:
            yield path, _scalar(node, case=case)


def _scalar(value: Any, *, case: bool) -> str:
    if isinstance(value, str):
        plain = " ".join(value.split())
        return json.dumps(plain if case else plain.casefold(), ensure_ascii=False)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value)


def _make(options: JsonFieldsOptions, _tools: MetricTools) -> Metric:
    def json_fields(output: str, case: Case) -> Mark:
        said = first_object(output)
        if said is None:
            return unfit("no JSON object")
        found = leaves(said, options)
        return best([_against(found, text, options) for text in right_answers(case)])

    return json_fields


def _against(said: Counter[Leaf], reference: str, options: JsonFieldsOptions) -> Mark:
    value = first_object(reference)
    wanted = leaves(value, options) if value is not None else Counter()
    if not wanted:
        return unfit("no fields in the reference")
    right = (said & wanted).total()
    whole = wanted.total() if options.count == "share" else (said.total() + wanted.total()) / 2
    if right == whole:
        return RIGHT
    first = next(iter(wanted - said or said - wanted))
    return Mark(score=right / whole, valid=True, error=f"field {first[0]}")


def _figures(
    options: JsonFieldsOptions, outputs: Sequence[str], cases: Sequence[Case]
) -> dict[str, float]:
    """F1 over all fields of all cases together, against each case's expected answer alone."""
    right = said = wanted = 0
    for output, case in zip(outputs, cases, strict=True):
        one = leaves(first_object(output) or {}, options)
        other = leaves(first_object(case.expected) or {}, options)
        right += (one & other).total()
        said += one.total()
        wanted += other.total()
    return {"micro_f1": 2 * right / (said + wanted) if right else 0.0}


SPEC = MetricSpec(
    name="json_fields",
    scores="The F1 (or share) of the expected object's fields that the answer has right.",
    source="F1 of slots, as in the CoNLL-2003 shared task (Tjong Kim Sang and De Meulder).",
    blind="Which entries of a list of objects belong together; the order of lists.",
    make=_make,
    options=JsonFieldsOptions,
    needs="reference",
    kind="graded",
    form=object_form,
    ends="json",
    summary=_figures,
)
