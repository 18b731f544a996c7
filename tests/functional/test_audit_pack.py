"""The audit pack: the same bytes again, checked by Python alone, and nothing secret inside."""

import ast
import json
import random
import resource
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.small_project import make_small, open_small, promote, released
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.run import EvaluationRun
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.govern import verifier
from tuneworthy.govern.pack.clauses import shipped
from tuneworthy.govern.verifier.words import KINDS
from tuneworthy.lifecycle import checkpoints, named_words, packing, people, serving
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import canonical, digest, digest_bytes

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
CANARIES = {
    "row": "zebra-quartz-row",
    "answer": "zebra-quartz-answer",
    "name": "Zebra Quartz",
    "hook": "https://hooks.example.org/T0/B0/zebra-quartz-hook",
    "password": "zebra-quartz-password",
    "secret": "AKIAQ3EGRZEBRAQUARTZ",
    "prompt": "zebra-quartz-prompt",
}
JUDGED = EvaluationRun(
    id="run-1",
    project="my-project",
    suite="s",
    arm=Arm(id="few", arm="few_shot", system=CANARIES["prompt"], k=1),
    model="m",
    score=Interval(value=0.5, low=0.4, high=0.6, n=80),
    valid_share=1,
    results="",
    cpu_seconds=1,
    prompt_tokens=1,
    completion_tokens=1,
    created_at=NOON.isoformat(),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_small(tmp_path_factory.mktemp("audit") / "shop")
    rows = (folder / "data/train.jsonl").read_text("utf-8").splitlines()
    rows.append(json.dumps({"request": CANARIES["row"], "target": CANARIES["answer"]}))
    (folder / "data/train.jsonl").write_text("\n".join(rows), "utf-8")
    with (folder / "tuneworthy.yaml").open("a") as file:
        file.write(f'audit: {{checkpoints: ["{CANARIES["hook"]}", "env:HOOK"]}}\n')
    return folder


@pytest.fixture(scope="module")
def runtime(home: Path) -> Iterator[Runtime]:
    made = open_small(home, FixedClock(NOON))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOOK", CANARIES["password"])
        released(made)
        serving.open_route(made)
        promote(made)
        people.add(made, "zq", CANARIES["name"], ["review_lead"])
        made.record(made.claim("note.seen", ["x"], {"text": f"key {CANARIES['secret']} seen"}))
        with made.change("evaluation.run", ("evaluation_run", JUDGED.id, "")) as change:
            change.put(JUDGED)
        checkpoints.make_key(made)
        yield made
    made.close()


@pytest.fixture(scope="module")
def pack(runtime: Runtime, home: Path) -> Path:
    path = home / "pack.zip"
    report = packing.export(runtime, path)
    assert report.verified
    assert report.signed_by
    assert report.approvals == 12
    assert report.signed_evidence == 2
    assert report.signed_events == report.events - 1
    return path


@pytest.fixture
def files(pack: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(pack) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def refused(data: bytes, **more: Any) -> str:
    with pytest.raises(verifier.Fault) as caught:
        verifier.check(data, **more)
    return str(caught.value)


def test_the_same_state_gives_the_same_bytes(runtime: Runtime, pack: Path, home: Path) -> None:
    again = home / "again.zip"
    packing.export(runtime, again)
    assert again.read_bytes() == pack.read_bytes()


def run_alone(pack: Path, folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """The verifier as it stands in the pack, in an empty folder, without any package."""
    program = folder / "verify.py"
    with zipfile.ZipFile(pack) as opened:
        program.write_bytes(opened.read("verify.py"))
    command = [sys.executable, "-I", "-S", "-W", "error", str(program), str(pack), *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=60)


def test_python_alone_checks_it(pack: Path, tmp_path: Path, runtime: Runtime) -> None:
    made = checkpoints.newest(runtime)
    assert made is not None
    kept, (key,) = tmp_path / "kept.txt", checkpoints.keys(runtime)
    kept.write_text(made.note, "utf-8")
    done = run_alone(pack, tmp_path, "--checkpoint", str(kept), "--key", key.id, "--event", "1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("VERIFIED\n")
    assert f"The first {made.size} events are those of the checkpoint you gave." in done.stdout
    assert '"action": "person.register"' in done.stdout
    kept.write_text(made.note.replace("\n6", "\n7"), "utf-8")
    done = run_alone(pack, tmp_path, "--checkpoint", str(kept))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("NOT VERIFIED: ")


def test_the_verifier_knows_the_standard_library_alone_and_no_network() -> None:
    tree = ast.parse(verifier.source())
    named = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    named |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    tops = {name.partition(".")[0] for name in named}
    assert tops <= sys.stdlib_module_names
    assert not tops & {"socket", "ssl", "http", "urllib", "ctypes", "subprocess", "os"}


def test_a_thousand_events_take_two_seconds_at_most(tmp_path: Path, make_thousand: Any) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = run_alone(make_thousand, tmp_path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    assert "1001 events" in done.stdout or "1000 events" in done.stdout
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert spent <= 2


@pytest.fixture(scope="module")
def make_thousand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = open_small(make_small(tmp_path_factory.mktemp("long") / "long"), FixedClock(NOON))
    checkpoints.make_key(made)
    while made.store.last_event() < 999:
        made.store.note(made.event("thing.look", ("thing", "1", "")))
    packing.export(made, made.folder / "pack.zip")
    made.close()
    return made.folder / "pack.zip"


def test_no_flipped_bit_of_the_file_passes(pack: Path) -> None:
    data = pack.read_bytes()
    dice = random.Random(7)  # noqa: S311 - not for secrets
    heads = [n for n in range(len(data) - 4) if data[n : n + 2] == b"PK"]
    places = [n * 8 + b for at in heads for n in range(at, min(at + 30, len(data))) for b in (0, 5)]
    places += [dice.randrange(len(data) * 8) for _ in range(500)]
    for bit in places:
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        refused(bytes(changed))
    for odd in (data + b"\0", b"\0" + data, data[:-1], data + data):
        refused(odd)


def test_no_file_of_it_can_be_changed_left_out_or_added(files: dict[str, bytes]) -> None:
    for name in files:
        if name not in ("manifest.json", "manifest.dsse.json"):
            changed = files | {name: files[name] + b" "}
            assert name in refused(verifier.zip_bytes(changed))
            left = {other: data for other, data in files.items() if other != name}
            assert name in refused(verifier.zip_bytes(left))
    assert "new.txt" in refused(verifier.zip_bytes(files | {"new.txt": b""}))


def test_who_writes_the_manifest_anew_lacks_the_signature(files: dict[str, bytes]) -> None:
    manifest = json.loads(files["manifest.json"])
    manifest["files"]["VERIFY.md"] = digest_bytes(b"trust me")
    files |= {"VERIFY.md": b"trust me", "manifest.json": canonical(manifest)}
    assert "not this manifest" in refused(verifier.zip_bytes(files))
    del files["manifest.dsse.json"]
    assert refused(verifier.zip_bytes(files))


def unsigned(files: dict[str, bytes], **changed: bytes) -> bytes:
    """What an administrator without the key can make: a pack that is whole, and not signed."""
    signed = ("keys.json", "checkpoints.txt", "consistency.json")
    gone = ["manifest.json", "manifest.dsse.json", *(f"audit/{name}" for name in signed)]
    left = {name: data for name, data in files.items() if name not in gone} | changed
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = {name: digest_bytes(data) for name, data in left.items()}
    manifest["signed_by"] = ""
    return verifier.zip_bytes(left | {"manifest.json": canonical(manifest)})


def test_an_administrator_can_drop_the_signatures_but_not_change_a_decision(
    files: dict[str, bytes], pack: Path
) -> None:
    found = verifier.check(unsigned(files))
    assert found["signed_by"] == ""
    assert "The pack is NOT signed, although the log names a key" in "".join(verifier.lines(found))
    lines = files["governance/approvals.jsonl"].splitlines(keepends=True)
    for name, data in {
        "one less": b"".join(lines[1:]),
        "one twice as another": lines[0].replace(b'"approve"', b'"reject"') + b"".join(lines[1:]),
        "another role": lines[0].replace(b'_owner"', b'_other"') + b"".join(lines[1:]),
    }.items():
        assert "decision" in refused(unsigned(files, **{"governance/approvals.jsonl": data})), name
    people_ = json.loads(files["governance/people.json"])
    for person in people_:
        person["public_key"] = people_[0]["public_key"]
    assert "key" in refused(unsigned(files, **{"governance/people.json": canonical(people_)}))
    documents = files["evidence/evidence.jsonl"].replace(b'"signer":"ana"', b'"signer":"bo"')
    assert documents != files["evidence/evidence.jsonl"]
    assert "digest" in refused(unsigned(files, **{"evidence/evidence.jsonl": documents}))
    evidence = files["evidence/evidence.jsonl"].replace(b"clearly better", b"clearly worse!", 1)
    assert "digest" in refused(unsigned(files, **{"evidence/evidence.jsonl": evidence}))


def test_who_knows_the_key_takes_no_unsigned_pack(
    files: dict[str, bytes], pack: Path, runtime: Runtime
) -> None:
    (key,) = checkpoints.keys(runtime)
    assert verifier.check(pack.read_bytes(), keys=[key.id])["signed_by"] == key.id
    assert refused(unsigned(files), keys=[key.id])
    other = key.id.replace(key.id[-2], "A" if key.id[-2] != "A" else "B")
    assert refused(pack.read_bytes(), keys=[other])


def test_nothing_secret_or_personal_is_in_it(
    files: dict[str, bytes], pack: Path, home: Path
) -> None:
    everything = b"\n".join(files.values())
    for what, canary in CANARIES.items():
        assert canary.encode() not in everything, what
        assert canary.encode() not in pack.read_bytes(), what
    for key in (home / "keys").iterdir():
        if key.suffix != ".signed":
            assert key.read_bytes().splitlines()[1] not in everything
    assert b"PRIVATE KEY" not in everything.replace(files["verify.py"], b"")
    (run,) = json.loads(files["evaluation/runs.json"])
    assert run["arm"] == {"id": "few", "kind": "few_shot", "k": 1, "digest": digest(JUDGED.arm)}
    withheld = json.loads(files["withheld.json"])["withheld"]
    assert [one["file"] for one in withheld] == ["evidence/evidence.jsonl"]
    assert withheld[0]["holds"]


def test_every_part_of_the_clause_table_is_there_or_said_to_be_absent(
    files: dict[str, bytes],
) -> None:
    table = json.loads(files["mapping.json"])
    assert len(table["parts"]) == len(shipped().part) == 9
    for part in table["parts"]:
        assert all(name in files for name in part["present"])
        assert not any(name in files for name in part["absent"])
        assert part["content"] in files["mapping.md"].decode()
    assert "VOLUNTARY" in table["legal"]["sr_26_2"]
    assert not [name for part in table["parts"] for name in part["absent"]]


def test_the_honest_level_of_provenance_is_said(files: dict[str, bytes]) -> None:
    said = json.loads(files["provenance.json"])
    assert said["slsa_build_level"] == 1
    assert "trivial to bypass or forge" in said["why"]


def test_one_event_is_shown_without_the_others(runtime: Runtime, home: Path) -> None:
    path = home / "proof.json"
    report = packing.prove(runtime, 3, path)
    assert report.shown is not None
    assert report.shown["seq"] == 3
    data, made = path.read_bytes(), checkpoints.newest(runtime)
    assert made is not None
    assert verifier.check(data, [made.note.encode()])["external"] == made.size
    for at in range(0, len(data) * 8, 97):
        changed = bytearray(data)
        changed[at // 8] ^= 1 << at % 8
        refused(bytes(changed))


def test_a_decision_that_the_service_made_up_is_found(tmp_path: Path) -> None:
    """What no log can show of other events shows of decisions: people sign those."""
    made = open_small(make_small(tmp_path / "forged"), FixedClock(NOON))
    checkpoints.make_key(made)
    event = made.event("gate.approve", ("approval", "sha256:" + "0" * 64, "x"), actor="ada")
    made.store.note(event)
    with pytest.raises(IntegrityProblem) as caught:
        packing.export(made, tmp_path / "pack.zip")
    assert caught.value.code == "record_broken"
    assert "no signed approval" in caught.value.why
    made.close()


def test_the_verifier_knows_every_kind_of_word_that_people_sign() -> None:
    assert set(KINDS) == named_words.KINDS


def test_a_supplier_that_nobody_named_is_not_stated(files: dict[str, bytes]) -> None:
    told = json.loads(files["model/base.json"])
    assert {told[name] for name in ("supplier", "licence", "source")} == {"not stated"}
