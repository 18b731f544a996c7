"""Evals of OpenAI Evals: samples with ``input`` and ``ideal``, and the registry's YAML beside them.

What the basic templates score, say ``evals/elsuite/basic/*.py`` (3.0.1).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tuneworthy.evaluate.converters.converted import (
    Converted,
    Row,
    RowFault,
    Unsupported,
    answers,
    conversation,
    convert_rows,
    listed,
)

CLASSES: dict[str, tuple[dict[str, Any], str]] = {
    "match": ({"name": "text_match", "options": {"place": "start"}}, ""),
    "includes": ({"name": "text_match", "options": {"place": "inside"}}, ""),
    "fuzzy": (
        {"name": "normalised_match"},
        "'FuzzyMatch' there also takes an answer that holds the right one, or is a part of it; "
        "here it must be all of it",
    ),
    "json": ({"name": "json_match"}, "the first JSON object of the answer is compared"),
}
_BY_CLASS = {
    "evals.elsuite.basic.match:Match": "match",
    "evals.elsuite.basic.includes:Includes": "includes",
    "evals.elsuite.basic.fuzzy_match:FuzzyMatch": "fuzzy",
    "evals.elsuite.basic.json_match:JsonMatch": "json",
}


class Eval(NamedTuple):
    """One eval of a registry file; ``samples`` is the file as the registry names it."""

    name: str
    kind: str
    samples: str
    arguments: Mapping[str, Any]


def choose_eval(registry: Mapping[str, Any], name: str = "") -> Eval:
    """The eval of a registry file.

    Args:
        registry: The content of a file of ``registry/evals``.
        name: Which, where there are several; its own or that of its newest version.

    Raises:
        Unsupported: There is none, more than one, or one of another class.
    """
    mappings = {key: value for key, value in registry.items() if isinstance(value, Mapping)}
    found = {key: value for key, value in mappings.items() if "class" in value}
    chosen = name
    if name in mappings and name not in found:
        chosen = str(mappings[name].get("id", ""))
    if not chosen and len(found) == 1:
        chosen = next(iter(found))
    if chosen not in found:
        raise Unsupported(f"choose one of its evals with --task: {listed(found) or 'none'}")
    named = str(found[chosen]["class"])
    if named not in _BY_CLASS:
        raise Unsupported(f"the class '{named}' is not one of {listed(_BY_CLASS)}")
    arguments = found[chosen].get("args")
    samples = arguments.get("samples_jsonl") if isinstance(arguments, Mapping) else None
    if not isinstance(arguments, Mapping) or not isinstance(samples, str):
        raise Unsupported(f"'{chosen}' names no samples_jsonl")
    return Eval(chosen, _BY_CLASS[named], samples, arguments)


def from_openai_evals(
    rows: Sequence[Row], kind: str, name: str = "", arguments: Mapping[str, Any] | None = None
) -> Converted:
    """The samples as cases.

    Args:
        rows: The samples.
        kind: One of CLASSES.
        name: The eval's name.
        arguments: The class's arguments.

    Raises:
        Unsupported: There is no such kind here.
    """
    if kind not in CLASSES:
        raise Unsupported(f"the class '{kind}' is not one of {listed(CLASSES)}")
    arguments = arguments or {}
    metric, note = CLASSES[kind]
    if kind == "includes" and arguments.get("ignore_case"):
        metric = {**metric, "options": {**metric["options"], "case": "lower"}}
    made = Converted(
        settings={
            "about": f"Imported from the OpenAI eval '{name}'.",
            "role": "general",
            "prompt": {"user": "{request}"},
            "metrics": [metric],
        }
    )
    made.notes += [note] if note else []
    if arguments.get("num_few_shot"):
        made.notes.append("the worked examples of 'few_shot_jsonl' are left out")
    return convert_rows(made, rows, _fields)


def _fields(row: Row, number: int) -> dict[str, Any]:
    if "ideal" not in row:
        raise RowFault("it has no 'ideal'")
    return {"id": str(number), **conversation(row.get("input")), **answers(row["ideal"])}
