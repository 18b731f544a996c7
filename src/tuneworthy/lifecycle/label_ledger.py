"""A labelling queue as the audit chain names it: nothing else counts, nothing may be missing."""

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tuneworthy.config.text_file import require_file
from tuneworthy.core.errors import BlockedProblem, ConfigProblem, IntegrityProblem
from tuneworthy.core.nouns.base import Noun
from tuneworthy.core.nouns.labelling import (
    Adjudication,
    Annotation,
    Gold,
    KeptAnnotation,
    LabelItem,
    LabelledFile,
    LabelQueue,
)
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.core.nouns.review import Review
from tuneworthy.lifecycle import people
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest, digest_bytes

N = TypeVar("N", bound=Noun)

BATCH = "annotations"
"""The kind of object that an event about annotations names: the queue, and the batch's digest."""

ERASED = "erasure.labels"
"""The action that takes annotations out of a batch: ``before`` names it as it was."""

LEADS = (Role.ANNOTATION_OWNER, Role.DATA_STEWARD, Role.REVIEW_LEAD)
"""Who may open queues, give known answers, adjudicate and say that an older guide is as good."""

_KINDS = (LabelQueue.kind, Gold.kind, Adjudication.kind, LabelledFile.kind, Review.kind)


@dataclass(frozen=True)
class QueueState:
    """Everything about one queue."""

    queue: LabelQueue
    items: list[LabelItem]
    annotations: list[Annotation]
    gold: dict[str, Gold]
    adjudicated: dict[str, Adjudication]


def item_of(runtime: Runtime, queue: LabelQueue, name: str) -> LabelItem:
    """The item with this id. Raises ConfigProblem."""
    found = runtime.store.labels.item(queue.id, name)
    if found is None:
        raise ConfigProblem(
            "no_item",
            f"The queue '{queue.id}' has no item '{name[:80]}'.",
            why="Its items are the row numbers of its file, from 1.",
            fix=f"tuneworthy label next {queue.id} --by PERSON",
        )
    return found


def read_queue(runtime: Runtime, name: str) -> QueueState:
    """A queue with all that was done in it.

    Raises:
        ConfigProblem: There is no such queue.
        IntegrityProblem: Something was changed, added or taken away past this program.
    """
    batches, documents = named(runtime)
    queue = find_queue(runtime, name)
    check_documents(documents, LabelQueue, [queue])
    kept = runtime.store.labels.annotations(name)
    check_batches(name, kept, batches[name])
    gold = [one for one in _all(runtime, documents, Gold) if one.queue == name]
    words = [one for one in _all(runtime, documents, Adjudication) if one.queue == name]
    return QueueState(
        queue=queue,
        items=runtime.store.labels.items(name),
        annotations=[one.annotation for one in kept],
        gold={one.item: one for one in gold},
        adjudicated={one.item: one for one in words},
    )


def find_queue(runtime: Runtime, name: str) -> LabelQueue:
    """The queue of this name, as it stands. Raises ConfigProblem."""
    found = runtime.store.get(LabelQueue, name)
    if found is None or found.project != runtime.project.id:
        known = ", ".join(one.id for one in queues(runtime)) or "none"
        raise ConfigProblem(
            "no_queue",
            f"There is no labelling queue '{name[:80]}'.",
            why=f"Queues of this project: {known}.",
            fix="tuneworthy label create NAME --from FILE --guide GUIDE --choices A,B --by PERSON",
        )
    return found


def queues(runtime: Runtime) -> list[LabelQueue]:
    """Every queue of the project, oldest first."""
    return [q for q in runtime.store.list(LabelQueue) if q.project == runtime.project.id]


def labelled_files(runtime: Runtime) -> list[LabelledFile]:
    """Every file of labels that was written, oldest first. Raises IntegrityProblem."""
    held = runtime.store.list(LabelledFile)
    if not held:
        return []
    return [f for f in _all(runtime, named(runtime)[1], LabelledFile)
            if f.project == runtime.project.id]  # fmt: skip


def with_guide(runtime: Runtime, queue: LabelQueue) -> LabelQueue:
    """The queue under the guide as the file has it now; a changed guide is kept and recorded.

    Raises ConfigProblem when there is no such file, or it is blank.
    """
    content = read_guide(runtime, queue.guide)
    if digest_bytes(content) == queue.guide_digest:
        return queue
    generation = runtime.store.generation(LabelQueue, queue.id)
    changed = queue.model_copy(update={"guide_digest": runtime.blobs.put(content)})
    with runtime.change("label.guide", (LabelQueue.kind, queue.id, "")) as change:
        change.put(changed, expect=generation)
    return changed


