"""The rows of a file again, with the labels that people gave as their targets."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tuneworthy.core.errors import DataProblem
from tuneworthy.core.nouns.labelling import LabelQueue, ResolvedLabel
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.labelling.items import raw_rows
from tuneworthy.data.rows import column

_ANSWERS = (("request", "target"), ("prompt", "completion"), ("instruction", "output"))


def labelled_lines(
    path: Path, source: Source, queue: LabelQueue, labels: Mapping[str, ResolvedLabel]
) -> list[str]:
    """The rows that have a label, each as a line of JSON with the label as its target.

    Beside the target a row says who gave the label (``annotators``), how it was settled
    (``label_how``), in which queue and under which guide. Its other fields stay as they were read.

    Raises:
        DataProblem: The file is not the one that the queue was made from.
    """
    seen = hashlib.sha256()
    lines = []
    for raw in raw_rows(path, source, seen):
        label = labels.get(str(raw.number))
        if raw.values is None or label is None:
            continue
        row = with_target(raw.values, source, _target(queue, label)) | {
            "annotators": list(label.annotators),
            "label_how": label.how,
            "label_queue": queue.id,
            "label_guide": queue.guide_digest,
        }
        lines.append(json.dumps(row, ensure_ascii=False, default=str) + "\n")
    if "sha256:" + seen.hexdigest() != queue.sha256:
        raise DataProblem(
            "source_changed",
            f"{path} is not the file that the queue '{queue.id}' was made from.",
            why="Its bytes changed, so a row number may mean another row now.",
            fix=f"Put the old file back, or: tuneworthy label create NAME --from {queue.source}",
        )
    return lines


def with_target(values: Mapping[str, Any], source: Source, target: str) -> dict[str, Any]:
    """The row with this target in the field where a row of its shape has it."""
    row = dict(values)
    name = column(source, "messages")
    if row.get(name):
        turns = json.loads(row[name]) if isinstance(row[name], str) else row[name]
        asked = turns[:-1] if turns[-1].get("role") == "assistant" else turns
        return {**row, name: [*asked, {"role": "assistant", "content": target}]}
    for asks, answers in _ANSWERS:
        if column(source, asks) in row:
            return {**row, column(source, answers): target}
    return {"request": row.pop("text", ""), "target": target, **row}


def _target(queue: LabelQueue, label: ResolvedLabel) -> str:
    value = label.value
    if queue.target_key:
        return json.dumps({queue.target_key: value}, ensure_ascii=False)
    return value if isinstance(value, str) else format(value, "g")
