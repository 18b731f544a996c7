"""What people say to the gateway is unreadable on every disk, and for good once they are erased."""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.fakes.echo_model import echo_model
from tests.fakes.sealed_ledger import asked, holding, person, planted, texts
from tests.fakes.small_project import make_small, open_small
from tuneworthy.api.server import GatewayServer
from tuneworthy.api.state import Backend, GatewayRuntime, Permit, Snapshot
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.errors import ConfigProblem, IntegrityProblem
from tuneworthy.core.nouns.erasure import Erasure, ErasureAsked
from tuneworthy.core.nouns.serving import Route, ServingManifest
from tuneworthy.lifecycle import auditing, erasure, holds, people, retention, sealing, status
from tuneworthy.lifecycle.erasure_rows import Rows
from tuneworthy.lifecycle.ring import RING
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.serve.intake import INTERACTION
from tuneworthy.serve.segments import SegmentWriter

START = datetime(2026, 3, 5, 12, tzinfo=UTC)
N = 6
ROUTE = "my-project"


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    with echo_model() as url:
        yield url


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = make_small(tmp_path_factory.mktemp("built") / "p")
    with closing(open_small(home, FixedClock(START))) as runtime:
        people.add(runtime, "bo", "Bo", ["compliance_reviewer"])
    return home


@pytest.fixture
def home(built: Path, tmp_path: Path) -> Path:
    return shutil.copytree(built, tmp_path / "p")


@pytest.fixture
def runtime(home: Path) -> Iterator[Runtime]:
    with closing(open_small(home, FixedClock(START))) as opened:
        yield opened


@contextmanager
def gateway(runtime: Runtime, model: str) -> Iterator[GatewayServer]:
    manifest = ServingManifest(
        id="m", route=ROUTE, version="v", base="", adapter="", tokenizer="", template="",
        dataset="", training_run="", approvals=(), created_at=START.isoformat(),
    )  # fmt: skip
    snapshot = Snapshot(
        {ROUTE: Route(id=ROUTE, production="m", salt="s")},
        {"m": manifest},
        {"m": Backend(model, "echo")},
        {"m": Permit(True)},
    )
    shared = GatewayRuntime(
        snapshot, writer=SegmentWriter(runtime.state / sealing.TRAFFIC), clock=runtime.clock,
        sealer=runtime.store.sealer,
    )  # fmt: skip
    with GatewayServer(shared) as server:
        yield server


