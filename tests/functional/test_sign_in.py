"""Signing in by link and by password: once, in time, slowly after failures, and kept nowhere."""

import json
import re
import sqlite3
import statistics
import threading
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

import tuneworthy
from tests.fakes.visitor import WORDS, Visitor
from tuneworthy.api.control.server import ControlServer
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.errors import (
    BlockedProblem,
    IntegrityProblem,
    NeedsPersonProblem,
    UsageProblem,
)
from tuneworthy.govern.sign_in import (
    ACCOUNT_FREE,
    ACCOUNT_MOST,
    ADDRESS_FREE,
    IDLE,
    LONGEST,
    TICKET,
)
from tuneworthy.methods.password import right_password
from tuneworthy.methods.session_token import secret_digest
from tuneworthy.workspace import Workspace

SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def template(template: Path) -> Path:
    with tuneworthy.open(template) as work:
        work.set_password("model_owner", WORDS)
        work.set_password("data_steward", WORDS)
    return template


# -- one-time links ---------------------------------------------------------------------------


def come(server: ControlServer, secret: str, start: threading.Barrier, codes: list[int]) -> None:
    start.wait()
    codes.append(Visitor(server).ask("POST", "/control/session/link", {"secret": secret}).status)


def test_of_many_who_come_with_one_link_one_gets_in(server: ControlServer, work: Workspace) -> None:
    for _ in range(5):
        secret = work.make_sign_in_link("model_owner")
        codes: list[int] = []
        start = threading.Barrier(12)
        about = (server, secret, start, codes)
        threads = [threading.Thread(target=come, args=about) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(codes) == [201] + [401] * 11


def test_of_two_processes_with_one_link_one_gets_in(work: Workspace, home: Path) -> None:
    secret = work.make_sign_in_link()
    with tuneworthy.open(home, clock=work.clock) as other:
        assert other.sign_in_by_link(secret).session.method == "link"
        with pytest.raises(NeedsPersonProblem):
            work.sign_in_by_link(secret)


def test_a_link_is_good_for_five_minutes(
    server: ControlServer, work: Workspace, clock: FixedClock
) -> None:
    late, early = work.make_sign_in_link(), work.make_sign_in_link()
    clock.advance(TICKET - SECOND)
    visitor = Visitor(server)
    assert visitor.ask("POST", "/control/session/link", {"secret": early}).status == 201
    clock.advance(SECOND)
    for wrong in (late, early, "", "x" * 43, "x" * 5000):
        told = visitor.ask("POST", "/control/session/link", {"secret": wrong})
        assert (told.status, told.code) == (401, "link_used")


# -- sessions -------------------------------------------------------------------------------------


def test_sign_in_gives_a_new_token_whatever_the_browser_brought(
    server: ControlServer, work: Workspace
) -> None:
    planted = "p" * 43
    victim, attacker = Visitor(server), Visitor(server)
    victim.cookies[server.place.cookie] = planted
    victim.use_link(work, "model_owner")
    assert victim.token != planted
    attacker.cookies[server.place.cookie] = planted
    assert attacker.ask("GET", "/control/session").status == 401
    # A living session that somebody planted ends when the victim signs in over it.
    attacker.use_link(work, "data_steward")
    victim.cookies[server.place.cookie] = attacker.token
    victim.use_link(work, "model_owner")
    assert attacker.ask("GET", "/control/session").status == 401
    assert victim.ask("GET", "/control/session").body["session"]["person"] == "model_owner"


def test_sessions_end_by_the_clock(
    server: ControlServer, work: Workspace, clock: FixedClock
) -> None:
    resting, busy = Visitor(server), Visitor(server)
    resting.use_link(work)
    busy.use_link(work)
    clock.advance(IDLE - SECOND)
    assert busy.ask("GET", "/control/session").status == 200
    clock.advance(SECOND)
    assert resting.ask("GET", "/control/session").status == 401
    assert busy.ask("GET", "/control/session").status == 200
    step = IDLE - timedelta(minutes=1)  # that it was seen is written down every half minute
    for _ in range(int((LONGEST - IDLE) / step)):
        clock.advance(step)
        assert busy.ask("GET", "/control/session").status == 200
    clock.advance(step)
    assert busy.ask("GET", "/control/session").status == 401


def test_a_session_dies_at_once_with_sign_out_revoking_password_and_duty(
    server: ControlServer, work: Workspace, home: Path
) -> None:
    def signed_in() -> Visitor:
        made = Visitor(server)
        made.use_link(work, "model_owner")
        return made

    with tuneworthy.open(home, clock=work.clock) as other:
        out, revoked, changed, gone = signed_in(), signed_in(), signed_in(), signed_in()
        kept = dict(out.cookies)
        assert out.ask("DELETE", "/control/session").status == 200
        assert not out.cookies
        out.cookies = kept
        assert out.ask("GET", "/control/session").status == 401
        other.end_session(revoked.ask("GET", "/control/session").body["session"]["id"], "lost")
        assert revoked.ask("GET", "/control/session").status == 401
        other.set_password("model_owner", WORDS + " anew")
        assert changed.ask("GET", "/control/session").status == 401
        assert gone.ask("GET", "/control/session").status == 401
        gone = signed_in()
        other.deactivate("model_owner", "governance_owner", "left")
        assert gone.ask("GET", "/control/session").status == 401
        body = {"person": "model_owner", "password": WORDS + " anew"}
        assert Visitor(server).ask("POST", "/control/session", body).code == "sign_in_refused"


def test_rows_that_somebody_writes_into_the_database_open_nothing(
    server: ControlServer, work: Workspace, home: Path
) -> None:
    mine = Visitor(server)
    mine.use_link(work, "model_owner")
    ended = Visitor(server)
    ended.use_link(work, "model_owner")
    with closing(sqlite3.connect(home / ".tuneworthy/tuneworthy.db")) as opened, opened:
        opened.row_factory = sqlite3.Row
        rows = [dict(row) for row in opened.execute("SELECT * FROM sessions")]
    ended.ask("DELETE", "/control/session")
    again = next(row for row in rows if row["id"] == ended_id(rows, mine, server))
    # Put an ended one back; then let a living one be another person's, and longer.
    marks = ",".join("?" * len(again))
    write(home, f"INSERT INTO sessions VALUES ({marks})", *again.values())  # noqa: S608
    assert ended.ask("GET", "/control/session").status == 401
    assert mine.ask("GET", "/control/session").status == 200
    for column, value in (("person", "governance_owner"), ("ends_at", "2999"), ("method", "x")):
        write(home, f"UPDATE sessions SET {column} = ?", value)  # noqa: S608
        assert mine.ask("GET", "/control/session").status == 401, column
        write(home, f"UPDATE sessions SET {column} = ?", again[column])  # noqa: S608
        assert mine.ask("GET", "/control/session").status == 200


def test_a_link_that_somebody_writes_into_the_database_opens_nothing(
    work: Workspace, home: Path
) -> None:
    def rows() -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(home / ".tuneworthy/tuneworthy.db")) as opened:
            return list(opened.execute("SELECT * FROM tickets"))

    used = work.make_sign_in_link("data_steward")
    (row,) = rows()
    marks = ",".join("?" * len(row))
    assert work.sign_in_by_link(used).session.person == "data_steward"
    write(home, f"INSERT INTO tickets VALUES ({marks})", *row)  # noqa: S608
    with pytest.raises(NeedsPersonProblem, match="opens nothing"):
        work.sign_in_by_link(used)  # put back
    write(home, "DELETE FROM tickets")
    mine = "m" * 43
    forged = [secret_digest(mine) if cell == secret_digest(used) else cell for cell in row]
    write(home, f"INSERT INTO tickets VALUES ({marks})", *forged)  # noqa: S608
    with pytest.raises(NeedsPersonProblem, match="opens nothing"):
        work.sign_in_by_link(mine)  # put in
    write(home, "DELETE FROM tickets")
    changed = work.make_sign_in_link("data_steward")
    for column, value in (("person", "governance_owner"), ("until", "2999")):
        (row,) = rows()
        write(home, f"UPDATE tickets SET {column} = ?", value)  # noqa: S608
        with pytest.raises(NeedsPersonProblem, match="opens nothing"):
            work.sign_in_by_link(changed)
        write(home, "DELETE FROM tickets")
        write(home, f"INSERT INTO tickets VALUES ({marks})", *row)  # noqa: S608
    assert work.sign_in_by_link(changed).session.person == "data_steward"


