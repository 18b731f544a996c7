"""Notices: what is told to whom, and that a failure or a kill loses none of them."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import tuneworthy
from tests.fakes.receivers import Hook, Mailbox, hook
from tests.fakes.small_project import COST, approve, edit, make_small, open_small, prepared, tick
from tuneworthy.adapters import webhook
from tuneworthy.api import hosting
from tuneworthy.api.hosting import Host
from tuneworthy.cli.main import cli
from tuneworthy.core.clock import FixedClock, SystemClock
from tuneworthy.core.errors import Problem
from tuneworthy.core.nouns.gate import Approval, GateName
from tuneworthy.core.nouns.monitoring import Alert
from tuneworthy.core.nouns.notice import Outbox
from tuneworthy.core.ports import BaseIdentity
from tuneworthy.lifecycle import asking, datasets, gates, monitoring, outboxes, requesting, rollouts
from tuneworthy.lifecycle.backends import Address, Backends
from tuneworthy.lifecycle.wiring import Runtime

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TYPED = "call +39 055 123456 or write to hanna.rossi@example.org"
"""What a person typed; it must go nowhere."""


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Runtime]]:
    home = make_small(tmp_path / "shop")
    clock = FixedClock(NOON)
    made: list[Runtime] = []

    def opens(*lines: str) -> Runtime:
        with (home / "tuneworthy.yaml").open("a") as file:
            file.write("\n".join(lines) + "\n")
        made.append(open_small(home, clock, COST))
        return made[-1]

    yield opens
    for runtime in made:
        runtime.close()


def to_hook(receiver: Hook, more: str = "", path: str = "T0") -> str:
    place = f'{{to: "http://127.0.0.1:{receiver.port}/{path}"{more}}}'
    return f'notify: {{to: [{place}], internal_hosts: ["127.0.0.1"]}}'


def kinds(receiver: Hook) -> list[str]:
    return [body["kind"] for body in receiver.taken]


def notes(runtime: Runtime) -> list[str]:
    said = [json.loads(record.body) for record in runtime.store.audit()]
    return [e["after"].partition(" ")[2] for e in said if e["action"] == "notice.deliver"]


def wake(runtime: Runtime, number: int) -> None:
    tick(runtime)
    alert = Alert(
        id=f"alert-{number}",
        project=runtime.project.id,
        about="drift",
        severity="warning",
        message=TYPED,
        owner="ed",
        evidence=(),
        created_at=runtime.now(),
    )
    monitoring.wake(runtime, alert)


def test_every_kind_is_told_once_and_nothing_that_was_typed(opened: Any, receiver: Hook) -> None:
    runtime = opened(to_hook(receiver))
    prepared(runtime)
    outboxes.send(runtime)
    start_and_build = ["approved"] * 6
    assert sorted(kinds(receiver)) == sorted([*start_and_build, "waiting", "waiting"])
    heard = list(receiver.taken)
    receiver.taken.clear()
    model = gates.subject(runtime, GateName.PROOF)
    requesting.request(runtime, GateName.PROOF, model, "cy", TYPED)
    outboxes.send(runtime)
    assert kinds(receiver) == ["requested"]
    heard += receiver.taken
    receiver.taken.clear()
    ask = asking.ask(runtime, GateName.PROOF, model, "ed", TYPED)
    outboxes.send(runtime)
    assert kinds(receiver) == ["asked"]
    asking.close(runtime, ask.id, "ed", TYPED)
    gates.decide(runtime, GateName.PROOF, "ed", reason=TYPED, decision="reject")
    approve(runtime, GateName.PROOF)
    approve(runtime, GateName.RELEASE)
    wake(runtime, 1)
    rollout = rollouts.start(runtime)
    rollouts.end(runtime, rollout.id, TYPED)
    outboxes.send(runtime)
    assert kinds(receiver)[1:] == ["rejected", *["approved"] * 6, "alert", "rollback"]
    heard += receiver.taken
    receiver.taken.clear()
    outboxes.send(runtime)
    assert not receiver.taken, "nothing is said twice"
    said = json.dumps(heard + receiver.taken)
    assert "hanna" not in said
    assert "write to" not in said


def test_what_ends_soon_is_named_once_with_its_day(opened: Any, receiver: Hook) -> None:
    runtime = opened(to_hook(receiver, ", kinds: [expiring]"))
    prepared(runtime)
    outboxes.send(runtime)
    assert not receiver.taken
    ends = min(datetime.fromisoformat(a.expires_at) for a in runtime.store.list(Approval))
    tick(runtime, seconds=(ends - runtime.clock.now() - timedelta(days=8)).total_seconds())
    outboxes.send(runtime)
    assert not receiver.taken
    tick(runtime, days=2)
    for _ in range(2):
        outboxes.send(runtime)
    open_now = [state for state in gates.states(runtime) if state.open]
    told = [body["text"] for body in receiver.taken]
    assert len(told) == sum(len(state.approvers) for state in open_now)
    assert all(f"ends on {ends.date()}" in text for text in told)


def test_mail_says_who_what_and_where_to_look(
    opened: Any, post: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_WORD", "open sesame")
    runtime = opened(
        'notify: {to: [{to: "mailto:ed@example.org", person: ed, kinds: [waiting, alert]}], '
        f"mail: {{host: 127.0.0.1, port: {post.port}, sender: tw@example.org, user: tw, "
        "password_env: MAIL_WORD, security: none}}"
    )
    prepared(runtime)
    wake(runtime, 1)
    outboxes.send(runtime)
    alert, *waiting = [_text(message) for message in post.taken]
    assert "Alert (warning) about drift, for Ed." in alert
    assert "The proof gate waits for you: Ed, Fa (model owner, review lead)." in waiting[0]
    assert "See: tuneworthy gate show proof" in waiting[0]
    assert post.taken[0]["To"] == "ed@example.org"
    everything = b"".join(record.body for record in runtime.store.audit())
    assert b"ed@example.org" not in everything
    assert b"sesame" not in everything


def _text(message: Any) -> str:
    found: bytes = message.get_payload(decode=True)
    return found.decode()


def test_a_place_hears_of_its_person_alone(opened: Any, receiver: Hook) -> None:
    runtime = opened(to_hook(receiver, ", person: di, kinds: [alert, waiting]"))
    prepared(runtime)
    wake(runtime, 1)  # for ed
    outboxes.send(runtime)
    assert not receiver.taken


def test_what_has_not_arrived_waits_is_shown_and_is_sent_in_order(
    opened: Any, receiver: Hook
) -> None:
    runtime = opened(to_hook(receiver, ", kinds: [alert]", path="T0/secret-part"))
    receiver.status = 500
    wake(runtime, 1)
    outboxes.keep_up(runtime)
    (fault,) = outboxes.faults(runtime)
    assert "127.0.0.1 answered 500" in fault
    receiver.status = 200
    wake(runtime, 2)
    outboxes.keep_up(runtime)
    assert not receiver.taken, "it is left alone for a while"
    (state,) = outboxes.states(runtime)
    assert [notice.kind for notice in state.waiting] == ["alert", "alert"]
    tick(runtime, seconds=61)
    outboxes.keep_up(runtime)
    first, second = receiver.taken
    assert first["id"] != second["id"]
    assert not outboxes.faults(runtime)
    assert not outboxes.states(runtime)[0].waiting
    (box,) = runtime.store.list(Outbox)
    assert [n.split(":")[0] for n in notes(runtime)] == [
        "begins after event 0", "not sent", "sent", "sent"
    ]  # fmt: skip
    everything = b"".join(record.body for record in runtime.store.audit())
    assert b"secret-part" not in everything + box.model_dump_json().encode()


def test_a_new_place_hears_of_the_last_hour_alone(opened: Any, receiver: Hook) -> None:
    runtime = opened()
    wake(runtime, 1)
    tick(runtime, hours=2)
    wake(runtime, 2)
    runtime = opened(to_hook(receiver, ", kinds: [alert]"))
    outboxes.send(runtime)
    assert len(receiver.taken) == 1
    tick(runtime, days=30)
    wake(runtime, 3)
    tick(runtime, days=30)
    outboxes.send(runtime)
    assert len(receiver.taken) == 2, "once begun, nothing is too old"


def test_a_place_that_fails_stops_no_other_one(opened: Any, receiver: Hook) -> None:
    runtime = opened(
        f'notify: {{to: [{{to: "env:NOT_THERE"}}, {{to: "http://127.0.0.1:{receiver.port}/"}}], '
        'internal_hosts: ["127.0.0.1"]}'
    )
    wake(runtime, 1)
    outboxes.send(runtime)
    assert kinds(receiver) == ["alert"]
    (fault,) = outboxes.faults(runtime)
    assert "NOT_THERE" in fault


def test_no_name_can_call_a_channel(opened: Any, receiver: Hook) -> None:
    runtime = opened(to_hook(receiver, ", kinds: [approved]"))
    edit(runtime.folder, "tuneworthy.yaml", "name: my-project", 'name: "<!channel> & co"')
    runtime = opened("")
    prepared(runtime)
    outboxes.send(runtime)
    assert receiver.taken
    assert all(b["text"].startswith("[&lt;!channel&gt; &amp; co]") for b in receiver.taken)


def test_an_address_inside_is_refused_and_said(opened: Any, receiver: Hook) -> None:
    runtime = opened(f'notify: {{to: [{{to: "https://127.0.0.1:{receiver.port}/"}}]}}')
    wake(runtime, 1)
    outboxes.send(runtime)
    assert not receiver.taken
    assert "no public address" in outboxes.faults(runtime)[0]


def test_many_events_of_no_interest_are_not_read_again(opened: Any, receiver: Hook) -> None:
    runtime = opened(to_hook(receiver))
    outboxes.send(runtime)
    for _ in range(outboxes.LONG + 1):
        runtime.store.note(runtime.event("thing.look", ("thing", "1", "")))
    outboxes.send(runtime)
    (box,) = runtime.store.list(Outbox)
    assert box.position > outboxes.LONG


def test_no_place_holds_up_the_others(opened: Any, receiver: Hook) -> None:
    """Each takes a few and then the next has its turn; who asks has everything sent."""
    with hook() as second:
        places = ", ".join(
            f'{{to: "http://127.0.0.1:{one.port}/", kinds: [alert]}}' for one in (receiver, second)
        )
        runtime = opened(f'notify: {{to: [{places}], internal_hosts: ["127.0.0.1"]}}')
        for number in range(2 * outboxes.ROUND + 1):
            wake(runtime, number)
        for looks in (1, 2):
            outboxes.keep_up(runtime)
            assert len(receiver.taken) == len(second.taken) == looks * outboxes.ROUND
        outboxes.keep_up(runtime, ended=lambda: True)
        assert len(receiver.taken) == 2 * outboxes.ROUND
        outboxes.keep_up(runtime)
        assert len(second.taken) == 2 * outboxes.ROUND + 1
        for number in range(100, 101 + outboxes.ROUND):
            wake(runtime, number)
        outboxes.send(runtime)
        assert len(receiver.taken) == 3 * outboxes.ROUND + 2
        assert len({body["id"] for body in receiver.taken}) == len(receiver.taken)


def test_a_slow_webhook_keeps_no_traffic_waiting(
    tmp_path: Path, receiver: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What people ask is read into the ledger while a receiver does not answer."""
    asked, release = threading.Event(), threading.Event()

    def slow(_: bytes) -> bytes:
        asked.set()
        assert release.wait(120)
        return b""

    receiver.answer = slow
    monkeypatch.setattr(webhook, "TIMEOUT", 120)
    monkeypatch.setattr(webhook, "WHOLE", 120)
    monkeypatch.setattr(hosting, "SIGN_SECONDS", 0.01)
    # Nothing answers there: a request that fails is traffic too.
    nobody = Address("http://127.0.0.1:1/v1", "base")
    monkeypatch.setattr(Backends, "address", lambda *_: nobody)
    home = make_small(tmp_path / "live")
    with (home / "tuneworthy.yaml").open("a") as file:
        file.write(to_hook(receiver, ", kinds: [alert]"))
    with closing(open_small(home, FixedClock(SystemClock().now()), COST)) as runtime:
        datasets.build(runtime)
        wake(runtime, 1)
    with closing(tuneworthy.open(home)) as work:
        given = BaseIdentity(base="b", tokenizer="t", template="c")
        work._runtime.__dict__["base_identity"] = given
        try:
            with Host(work) as host:
                assert asked.wait(60)
                ask_once(host.url, work.project.id)
                until = time.monotonic() + 60
                while not work.interactions() and time.monotonic() < until:
                    time.sleep(0.02)
                assert work.interactions()
                release.set()
        finally:
            release.set()


