"""Keys of programs: what opens the gateway, how soon that ends, and that nothing secret is kept."""

import json
import re
import sqlite3
import time
import urllib.error
import urllib.request
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tuneworthy
from tuneworthy.api.server import GatewayServer
from tuneworthy.api.state import GatewayRuntime, Snapshot
from tuneworthy.cli.main import cli
from tuneworthy.core.clock import FixedClock, SystemClock
from tuneworthy.core.errors import IntegrityProblem, Problem, UsageProblem
from tuneworthy.core.nouns.api_key import KeyState, NewKey, Scope
from tuneworthy.methods.api_token import id_of, new_token
from tuneworthy.methods.secrets import find_secrets
from tuneworthy.serve.key_ring import ring_of
from tuneworthy.serve.segments import SegmentWriter
from tuneworthy.workspace import Workspace

TOKEN = re.compile(rb"twk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}")
PATHS = {
    "/v1/models": Scope.CHAT,
    "/v1/chat/completions": Scope.CHAT,
    "/v1/feedback": Scope.FEEDBACK,
    "/v1/trace/x": Scope.TRACE,
    "/metrics": Scope.CONTROL,
}
POSTED = ("/v1/chat/completions", "/v1/feedback")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tuneworthy.init(tmp_path / "project")
    return tmp_path / "project"


def gateway(work: Workspace, folder: Path, clock: FixedClock | None = None) -> GatewayServer:
    folder.mkdir()
    runtime = GatewayRuntime(
        Snapshot({}, {}, {}, {}),
        writer=SegmentWriter(folder),
        clock=clock or SystemClock(),
        keys=lambda: ring_of(work.api_keys()),
    )
    return GatewayServer(runtime)


def ask(server: GatewayServer, path: str, token: str = "", **headers: str) -> int:
    url = server.url.removesuffix("/v1") + path
    data = b"{}" if path in POSTED else None
    asked = urllib.request.Request(url, data, {"authorization": f"Bearer {token}"} | headers)  # noqa: S310
    try:
        with urllib.request.urlopen(asked, timeout=5) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_the_first_key_shuts_the_door_and_a_revoked_key_dies_within_five_seconds(
    home: Path,
) -> None:
    with (
        tuneworthy.open(home) as work,
        tuneworthy.open(home) as other,
        gateway(work, home / "spool") as server,
    ):
        assert ask(server, "/v1/models") == 200
        made = other.create_api_key("shop", ["chat"])
        until(lambda: ask(server, "/v1/models") == 401)
        assert ask(server, "/v1/models", made.token) == 200
        assert ask(server, "/healthz") == 200
        other.revoke_api_key("shop", "gone")
        until(lambda: ask(server, "/v1/models", made.token) == 401)
        assert ask(server, "/v1/models") == 401  # all keys revoked: not open again


@pytest.mark.parametrize(
    ("host", "origin", "answered"),
    [
        ("127.0.0.1:{}", "", True),
        ("localhost:{}", "http://localhost:3000", True),
        ("[::1]:{}", "http://[::1]", True),
        ("rebound.example:{}", "", False),
        ("rebound.example:{}", "http://rebound.example:{}", False),
        ("127.0.0.1.rebound.example", "", False),
        ("[", "", False),
        ("127.0.0.1:{}", "https://page.example", False),
        ("127.0.0.1:{}", "http://127.0.0.1.page.example", False),
        ("127.0.0.1:{}", "null", False),
    ],
)
def test_pages_of_the_web_do_not_reach_a_gateway_without_keys(
    home: Path, host: str, origin: str, answered: bool
) -> None:
    with tuneworthy.open(home) as work, gateway(work, home / "spool") as server:
        sent = {"host": host.format(server.port)}
        sent |= {"origin": origin.format(server.port)} if origin else {}
        for path in PATHS:
            assert (ask(server, path, **sent) != 403) is answered, path
        made = work.create_api_key("shop", ["chat"])
        until(lambda: ask(server, "/v1/models") == 401)
        # A key is what no page has: behind a proxy the name may be any.
        assert ask(server, "/v1/models", made.token, **sent) == 200


def until(true: object) -> None:
    assert callable(true)
    end = time.monotonic() + 5
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_key_opens_its_scopes_alone(home: Path) -> None:
    with tuneworthy.open(home) as work:
        tokens = {scope: work.create_api_key(scope, [scope]).token for scope in Scope}
        with gateway(work, home / "spool") as server:
            for path, needed in PATHS.items():
                for scope, token in tokens.items():
                    code = ask(server, path, token)
                    assert (code == 403) == (scope is not needed), (path, scope, code)
                    assert code != 401
                assert ask(server, path, new_token().text) == 401


def test_a_key_ends_by_the_clock(home: Path) -> None:
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    with tuneworthy.open(home, clock=clock) as work:
        token = work.create_api_key("shop", ["chat"], days=2).token
        with gateway(work, home / "spool", clock) as server:
            clock.advance(timedelta(days=2) - timedelta(seconds=1))
            assert ask(server, "/v1/models", token) == 200
            clock.advance(timedelta(seconds=1))
            assert ask(server, "/v1/models", token) == 401
        assert work.api_keys()[0].state == "expired"
        for days in (0, 367):
            with pytest.raises(UsageProblem):
                work.create_api_key("shop", ["chat"], days=days)


