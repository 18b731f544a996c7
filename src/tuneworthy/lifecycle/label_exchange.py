"""Queues to Label Studio and back."""

import json
from collections.abc import Mapping
from pathlib import Path

from tuneworthy.core.errors import NeedsPersonProblem, UsageProblem
from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.labelling import Annotation
from tuneworthy.core.nouns.people import Person
from tuneworthy.data.labelling import labelling_config, newest, read_export, tasks
from tuneworthy.data.labelling.label_studio import Judged
from tuneworthy.lifecycle import people
from tuneworthy.lifecycle.judgements import make_annotation
from tuneworthy.lifecycle.label_ledger import (
    BATCH,
    batch_of,
    item_of,
    lead,
    read_queue,
    with_guide,
    worker,
)
from tuneworthy.lifecycle.wiring import Runtime


class Exported(Part):
    """The two files that Label Studio takes in."""

    tasks: str
    config: str
    items: int


class Imported(Part):
    """What came back."""

    added: int
    known: int
    """Annotations that were here already."""
    skipped: int
    """Of those added: items that were skipped over there."""
    people: dict[str, str]
    """The name over there to the person here."""


def export(runtime: Runtime, name: str, folder: Path) -> Exported:
    """Write ``NAME.tasks.json`` and ``NAME.config.xml`` into a folder.

    Raises UsageProblem when they cannot be written.
    """
    state = read_queue(runtime, name)
    queue = with_guide(runtime, state.queue)
    made = tasks(queue, state.items)
    files = {
        folder / f"{name}.tasks.json": json.dumps(made, ensure_ascii=False, indent=1) + "\n",
        folder / f"{name}.config.xml": labelling_config(queue),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise UsageProblem(
            "not_writable", f"{folder} cannot be written to.", why=str(fault.strerror)
        ) from fault
    first, second = files
    return Exported(tasks=str(first), config=str(second), items=len(made))


def take_in(
    runtime: Runtime, name: str, path: Path, person: str, names: Mapping[str, str]
) -> Imported:
    """Keep the annotations of a Label Studio export; the same file twice adds nothing.

    Args:
        runtime: The project.
        name: The queue whose tasks were exported.
        path: What Label Studio's "Export > JSON" gave.
        person: The lead who takes them in.
        names: Label Studio's number, e-mail address or user name to a person of the project. A
            name that is a person's id needs no entry.

    Raises:
        DataProblem: The file is no such export; nothing is taken in then.
        NeedsPersonProblem: An author is no person of the project.
    """
    lead(runtime, person, "take labels in")
    state = read_queue(runtime, name)
    judged = read_export(path, state.queue)
    who = _authors(runtime, judged, names, name)
    here = {item.id for item in state.items}
    for one in judged:
        if one.item not in here:
            item_of(runtime, state.queue, one.item)
    last = {(one.item, one.person): one for one in newest(state.annotations)}
    added: list[Annotation] = []
    for one in judged:
        author = who[one.who]
        before = last.get((one.item, author))
        if before and (before.value, before.guide) == (one.value, one.guide):
            continue
        made = make_annotation(
            queue=name, item=one.item, person=author, value=one.value,
            skipped="cancelled in Label Studio" if one.value is None else "", guide=one.guide,
            replaces=before.id if before else "", origin="label_studio", created_at=runtime.now(),
        )  # fmt: skip
        last[one.item, author] = made
        added.append(made)
    if added:
        what = (BATCH, name, batch_of(added))
        with runtime.change("label.import", what, actor=person) as change:
            change.labels.annotate(what[2], added)
    return Imported(
        added=len(added),
        known=len(judged) - len(added),
        skipped=sum(one.value is None for one in added),
        people={names_of[0]: author for names_of, author in sorted(who.items())},
    )


def _authors(
    runtime: Runtime, judged: list[Judged], names: Mapping[str, str], queue: str
) -> dict[tuple[str, ...], str]:
    people.register(runtime)
    found: dict[tuple[str, ...], str] = {}
    unknown = []
    for who in dict.fromkeys(one.who for one in judged):
        said = next((names[name] for name in who if name in names), None)
        own = next((n for n in who if runtime.store.get(Person, n) is not None), None)
        author = said or own
        if author is None:
            unknown.append(who[-1])
        else:
            found[who] = worker(runtime, author).id
    if unknown:
        raise NeedsPersonProblem(
            "unknown_author",
            f"Label Studio names {len(unknown)} authors that are no person of the project: "
            + ", ".join(unknown[:20]),
            why="Every label is some named person's.",
            fix=f"tuneworthy label import {queue} FILE --author {unknown[0]}=PERSON --by LEAD",
        )
    return found
