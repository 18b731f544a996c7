"""The audit chain: look, verify, take out."""

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

from tuneworthy.config.text_file import require_file
from tuneworthy.core.errors import IntegrityProblem, StoreProblem
from tuneworthy.core.nouns.gate import AuditRecord
from tuneworthy.core.nouns.report import AuditSummary
from tuneworthy.core.version import VERSION
from tuneworthy.lifecycle import forgery
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import canonical, digest_bytes
from tuneworthy.methods.chain import ChainReport
from tuneworthy.methods.chain import verify as verify_chain

STAMP = (1980, 1, 1, 0, 0, 0)
"""Time stamp of every file in a pack, so that the same content gives the same bytes."""

_NOT_A_PACK = (
    OSError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What reading any file as a pack can end with: other bytes, no zip, a zip of other things."""


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
    found = forgery.findings(runtime)
    return f"{found[0]}; {len(found)} such findings in all" if found else ""


def log(runtime: Runtime, last: int = 20) -> list[dict[str, Any]]:
    """The newest events, oldest of them first."""
    records = list(runtime.store.audit())[-last:]
    return [json.loads(record.body) for record in records]


def export(runtime: Runtime, path: Path) -> AuditSummary:
    """Write the chain, as stored, into a zip file with its manifest; then verify that file.

    Raises StoreProblem when the file cannot be written.
    """
    records = list(runtime.store.audit())
    lines = b"".join(
        canonical({"seq": r.seq, "hash": r.hash, "body": r.body.decode("utf-8")}) + b"\n"
        for r in records
    )
    head = records[-1].hash if records else ""
    manifest = {
        "format": "tuneworthy-audit-pack/1",
        "made_by": f"tuneworthy {VERSION}",
        "project": runtime.project.id,
        "events": len(records),
        "head": head,
        "files": {"audit.jsonl": digest_bytes(lines)},
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
            pack.writestr(zipfile.ZipInfo("audit.jsonl", STAMP), lines)
            pack.writestr(zipfile.ZipInfo("manifest.json", STAMP), canonical(manifest))
    except OSError as fault:
        raise StoreProblem(
            "cannot_write",
            f"{path} cannot be written.",
            why=str(fault.strerror),
            fix="Choose another place with -o FILE.",
        ) from fault
    return verify_pack(path)


def verify_pack(path: Path) -> AuditSummary:
    """Check an exported pack without the running system.

    Raises IntegrityProblem when a byte of it is not what was exported, ConfigProblem for a pipe
    or a device.
    """
    if path.exists() and not path.is_dir():
        require_file(path, "tuneworthy audit export")
    try:
        with zipfile.ZipFile(path) as pack:
            manifest = json.loads(pack.read("manifest.json"))
            lines = pack.read("audit.jsonl")
        expected = manifest["files"]["audit.jsonl"]
        head, events = manifest["head"], manifest["events"]
        records = _records(lines)
    except _NOT_A_PACK as fault:
        raise IntegrityProblem(
            "bad_pack",
            f"{path} is not a readable audit pack.",
            why=str(fault),
            fix="tuneworthy audit export",
        ) from fault
    if digest_bytes(lines) != expected:
        raise IntegrityProblem(
            "pack_changed", f"{path}: audit.jsonl is not the file that was exported."
        )
    report = verify_chain(records)
    if report.verified and (report.head, report.events) != (head, events):
        raise IntegrityProblem("pack_changed", f"{path}: the chain does not end as exported.")
    return _summary(report)


def _records(lines: bytes) -> list[AuditRecord]:
    rows = [json.loads(line) for line in lines.splitlines() if line]
    return [
        AuditRecord(seq=row["seq"], body=row["body"].encode("utf-8"), hash=row["hash"])
        for row in rows
    ]


def _summary(report: ChainReport) -> AuditSummary:
    return AuditSummary(
        events=report.events,
        verified=report.verified,
        head=report.head,
        first_fault=str(report.first_fault or ""),
    )
