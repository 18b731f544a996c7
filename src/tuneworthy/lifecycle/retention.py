"""What has been kept long enough: what is due when, and the deleting of what is.

Every class has its days in ``retention`` of the project file. The audit chain, approvals and cards
are shown when their days are over, and never deleted by this program.

Projects that share a ledger delete their own things, each by its own days. What models answered
and steps put out is remembered under a digest and is nobody's: it goes by the days of whoever
looks, and is made anew when next needed. So does traffic of which nobody can tell whose it is.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from tuneworthy.core.errors import StoreProblem
from tuneworthy.core.ledger_ports import DatedTable
from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.head import Head
from tuneworthy.core.nouns.labelling import LabelQueue
from tuneworthy.core.nouns.model import ModelState, ModelVersion
from tuneworthy.core.nouns.retention import Due, RetentionClass
from tuneworthy.core.nouns.run import EvaluationRun
from tuneworthy.core.nouns.serving import Route, ServingManifest
from tuneworthy.lifecycle import holds, sealing
from tuneworthy.lifecycle.erasure_blobs import Holding, Part, bury
from tuneworthy.lifecycle.erasure_marks import body_of
from tuneworthy.lifecycle.erasure_rows import erase_labels
from tuneworthy.lifecycle.last_served import left_service
from tuneworthy.lifecycle.suppression import subject_id
from tuneworthy.lifecycle.weights import drop_weights
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.subjects import named_in

CAUSE = "retention"
UNREADABLE, KEYS = "unreadable rows", "keys"
LEDGER = "ledger"
"""Whose things are that no single project owns."""

_ENDED = (ModelState.RETIRED, ModelState.ROLLED_BACK, ModelState.SUPERSEDED, ModelState.QUARANTINED)
_DATED: tuple[tuple[DatedTable, RetentionClass], ...] = (
    ("interactions", "interactions"),
    ("feedback", "interactions"),
    ("answers", "outputs"),
    ("steps", "outputs"),
)
_HELD = "a person is held"


def due(runtime: Runtime) -> list[Due]:
    """Everything that has a day on which it is deleted, the first day first."""
    found = [
        *_tables(runtime),
        *_sealed(runtime),
        *_outputs(runtime),
        *_datasets(runtime),
        *_weights(runtime),
        *_record(runtime),
    ]
    return sorted(found, key=lambda one: (one.due, one.what, one.kind, one.id))


def apply(runtime: Runtime, person: str = "") -> list[Due]:
    """Delete what is due and not held, each with its audit event; returns what was deleted.

    Done again after a kill it goes on with what is left.
    """
    actor = person or runtime.actor
    ready = [one for one in due(runtime) if one.over and not one.held and one.what != "record"]
    # Keys go last, when the rows under them are gone.
    done = [one for one in ready if one.kind != KEYS]
    for one in done:
        _delete(runtime, one, actor)
    if keys := sealing.destroy_idle(runtime, actor):
        done.append(_today(runtime, KEYS, keys))
    if done:
        runtime.store.compact()
    return done


# -- what is due --------------------------------------------------------------------------------


def _due(
    runtime: Runtime, what: RetentionClass, kind: str, id_: str, since: str, *, count: int = 1,
    held: str = "",
) -> Due:  # fmt: skip
    days = getattr(runtime.project.retention, what)
    day = (datetime.fromisoformat(since) + timedelta(days=days)).date()
    return Due(
        what=what, kind=kind, id=id_, count=count, since=since[:10], due=day.isoformat(),
        held=held, over=day <= runtime.clock.now().date(),
    )  # fmt: skip


def _before(runtime: Runtime, what: RetentionClass) -> str:
    """The stamp before which rows of a class are due: of the whole day that has come."""
    days = getattr(runtime.project.retention, what)
    return (runtime.clock.now().date() - timedelta(days=days - 1)).isoformat()


def _tables(runtime: Runtime) -> Iterator[Due]:
    """One entry a table: how many rows are due, or how many are there when none is."""
    for table, what in _DATED:
        others = _others(runtime, what)
        oldest = runtime.store.oldest(table, others)
        if not oldest:
            continue
        rows = len(_free(runtime, table, what))
        old = runtime.store.older(table, _before(runtime, what), others)
        yield _due(
            runtime, what, table, runtime.project.id if what == "interactions" else LEDGER, oldest,
            count=rows or len(runtime.store.older(table, "", others)),
            held=_HELD if not rows and old else "",
        )  # fmt: skip


def _others(runtime: Runtime, what: RetentionClass = "interactions") -> list[str]:
    """The routes of other projects: their traffic is theirs; none for what is nobody's."""
    if what != "interactions":
        return []
    known = (*runtime.store.list(Head), *runtime.store.list(Route))
    return sorted({one.id for one in known} - {runtime.project.id})


def _sealed(runtime: Runtime) -> Iterator[Due]:
    """Rows whose keys were destroyed, and keys that seal nothing any more."""
    if sealing.state(runtime).fault:
        return
    if n := sum(map(len, runtime.store.unreadable(_others(runtime)))):
        yield _today(runtime, UNREADABLE, n)
    if n := len(sealing.idle_keys(runtime)):
        yield _today(runtime, KEYS, n)


def _today(runtime: Runtime, kind: str, n: int) -> Due:
    day = runtime.clock.now().date().isoformat()
    return Due(
        what="interactions", kind=kind, id=runtime.project.id, count=n, since=day, due=day,
        over=True,
    )  # fmt: skip


