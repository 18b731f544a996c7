"""A queue as Label Studio takes it in, and what Label Studio gives back.

Shapes as in Label Studio's documentation ("Label Studio JSON format of annotated tasks", "Labeling
configuration") and as its SDK's ``LabelInterface`` validates them.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as Xml

import msgspec

from tuneworthy.core.errors import DataProblem, UsageProblem
from tuneworthy.core.nouns.labelling import LabelItem, LabelQueue, LabelValue
from tuneworthy.data.labelling.values import checked

CONTROL, OBJECT = "label", "text"
"""Names of the tags in the labelling configuration."""

_KINDS = {"nominal": "choices", "ordinal": "choices", "interval": "number", "text": "textarea"}


class Judged(NamedTuple):
    """One annotation of Label Studio; ``value`` is None for one that was cancelled (skipped)."""

    item: str
    who: tuple[str, ...]
    """Every name that Label Studio has for its author: number, e-mail address, user name."""
    value: LabelValue | None
    guide: str
    """Digest of the guide that stood when the task was exported."""


def labelling_config(queue: LabelQueue) -> str:
    """The XML of "Labeling Interface > Code"."""
    view = Xml.Element("View")
    Xml.SubElement(view, "Header", value=queue.question)
    Xml.SubElement(view, "Text", name=OBJECT, value=f"${OBJECT}")
    common = {"name": CONTROL, "toName": OBJECT, "required": "true"}
    if queue.scale == "interval":
        bounds = {"min": queue.low, "max": queue.high}
        limits = {name: format(value, "g") for name, value in bounds.items() if value is not None}
        Xml.SubElement(view, "Number", common | limits)
    elif queue.scale == "text":
        Xml.SubElement(view, "TextArea", common, maxSubmissions="1", rows="4")
    else:
        choices = Xml.SubElement(view, "Choices", common, choice="single-radio")
        for name in queue.choices:
            Xml.SubElement(choices, "Choice", value=name)
    Xml.indent(view)
    return Xml.tostring(view, encoding="unicode") + "\n"


def tasks(queue: LabelQueue, items: Sequence[LabelItem]) -> list[dict[str, Any]]:
    """One task an item; ``data`` carries what an import needs to find the item again."""
    return [
        {
            "data": {
                OBJECT: item.text,
                "item": item.id,
                "queue": queue.id,
                "source_sha256": queue.sha256,
                "guide": queue.guide_digest,
            }
        }
        for item in items
    ]


def read_export(path: Path, queue: LabelQueue) -> list[Judged]:
    """The annotations of a file that Label Studio wrote ("Export > JSON"), in its order.

    Raises:
        DataProblem: No such export, or one of another queue; every fault is named by its task.
    """
    try:
        content = msgspec.json.decode(path.read_bytes())
    except OSError as fault:
        raise DataProblem("unreadable", f"{path} cannot be read: {fault.strerror}.") from fault
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise DataProblem("bad_json", f"{path} is not JSON.", why=str(fault)[:200]) from fault
    if not isinstance(content, list):
        raise _not_an_export(path)
    found: list[Judged] = []
    faults: list[str] = []
    for number, task in enumerate(content):
        try:
            found += _judged(task, queue)
        except (UsageProblem, ValueError) as fault:
            faults.append(f"  [{number}]: {fault}")
    if faults:
        more = [f"  and {len(faults) - 20} more"] if len(faults) > 20 else []
        raise DataProblem(
            "bad_export",
            f"{path} holds {len(faults)} tasks that cannot be taken in:\n"
            + "\n".join([*faults[:20], *more]),
            why="All of them are read, or none is.",
            fix="Export again with 'JSON', from the project that the exported tasks went into.",
        )
    return found


def _judged(task: Any, queue: LabelQueue) -> Iterator[Judged]:
    data = _object(task, "the task").get("data")
    data = _object(data, "data")
    if data.get("queue") != queue.id or data.get("source_sha256") != queue.sha256:
        raise ValueError(f"is no task of the queue '{queue.id}' over this file")
    item, guide = data.get("item"), data.get("guide")
    if not isinstance(item, str) or not isinstance(guide, str):
        raise ValueError("data.item or data.guide is missing")
    annotations = task.get("annotations")
    if not isinstance(annotations, list):
        raise ValueError("annotations is missing; this is not the export 'JSON'")
    for place, raw in enumerate(annotations):
        one = _object(raw, f"annotations[{place}]")
        author = _author(one.get("completed_by"), place)
        skipped = one.get("was_cancelled") is True
        yield Judged(item, author, None if skipped else _value(one, place, queue), guide)


def _value(annotation: Mapping[str, Any], place: int, queue: LabelQueue) -> LabelValue:
    kind = _KINDS[queue.scale]
    results = annotation.get("result")
    for raw in results if isinstance(results, list) else ():
        if isinstance(raw, dict) and raw.get("from_name") == CONTROL and raw.get("type") == kind:
            said = _object(raw.get("value"), f"annotations[{place}].value").get(
                "text" if kind == "textarea" else kind
            )
            parts = said if isinstance(said, list) else [said]
            if len(parts) == 1 and isinstance(parts[0], str | int | float):
                return checked(queue, parts[0])
            raise ValueError(f"annotations[{place}] gives {len(parts)} labels; one is asked for")
    raise ValueError(f"annotations[{place}] holds no result '{CONTROL}' of type '{kind}'")


def _author(value: Any, place: int) -> tuple[str, ...]:
    if isinstance(value, dict):
        names = [value.get(key) for key in ("id", "email", "username")]
        found = tuple(str(name) for name in names if isinstance(name, str | int) and name != "")
    else:
        found = (str(value),) if isinstance(value, str | int) else ()
    if not found:
        raise ValueError(f"annotations[{place}].completed_by names nobody")
    return found


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{what} is not an object")
    return value


def _not_an_export(path: Path) -> DataProblem:
    return DataProblem(
        "bad_export",
        f"{path} is no export of Label Studio.",
        why="It must hold a JSON list of tasks.",
        fix="In Label Studio: Export > JSON.",
    )
