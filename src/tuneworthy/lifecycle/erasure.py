"""Erasing people: find everything that holds or was made from their rows, take it out, sign for it.

Every step may be done again. Killed in the middle, the same command goes on with the marks and the
list of nodes that were written down before anything was taken away.
"""

from collections.abc import Sequence
from pathlib import Path

from tuneworthy.adapters.durable_erasure import forget_jobs
from tuneworthy.core.errors import ConflictProblem, Problem
from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.erasure import ErasedNode, Erasure, ErasureAsked, Tombstone
from tuneworthy.core.nouns.evidence import Grade
from tuneworthy.core.nouns.head import Head
from tuneworthy.core.nouns.people import Person
from tuneworthy.govern.erasure_report import report_fault, signed
from tuneworthy.lifecycle import (
    datasets,
    erasure_files,
    erasure_order,
    hands,
    holds,
    people,
    sealing,
    suppression,
    taints,
)
from tuneworthy.lifecycle.erasure_blobs import Holding, bury, holdings
from tuneworthy.lifecycle.erasure_find import gather
from tuneworthy.lifecycle.erasure_keys import Keys, destroyed_for_good
from tuneworthy.lifecycle.erasure_marks import (
    Marks,
    alone,
    destroy_marks,
    keep_marks,
    new_marks,
    read_marks,
)
from tuneworthy.lifecycle.erasure_rows import Rows
from tuneworthy.lifecycle.erasure_walk import (
    LEARNED,
    derived,
    lingering,
    outside,
    tainted_versions,
)
from tuneworthy.lifecycle.reading import names_read
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.passkey import is_passkey
from tuneworthy.methods.signing import PrivateKey


def erase(
    runtime: Runtime,
    asked: ErasureAsked,
    *,
    key: Path | None = None,
    dry_run: bool = False,
) -> Erasure:
    """Erase people, and sign the report of what became of each thing that held their rows.

    The report of who signs with a passkey is signed later (``erasure_signing``).

    With ``dry_run`` the report says what would be done; nothing is, and nothing is kept.

    Raises:
        UsageProblem: Nobody is named, or no reason is given.
        BlockedProblem: A legal hold, or the person is no compliance reviewer.
        NeedsPersonProblem: Their key is not here, or is a passkey and has signed no order.
        ConflictProblem: Another erasing is under way.
    """
    if dry_run:
        return _erase(runtime, asked, key, dry_run=True)
    with alone(runtime.state):
        return _erase(runtime, asked, key, dry_run=False)


def _erase(runtime: Runtime, asked: ErasureAsked, key: Path | None, *, dry_run: bool) -> Erasure:
    person, pem = _reviewer(runtime, asked, key, dry_run=dry_run)
    holds.require_free(runtime, asked.subjects)
    marks = _marks(runtime, asked, dry_run=dry_run)
    known = runtime.store.get(Erasure, marks.erasure)
    if known is not None and known.state == "done":
        destroy_marks(runtime.state)
        return known
    runtime.progress("erase", 0, 4, "looking")
    sealing.take_in(runtime)
    marks, sources = gather(runtime, marks)
    rows, held = Rows(runtime, marks), list(holdings(runtime, marks))
    keys = Keys(runtime, marks, rows)
    others = _others(runtime, marks, held)
    # A source that cannot be read may hold rows of theirs too.
    elsewhere = bool(held or sources) or any(node.found for node in others)
    sealed = keys.close_copies(known) and not elsewhere
    apart = [*keys.nodes(), *outside(runtime, taints.deadline(runtime), sealed=sealed)]
    nodes = _merged(known, [*sources, *rows.nodes(), *others, *apart])
    begun = _begun(runtime, marks, person, nodes, known)
    if dry_run:
        return begun
    keep_marks(runtime.state, marks)
    keep(runtime, begun, "erasure.begin")
    runtime.progress("erase", 1, 4, "taking out")
    suppression.suppress(runtime, marks.erasure, asked.subjects, person.id)
    _taint(runtime, begun)
    keys.destroy()
    rows.erase()
    for one in held:
        bury(runtime, marks.erasure, person.id, one)
    _clear_files(runtime, marks, begun)
    runtime.progress("erase", 2, 4, "building the dataset anew")
    nodes = _merged(begun, _rebuilt(runtime, marks))
    return _finish(runtime, marks, begun.model_copy(update={"nodes": nodes}), pem)


def erasures(runtime: Runtime) -> list[Erasure]:
    """Every erasing of the project, oldest first."""
    return [one for one in runtime.store.list(Erasure) if one.project == runtime.project.id]


def fault_of(runtime: Runtime, report: Erasure) -> str:
    """Why a finished report is not what its person signed; empty when it is."""
    return report_fault(report, people.find(runtime, report.person))