def _free(runtime: Runtime, table: DatedTable, what: RetentionClass) -> Sequence[str]:
    """Rows of a table that are due and belong to nobody who is held."""
    old = runtime.store.older(table, _before(runtime, what), _others(runtime, what))
    held = holds.held_subjects(runtime)
    if not held or what != "interactions":
        return old
    kept = _of_held(runtime, held)
    if table == "interactions":
        return [id_ for id_ in old if id_ not in kept]
    words = {word.id for word in runtime.store.feedback() if word.interaction in kept}
    return [id_ for id_ in old if id_ not in words]


def _of_held(runtime: Runtime, held: frozenset[str]) -> set[str]:
    kept = set()
    for row in runtime.store.interactions():
        named = named_in(body_of(row), row.sticky_key, sticky=row.sticky)
        if any(subject_id(runtime, name) in held for name in named):
            kept.add(row.id)
    return kept


def _outputs(runtime: Runtime) -> Iterator[Due]:
    for run in runtime.store.list(EvaluationRun):
        if run.project == runtime.project.id and _stands(runtime, run.results):
            yield _due(runtime, "outputs", "evaluation", run.id, run.created_at)
    held = _HELD if holds.held_subjects(runtime) else ""
    for queue in runtime.store.list(LabelQueue):
        items = len(runtime.store.labels.places(queue.id))
        if queue.project == runtime.project.id and items:
            given = runtime.store.labels.annotations(queue.id)
            last = max((one.annotation.created_at for one in given), default=queue.created_at)
            yield _due(runtime, "outputs", "label queue", queue.id, last, count=items, held=held)


def _datasets(runtime: Runtime) -> Iterator[Due]:
    """Versions that are not the current one, and whose models have all been retired."""
    moved, held = left_service(runtime), holds.held_versions(runtime)
    people = bool(holds.held_subjects(runtime))
    for version in runtime.store.list(DatasetVersion):
        if version.project != runtime.project.id or version.id == runtime.head.dataset:
            continue
        made = [m for m in runtime.store.list(ModelVersion) if m.dataset == version.id]
        alive = [m for m in made if m.state != ModelState.RETIRED]
        if alive or not any(_stands(runtime, blob) for blob in version.records.values()):
            continue
        since = max([version.created_at, *(moved.get(m.id, m.created_at) for m in made)])
        why = "the version is held" if version.id in held else _HELD if people else ""
        yield _due(
            runtime, "datasets", "dataset", version.id, since, count=version.rows_out, held=why
        )


def _weights(runtime: Runtime) -> Iterator[Due]:
    """Adapters of versions that are served no more and are no rollback's target."""
    moved, held = left_service(runtime), holds.held_versions(runtime)
    used = _routed(runtime)
    for version in runtime.store.list(ModelVersion):
        if version.project != runtime.project.id or version.state not in _ENDED:
            continue
        if version.id in used or not runtime.blobs.has(version.adapter):
            continue
        since = moved.get(version.id, version.created_at)
        why = "the version is held" if version.id in held else ""
        yield _due(runtime, "weights", "adapter", version.id, since, held=why)


def _routed(runtime: Runtime) -> set[str]:
    ids = {i for r in runtime.store.list(Route) for i in (r.production, r.canary, r.previous)}
    return {one.version for one in runtime.store.list(ServingManifest) if one.id in ids}


def _record(runtime: Runtime) -> Iterator[Due]:
    first = next(iter(runtime.store.audit()), None)
    if first is not None:
        since = str(json.loads(first.body)["ts"])
        last = runtime.store.last_event()
        yield _due(runtime, "record", "audit chain", runtime.project.id, since, count=last)


def _stands(runtime: Runtime, digest: str) -> bool:
    try:
        return runtime.blobs.has(runtime.blobs.standing(digest))
    except StoreProblem:
        return False


# -- deleting -----------------------------------------------------------------------------------


def _delete(runtime: Runtime, one: Due, actor: str) -> None:
    match one.kind:
        case "interactions" | "feedback" | "answers" | "steps":
            _rows(runtime, one.kind, one, actor)
        case kind if kind == UNREADABLE:
            facts = {"actor": actor, "reason": CAUSE}
            sealing.remove_unreadable(runtime, facts, others=_others(runtime))
        case "evaluation":
            run = runtime.store.get(EvaluationRun, one.id)
            _bury(runtime, actor, "evaluation", one.id, (run.results,) if run else ())
        case "label queue":
            items = [place.id for place in runtime.store.labels.places(one.id)]
            facts = {"actor": actor, "reason": f"{CAUSE}: due {one.due}"}
            erase_labels(runtime, one.id, items, facts)
        case "dataset":
            version = runtime.store.get(DatasetVersion, one.id)
            blobs = (*version.records.values(), version.fates) if version else ()
            _bury(runtime, actor, "dataset", one.id, blobs)
        case "adapter":
            drop_weights(runtime, one.id, actor, f"{CAUSE}: due {one.due}")
        case _:
            return  # the record is never deleted


def _rows(runtime: Runtime, table: DatedTable, one: Due, actor: str) -> None:
    keys = _free(runtime, table, one.what)
    facts = {"actor": actor, "reason": f"{CAUSE}: {len(keys)} rows, the oldest due {one.due}"}
    with runtime.change("retention.delete", (table, one.id, ""), **facts) as change:
        match table:
            case "interactions":
                change.erase.interactions(keys)
            case "feedback":
                change.erase.feedback(keys)
            case "answers":
                change.erase.answers(keys)
            case "steps":
                change.erase.steps(keys)


def _bury(runtime: Runtime, actor: str, kind: str, id_: str, digests: Sequence[str]) -> None:
    for digest in digests:
        if not _stands(runtime, digest):
            continue
        here = runtime.blobs.standing(digest)
        rows = sum(1 for _ in runtime.blobs.lines(here))
        bury(runtime, CAUSE, actor, Holding(here, (Part(kind, id_, ""),), rows, (), None))
