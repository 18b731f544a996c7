"""The audit chain: look and verify."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tuneworthy.core.errors import IntegrityProblem, StoreProblem
from tuneworthy.core.nouns.checkpoint import Checkpoint
from tuneworthy.core.nouns.gate import AuditRecord
from tuneworthy.core.nouns.report import AuditHead, AuditSummary
from tuneworthy.lifecycle import checkpoints, forgery
from tuneworthy.lifecycle.changed_rows import changed_rows
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.chain import ChainReport
from tuneworthy.methods.chain import verify as verify_chain
from tuneworthy.methods.merkle import Frontier


def head(runtime: Runtime) -> AuditHead:
    """The chain's last record and its newest checkpoint, as stored; nothing is verified."""
    last = next(iter(runtime.store.audit(max(0, runtime.store.last_event() - 1))), None)
    signed = max(checkpoints.all_of(runtime), key=lambda one: one.size, default=None)
    return AuditHead(
        events=last.seq if last else 0,
        head=last.hash if last else "",
        checkpoint=signed.id if signed else "",
        signed_events=signed.size if signed else 0,
    )


def verify(runtime: Runtime, *, keep: bool = True) -> AuditSummary:
    """Check every link of the chain as stored, and that the ledger holds what it names.

    With ``keep`` a chain that verifies is said so in the ledger.

    Raises IntegrityProblem for a row that was made unreadable past this program, StoreProblem for
    one that another release wrote.
    """
    try:
        return _verified(runtime, keep=keep)
    except StoreProblem:
        if found := next(changed_rows(runtime.store), ""):
            raise IntegrityProblem(
                "row_changed",
                f"A row cannot be read: {found}.",
                why="It was changed in the database past this program.",
                fix="Put the newest backup of the database back, then: tuneworthy audit verify",
            ) from None
        raise


def _verified(runtime: Runtime, *, keep: bool) -> AuditSummary:
    signed = {one.size: one for one in checkpoints.all_of(runtime)}
    unlike: list[Checkpoint] = []
    report = verify_chain(_compared(runtime.store.audit(), signed, unlike))
    summary = _summary(report)
    if summary.verified and (fault := _fault_beside(runtime) or _against(signed, unlike, report)):
        return summary.model_copy(update={"verified": False, "first_fault": fault})
    if report.verified and keep:
        runtime.record(
            runtime.claim(
                "audit.verified",
                [runtime.project.id],
                {"events": report.events, "verified": True, "head": report.head},
                stale_after_days=1,
            )
        )
    return summary


def _compared(
    records: Iterable[AuditRecord], signed: Mapping[int, Checkpoint], unlike: list[Checkpoint]
) -> Iterator[AuditRecord]:
    """The records, while their tree is compared with every checkpoint on the way."""
    edge = Frontier()
    for record in records:
        edge.add(record.body)
        one = signed.get(edge.size)
        if one is not None and one.root != edge.root().hex():
            unlike.append(one)
        yield record


def _against(
    signed: Mapping[int, Checkpoint], unlike: Sequence[Checkpoint], report: ChainReport
) -> str:
    """What the checkpoints in the ledger say against a chain whose links hold."""
    if unlike:
        return f"the first {unlike[0].size} events are not those that were signed"
    if (most := max(signed, default=0)) > report.events:
        return f"{most} events were signed, and {report.events} are left"
    return ""


def _fault_beside(runtime: Runtime) -> str:
    """What the ledger itself says against a chain whose links hold; empty when nothing."""
    newest, last = runtime.store.newest_write(), runtime.store.last_event()
    if newest > last:
        return f"the chain ends at event {last}, but the ledger holds what event {newest} wrote"
    try:
        unnamed = runtime.unnamed_evidence()
    except IntegrityProblem as problem:
        return problem.message
    if unnamed:
        return (
            f"evidence that no event names: {len(unnamed)}, such as {unnamed[0].about} "
            f"({unnamed[0].id[:19]})"
        )
    try:
        found = forgery.findings(runtime)
    except IntegrityProblem as problem:
        return problem.message
    return f"{found[0]}; {len(found)} such findings in all" if found else ""


def log(runtime: Runtime, last: int = 20) -> list[dict[str, Any]]:
    """The newest events, oldest of them first."""
    records = list(runtime.store.audit())[-last:]
    return [json.loads(record.body) for record in records]


def _summary(report: ChainReport) -> AuditSummary:
    return AuditSummary(
        events=report.events,
        verified=report.verified,
        head=report.head,
        first_fault=str(report.first_fault or ""),
    )