# -- beginning ----------------------------------------------------------------------------------


def _reviewer(
    runtime: Runtime, asked: ErasureAsked, key: Path | None, *, dry_run: bool
) -> tuple[Person, PrivateKey | None]:
    """Who orders it, and what signs the report; None where that is signed later, by passkey."""
    person = erasure_order.reviewer(runtime, asked)
    if not is_passkey(person.public_key):
        return person, people.private_key(runtime, person, key)
    if not dry_run:
        erasure_order.require_order(runtime, person, asked)
    return person, None


def _marks(runtime: Runtime, asked: ErasureAsked, *, dry_run: bool) -> Marks:
    under_way = read_marks(runtime.state)
    if under_way is None:
        return new_marks(asked)
    only_ordered = runtime.store.get(Erasure, under_way.erasure) is None and bool(under_way.order)
    if only_ordered and dry_run:
        return new_marks(asked)
    if (set(under_way.asked.subjects), set(under_way.asked.also)) != (
        set(asked.subjects),
        set(asked.also),
    ):
        if only_ordered:
            raise ConflictProblem(
                "order_waits",
                f"An erasing that '{under_way.asked.person}' ordered waits to be done.",
                fix=f"First: tuneworthy erase --ordered --by {under_way.asked.person}",
            )
        raise ConflictProblem(
            "erasing_under_way",
            f"Erasing {under_way.erasure} has begun and not ended.",
            why="It was stopped; the next one begins when it has ended.",
            fix="Give the same command again that began it, with the same people.",
        )
    return under_way


def _others(runtime: Runtime, marks: Marks, held: Sequence[Holding]) -> list[ErasedNode]:
    """What is neither a row nor a source: kept files, what was made from them, other files."""
    nodes = list(derived(runtime, held, taints.deadline(runtime)))
    nodes += [
        ErasedNode(kind="state file", id=_below(runtime, path), found=1, disposition="deleted")
        for path in erasure_files.in_state(runtime, marks)
    ]
    if any(node.kind == "dataset" for node in nodes):
        nodes += [
            ErasedNode(
                kind="stopped training", id=_below(runtime, path), found=0, disposition="deleted",
                note="checkpoints; the training is begun anew",
            )
            for path in erasure_files.half_done(runtime)
        ]  # fmt: skip
    if jobs := forget_jobs(_jobs_url(runtime), marks.needles, look_only=True):
        nodes.append(ErasedNode(kind="job book", id="jobs", found=jobs, disposition="deleted"))
    listed = names_read(runtime)
    nodes += [
        ErasedNode(
            kind="project file", id=name, found=1, disposition="outside",
            note="it stands beside the project; delete it, or take their texts out",
            deadline=taints.deadline(runtime),
        )
        for path in erasure_files.in_project(runtime, marks)
        if (name := path.relative_to(runtime.folder).as_posix()) not in listed
    ]  # fmt: skip
    return [*nodes, *_in_chain(runtime, marks)]


def _in_chain(runtime: Runtime, marks: Marks) -> list[ErasedNode]:
    seqs = [one.seq for one in runtime.store.audit() if marks.needles.hit(one.body)]
    if not seqs:
        return []
    note = "events that name them in somebody's words; the chain only grows, and is kept by law"
    shown = ", ".join(map(str, seqs[:50]))
    return [
        ErasedNode(kind="audit events", id=shown, found=len(seqs), disposition="kept", note=note)
    ]


def _begun(
    runtime: Runtime,
    marks: Marks,
    person: Person,
    nodes: tuple[ErasedNode, ...],
    known: Erasure | None,
) -> Erasure:
    return Erasure(
        id=marks.erasure,
        project=runtime.project.id,
        person=person.id,
        reason=marks.asked.reason if known is None else known.reason,
        subjects=marks.opaque(),
        state="begun",
        nodes=nodes,
        left=0,
        created_at=known.created_at if known else runtime.now(),
    )


def _merged(known: Erasure | None, nodes: Sequence[ErasedNode]) -> tuple[ErasedNode, ...]:
    """What was found before a kill, and what is found now, each thing once."""
    found: dict[tuple[str, str], ErasedNode] = {}
    for node in (*(known.nodes if known else ()), *nodes):
        before = found.get((node.kind, node.id))
        # A day that was set stays: once the rows are gone, nobody can tell any more why it was.
        weaker = before is not None and before.deadline and not node.deadline
        if before is None or (node.found >= before.found and not weaker):
            found[node.kind, node.id] = node
    return tuple(found.values())


# -- taking out ---------------------------------------------------------------------------------


def _taint(runtime: Runtime, begun: Erasure) -> None:
    learned: dict[str, int] = {}
    for node in begun.nodes:
        dataset, _, split = node.id.rpartition("/")
        if node.kind == "dataset part" and split in LEARNED:
            learned[dataset] = learned.get(dataset, 0) + node.found
    taints.mark(runtime, begun.id, tainted_versions(runtime, learned), begun.person)


