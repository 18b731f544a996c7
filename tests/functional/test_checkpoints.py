"""Checkpoints: when they are signed, what is never signed, and how they arrive."""

import base64
import hashlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.receivers import Hook, Mailbox, hook, write_certificate
from tests.fakes.small_project import make_small
from tuneworthy import adapters
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.errors import (
    BlockedProblem,
    ConfigProblem,
    IntegrityProblem,
    NeedsPersonProblem,
    OfflineProblem,
    Problem,
    ServeProblem,
    UsageProblem,
)
from tuneworthy.core.nouns.checkpoint import Checkpoint, MailSettings
from tuneworthy.lifecycle import auditing, checkpoints, deliveries, packing
from tuneworthy.lifecycle.wiring import Runtime, open_runtime
from tuneworthy.methods import time_stamp
from tuneworthy.methods.canonical import canonical
from tuneworthy.methods.merkle import root
from tuneworthy.methods.signed_note import verify
from tuneworthy.methods.signing import generate

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_small(tmp_path / "shop")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def opened(home: Path, clock: FixedClock) -> Iterator[Callable[..., Runtime]]:
    """Opens the project anew, with these lines in its file."""
    made: list[Runtime] = []

    def opens(*lines: str) -> Runtime:
        if lines:
            with (home / "tuneworthy.yaml").open("a") as file:
                file.write("\n".join(lines) + "\n")
        made.append(open_runtime(home, clock=clock))
        return made[-1]

    yield opens
    for runtime in made:
        runtime.close()


@pytest.fixture(autouse=True)
def nobody_failed_before() -> None:
    deliveries.forget_failures()


def look(runtime: Runtime, times: int = 1) -> None:
    for _ in range(times):
        runtime.store.note(runtime.event("thing.look", ("thing", "1", "")))


def test_without_a_key_nothing_is_signed_and_the_way_is_named(opened: Any) -> None:
    runtime = opened()
    look(runtime)
    checkpoints.keep_up(runtime)
    assert not checkpoints.all_of(runtime)
    with pytest.raises(NeedsPersonProblem) as caught:
        checkpoints.sign(runtime)
    assert caught.value.fix == "tuneworthy audit key"


def test_a_key_is_written_once_for_its_owner_alone(opened: Any, home: Path) -> None:
    runtime = opened()
    made = checkpoints.make_key(runtime)
    assert (home / "keys/audit.key").stat().st_mode & 0o777 == 0o600
    assert checkpoints.keys(runtime) == [made]
    with pytest.raises(UsageProblem) as caught:
        checkpoints.make_key(runtime)
    assert caught.value.code == "key_exists"


def test_a_checkpoint_is_over_all_records_as_stored(opened: Any) -> None:
    runtime = opened()
    key = checkpoints.make_key(runtime)
    look(runtime, 5)
    bodies = [record.body for record in runtime.store.audit()]
    made = checkpoints.sign(runtime)
    assert (made.size, made.root) == (6, root(bodies).hex())
    assert verify(made.note, key.id).root == made.root


def test_each_checkpoint_grows_out_of_the_one_before(opened: Any) -> None:
    runtime = opened()
    checkpoints.make_key(runtime)
    for number in range(12):
        look(runtime, number % 3 + 1)
        made = checkpoints.sign(runtime)
        bodies = [record.body for record in runtime.store.audit()]
        assert made.root == root(bodies[: made.size]).hex()
    assert len(checkpoints.all_of(runtime)) == 12


def test_what_checkpoints_write_themselves_makes_no_new_one_due(
    opened: Any, clock: FixedClock
) -> None:
    runtime = opened()
    checkpoints.make_key(runtime)
    look(runtime)
    made = checkpoints.sign(runtime)
    clock.advance(timedelta(days=1))
    assert not checkpoints.due(runtime)
    assert checkpoints.sign(runtime) == made


def test_one_is_due_after_so_many_events_or_so_many_seconds(opened: Any, clock: FixedClock) -> None:
    runtime = opened("audit: {every_events: 10, every_seconds: 30}")
    checkpoints.make_key(runtime)
    checkpoints.sign(runtime)
    assert not checkpoints.due(runtime)
    look(runtime, 5)
    assert not checkpoints.due(runtime)
    look(runtime, 5)
    assert checkpoints.due(runtime)
    checkpoints.sign(runtime)
    look(runtime)
    clock.advance(timedelta(seconds=29))
    assert not checkpoints.due(runtime)
    clock.advance(timedelta(seconds=1))
    assert checkpoints.due(runtime)
    checkpoints.keep_up(runtime)
    assert not checkpoints.due(runtime)