def write(home: Path, sql: str, *values: str) -> None:
    with closing(sqlite3.connect(home / ".tuneworthy/tuneworthy.db")) as opened, opened:
        assert opened.execute(sql, values).rowcount


def ended_id(rows: list[dict[str, str]], mine: Visitor, server: ControlServer) -> str:
    alive = mine.ask("GET", "/control/session").body["session"]["id"]
    return next(row["id"] for row in rows if row["id"] != alive)


# -- passwords ------------------------------------------------------------------------------------


def test_weak_passwords_are_refused_with_the_reason(work: Workspace) -> None:
    for weak in (
        "short", "passwordpassword", "123456789012345678", "model_owner model_owner",
        "qwertyuiopasdfghjkl", "aaaaaaaaaaaaaaaaaaaa", "P@ssw0rdP@ssw0rd", "tuneworthy2026!!",
        "x" * 257,
    ):  # fmt: skip
        with pytest.raises(UsageProblem) as refused:
            work.set_password("model_owner", weak)
        assert refused.value.code == "weak_password"
        assert weak not in json.dumps(refused.value.to_dict())
    for good in (
        "correct horse battery staple",
        "ein Pferd frisst keinen Gurkensalat",
        "日本" * 4 + "語で書くと長い文です",
    ):
        work.set_password("model_owner", good)
        assert work.sign_in("model_owner", good).session.person == "model_owner"