def _clear_files(runtime: Runtime, marks: Marks, begun: Erasure) -> None:
    for path in erasure_files.in_state(runtime, marks):
        path.unlink(missing_ok=True)
    if any(node.kind == "dataset" for node in begun.nodes):
        erasure_files.remove(erasure_files.half_done(runtime))
    forget_jobs(_jobs_url(runtime), marks.needles)


def _rebuilt(runtime: Runtime, marks: Marks) -> list[ErasedNode]:
    """The dataset without their rows as a new version, if they had some in the current one."""
    current = runtime.store.get(DatasetVersion, runtime.head.dataset)
    if current is None or not any(
        runtime.store.get(Tombstone, digest) for digest in (*current.records.values(),)
    ):
        return []
    says = marks.named.says if marks.asked.also else None
    try:
        version = datasets.build(runtime, leave_out=says)
    except (Problem, OSError) as fault:
        _leave_dataset(runtime, current)
        return [
            ErasedNode(
                kind="new dataset", id=current.id, found=0, disposition="outside",
                note=f"could not be built: {str(fault).rstrip('.')}. Mend that, then: "
                "tuneworthy data build",
                deadline=taints.deadline(runtime),
            )
        ]  # fmt: skip
    return [
        ErasedNode(
            kind="new dataset", id=version.id, found=0, disposition="rebuilt",
            note=f"takes the place of {current.id}; its gates have to be opened anew",
        )
    ]  # fmt: skip


def _leave_dataset(runtime: Runtime, current: DatasetVersion) -> None:
    """See that nothing new is made from a version whose rows are not all there any more."""
    generation = runtime.store.generation(Head, runtime.project.id)
    if runtime.head.dataset != current.id:
        return
    moved = Head(id=runtime.project.id, stood=current.id, route=runtime.head.route)
    with runtime.change("project.dataset", ("project", runtime.project.id, "")) as change:
        change.put(moved, expect=generation)


# -- ending -------------------------------------------------------------------------------------


def _finish(runtime: Runtime, marks: Marks, begun: Erasure, pem: PrivateKey | None) -> Erasure:
    runtime.progress("erase", 3, 4, "writing the database anew and searching every byte")
    lingers = lingering(runtime, taints.deadline(runtime))
    nodes = [*begun.nodes, *destroyed_for_good(runtime, marks), *lingers]
    if not runtime.store.compact():
        nodes.append(
            ErasedNode(
                kind="database file", id="database", found=1, disposition="outside",
                note="another program was using it, so deleted rows may still lie in its pages; "
                "stop the gateway, then: tuneworthy retention run",
                deadline=taints.deadline(runtime),
            )
        )  # fmt: skip
    seen = erasure_files.scan(runtime.state, marks.needles)
    left = sum(marks.needles.hit(text.body.encode()) for text in runtime.store.texts())
    nodes += [
        ErasedNode(
            kind="left", id=_below(runtime, path), found=1, disposition="outside",
            note="their texts still stand in it; if it is in use, stop the gateway and erase again",
            deadline=taints.deadline(runtime),
        )
        for path in seen.holding
    ]  # fmt: skip
    done = begun.model_copy(
        update={
            "state": "done",
            "nodes": tuple(nodes),
            "left": left + len(seen.holding),
            "scanned_files": seen.files,
            "scanned_bytes": seen.bytes,
            "finished_at": runtime.now(),
        }
    )
    report = done if pem is None else signed(done, pem)
    keep(runtime, report, "erasure.finish")
    destroy_marks(runtime.state)
    runtime.progress("erase", 4, 4, "done")
    return report


def keep(runtime: Runtime, report: Erasure, action: str) -> None:
    """Record a report as it stands now, with its evidence and its event."""
    claim = runtime.claim(
        "erasure.report",
        [runtime.project.id],
        {
            "erasure": report.id,
            "state": report.state,
            "people": len(report.subjects),
            "nodes": len(report.nodes),
            "open": len(report.open_nodes),
            "left": report.left,
        },
        grade=Grade.ATTESTED if report.envelope else Grade.MEASURED,
    )
    what = (Erasure.kind, report.id, "")
    facts = {"actor": report.person, "reason": report.reason, "evidence": (claim.id,)}
    method = hands.method() if report.envelope else "local"
    with runtime.change(action, what, auth_method=method, **facts) as change:
        change.put(report)
        change.put(claim)


def _below(runtime: Runtime, path: Path) -> str:
    return path.relative_to(runtime.state).as_posix()


def _jobs_url(runtime: Runtime) -> str:
    return runtime.project.store or f"sqlite:///{runtime.state / 'jobs.db'}"
