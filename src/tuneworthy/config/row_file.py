"""Other tools' files as they stand: rows of JSON, JSON Lines or CSV, and YAML that names code."""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import TaggedScalar

from tuneworthy.config.case_file import file_text
from tuneworthy.config.yaml_file import parse_yaml, plain
from tuneworthy.core.errors import ConfigProblem

CODE = "!function"


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a file: a JSON list, JSON Lines, or CSV with a head line.

    Raises:
        ConfigProblem: It cannot be read, or a row is no object.
    """
    text = file_text(path)
    if path.suffix.lower() == ".csv":
        return [dict(row) for row in csv.DictReader(io.StringIO(text, newline=""))]
    if text.lstrip().startswith("["):
        found = _json(path, 1, text)
    else:
        lines = enumerate(text.split("\n"), 1)
        found = [_json(path, number, line) for number, line in lines if line.strip()]
    wrong = next((n for n, row in enumerate(found, 1) if not isinstance(row, dict)), None)
    if wrong is not None:
        raise ConfigProblem(
            "bad_rows", f"{path}: row {wrong} is no object.", fix="Each row names its fields."
        )
    return list(found)


def _json(path: Path, number: int, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as fault:
        raise ConfigProblem(
            "bad_json",
            f"{path}:{number + fault.lineno - 1}:{fault.colno} is not JSON.",
            why=f"{fault.msg}.",
            fix=f"Open {path} at that line.",
        ) from fault
    except (RecursionError, ValueError) as fault:
        raise ConfigProblem(
            "bad_json", f"{path}:{number} cannot be read.", fix=f"Open {path} at that line."
        ) from fault


def read_foreign(path: Path) -> dict[str, Any]:
    """A YAML mapping; a value under a tag is a mapping of the tag to its text.

    Raises ConfigProblem.
    """
    content = parse_yaml(file_text(path), path, make="Name the task's YAML file.")
    found = _untagged(content)
    return found if isinstance(found, dict) else {}


def _untagged(value: Any) -> Any:
    if isinstance(value, TaggedScalar):
        return {str(value.tag.value): str(value.value)}
    if isinstance(value, dict):
        return {str(key): _untagged(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_untagged(item) for item in value]
    return plain(value)


def yaml_text(settings: Mapping[str, Any]) -> str:
    """Settings as YAML, in the order given."""
    out = io.StringIO()
    writer = YAML()
    writer.width = 100
    writer.dump(dict(settings), out)
    return out.getvalue()
