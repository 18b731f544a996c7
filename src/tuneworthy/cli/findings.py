"""Findings as text, JSON, GitHub annotations, SARIF or JUnit, for people and for CI."""

import hashlib
import json
import re
from collections.abc import Sequence
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

import click

from tuneworthy.cli.render import shown
from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.dataset import Finding
from tuneworthy.core.version import VERSION

FORMATS = ("text", "json", "github", "sarif", "junit")

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
"""What a SARIF file of version 2.1.0 names as its schema."""

NO_PLACE = "tuneworthy.yaml"
"""The file that a finding without rows is shown at: code scanning wants a place for each."""

_GITHUB = {"block": "error", "warning": "warning", "info": "notice"}
_SARIF = {"block": "error", "warning": "warning", "info": "note"}


def _one_form(ctx: click.Context, _: click.Parameter, form: str) -> str:
    # A command line that is only looked at, and not run, has no object.
    if ctx.obj and ctx.obj["json"] and form not in ("text", "json"):
        raise click.UsageError(f"--json and --format {form} are two forms; give one of them.")
    return form


format_option = click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    callback=_one_form,
    help="For CI.",
)
"""``--format`` of every command whose findings CI reads."""

# What XML 1.0 cannot hold even as a reference (W3C, section 2.2).
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def print_findings(findings: Sequence[Finding], form: str, passed: Sequence[str] = ()) -> None:
    """Print in one of FORMATS; ``passed`` names checks that found nothing, for JUnit's count."""
    if form == "junit":
        text = _junit(findings, passed)
    else:
        text = {"text": _text, "json": _json, "github": _github, "sarif": _sarif}[form](findings)
    if form == "text":
        text = shown(text)
    # A lone surrogate from a broken source cannot be written in UTF-8.
    click.echo(text.encode("utf-8", "replace").decode("utf-8"))


def stop_when_blocked(found: Sequence[Finding]) -> None:
    """Raises BlockedProblem when one of the findings blocks training."""
    blocking = [one for one in found if one.severity == "block"]
    if blocking:
        raise BlockedProblem(
            "checks_failed",
            f"{len(blocking)} of the data checks block training.",
            why=blocking[0].message,
            fix=blocking[0].fix,
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
    ok = all(found.severity != "block" for found in findings)
    return json.dumps({"ok": ok, "findings": [found.model_dump() for found in findings]})


def _github(findings: Sequence[Finding]) -> str:
    return "\n".join(_annotation(found) for found in findings)


def _annotation(found: Finding) -> str:
    """A workflow command: ``::error title=...,file=...,line=...::message``."""
    properties = [f"title={_property(found.code)}"]
    if found.rows:
        source, line = _split(found.rows[0])
        properties += [f"file={_property(source)}", f"line={line}"]
    said = found.message + (f"\nFix: {found.fix}" if found.fix else "")
    return f"::{_GITHUB[found.severity]} {','.join(properties)}::{_data(said)}"


def _data(text: str) -> str:
    """Text as GitHub's runner wants it in a message; the percent sign must come first."""
    return shown(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _sarif(findings: Sequence[Finding]) -> str:
    rules = _rules(findings)
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    results = [
        {
            "ruleId": found.code,
            "ruleIndex": index[found.code],
            "level": _SARIF[found.severity],
            "message": {"text": _said(found)},
            "locations": [_place(row) for row in found.rows or (NO_PLACE,)],
            "partialFingerprints": {"tuneworthy/v1": _fingerprint(found)},
        }
        for found in findings
    ]
    driver = {"name": "tuneworthy", "version": VERSION, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rules(findings: Sequence[Finding]) -> list[dict[str, object]]:
    """One rule for each code, with the first finding's way out as its help."""
    rules: dict[str, dict[str, object]] = {}
    for found in findings:
        if found.code in rules:
            continue
        rules[found.code] = {
            "id": found.code,
            "shortDescription": {"text": found.code.replace("_", " ")},
            "help": {"text": found.fix or "See the message."},
            "defaultConfiguration": {"level": _SARIF[found.severity]},
        }
    return list(rules.values())


def _said(found: Finding) -> str:
    return found.message or found.code


def _fingerprint(found: Finding) -> str:
    """The same for the same finding in the next run, so that it is not shown as new."""
    text = "\n".join([found.code, *found.rows[:1]])
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def _place(row: str) -> dict[str, object]:
    source, line = _split(row)
    uri = quote(source.encode("utf-8", "replace"))
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}}


def _split(row: str) -> tuple[str, int]:
    """The file and line of ``source:row``; a name without a number is a file's first line."""
    source, _, line = row.rpartition(":")
    if source and line.isascii() and line.isdigit():
        return source, max(1, int(line))
    return row or NO_PLACE, 1


def _junit(findings: Sequence[Finding], passed: Sequence[str]) -> str:
    failures = sum(found.severity == "block" for found in findings)
    cases = "".join(_case(found) for found in findings)
    cases += "".join(f"<testcase {_naming(name)}/>" for name in passed)
    return (
        f'<testsuite name="tuneworthy" tests="{len(findings) + len(passed)}" '
        f'failures="{failures}" errors="0" skipped="0">{cases}</testsuite>'
    )


def _case(found: Finding) -> str:
    if found.severity != "block":
        said = escape(_xml(found.message))
        return f"<testcase {_naming(found.code)}><system-out>{said}</system-out></testcase>"
    lines = [f"rows: {', '.join(found.rows)}"] if found.rows else []
    lines += [f"fix: {found.fix}"] if found.fix else []
    message = quoteattr(_xml(found.message))
    failure = f'<failure type="check" message={message}>{escape(_xml(chr(10).join(lines)))}'
    return f"<testcase {_naming(found.code)}>{failure}</failure></testcase>"


def _naming(code: str) -> str:
    return f'classname="tuneworthy" name={quoteattr(_xml(code))}'


def _xml(text: str) -> str:
    """Text that XML can hold: a control character is shown as its code point."""
    return _NOT_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
