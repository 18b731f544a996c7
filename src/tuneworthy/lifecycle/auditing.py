"""The audit chain: look and verify."""

import json
from typing import Any

from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.core.nouns.report import AuditSummary
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.chain import ChainReport
from tuneworthy.methods.chain import verify as verify_chain


def verify(runtime: Runtime, *, keep: bool = True) -> AuditSummary:
    """Check every link of the chain as stored, and that the ledger holds what it names.

    With ``keep`` a chain that verifies is said so in the ledger.
    """
    report = verify_chain(runtime.store.audit())
    summary = _summary(report)
    if summary.verified and (fault := _fault_beside(runtime)):
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
    return ""


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