@contextmanager
def as_administrator(home: Path) -> Iterator[sqlite3.Connection]:
    """The database without the triggers that let the log only grow."""
    with closing(sqlite3.connect(home / ".tuneworthy/tuneworthy.db")) as ledger:
        for name in ("audit_no_update", "audit_no_delete"):
            ledger.execute(f"drop trigger {name}")
        yield ledger
        ledger.commit()


@pytest.mark.parametrize(
    "statement",
    [
        "delete from audit where seq > 4",
        "update audit set body = replace(body, 'thing', 'other') where seq = 8",
        "delete from audit where seq = 8",
    ],
)
def test_a_chain_that_does_not_go_on_from_what_was_signed_is_not_signed(
    opened: Any, home: Path, statement: str
) -> None:
    runtime = opened()
    checkpoints.make_key(runtime)
    look(runtime, 4)
    signed = checkpoints.sign(runtime)
    look(runtime, 4)
    with as_administrator(home) as ledger:
        ledger.execute(statement)
    with pytest.raises(IntegrityProblem) as caught:
        checkpoints.sign(runtime)
    assert caught.value.code == "history_changed"
    checkpoints.keep_up(runtime)
    assert max(one.size for one in checkpoints.all_of(runtime)) == signed.size


def test_a_history_changed_after_it_was_signed_is_found_by_the_checkpoint(
    opened: Any, home: Path, tmp_path: Path
) -> None:
    """The administrator changes an old record and chains all later ones anew."""
    runtime = opened()
    checkpoints.make_key(runtime)
    look(runtime, 4)
    kept = tmp_path / "kept.txt"
    kept.write_text(checkpoints.sign(runtime).note, "utf-8")
    assert auditing.verify(runtime).verified
    look(runtime)
    chain_anew(home)
    summary = auditing.verify(runtime)
    assert not summary.verified
    assert summary.first_fault == "the first 5 events are not those that were signed"
    (home / "keys/audit.key.signed").unlink()
    with pytest.raises(IntegrityProblem):
        checkpoints.sign(runtime)
    with pytest.raises(IntegrityProblem):
        packing.export(runtime, home / "pack.zip")
    # Only who also has the key and takes the old checkpoints out gets a pack that verifies.
    with closing(sqlite3.connect(home / ".tuneworthy/tuneworthy.db")) as ledger:
        ledger.execute("delete from documents where kind = 'checkpoint'")
        ledger.commit()
    assert packing.export(runtime, home / "pack.zip").signed_by
    with pytest.raises(IntegrityProblem) as caught:
        packing.verify_pack(home / "pack.zip", [kept])
    assert "not those that were signed" in caught.value.why


def chain_anew(home: Path) -> None:
    """Change record 2 and make the chain hold again, as whoever has the database can."""
    with as_administrator(home) as ledger:
        prev = "0" * 64
        for seq, body in ledger.execute("select seq, body from audit order by seq").fetchall():
            event = json.loads(body)
            event["prev"] = prev
            if seq == 2:
                event["actor_id"] = "somebody else"
            changed = canonical(event)
            prev = hashlib.sha256(changed).hexdigest()
            ledger.execute(
                "update audit set body = ?, hash = ? where seq = ?", (changed, prev, seq)
            )


def test_what_was_signed_is_compared_when_its_memory_is_lost(opened: Any, home: Path) -> None:
    runtime = opened()
    checkpoints.make_key(runtime)
    look(runtime, 4)
    checkpoints.sign(runtime)
    (home / "keys/audit.key.signed").unlink()
    look(runtime)
    bodies = [record.body for record in runtime.store.audit()]
    assert checkpoints.sign(runtime).root == root(bodies).hex()


def test_a_kill_between_signing_and_remembering_costs_nothing(opened: Any, home: Path) -> None:
    runtime, memory = opened(), home / "keys/audit.key.signed"
    checkpoints.make_key(runtime)
    checkpoints.sign(runtime)
    before = memory.read_bytes()
    look(runtime, 3)
    made = checkpoints.sign(runtime)
    memory.write_bytes(before)
    look(runtime)
    again = checkpoints.sign(runtime)
    bodies = [record.body for record in runtime.store.audit()]
    assert again.size > made.size
    assert again.root == root(bodies[: again.size]).hex()


