"""Findings in the forms that CI systems read: nothing a text may hold breaks them."""

import json
import xml.etree.ElementTree as ET  # the text is our own output
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuneworthy.cli.findings import print_findings
from tuneworthy.cli.render import shown
from tuneworthy.core.nouns.dataset import Finding

TEXT = st.text(max_size=60) | st.text("%\r\n:,<>&\"'\x00\x1b\ud800\ufffe", max_size=30)
FINDING = st.builds(
    Finding,
    code=st.from_regex(r"[a-z][a-z_.0-9]{0,10}", fullmatch=True),
    severity=st.sampled_from(["info", "warning", "block"]),
    message=TEXT,
    rows=st.lists(TEXT | st.just("data/rows.jsonl:7"), max_size=3).map(tuple),
    fix=TEXT,
)
FINDINGS = st.lists(FINDING, max_size=4)
ANY = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def printed(capsys: Any, findings: list[Finding], form: str, passed: tuple[str, ...] = ()) -> str:
    capsys.readouterr()
    print_findings(findings, form, passed)
    out: str = capsys.readouterr().out
    return out


@ANY
@given(FINDINGS)
def test_sarif_is_whole_whatever_a_finding_says(capsys: Any, findings: list[Finding]) -> None:
    told = json.loads(printed(capsys, findings, "sarif"))
    assert told["version"] == "2.1.0"
    assert told["$schema"].endswith("sarif-2.1.0.json")
    (run,) = told["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"]
    ids = [rule["id"] for rule in driver["rules"]]
    assert ids == list(dict.fromkeys(f.code for f in findings))
    assert all(
        rule["shortDescription"]["text"] and rule["help"]["text"] for rule in driver["rules"]
    )
    assert len(run["results"]) == len(findings)
    for result, finding in zip(run["results"], findings, strict=True):
        assert ids[result["ruleIndex"]] == result["ruleId"] == finding.code
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        assert result["locations"]
        for place in result["locations"]:
            uri = place["physicalLocation"]["artifactLocation"]["uri"]
            assert uri
            assert uri.isascii()
            assert not set(uri) & set(' \\<>"\n')
            assert place["physicalLocation"]["region"]["startLine"] >= 1


@ANY
@given(FINDINGS, st.lists(TEXT, max_size=2).map(tuple))
def test_junit_is_well_formed_whatever_a_finding_says(
    capsys: Any, findings: list[Finding], passed: tuple[str, ...]
) -> None:
    suite = ET.fromstring(printed(capsys, findings, "junit", passed))  # noqa: S314 - our own output
    errors = sum(f.severity == "block" for f in findings)
    assert suite.tag == "testsuite"
    assert int(suite.get("tests", "")) == len(suite) == len(findings) + len(passed)
    assert int(suite.get("failures", "")) == len(suite.findall("testcase/failure")) == errors
    assert [case.get("name") for case in suite][: len(findings)] == [f.code for f in findings]


@ANY
@given(FINDINGS)
def test_each_annotation_is_one_line_that_says_it_all(capsys: Any, findings: list[Finding]) -> None:
    lines = printed(capsys, findings, "github").rstrip("\n").split("\n")
    assert len(lines) == max(1, len(findings))
    for line, finding in zip(lines, findings, strict=False):
        head, _, data = line.removeprefix("::").partition("::")
        kind, _, properties = head.partition(" ")
        assert kind in ("error", "warning", "notice")
        assert properties.startswith(f"title={finding.code}")
        said = finding.message + (f"\nFix: {finding.fix}" if finding.fix else "")
        assert unquote(data, errors="strict") == shown(said)
        assert "\r" not in line


def test_an_annotation_is_escaped_as_the_runner_reads_it(capsys: Any) -> None:
    found = Finding(
        code="rows",
        severity="warning",
        message="50 % of rows:\r\nthis, that::and",
        rows=("data/a,b:c.jsonl:7",),
    )
    assert printed(capsys, [found], "github") == (
        "::warning title=rows,file=data/a%2Cb%3Ac.jsonl,line=7::50 %25 of rows:%0Athis, that::and\n"
    )


@pytest.mark.parametrize(
    ("row", "uri", "line"),
    [
        ("data/rows.jsonl:7", "data/rows.jsonl", 7),
        ("data/my rows.jsonl:7", "data/my%20rows.jsonl", 7),
        ("data/rows.jsonl", "data/rows.jsonl", 1),
        ("data/rows.jsonl:0", "data/rows.jsonl", 1),
        ("a:b:3", "a%3Ab", 3),
        (":3", "%3A3", 1),
        ("rows:³", "rows%3A%C2%B3", 1),
        ("", "tuneworthy.yaml", 1),
    ],
)
def test_a_place_is_a_file_and_a_line(capsys: Any, row: str, uri: str, line: int) -> None:
    found = Finding(code="c", severity="block", message="m", rows=(row,))
    told = json.loads(printed(capsys, [found], "sarif"))
    place = told["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == uri
    assert place["region"]["startLine"] == line


def test_a_finding_keeps_its_fingerprint_and_another_has_its_own(capsys: Any) -> None:
    one = Finding(code="c", severity="block", message="3 rows", rows=("a:1",))
    prints = []
    for found in (
        one,
        one.model_copy(update={"message": "4 rows"}),
        one.model_copy(update={"rows": ("a:2",)}),
    ):
        told = json.loads(printed(capsys, [found], "sarif"))
        prints.append(told["runs"][0]["results"][0]["partialFingerprints"]["tuneworthy/v1"])
    assert prints[0] == prints[1] != prints[2]