def read_guide(runtime: Runtime, name: str) -> bytes:
    """The bytes of a guide inside the project's folder. Raises ConfigProblem."""
    path = (runtime.folder / name).resolve()
    fix = "Write down how to judge, with examples of each label, and name that file: --guide FILE"
    if not path.is_relative_to(runtime.folder.resolve()):
        raise ConfigProblem(
            "guide_outside",
            f"The guide {name} does not lie in the project's folder.",
            why="Everybody who labels must find the same file.",
            fix=f"Put it into {runtime.folder}.",
        )
    if path.exists():
        require_file(path, fix)
    try:
        content = path.read_bytes()
    except OSError as fault:
        why = str(fault.strerror)
        raise ConfigProblem("no_guide", f"{path} cannot be read.", why=why, fix=fix) from fault
    if not content.strip():
        raise ConfigProblem("guide_blank", f"{path} is blank.", fix=fix)
    return content


def worker(runtime: Runtime, person: str) -> Person:
    """An active person of the project. Raises ConfigProblem or BlockedProblem."""
    if runtime.store.get(Person, person) is None:
        people.register(runtime)
    found = people.find(runtime, person)
    if not found.active:
        raise BlockedProblem("not_active", f"'{person}' takes no part any more.")
    return found


def lead(runtime: Runtime, person: str, what: str) -> Person:
    """A person who may lead labelling. Raises ConfigProblem or BlockedProblem."""
    found = worker(runtime, person)
    if not set(LEADS) & set(found.roles):
        roles = ", ".join(role.value for role in LEADS)
        raise BlockedProblem(
            "not_a_lead",
            f"'{person}' may not {what}.",
            why=f"That is for somebody in one of the roles {roles}.",
            fix="Let one of them do it: --by PERSON (tuneworthy people list)",
        )
    return found


def signed_guides(runtime: Runtime) -> set[str]:
    """Digests of the documents that were signed as the labelling guide."""
    return {
        str(item.result.get("sha256"))
        for item in runtime.evidence()
        if item.about == "document.labelling_guide" and item.signer
    }


def batch_of(annotations: list[Annotation]) -> str:
    """The digest under which the chain names annotations that were given together."""
    return digest(sorted(one.id for one in annotations))


def named(runtime: Runtime) -> tuple[dict[str, set[str]], dict[tuple[str, str], str]]:
    """Queue to the batches of its annotations, and each document's last digest."""
    batches: dict[str, set[str]] = defaultdict(set)
    documents: dict[tuple[str, str], str] = {}
    for record in runtime.store.audit():
        try:
            event = json.loads(record.body)
            thing = event["object"]
            kind, name, last = thing["type"], thing["id"], event.get("after")
        except (ValueError, KeyError, TypeError):
            continue  # a damaged event is for `audit verify` to name
        if kind == BATCH and event.get("action") == ERASED:
            batches[name].discard(event.get("before"))
        if kind == BATCH and thing["digest"]:
            batches[name].add(thing["digest"])
        elif kind in _KINDS and last:
            documents[kind, name] = last
    return batches, documents


def _all(runtime: Runtime, documents: dict[tuple[str, str], str], kind: type[N]) -> list[N]:
    held = runtime.store.list(kind)
    check_documents(documents, kind, held)
    names = {one.id for one in held}
    if gone := {name for of, name in documents if of == kind.kind} - names:
        raise _tampered(f"{kind.kind} {min(gone)} is gone", len(gone))
    return held


def check_documents(documents: dict[tuple[str, str], str], kind: type[N], held: list[N]) -> None:
    """Raise IntegrityProblem unless each is what the audit chain named last."""
    odd = [one.id for one in held if documents.get((kind.kind, one.id)) != digest(one)]
    if odd:
        raise _tampered(f"{kind.kind} {odd[0]} is not what the audit chain names", len(odd))


def check_batches(queue: str, kept: list[KeptAnnotation], named: set[str]) -> None:
    """Raise IntegrityProblem unless a queue's annotations are those that the chain names."""
    found: dict[str, list[Annotation]] = defaultdict(list)
    for one in kept:
        found[one.batch].append(one.annotation)
    odd = [name for name, group in found.items() if name not in named or batch_of(group) != name]
    gone = named - found.keys()
    if odd or gone:
        what = f"{len(odd)} batches of annotations of '{queue}' are not those that were given"
        raise _tampered(what if odd else f"annotations of '{queue}' are gone", len(odd) + len(gone))


def _tampered(what: str, count: int) -> IntegrityProblem:
    return IntegrityProblem(
        "labels_tampered",
        f"Labels differ from the audit chain: {what} ({count} in all).",
        why="They were written or removed past this program, so nothing is concluded from them.",
        fix="Put the newest backup of the database back, then: tuneworthy audit verify",
    )


def folder_path(runtime: Runtime, name: str) -> Path:
    """A path as given, or from the project's folder."""
    path = Path(name)
    return path if path.is_absolute() else runtime.folder / path