def test_one_password_may_be_typed_in_two_forms(work: Workspace) -> None:
    work.set_password("model_owner", "a caf\u00e9 with four caf\u00e9s")
    assert work.sign_in("model_owner", "a cafe\u0301 with four cafe\u0301s").token


def test_a_name_and_an_address_are_slowed_down_and_a_restart_forgets_nothing(
    home: Path, clock: FixedClock
) -> None:
    for _ in range(ACCOUNT_FREE):
        with tuneworthy.open(home, clock=clock) as work, pytest.raises(NeedsPersonProblem):
            work.sign_in("model_owner", "wrong", "192.0.2.1")
    with tuneworthy.open(home, clock=clock) as work:
        for wait in (1, 2, 4, 8):
            with pytest.raises(BlockedProblem) as refused:
                work.sign_in("model_owner", WORDS, "192.0.2.2")
            assert f"Wait {wait} second" in refused.value.message
            clock.advance(timedelta(seconds=wait))
            with pytest.raises(NeedsPersonProblem):
                work.sign_in("model_owner", "wrong", "192.0.2.2")
        clock.advance(timedelta(seconds=16))
        assert work.sign_in("model_owner", WORDS, "192.0.2.2").token
        with pytest.raises(NeedsPersonProblem):  # counted anew
            work.sign_in("model_owner", "wrong", "192.0.2.2")
        for n in range(ADDRESS_FREE):
            with pytest.raises(NeedsPersonProblem):
                work.sign_in(f"nobody{n}", "wrong", "192.0.2.3")
        with pytest.raises(BlockedProblem):
            work.sign_in("data_steward", WORDS, "192.0.2.3")
        assert work.sign_in("data_steward", WORDS, "192.0.2.4").token


def test_a_network_of_one_caller_is_one_address(work: Workspace) -> None:
    def tries(*addresses: str) -> int:
        for number, address in enumerate(addresses):
            try:
                work.sign_in(f"{address} {number}", "x", address)
            except NeedsPersonProblem:
                continue
            except BlockedProblem:
                return number
        return len(addresses)

    many = range(ADDRESS_FREE + 1)
    assert tries(*(f"2001:db8::{n:x}:1" for n in many)) == ADDRESS_FREE
    assert tries(*(f"2001:db8:0:{n + 1:x}::1" for n in many)) == ADDRESS_FREE + 1
    assert tries(*(f"::ffff:192.0.2.{n}" for n in many)) == ADDRESS_FREE + 1
    mapped = ["192.0.2.99", "::ffff:192.0.2.99"] * ADDRESS_FREE
    assert tries(*mapped) == ADDRESS_FREE


