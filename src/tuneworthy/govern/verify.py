"""Checks an exported audit chain with nothing but the file and, at best, a head kept elsewhere."""

from collections.abc import Iterable

from pydantic import ValidationError

from tuneworthy.core.nouns.gate import AuditRecord
from tuneworthy.methods.chain import ChainFault, ChainReport, verify
from tuneworthy.methods.lines import dump_lines


def export_chain(records: Iterable[AuditRecord]) -> bytes:
    """The chain as JSON Lines, one record a line with its exact body and hash."""
    return dump_lines(records)


def verify_export(data: bytes, *, head: str = "", events: int = 0) -> ChainReport:
    """Check an exported chain from its beginning.

    Args:
        data: What ``export_chain`` wrote.
        head: The chain's newest hash as somebody outside noted it; shows a history written anew.
        events: How many records there were then; shows a tail that was cut off.
    """
    records: list[AuditRecord] = []
    for number, line in enumerate(data.splitlines(), 1):
        try:
            records.append(AuditRecord.model_validate_json(line, strict=True))
        except ValidationError:
            return _faulty(records, number, "line", f"line {number} is not an audit record")
    report = verify(records)
    if not report.verified:
        return report
    if report.events < events:
        message = f"{events} records were noted, {report.events} are here"
        return _faulty(records, report.seq + 1, "cut", message)
    if head and head not in {record.hash for record in records}:
        return _faulty(records, report.seq, "head", "the noted head is not in this chain")
    return report


def _faulty(records: list[AuditRecord], seq: int, code: str, message: str) -> ChainReport:
    report = verify(records)
    fault = report.first_fault or ChainFault(seq=seq, code=code, message=message)
    return report.model_copy(update={"verified": False, "first_fault": fault})