@pytest.mark.parametrize("data", [b"", b"{}", b'{"head":"","peaks":[],"size":3}', b"\xff"])
def test_a_memory_that_cannot_be_read_is_named(opened: Any, home: Path, data: bytes) -> None:
    runtime = opened()
    checkpoints.make_key(runtime)
    look(runtime)
    (home / "keys/audit.key.signed").write_bytes(data)
    with pytest.raises(IntegrityProblem) as caught:
        checkpoints.sign(runtime)
    assert caught.value.code == "signer_memory"


def test_a_key_from_elsewhere_is_put_on_record_by_its_first_signature(
    opened: Any, home: Path
) -> None:
    runtime = opened()
    pem, public = generate()
    (home / "keys").mkdir(exist_ok=True)
    (home / "keys/audit.key").write_bytes(pem)
    look(runtime)
    checkpoints.sign(runtime)
    assert [key.public_key for key in checkpoints.keys(runtime)] == [public]


def test_another_key_goes_on_where_the_last_one_stopped(opened: Any, home: Path) -> None:
    runtime = opened()
    old = checkpoints.make_key(runtime)
    first = checkpoints.sign(runtime)
    (home / "keys/audit.key").unlink()
    (home / "keys/audit.key.signed").unlink()
    new = checkpoints.make_key(runtime)
    look(runtime)
    second = checkpoints.sign(runtime)
    assert [checkpoints.is_signed(first, key) for key in (old, new)] == [True, False]
    assert [checkpoints.is_signed(second, key) for key in (old, new)] == [False, True]
    report = packing.export(runtime, home / "pack.zip")
    assert (report.checkpoints, report.signed_by, report.keys) == (2, new.id, (old.id, new.id))


# -- on the way out ------------------------------------------------------------------------------


def send(runtime: Runtime, *, patient: bool = False) -> list[Checkpoint]:
    return deliveries.send(runtime, checkpoints.all_of(runtime), network=True, patient=patient)


def test_a_file_holds_every_checkpoint_and_shows_the_pack(
    opened: Any, home: Path, tmp_path: Path
) -> None:
    out = tmp_path / "outside" / "kept.txt"
    runtime = opened(f'audit: {{checkpoints: ["{out.as_uri()}"]}}')
    checkpoints.make_key(runtime)
    for _ in range(3):
        look(runtime)
        checkpoints.sign(runtime)
        assert not send(runtime)
    assert out.read_text("utf-8").count("tuneworthy/my-project\n") == 3
    report = packing.export(runtime, home / "pack.zip")
    assert packing.verify_pack(home / "pack.zip", [out]).external == report.signed_events


def test_a_note_is_not_doubled_when_a_kill_came_before_the_word_of_it(tmp_path: Path) -> None:
    out = tmp_path / "kept.txt"
    for note in ("one\n", "two\n", "two\n"):
        deliveries.append(out, note)
    assert out.read_text() == "one\n\ntwo\n\n"


def test_what_cannot_arrive_is_kept_shown_and_tried_again(opened: Any, tmp_path: Path) -> None:
    out = tmp_path / "kept.txt"
    out.mkdir()
    runtime = opened(f'audit: {{checkpoints: ["{out.as_uri()}"]}}')
    checkpoints.make_key(runtime)
    for _ in range(2):
        look(runtime)
        checkpoints.sign(runtime)
    (first, _) = send(runtime)
    assert "cannot be written" in first.deliveries[0].error
    events = runtime.store.last_event()
    assert len(send(runtime)) == 2
    assert runtime.store.last_event() == events, "the same failure says nothing new"
    out.rmdir()
    assert len(send(runtime, patient=True)) == 2, "it is left alone for a while"
    assert not send(runtime)
    assert out.read_text("utf-8").count("tuneworthy/my-project\n") == 2
    said = [json.loads(r.body) for r in runtime.store.audit()]
    told = [e["after"] for e in said if e["action"] == "checkpoint.deliver"]
    assert [one.partition(" file:")[0] for one in told] == ["not sent to", "sent to", "sent to"]