def test_after_a_hundred_failures_only_a_new_password_opens_the_account(
    work: Workspace, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = 0
    while failed < ACCOUNT_MOST:
        with pytest.raises((NeedsPersonProblem, BlockedProblem)) as refused:
            work.sign_in("model_owner", "", f"192.0.2.{failed}")
        failed += isinstance(refused.value, NeedsPersonProblem)
        clock.advance(timedelta(minutes=15))
    clock.advance(timedelta(days=400))
    with pytest.raises(BlockedProblem):
        work.sign_in("model_owner", WORDS, "198.51.100.1")
    work.set_password("model_owner", WORDS + " anew")
    assert work.sign_in("model_owner", WORDS + " anew", "198.51.100.1").token


def test_tries_at_the_same_moment_are_no_way_around_the_limit(
    server: ControlServer, work: Workspace
) -> None:
    codes: list[str] = []

    def come() -> None:
        body = {"person": "model_owner", "password": "wrong"}
        codes.append(Visitor(server).ask("POST", "/control/session", body).code)

    threads = [threading.Thread(target=come) for _ in range(15)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes.count("sign_in_refused") == ACCOUNT_FREE
    assert codes.count("too_many_tries") == 15 - ACCOUNT_FREE


def test_names_cannot_be_found_out(
    server: ControlServer, work: Workspace, clock: FixedClock
) -> None:
    """Known, known without a password, and unknown: the same answers, the same waits."""
    told = {}
    for name in ("model_owner", "source_owner", "nobody", "x" * 5000):
        body = {"person": name, "password": "wrong"}
        answers = [Visitor(server).ask("POST", "/control/session", body) for _ in range(7)]
        told[name] = [(one.status, one.body) for one in answers]
        clock.advance(timedelta(days=2))
    assert len({json.dumps(one) for one in told.values()}) == 1
    assert [status for status, _ in told["nobody"]] == [401] * 5 + [429] * 2


def test_an_unknown_name_takes_as_long(work: Workspace, clock: FixedClock) -> None:
    """CPU seconds of this thread's process; the hash is nearly all of it."""

    def seconds(name: str) -> float:
        clock.advance(timedelta(days=2))
        begun = time.process_time()
        with pytest.raises(NeedsPersonProblem):
            work.sign_in(name, "wrong", "192.0.2.1")
        return time.process_time() - begun

    for name in ("model_owner", "nobody"):
        seconds(name)
    known = [seconds("model_owner") for _ in range(9)]
    unknown = [seconds("nobody") for _ in range(9)]
    bare = [seconds("source_owner") for _ in range(9)]  # known, and has no password
    for other in (unknown, bare):
        assert 0.6 < statistics.median(other) / statistics.median(known) < 1.6


def test_a_password_that_is_changed_while_somebody_signs_in_opens_nothing(
    work: Workspace, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(kept: str, password: str) -> bool:
        right = right_password(kept, password)
        with tuneworthy.open(home, clock=work.clock) as other:
            other.set_password("model_owner", WORDS + " anew")
        return right

    monkeypatch.setattr("tuneworthy.lifecycle.accounts.right_password", meanwhile)
    with pytest.raises(NeedsPersonProblem) as refused:
        work.sign_in("model_owner", WORDS)
    assert refused.value.code == "sign_in_over"
    assert work.open_sessions(everybody=True) == []


def test_a_password_put_into_the_database_opens_nothing(work: Workspace, home: Path) -> None:
    with closing(sqlite3.connect(home / ".tuneworthy/tuneworthy.db")) as opened, opened:
        found = "SELECT body, digest FROM documents WHERE kind = 'password' ORDER BY id"
        (body, digest), _ = opened.execute(found).fetchall()
        opened.execute(
            "UPDATE documents SET body = ?, digest = ? WHERE kind = 'password'", (body, digest)
        )
    assert work.sign_in("data_steward", WORDS).session.person == "data_steward"
    with pytest.raises(IntegrityProblem) as refused:
        work.sign_in("model_owner", WORDS)
    assert refused.value.code == "password_changed"


# -- nothing usable is kept -----------------------------------------------------------------------


def kept(home: Path) -> bytes:
    state = home / ".tuneworthy"
    return b"".join(p.read_bytes() for p in sorted(state.rglob("*")) if p.is_file())


def test_database_logs_and_pack_hold_nothing_that_signs_anybody_in(
    server: ControlServer, work: Workspace, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    visitors, secrets = [], [WORDS]
    for n in range(10):
        link = work.make_sign_in_link("model_owner")
        secrets.append(link)
        visitor = Visitor(server)
        visitor.take(visitor.ask("POST", "/control/session/link", {"secret": link}))
        visitor.ask("GET", "/control/sessions")
        secrets += [visitor.token, visitor.csrf]
        visitors.append(visitor)
        typed = f"typed into the wrong field {n}"
        visitor.ask("POST", "/control/session", {"person": typed, "password": typed + "!"})
        secrets.append(typed)
    secrets.append(work.make_sign_in_link())
    work.export_audit(home / "pack.zip")
    shown = json.dumps([one.model_dump() for one in work.open_sessions(everybody=True)])
    said = shown + caplog.text + repr(work.sign_in("model_owner", WORDS))
    dump = kept(home) + unpacked(home / "pack.zip") + said.encode()
    assert b"$argon2id$v=19$m=65536,t=3,p=4$" in kept(home)
    assert b"$argon2id$" not in unpacked(home / "pack.zip")
    assert [one for one in secrets if one.encode() in dump] == []
    words = {w.decode() for w in re.findall(rb"[\w-]{16,}", dump)}
    assert len(words) > 100
    assert [w for w in words if work.session_of(w) is not None] == []
    for word in sorted(w for w in words if len(w) in (43, 64)):
        with pytest.raises(NeedsPersonProblem):
            work.sign_in_by_link(word)
    assert visitors[0].ask("GET", "/control/session").status == 200


def unpacked(path: Path) -> bytes:
    import zipfile  # noqa: PLC0415

    with zipfile.ZipFile(path) as opened:
        return b"".join(opened.read(name) for name in opened.namelist())