def ask(server: GatewayServer, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    place = urlsplit(server.url)
    with closing(HTTPConnection(str(place.hostname), place.port, timeout=30)) as line:
        line.request("POST", f"{place.path}{path}", json.dumps(body))
        answer = line.getresponse()
        return answer.status, dict(json.load(answer))


def post(server: GatewayServer, path: str, body: dict[str, Any]) -> dict[str, Any]:
    status, told = ask(server, path, body)
    assert status == 200, told
    return told


def chat(number: int, user: str = "") -> dict[str, Any]:
    words = [{"role": "user", "content": f"I am {planted(number)}"}]
    return {"model": ROUTE, "messages": words} | ({"user": user} if user else {})


def speak(server: GatewayServer, number: int, user: str = "") -> None:
    """Ask, and say a word on the answer."""
    answer = post(server, "/chat/completions", chat(number, user))
    assert planted(number) in answer["choices"][0]["message"]["content"]
    word = {"interaction": answer["id"], "score": 1, "comment": f"thanks, {planted(number)}"}
    post(server, "/feedback", word)


def lived(runtime: Runtime, model: str) -> None:
    """N people and somebody who names nobody have spoken; half of it is in the ledger."""
    with gateway(runtime, model) as server:
        for number in range(N // 2):
            speak(server, number, person(number))
        sealing.take_in(runtime)
        for number in range(N // 2, N):
            speak(server, number, person(number))
        speak(server, N)


def erase(runtime: Runtime, *numbers: int, **more: Any) -> Erasure:
    asked_for = ErasureAsked(
        subjects=tuple(map(person, numbers)), person="bo", reason="request 17",
        also=more.pop("also", ()),
    )  # fmt: skip
    return erasure.erase(runtime, asked_for, **more)


def ledger_of(state: Path) -> list[Path]:
    """All of a state folder that is not keys."""
    return [path for path in state.rglob("*") if path.is_file() and RING not in path.name]


def back_up(state: Path, to: Path) -> Path:
    for path in ledger_of(state):
        copy = to / path.relative_to(state)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    return to


def put_back(backup: Path, state: Path) -> None:
    for path in ledger_of(state):
        path.unlink()
    shutil.copytree(backup, state, dirs_exist_ok=True)


def test_nothing_that_is_said_can_be_read_in_any_file(runtime: Runtime, model: str) -> None:
    lived(runtime, model)
    assert list((runtime.state / sealing.TRAFFIC).glob("*.seg"))
    assert (runtime.state / "tuneworthy.db-wal").stat().st_size > 0
    assert holding(runtime.state, texts(range(N + 1))) == set()
    sealing.take_in(runtime)
    assert not list((runtime.state / sealing.TRAFFIC).glob("*.seg"))
    assert holding(runtime.state, texts(range(N + 1))) == set()
    # Whoever may read reads all of it.
    rows, words = list(runtime.store.interactions()), list(runtime.store.feedback())
    assert len(rows) == len(words) == N + 1
    for number in range(N + 1):
        assert sum(planted(number) in row.request for row in rows) == 1
        assert sum(planted(number) in row.response for row in rows) == 1
        assert sum(planted(number) in word.comment for word in words) == 1
    assert sealing.state(runtime).keys == N + 1
    assert status.where(runtime).traffic == ()


def test_a_backup_from_before_an_erasing_is_unreadable_after_it(
    runtime: Runtime, model: str, home: Path, tmp_path: Path
) -> None:
    lived(runtime, model)
    sealing.take_in(runtime)
    backup = back_up(runtime.state, tmp_path / "backup")
    report = erase(runtime, 0, 1)
    nodes = {node.kind: node for node in report.nodes}
    assert (nodes["keys"].found, nodes["keys"].disposition) == (2, "key destroyed")
    assert "old backups" in nodes["keys"].note
    assert (nodes["backups"].disposition, nodes["backups"].deadline) == ("key destroyed", "")
    assert nodes["backups of the keys"].deadline
    assert (nodes["interactions"].found, nodes["feedback"].found) == (2, 2)
    assert "readable copies" not in nodes
    assert report.left == 0
    assert not erasure.fault_of(runtime, report)
    assert len(list(runtime.store.interactions())) == N - 1
    runtime.close()

    put_back(backup, home / ".tuneworthy")
    with closing(open_small(home, FixedClock(START + timedelta(days=1)))) as restored:
        said = " ".join(row.request for row in restored.store.interactions())
        assert [planted(k) in said for k in range(N + 1)] == [False] * 2 + [True] * (N - 1)
        assert restored.store.interaction_count(ROUTE) == N - 1
        assert len(list(restored.store.feedback())) == N - 1
        (note,) = status.where(restored).traffic
        assert note.startswith("4 recorded rows cannot be read: their keys were destroyed.")
        assert "tuneworthy retention run" in note
        assert {one.kind: one.count for one in retention.due(restored) if one.over} == {
            retention.UNREADABLE: 4
        }
        retention.apply(restored)
        assert status.where(restored).traffic == ()
        assert len(list(restored.store.interactions())) == N - 1
        assert auditing.verify(restored).verified
    assert holding(home / ".tuneworthy", texts(range(N + 1))) == set()


def test_who_was_never_heard_of_leaves_backups_with_their_day(runtime: Runtime) -> None:
    nodes = {node.kind: node for node in erase(runtime, 700).nodes}
    assert "keys" not in nodes
    assert nodes["backups"].deadline


def test_killed_after_the_keys_the_report_says_the_same(runtime: Runtime, model: str) -> None:
    lived(runtime, model)
    planned = {node.kind: node for node in erase(runtime, 0, dry_run=True).nodes}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rows, "erase", stopped)
        with pytest.raises(KeyboardInterrupt):
            erase(runtime, 0)
    assert runtime.store.seal_state().destroyed == 2
    nodes = {node.kind: node for node in erase(runtime, 0).nodes}
    same = ("keys", "backups", "backups of the keys", "interactions", "feedback")
    assert [nodes[kind] for kind in same] == [planned[kind] for kind in same]
    assert "readable copies" not in nodes
    assert sealing.state(runtime).destroyed == 0


def stopped(*_: object) -> None:
    raise KeyboardInterrupt


def test_copies_that_are_not_sealed_keep_their_day(runtime: Runtime, model: str) -> None:
    """A row that names nobody is under its day's key, which others share; so is said."""
    lived(runtime, model)
    report = erase(runtime, 0, also=(planted(N),))
    nodes = {node.kind: node for node in report.nodes}
    assert nodes["readable copies"].found == 2
    assert nodes["readable copies"].deadline
    assert (nodes["backups"].disposition, bool(nodes["backups"].deadline)) == ("outside", True)
    assert nodes["keys"].found == 1
    assert planted(N) not in str(list(runtime.store.interactions()))


def test_a_dry_run_destroys_no_key(runtime: Runtime, model: str) -> None:
    lived(runtime, model)
    planned = erase(runtime, 0, dry_run=True)
    assert ("keys", 1) in {(node.kind, node.found) for node in planned.nodes}
    assert len(list(runtime.store.interactions())) == N + 1
    assert sealing.state(runtime).keys == N + 1


def test_keys_go_with_the_last_row_that_they_seal(runtime: Runtime, model: str) -> None:
    lived(runtime, model)
    sealing.take_in(runtime)
    holds.hold(runtime, person(3), "bo", "case 4")
    clock = runtime.clock
    assert isinstance(clock, FixedClock)
    clock.advance(timedelta(days=100))
    runtime.store.record([asked(90, person(1), day=f"{clock.now():%Y-%m-%d}")])
    assert retention.apply(runtime) == []
    clock.advance(timedelta(days=91))
    gone = {one.kind: one.count for one in retention.apply(runtime)}
    # The day's key too; kept are the held person's and that of one who came back.
    assert gone == {"interactions": N, "feedback": N, "keys": N - 1}
    assert sealing.state(runtime).keys == 2
    assert {row.sticky_key for row in runtime.store.interactions()} == {person(1), person(3)}
    assert retention.apply(runtime) == []
    holds.release(runtime, person(3), "bo", "over")
    assert {one.kind for one in retention.apply(runtime)} == {"interactions", "feedback", "keys"}
    assert sealing.state(runtime).keys == 1


def test_a_hold_keeps_a_key_under_which_nothing_is_left(runtime: Runtime) -> None:
    clock = runtime.clock
    assert isinstance(clock, FixedClock)
    runtime.subject_keys.make()
    runtime.subject_keys.key_for(person(1), "2026-03-05")
    runtime.subject_keys.key_for(person(2), "2026-03-05")
    holds.hold(runtime, person(1), "bo", "case 4")
    clock.advance(timedelta(days=400))
    assert [one.count for one in retention.apply(runtime) if one.kind == "keys"] == [1]
    assert runtime.subject_keys.count() == 1


def test_two_gateways_that_meet_somebody_new_have_one_key(
    runtime: Runtime, home: Path, model: str
) -> None:
    with ExitStack() as stack:
        other = stack.enter_context(closing(open_small(home, FixedClock(START))))
        servers = [stack.enter_context(gateway(one, model)) for one in (runtime, other)]
        threads = [
            threading.Thread(target=speak, args=(servers[k % 2], k, person(900))) for k in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    sealing.take_in(runtime)
    assert sealing.state(runtime).keys == 1
    assert len(list(runtime.store.interactions())) == 6
    assert {k for k in range(6) if planted(k) in str(list(other_words(runtime)))} == set(range(6))


def other_words(runtime: Runtime) -> Iterator[str]:
    return (word.comment for word in runtime.store.feedback())


def test_no_gateway_starts_over_lost_keys(runtime: Runtime, home: Path, model: str) -> None:
    lived(runtime, model)
    sealing.take_in(runtime)
    runtime.close()
    for path in (home / ".tuneworthy").glob(f"{RING}*"):
        path.rename(home / path.name)
    with closing(open_small(home, FixedClock(START))) as bare:
        with pytest.raises(IntegrityProblem) as lost, gateway(bare, model):
            pass
        assert lost.value.code == "keys_lost"
        assert not (home / ".tuneworthy" / RING).exists()
        (note,) = status.where(bare).traffic
        assert "are not here" in note
        assert "tuneworthy retention renew-keys" in note
    for path in home.glob(f"{RING}*"):
        path.rename(home / ".tuneworthy" / path.name)
    with closing(open_small(home, FixedClock(START))) as back:
        assert len(list(back.store.interactions())) == N + 1


def test_a_gateway_whose_keys_break_answers_nobody_new(
    runtime: Runtime, home: Path, model: str
) -> None:
    with gateway(runtime, model) as server:
        speak(server, 0, person(0))
        runtime.subject_keys.close()
        for path in (home / ".tuneworthy").glob(f"{RING}*"):
            path.unlink()
        (home / ".tuneworthy" / RING).mkdir()
        code, told = ask(server, "/chat/completions", chat(1, person(1)))
        assert (code, told["error"]["code"]) == (503, "recording_failed")
        assert RING not in json.dumps(told), "where keys lie is not told outside"
        known = chat(2, person(0))
        assert post(server, "/chat/completions", known)["choices"], "whoever is known is answered"


def test_segments_of_a_release_without_keys_are_taken_in_sealed(runtime: Runtime) -> None:
    with SegmentWriter(runtime.state / sealing.TRAFFIC) as writer:
        writer.append(INTERACTION + asked(1).model_dump_json().encode())
    assert holding(runtime.state, texts(range(1, 2)))
    assert sealing.take_in(runtime) == 1
    assert holding(runtime.state, texts(range(1, 2))) == set()
    report = erase(runtime, 1)
    nodes = {node.kind: node for node in report.nodes}
    assert nodes["readable copies"].found == 1, "a copy of that segment can be read"
    assert nodes["backups"].deadline


def test_keys_in_the_ledger_are_refused(home: Path) -> None:
    with (home / "tuneworthy.yaml").open("a", encoding="utf-8") as file:
        file.write("\nstore: postgresql://a@db/x\nsubject_keys: postgresql://a@db/x\n")
    runtime = open_small(home, FixedClock(START))
    with pytest.raises(ConfigProblem) as refused:
        _ = runtime.subject_keys
    assert refused.value.code == "keys_in_the_ledger"


def test_machines_that_share_keys_know_people_by_the_same_ids(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also by those under which holds and erasings of before know them."""
    with closing(open_small(home, FixedClock(START))) as runtime:
        made = holds.hold(runtime, person(1), "bo", "case 4")
    monkeypatch.setenv("RING_URL", f"sqlite:///{tmp_path}/shared/ring.db")
    with (home / "tuneworthy.yaml").open("a", encoding="utf-8") as file:
        file.write("\nsubject_keys: env:RING_URL\n")
    second = shutil.copytree(home, tmp_path / "second")
    with closing(open_small(home, FixedClock(START))) as runtime:
        runtime.store.record([asked(1)])
        assert holds.holds(runtime) == [made]
        with pytest.raises(Exception, match="must not be erased"):
            holds.require_free(runtime, [person(1)])
    (second / ".tuneworthy" / "subjects.key").unlink()
    with closing(open_small(second, FixedClock(START))) as other:
        with pytest.raises(Exception, match="must not be erased"):
            holds.require_free(other, [person(1)])
        assert not (second / ".tuneworthy" / "subjects.key").exists()