@pytest.mark.parametrize("sql", ["DELETE FROM documents", "UPDATE documents SET body = replace"])
def test_keys_taken_out_of_the_database_do_not_open_the_gateway(home: Path, sql: str) -> None:
    with tuneworthy.open(home) as work:
        work.create_api_key("shop", ["chat"])
    more = "(body, 'chat', 'trace')" if "replace" in sql else ""
    with closing(sqlite3.connect(home / ".tuneworthy/tuneworthy.db")) as opened, opened:
        assert opened.execute(f"{sql}{more} WHERE kind = 'api_key'").rowcount == 1
    with tuneworthy.open(home) as work, pytest.raises(IntegrityProblem):
        work.api_keys()


def kept(home: Path) -> bytes:
    """All bytes that a project and its state folder hold, its settings aside."""
    return b"".join(
        p.read_bytes() for p in sorted((home / ".tuneworthy").rglob("*")) if p.is_file()
    )


def test_a_dump_of_database_and_logs_holds_no_usable_token(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with tuneworthy.open(home) as work:
        made: list[NewKey] = [work.create_api_key(f"k{n}", list(Scope)) for n in range(20)]
        with gateway(work, home / ".tuneworthy/spool") as server:
            for one in made:
                assert ask(server, "/v1/models", one.token) == 200
                ask(server, "/v1/feedback", one.token)
        work.revoke_api_key("k0", "gone")
        said = json.dumps([one.model_dump(mode="json") for one in work.api_keys()])
        dump = kept(home) + said.encode() + caplog.text.encode() + repr(made).encode()
        assert made[5].key.digest.encode() in dump
        assert not TOKEN.findall(dump)
        ring = ring_of(work.api_keys())
        for word in set(re.findall(rb"[\w-]{20,}", dump)):
            assert ring.refusal(word.decode(), Scope.CHAT, SystemClock().now()) == "unknown"


def test_canary_secrets_in_environment_and_settings_are_kept_nowhere(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = [f"zq{n:02d}canary{n * 7919 % 9973:04d}secret" for n in range(50)]
    for n, secret in enumerate(secrets):
        hook = f"http://127.0.0.1:9/{secret}"
        monkeypatch.setenv(f"SECRET_{n}", hook if n < 20 else secret)
    hooks = [f"env:SECRET_{n}" for n in range(20)]
    models = [
        {"at": "http://127.0.0.1:9/v1", "model": f"m{n}", "api_key_env": f"SECRET_{n}"}
        for n in range(20, 49)
    ]
    settings = home / "tuneworthy.yaml"
    mail = {"host": "127.0.0.1", "sender": "a@b.example", "user": "u", "password_env": "SECRET_49"}
    with settings.open("a", encoding="utf-8") as file:
        file.write(f"\naudit: {json.dumps({'checkpoints': hooks, 'mail': mail})}\n")
        file.write(f"models: {json.dumps(models)}\n")
    said = ""
    with tuneworthy.open(home) as work:
        work.make_audit_key()
        work.create_api_key("shop", ["chat"])
        said += repr(work.checkpoint())
        assert "SECRET_3" in said
        work.export_audit(home / "pack.zip")
        for model in work.project.models:
            try:
                work._runtime.open_model(model)
            except Problem as problem:
                said += json.dumps(problem.to_dict())
    pack = (home / "pack.zip").read_bytes() + unpacked(home / "pack.zip")
    dump = kept(home) + pack + said.encode() + caplog.text.encode()
    assert [s for s in secrets if s.encode() in dump] == []


def unpacked(path: Path) -> bytes:
    import zipfile  # noqa: PLC0415

    with zipfile.ZipFile(path) as opened:
        return b"".join(opened.read(name) for name in opened.namelist())


def test_the_command_shows_a_token_once(home: Path) -> None:
    from click.testing import CliRunner  # noqa: PLC0415

    def run(*words: str) -> str:
        found = CliRunner().invoke(cli, ["-C", str(home), *words], catch_exceptions=False)
        return found.output

    shown = TOKEN.findall(run("keys", "create", "shop", "--scope", "chat").encode())
    assert len(shown) == 1
    assert not TOKEN.findall(run("keys", "list").encode())
    assert "revoked" in run("keys", "revoke", "shop", "--reason", "gone")
    with tuneworthy.open(home) as work:
        assert [one.state for one in work.api_keys()] == ["revoked"]
        assert id_of(shown[0].decode()) == work.api_keys()[0].key.id


@given(st.text())
def test_no_text_is_a_key(text: str) -> None:
    ring = ring_of([], ["given"])
    found = ring.refusal(text, Scope.CHAT, SystemClock().now())
    assert found == ("" if text == "given" else "unknown")
    token = new_token()
    assert id_of(token.text) == token.id
    assert id_of(text + token.text + text) == ("" if text else token.id)


def test_the_search_for_secrets_knows_our_tokens() -> None:
    assert [hit.kind for hit in find_secrets(f"use {new_token().text} now")] == ["tuneworthy_key"]
    assert KeyState.model_fields.keys() == {"key", "state"}