def test_a_webhook_gets_the_note_and_its_address_stays_secret(
    opened: Any, receiver: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", f"http://127.0.0.1:{receiver.port}/T0/secret-part")
    runtime = opened('audit: {checkpoints: ["env:HOOK"], internal_hosts: ["127.0.0.1"]}')
    checkpoints.make_key(runtime)
    made = checkpoints.sign(runtime)
    receiver.status = 500
    assert send(runtime)[0].deliveries[0].error == "127.0.0.1 answered 500."
    receiver.status = 200
    assert not send(runtime)
    (body,) = receiver.taken
    assert body["checkpoint"] == made.note
    assert made.note in body["text"]
    everything = b"".join(record.body for record in runtime.store.audit())
    assert b"secret-part" not in everything


def test_mail_carries_the_note_byte_for_byte(
    opened: Any, post: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_WORD", "open sesame")
    runtime = opened(
        'audit: {checkpoints: ["mailto:hanna@example.org"], mail: {host: 127.0.0.1, '
        f"port: {post.port}, sender: tw@example.org, user: tw, password_env: MAIL_WORD, "
        "security: none}}"
    )
    checkpoints.make_key(runtime)
    made = checkpoints.sign(runtime)
    post.refuse = True
    assert "did not take" in send(runtime)[0].deliveries[0].error
    post.refuse = False
    assert not send(runtime)
    (message,) = post.taken
    assert message["To"] == "hanna@example.org"
    text = message.get_payload(decode=True)
    assert isinstance(text, bytes)
    assert text.decode().replace("\r\n", "\n").endswith(made.note)
    assert base64.b64decode(post.logins[0]) == b"\0tw\0open sesame"
    everything = b"".join(record.body for record in runtime.store.audit())
    assert b"hanna" not in everything
    assert b"sesame" not in everything


def test_mail_without_a_server_or_password_is_named() -> None:
    with pytest.raises(ConfigProblem, match="mail server"):
        adapters.send_mail(MailSettings(), to="a@b.org", subject="s", text="t")
    settings = MailSettings(host="h", sender="a@b.org")
    with pytest.raises(ConfigProblem, match="line break"):
        adapters.send_mail(settings, to="a@b.org\nBcc: x@y.org", subject="s", text="t")
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    settings = MailSettings(host="127.0.0.1", port=port, sender="a@b.org", security="none")
    with pytest.raises(OfflineProblem):
        adapters.send_mail(settings, to="a@b.org", subject="s", text="t")


OPENSSL = shutil.which("openssl")
AUTHORITY = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/cert.pem
signer_key = {folder}/key.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
[req]
distinguished_name = name
x509_extensions = stamps
prompt = no
[name]
CN = Test Time Stamping
[stamps]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
"""


def openssl(*words: str) -> "subprocess.CompletedProcess[str]":
    assert OPENSSL is not None
    return subprocess.run([OPENSSL, *words], capture_output=True, text=True, timeout=60)


@pytest.fixture
def authority(tmp_path: Path, receiver: Hook) -> Path:
    """A real time stamping authority behind the receiver; the folder with its certificate."""
    if OPENSSL is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path / "authority"
    folder.mkdir()
    (folder / "conf").write_text(AUTHORITY.format(folder=folder), "utf-8")
    made = openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-config", f"{folder}/conf"),
        *("-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem", "-days", "2"),
    )
    assert made.returncode == 0, made.stderr
    (folder / "serial").write_text("01\n", "utf-8")

    def stamp(query: bytes) -> bytes:
        (folder / "query").write_bytes(query)
        words = ("-queryfile", f"{folder}/query", "-out", f"{folder}/answer")
        done = openssl("ts", "-reply", "-config", f"{folder}/conf", *words)
        assert done.returncode == 0, done.stderr
        return (folder / "answer").read_bytes()

    receiver.answer = stamp
    return folder


def test_an_authority_stamps_checkpoints_and_packs_hold_what_it_said(
    opened: Any, receiver: Hook, authority: Path, home: Path, tmp_path: Path
) -> None:
    url = f"tsa:http://127.0.0.1:{receiver.port}/"
    runtime = opened(f'audit: {{checkpoints: ["{url}"], internal_hosts: ["127.0.0.1"]}}')
    checkpoints.make_key(runtime)
    made = checkpoints.sign(runtime)
    stamp, receiver.answer = receiver.answer, lambda _: b"0\x030\x01\x02"
    assert "gave no time stamp" in send(runtime)[0].deliveries[0].error
    receiver.answer = stamp
    assert not send(runtime)
    packing.export(runtime, home / "pack.zip")
    with zipfile.ZipFile(home / "pack.zip") as pack:
        pack.extractall(tmp_path / "pack")
    stem = tmp_path / "pack" / "audit" / "timestamps" / f"{made.size}"
    words = ("-in", f"{stem}-0.tsr", "-CAfile", f"{authority}/cert.pem")
    good = openssl("ts", "-verify", "-data", f"{stem}.note", *words)
    assert "Verification: OK" in good.stdout + good.stderr
    stem.with_suffix(".note").write_text(made.note + " ", "utf-8")
    assert openssl("ts", "-verify", "-data", f"{stem}.note", *words).returncode != 0


@given(st.binary(max_size=60))
def test_an_answer_that_is_none_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        time_stamp.require_granted(data, b"d" * 32, 7)


# -- where a webhook may not lead -----------------------------------------------------------------

# ruff: noqa: S104
ENCODINGS = (
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001",
    "127.0.0.1.", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[::]", "0.0.0.0",
    "0", "[::ffff:7f00:1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "[fe80::1]",
)  # fmt: skip


@pytest.mark.parametrize("host", ENCODINGS)
def test_no_spelling_of_this_machine_is_posted_to(host: str, receiver: Hook) -> None:
    with pytest.raises(Problem) as caught:
        adapters.post_json(f"https://{host}:{receiver.port}/", {})
    assert isinstance(caught.value, BlockedProblem | OfflineProblem)
    assert not receiver.taken


def test_a_name_that_points_inside_is_refused_whatever_else_it_points_to(
    monkeypatch: pytest.MonkeyPatch, receiver: Hook
) -> None:
    """Names are looked up by a resolver that an attacker owns; each look gives another address."""
    looks = iter(["169.254.169.254", "10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"])

    def lookup(host: str, port: int, **_: Any) -> list[Any]:
        address = next(looks)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    tried: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: tried.append(address))
    for _ in range(4):
        with pytest.raises(BlockedProblem, match="no public address"):
            adapters.post_json("https://hook.example.org/", {})
    assert not tried


def test_redirects_are_not_followed(receiver: Hook) -> None:
    receiver.status, receiver.location = 307, f"http://127.0.0.1:{receiver.port}/other"
    with pytest.raises(ServeProblem) as caught:
        adapters.post_json(f"http://127.0.0.1:{receiver.port}/", {}, ["127.0.0.1"])
    assert "not followed" in caught.value.why
    assert not receiver.taken


@pytest.mark.parametrize(
    "url",
    [
        "http://hook.example.org/",
        "https://user:word@hook.example.org/",
        "https:///path",
        "https://[::1/",
        "https://hook.example.org:99999/",
        "ftp://hook.example.org/",
        "https://hook.example.org/a\r\nX: y",
        "https://hook.example.org/a b",
    ],
)
def test_odd_addresses_are_refused_in_words(url: str) -> None:
    with pytest.raises(BlockedProblem) as caught:
        adapters.post_json(url, {})
    assert caught.value.code == "address_refused"


def test_only_a_certificate_that_is_trusted_is_posted_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = write_certificate(tmp_path / "own.pem")
    with hook(own) as receiver:
        url = f"https://127.0.0.1:{receiver.port}/T0"
        with pytest.raises(ServeProblem, match="no valid certificate"):
            adapters.post_json(url, {"n": 1}, ["127.0.0.1"])
        assert not receiver.taken
        monkeypatch.setenv("SSL_CERT_FILE", str(own))
        adapters.post_json(url, {"n": 2}, ["127.0.0.1"])
        assert receiver.taken == [{"n": 2}]


def test_proxies_of_the_environment_are_not_asked(
    monkeypatch: pytest.MonkeyPatch, receiver: Hook
) -> None:
    monkeypatch.setitem(os.environ, "https_proxy", f"http://127.0.0.1:{receiver.port}")
    with pytest.raises(Problem):
        adapters.post_json("https://127.0.0.1:1/", {})
    assert not receiver.taken
