"""Requests with one function call each, from the test data that the package bfcl-eval ships.

Rows are chosen so that a small model can be judged fairly on them: one user turn, one call,
arguments of plain types, every value to be found in the request, short schemas. A score over this
selection is not a leaderboard score.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tuneworthy.core.errors import ModelProblem

FILES = ("simple_python", "multiple", "live_simple", "live_multiple")
MAX_REQUEST = 250
MAX_SCHEMA = 400
MAX_ARGUMENTS = 4
MAX_PER_FUNCTION = 5
PLAIN = {"string", "integer", "float", "boolean", "number"}
TYPES = {"dict": "object", "float": "number", "tuple": "array", "any": "string"}
_IGNORED = re.compile(r"[ ,./\-_*^]")


def rows() -> list[dict[str, Any]]:
    """Rows with request, tools, target, accepted, group (the function) and split, in a fixed order.

    Raises ModelProblem when the package is not installed.
    """
    folder = _folder()
    chosen: list[dict[str, Any]] = []
    seen: set[str] = set()
    per_function: Counter[str] = Counter()
    found = [row for name in FILES for row in _read(folder, name)]
    for row in sorted(found, key=lambda row: _hash("0" + row["id"])):
        masked = re.sub(r"\d+", "0", re.sub(r"\W+", " ", row["request"].lower())).strip()
        if masked in seen or per_function[row["group"]] >= MAX_PER_FUNCTION:
            continue
        seen.add(masked)
        per_function[row["group"]] += 1
        chosen.append(row)
    return chosen


def unfitting_requests() -> list[str]:
    """Requests for functions of other domains, for which no function fits: real shifted traffic."""
    lines = (_folder() / "BFCL_v4_live_irrelevance.json").read_text(encoding="utf-8").splitlines()
    turns = [json.loads(line)["question"][0] for line in lines if line]
    texts = (
        " ".join(turn["content"].split())
        for found in turns
        for turn in found
        if turn["role"] == "user"
    )
    return list(dict.fromkeys(text for text in texts if 20 <= len(text) <= MAX_REQUEST))


def _folder() -> Path:
    spec = find_spec("bfcl_eval")
    if spec is None or not spec.submodule_search_locations:
        raise ModelProblem(
            "no_example_data",
            "The package bfcl-eval is not installed; the example 'tools' is read from it.",
            fix="pip install --no-deps bfcl-eval",
        )
    return Path(next(iter(spec.submodule_search_locations))) / "data"


def _read(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    answers = {
        row["id"]: row["ground_truth"]
        for row in _lines(folder / "possible_answer" / f"BFCL_v4_{name}.json")
    }
    for entry in _lines(folder / f"BFCL_v4_{name}.json"):
        if (row := _row(entry, answers[entry["id"]])) is not None:
            yield row


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def _row(entry: dict[str, Any], truth: list[dict[str, Any]]) -> dict[str, Any] | None:
    turns = [turn for turns in entry["question"] for turn in turns]
    if len(truth) != 1 or len(turns) != 1 or turns[0]["role"] != "user":
        return None
    name, accepted = next(iter(truth[0].items()))
    function = next((f for f in entry["function"] if f["name"] == name), None)
    request = " ".join(turns[0]["content"].split())
    if function is None or len(request) > MAX_REQUEST or not _plain(function):
        return None
    arguments = _grounded_arguments(function, accepted, request)
    if not arguments:
        return None
    target = json.dumps({"name": name, "arguments": arguments}, ensure_ascii=False)
    return {
        "id": entry["id"],
        "request": request,
        "tools": [{"type": "function", "function": _schema(function)}],
        "target": target,
        "accepted": {"name": name, "arguments": accepted},
        "group": name,
        "split": _split(name),
    }


def _plain(function: dict[str, Any]) -> bool:
    properties = function["parameters"]["properties"]
    if not 1 <= len(properties) <= MAX_ARGUMENTS or len(_text(function)) > MAX_SCHEMA:
        return False
    return all(
        schema["type"] in PLAIN
        or (schema["type"] == "array" and schema.get("items", {}).get("type") in PLAIN)
        for schema in properties.values()
    )


def _text(function: dict[str, Any]) -> str:
    properties = function["parameters"]["properties"]
    parts = [function["name"], _first_sentence(function.get("description"))]
    for name, schema in properties.items():
        parts += [name, schema["type"], "required", _first_sentence(schema.get("description"))]
        parts += [", ".join(map(str, schema.get("enum", ())))]
    return " ".join(parts)


def _grounded_arguments(
    function: dict[str, Any], accepted: dict[str, list[Any]], request: str
) -> dict[str, Any]:
    """Arguments whose values stand in the request; empty when a needed one does not."""
    properties = function["parameters"]["properties"]
    required = set(function["parameters"].get("required", ()))
    if set(accepted) - set(properties) or required - set(accepted):
        return {}
    arguments: dict[str, Any] = {}
    for name in properties:
        options = [v for v in accepted.get(name, ()) if v not in ("", None)]
        grounded = [value for value in options if _stands_in(value, request)]
        if "" in accepted.get(name, ("",)):
            grounded = [value for value in grounded if not isinstance(value, bool)]
        elif not grounded:
            return {}
        if grounded:
            arguments[name] = grounded[0]
    return arguments


def _stands_in(value: Any, request: str) -> bool:
    if isinstance(value, bool):
        return True
    if isinstance(value, list):
        return bool(value) and all(_stands_in(item, request) for item in value)
    if isinstance(value, int | float):
        digits = re.sub(r"(?<=\d),(?=\d{3})", "", request)
        return abs(float(value)) in {float(n) for n in re.findall(r"\d+(?:\.\d+)?", digits)}
    return bool(_bare(str(value))) and _bare(str(value)) in _bare(request)


def _bare(text: str) -> str:
    return _IGNORED.sub("", text).lower().replace("'", '"')


def _schema(function: dict[str, Any]) -> dict[str, Any]:
    """The declaration in JSON Schema's own type names, descriptions cut to their first sentence."""
    parameters = function["parameters"]
    properties = {}
    for name, schema in parameters["properties"].items():
        kind = schema["type"]
        clean: dict[str, Any] = {"type": TYPES.get(kind, kind)}
        if kind == "array":
            inner = schema.get("items", {}).get("type", "string")
            clean["items"] = {"type": TYPES.get(inner, inner)}
        if schema.get("enum"):
            clean["enum"] = schema["enum"]
        clean["description"] = _first_sentence(schema.get("description"))
        properties[name] = clean
    return {
        "name": function["name"],
        "description": _first_sentence(function.get("description")),
        "parameters": {
            "type": "object",
            "properties": properties,
            "required": parameters.get("required", []),
        },
    }


def _first_sentence(text: str | None, limit: int = 110) -> str:
    sentence = re.split(r"(?<=[.!?])\s", " ".join((text or "").split()))[0].rstrip(".")
    return sentence if len(sentence) <= limit else sentence[:limit].rsplit(" ", 1)[0]


def _split(function: str) -> str:
    """By function, so that no function is both trained on and tested: 59 / 7 / 34 percent."""
    bare = re.sub(r"[^a-z0-9]", "", function.lower().split(".")[-1])
    share = int(_hash("tools-1:" + bare), 16) % 100
    return "test" if share < 34 else "validation" if share < 41 else "train"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