def ask_once(url: str, model: str) -> None:
    said = {"model": model, "messages": [{"role": "user", "content": "hello"}]}
    request = urllib.request.Request(  # noqa: S310 - our own gateway
        f"{url}/chat/completions", json.dumps(said).encode(), {"Content-Type": "application/json"}
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=60)  # noqa: S310
    caught.value.close()


def test_an_answer_that_trickles_is_given_up(
    receiver: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step is quick enough, all of them together are not."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def trickle() -> None:
            taken, _ = server.accept()
            with taken, suppress(OSError):
                taken.sendall(b"HTTP/1.1 200 OK\r\n")
                while not over.wait(0.05):
                    taken.sendall(b"X: y\r\n")

        thread = threading.Thread(target=trickle)
        thread.start()
        monkeypatch.setattr(webhook, "WHOLE", 0.5)
        try:
            with pytest.raises(Problem) as caught:
                webhook.post_json(f"http://127.0.0.1:{server.getsockname()[1]}/", {}, ["127.0.0.1"])
            assert caught.value.code == "not_delivered"
        finally:
            over.set()
            thread.join()


def test_doctor_and_status_name_the_place(opened: Any, receiver: Hook) -> None:
    runtime = opened(to_hook(receiver, ", kinds: [alert]", path="T0/secret-part"))
    receiver.status = 500
    wake(runtime, 1)
    outboxes.send(runtime)
    runtime.close()
    (box,) = [place for place in outboxes.states(runtime) if place.error]
    for command in ("doctor", "status"):
        told = CliRunner().invoke(cli, ["--json", "-C", str(runtime.folder), command])
        (said,) = json.loads(told.output.splitlines()[0])["not_told"]
        assert said.startswith(f"{box.to} was not told: 127.0.0.1 answered 500")
        assert "secret-part" not in told.output
    plain = CliRunner().invoke(cli, ["-C", str(runtime.folder), "doctor"])
    assert f"not told           {box.to} was not told" in plain.output


KILLED = """
import os, signal, sys
from pathlib import Path
from tuneworthy.lifecycle import outboxes, sending
from tuneworthy.lifecycle.wiring import open_runtime

runtime, tell, count = open_runtime(Path(sys.argv[1])), sending.tell, 0

def told(*args, **more):
    global count
    count += 1
    if count == int(sys.argv[2]) and sys.argv[3] == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    tell(*args, **more)
    if count == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

sending.tell = told
outboxes.send(runtime)
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_while_telling_loses_nothing(opened: Any, receiver: Hook, moment: str) -> None:
    """Before: nothing is said twice. After the receiver took it: that one, under the same id."""
    runtime = opened(to_hook(receiver, ", kinds: [alert]"))
    outboxes.send(runtime)
    for number in range(6):
        wake(runtime, number)
    at = (sys.executable, "-c", KILLED, str(runtime.folder))
    for nth in (1, 2, 3):
        done = subprocess.run([*at, str(nth), moment], timeout=60, capture_output=True)
        assert done.returncode == -signal.SIGKILL, done.stderr
    outboxes.send(runtime)
    ids = [body["id"] for body in receiver.taken]
    assert len(set(ids)) == 6
    assert len(ids) == (6 if moment == "before" else 9)
    assert list(dict.fromkeys(ids)) == [r.hash for r in runtime.store.audit() if _is_alert(r.body)]


def _is_alert(body: bytes) -> bool:
    return bool(json.loads(body)["action"] == "alert.raise")
