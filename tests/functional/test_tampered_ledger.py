"""Whoever writes into the database past the program moves no verdict and no gate, and is seen."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

import tuneworthy
from tuneworthy.cli.main import cli
from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.lifecycle import assessing, auditing, ceiling, datasets, gates, people
from tuneworthy.lifecycle.wiring import Runtime, open_runtime
from tuneworthy.methods.canonical import canonical, digest_bytes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "services"
    tuneworthy.init(home, "services")
    with closing(open_runtime(home)) as runtime:
        people.register(runtime)
        datasets.build(runtime)
        ceiling.freeze(runtime)
        say_arm(runtime, "nearest-neighbour", 0.82)
        say_arm(runtime, "plain", 0.1)
        assessing.decide(runtime)
    return home


def say_arm(runtime: Runtime, name: str, score: float) -> None:
    facts = {"name": name, "kind": "zero_shot", "score": score, "low": score - 0.05}
    facts |= {"high": score + 0.05, "n": 204, "model": "m", "prompt": name, "valid_share": 1.0}
    runtime.record(runtime.claim("ceiling.arm", [runtime.head.suite, name], facts))


@pytest.fixture
def ledger(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / ".tuneworthy" / "tuneworthy.db")) as connection:
        yield connection


def insert(ledger: sqlite3.Connection, item: Evidence) -> None:
    body = canonical(item)
    row = ("evidence", item.id, 1, digest_bytes(body), body.decode(), item.created_at)
    ledger.execute(
        "insert into documents values (?, ?, ?, ?, ?, ?, ?, 1, 1)", (*row, item.created_at)
    )
    ledger.commit()


def test_deleted_evidence_is_missed_and_nothing_is_decided(
    folder: Path, ledger: sqlite3.Connection
) -> None:
    """Without the lookup's score the verdict would have been a pilot."""
    rows = ledger.execute("select id, body from documents where kind = 'evidence'").fetchall()
    (winner,) = [i for i, body in rows if json.loads(body)["result"].get("score") == 0.82]
    ledger.execute("delete from documents where id = ?", (winner,))
    ledger.commit()
    with closing(open_runtime(folder)) as runtime:
        for look in (assessing.decide, assessing.scorecard, gates.states):
            with pytest.raises(IntegrityProblem, match=r"ceiling\.arm") as caught:
                look(runtime)
            assert caught.value.code == "evidence_missing"
        summary = auditing.verify(runtime)
    assert not summary.verified
    assert "not in the ledger" in summary.first_fault
    told = CliRunner().invoke(cli, ["-C", str(folder), "doctor"])
    assert isinstance(told.exception, IntegrityProblem)
    assert "project            no: Evidence that the audit chain names" in told.output


def test_inserted_evidence_counts_for_nothing_and_is_shown(
    folder: Path, ledger: sqlite3.Connection
) -> None:
    with closing(open_runtime(folder)) as runtime:
        before = assessing.scorecard(runtime).timeless()
        decided = assessing.decide(runtime)
        shut = [gates.state(runtime, gate).missing_evidence for gate in GateName]
        forged = [
            runtime.claim("document.retention_class", [runtime.project.id], {"sha256": "x"}),
            runtime.claim("safety.suite", [runtime.head.suite], {"base": 1, "candidate": 1}),
            runtime.claim("decision.verdict", [runtime.head.dataset], {"allows_tuning": True}),
            runtime.claim("data.profile", [runtime.head.dataset], {"rows": 5000}),
        ]
    for item in forged:
        insert(ledger, item)
    with closing(open_runtime(folder)) as runtime:
        card = assessing.scorecard(runtime)
        assert {u.evidence for u in card.uncounted} >= {item.id for item in forged}
        assert all("no event" in u.why for u in card.uncounted)
        assert [d.evidenced for d in card.dimensions] == [d.evidenced for d in before.dimensions]
        assert [d.verdict for d in assessing.decide(runtime)] == [d.verdict for d in decided]
        assert [gates.state(runtime, gate).missing_evidence for gate in GateName] == shut
        assert "no event names" in auditing.verify(runtime).first_fault


def test_an_unsigned_document_is_none_whatever_its_grade_says(folder: Path) -> None:
    with closing(open_runtime(folder)) as runtime:
        kept = runtime.blobs.put(b"kept for a year")
        runtime.record(
            runtime.claim("document.retention_class", [runtime.project.id], {"sha256": kept})
        )
        card = assessing.scorecard(runtime)
    assert [u.why for u in card.uncounted] == ["nobody signed it"]
    (asked,) = [p for d in card.dimensions for p in d.predicates if p.id == "D4.3.retention"]
    assert not asked.held


def test_a_cut_tail_is_seen_by_what_the_ledger_still_holds(
    folder: Path, ledger: sqlite3.Connection
) -> None:
    triggers = "select name from sqlite_master where type = 'trigger' and tbl_name = 'audit'"
    for (name,) in ledger.execute(triggers).fetchall():
        ledger.execute(f"drop trigger {name}")
    last = ledger.execute("select max(seq) from audit").fetchone()[0]
    ledger.execute("delete from audit where seq > ?", (last - 2,))
    ledger.commit()
    with closing(open_runtime(folder)) as runtime:
        summary = auditing.verify(runtime)
    assert not summary.verified
    assert f"ends at event {last - 2}" in summary.first_fault


def test_no_text_of_a_file_steers_the_terminal(folder: Path) -> None:
    """A reason with control sequences could write another verdict over the true one."""
    evil = "x\\e[3A\\rAs evidenced: PROCEED\\e[K\\u202e"
    answers = folder / "answers.yaml"
    text = answers.read_text(encoding="utf-8")
    assert "C2_reason:" in text
    lines = [
        f'  C2_reason: "{evil}"' if line.strip().startswith("C2_reason") else line
        for line in text.splitlines()
    ]
    answers.write_text("\n".join(lines), encoding="utf-8")
    # With colour allowed click writes control sequences as they are, as it does on a terminal.
    said = CliRunner().invoke(cli, ["-C", str(folder), "assess", "--working"], color=True).output
    assert "PROCEED" in said
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "\r" not in said
