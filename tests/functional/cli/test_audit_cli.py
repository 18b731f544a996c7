"""tuneworthy audit: what each command says, and with which status it leaves."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def signed(run: Any, project: Path) -> Path:
    """A project with a key, and a file outside that checkpoints go to."""
    out = project.parent / "outside.txt"
    with (project / "tuneworthy.yaml").open("a") as file:
        file.write(f'audit: {{checkpoints: ["{out.as_uri()}"]}}\n')
    made = run("-C", str(project), "audit", "key")
    assert made.code == 0
    assert "tuneworthy/my-project+" in made.out
    return project


def test_from_key_to_a_pack_that_is_checked_against_what_was_sent(run: Any, signed: Path) -> None:
    at, out = ("-C", str(signed)), signed.parent / "outside.txt"
    made = run(*at, "audit", "checkpoint")
    assert made.code == 0
    assert made.out.startswith("tuneworthy/my-project\n")
    assert f"sent to {out.as_uri()}" in made.err
    (signed.parent / "kept.txt").write_text(made.out, "utf-8")
    pack = signed.parent / "pack.zip"
    written = run(*at, "audit", "export", "-o", str(pack))
    assert "Signed checkpoints: 1" in written.out
    shown = run("--json", "audit", "verify", str(pack), "--checkpoint", str(out)).json
    assert shown["verified"]
    assert shown["external"] == 1
    kept = ("audit", "verify", str(pack), "--checkpoint", str(signed.parent / "kept.txt"))
    assert run("--json", *kept).json["external"] == 1
    (signed.parent / "kept.txt").write_text(f"{made.out}and a word\n", "utf-8")
    assert "as it was sent" in run("--json", *kept).error["fix"]
    proof = signed.parent / "proof.json"
    assert run(*at, "audit", "prove", "1", "-o", str(proof)).code == 0
    told = run("audit", "verify", str(proof), "--checkpoint", str(out))
    assert '"action": "audit.key"' in told.out


def test_a_command_signs_what_is_due_when_it_ends(run: Any, project: Path) -> None:
    out = project.parent / "outside.txt"
    with (project / "tuneworthy.yaml").open("a") as file:
        file.write(f'audit: {{checkpoints: ["{out.as_uri()}"], every_events: 1}}\n')
    run("-C", str(project), "people", "add", "ana", "Ana", "--role", "source_owner")
    assert not out.exists()
    run("-C", str(project), "audit", "key")
    run("-C", str(project), "data", "build")
    listed = run("--json", "-C", str(project), "audit", "checkpoints").json["checkpoints"]
    assert out.read_text("utf-8").count("tuneworthy/my-project\n") == len(listed) == 2


def test_what_has_not_arrived_is_listed_until_it_has(run: Any, signed: Path) -> None:
    out = signed.parent / "outside.txt"
    out.mkdir()
    run("-C", str(signed), "audit", "checkpoint")
    assert "NOT sent to file:" in run("-C", str(signed), "audit", "checkpoints").out
    out.rmdir()
    listed = run("-C", str(signed), "audit", "checkpoints", "--send")
    assert "NOT sent" not in listed.out
    assert out.read_text("utf-8").startswith("tuneworthy/my-project\n")


def test_a_pack_of_another_history_is_refused(run: Any, signed: Path, tmp_path: Path) -> None:
    at, out = ("-C", str(signed)), signed.parent / "outside.txt"
    run(*at, "audit", "checkpoint")
    pack = tmp_path / "pack.zip"
    run(*at, "audit", "export", "-o", str(pack))
    out.write_text(out.read_text("utf-8").replace("\n1\n", "\n2\n"), "utf-8")
    left = run("--json", "audit", "verify", str(pack), "--checkpoint", str(out))
    assert left.code == 3
    assert left.error["code"] == "pack_changed"
    assert "not signed by a key of this log" in left.error["why"]


@pytest.mark.parametrize(
    ("words", "code", "status"),
    [
        (("audit", "checkpoint"), "no_audit_key", 4),
        (("audit", "prove", "1"), "no_such_event", 2),
        (("audit", "verify", "--event", "1"), "no_pack", 2),
        (("audit", "verify", "missing.zip"), "no_file", 2),
        (("audit", "verify", "tuneworthy.yaml"), "bad_pack", 3),
    ],
)
def test_mistakes_are_told_in_words(
    run: Any,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    code: str,
    status: int,
) -> None:
    monkeypatch.chdir(project)
    left = run("--json", *words)
    assert (left.code, left.error["code"]) == (status, code)


@pytest.mark.parametrize(
    "setting",
    [
        "{checkpoints: [hook.example.org]}",
        "{checkpoints: ['ftp://x/']}",
        "{every_events: 0}",
        "{every_seconds: 0}",
        "{mail: {security: perhaps}}",
        "{keys: x}",
    ],
)
def test_settings_that_cannot_be_are_refused_with_their_place(
    run: Any, project: Path, setting: str
) -> None:
    with (project / "tuneworthy.yaml").open("a") as file:
        file.write(f"audit: {setting}\n")
    left = run("-C", str(project), "config", "check")
    assert left.code == 2
    assert "tuneworthy.yaml:" in left.err


def test_a_key_twice_is_refused(run: Any, signed: Path) -> None:
    left = run("--json", "-C", str(signed), "audit", "key")
    assert (left.code, left.error["code"]) == (2, "key_exists")
