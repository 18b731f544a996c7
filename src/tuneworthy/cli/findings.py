"""Findings as text, JSON, GitHub annotations, SARIF or JUnit, for people and for CI."""

import json
from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

import click

from tuneworthy.core.nouns.dataset import Finding
from tuneworthy.core.version import VERSION

FORMATS = ("text", "json", "github", "sarif", "junit")

_GITHUB = {"error": "error", "warning": "warning", "info": "notice"}
_SARIF = {"error": "error", "warning": "warning", "info": "note"}


def print_findings(findings: Sequence[Finding], form: str) -> None:
    """Print in one of FORMATS."""
    click.echo(
        {"text": _text, "json": _json, "github": _github, "sarif": _sarif, "junit": _junit}[form](
            findings
        )
    )


def _text(findings: Sequence[Finding]) -> str:
    if not findings:
        return "All checks pass."
    lines = []
    for found in findings:
        lines.append(f"{found.severity:8} {found.code}: {found.message}")
        if found.rows:
            lines.append(f"         rows: {', '.join(found.rows[:5])}")
        if found.fix:
            lines.append(f"         fix: {found.fix}")
    return "\n".join(lines)


def _json(findings: Sequence[Finding]) -> str:
    ok = all(found.severity != "error" for found in findings)
    return json.dumps({"ok": ok, "findings": [found.model_dump() for found in findings]})


def _github(findings: Sequence[Finding]) -> str:
    return "\n".join(
        f"::{_GITHUB[f.severity]} title={f.code}::{f.message.replace(chr(10), ' ')}"
        for f in findings
    )


def _sarif(findings: Sequence[Finding]) -> str:
    results = [
        {
            "ruleId": found.code,
            "level": _SARIF[found.severity],
            "message": {"text": found.message},
            "locations": [_place(row) for row in found.rows],
        }
        for found in findings
    ]
    driver = {"name": "tuneworthy", "version": VERSION}
    return json.dumps(
        {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    )


def _place(row: str) -> dict[str, object]:
    source, _, line = row.rpartition(":")
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": source},
            "region": {"startLine": max(1, int(line) if line.isdigit() else 1)},
        }
    }


def _junit(findings: Sequence[Finding]) -> str:
    failures = sum(found.severity == "error" for found in findings)
    cases = "".join(
        f"<testcase name={quoteattr(f.code)}>"
        + (f"<failure message={quoteattr(f.message)}/>" if f.severity == "error" else "")
        + "</testcase>"
        for f in findings
    )
    return (
        f'<testsuite name="tuneworthy" tests="{len(findings)}" failures="{failures}">'
        f"{cases}</testsuite>"
    )
