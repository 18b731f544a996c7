"""tuneworthy people password, sessions, accounts; tuneworthy ui; a gateway that stands open."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import tuneworthy
from tests.fakes.visitor import WORDS, staffed
from tuneworthy.api.hosting import Host
from tuneworthy.cli.main import cli
from tuneworthy.core.errors import Problem, UsageProblem

LINK = re.compile(r"http://localhost:\d+/sign-in#[A-Za-z0-9_-]{43}")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return staffed(tmp_path_factory.mktemp("accounts") / "project")


def test_a_password_is_asked_for_and_never_shown(home: Path) -> None:
    run = CliRunner()
    words = ["-C", str(home), "people", "password", "model_owner"]
    done = run.invoke(cli, words, input=f"{WORDS}\n{WORDS}\n", catch_exceptions=False)
    assert done.exit_code == 0
    assert "model_owner has a new password" in done.output
    assert WORDS not in done.output
    with tuneworthy.open(home) as work:
        assert work.sign_in("model_owner", WORDS).session.person == "model_owner"


def test_a_password_comes_from_where_it_is_kept(
    home: Path, run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PASSWORD_TEST_WORD", WORDS)
    kept = tmp_path / "word"
    kept.write_text(WORDS + "\n", encoding="utf-8")
    for reference in ("env:PASSWORD_TEST_WORD", f"file:{kept}"):
        done = run("-C", str(home), "people", "password", "data_steward", "--from", reference)
        assert done.code == 0
        assert WORDS not in done.out + done.err
    wrong = run("--json", "-C", str(home), "people", "password", "data_steward", "--from", "x y")
    assert (wrong.code, wrong.error["code"]) == (2, "no_secret")
    weak = tmp_path / "weak"
    weak.write_text("passwordpassword", encoding="utf-8")
    done = run(
        "--json", "-C", str(home), "people", "password", "data_steward", "--from", f"file:{weak}"
    )
    assert (done.code, done.error["code"]) == (2, "weak_password")
    assert "passwordpassword" not in done.err


def test_sessions_are_listed_and_ended(home: Path, run: Any) -> None:
    with tuneworthy.open(home) as work:
        begun = work.sign_in_by_link(work.make_sign_in_link("review_lead"))
        id_ = begun.session.id
        done = run("-C", str(home), "people", "sessions")
        assert id_ in done.out
        assert begun.token not in done.out
        done = run("-C", str(home), "people", "end-session", id_, "--reason", "lost laptop")
        assert "review_lead is signed out" in done.out
        assert work.session_of(begun.token) is None
        assert work.audit_log(1)[0]["reason"] == "lost laptop"
    done = run("--json", "-C", str(home), "people", "end-session", id_, "--reason", "again")
    assert (done.code, done.error["code"]) == (2, "no_session")


def test_accounts_are_linked_and_unlinked(home: Path, run: Any) -> None:
    issuer = ("--issuer", "https://id.example.org")
    done = run("-C", str(home), "people", "link-account", "review_lead", "acc-7", *issuer)
    assert "acc-7" in done.out
    assert "acc-7" in run("-C", str(home), "people", "accounts").out
    done = run("-C", str(home), "people", "unlink-account", "acc-7", *issuer)
    assert "opens nothing" in done.out
    assert "acc-7" not in run("-C", str(home), "people", "accounts").out
    for words in (
        ("link-account", "nobody", "acc-8", *issuer),
        ("unlink-account", "acc-8", *issuer),
        ("link-account", "review_lead", "acc-8"),
    ):
        assert run("--json", "-C", str(home), "people", *words).code == 2


@pytest.fixture
def browser(tmp_path: Path) -> Path:
    """A browser that writes down which page it is to show."""
    path = tmp_path / "browser"
    path.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/opened\n', encoding="utf-8")
    path.chmod(0o700)
    return path


def started(home: Path, *words: str, browser: str) -> Iterator[str]:
    """The lines that the command prints while it runs."""
    command = [sys.executable, "-m", "tuneworthy", "-C", str(home), "ui", "--port", "0", *words]
    sources = str(Path(tuneworthy.__file__).parents[1])
    env = {**os.environ, "BROWSER": browser, "PYTHONPATH": sources, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env
    ) as running:
        assert running.stdout is not None
        try:
            yield running.stdout.readline()
            yield from iter(running.stdout.readline, "")
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(60)


def test_the_link_goes_to_the_browser_and_is_not_printed(home: Path, browser: Path) -> None:
    lines = started(home, browser=f"{browser} %s")
    first = next(lines)
    assert "Control API at http://localhost:" in first
    opened = browser.parent / "opened"
    end = time.monotonic() + 60
    while not (opened.exists() and opened.read_text()):
        assert time.monotonic() < end
        time.sleep(0.05)
    page = Path(opened.read_text().strip().removeprefix("file://"))
    assert not LINK.search(opened.read_text())
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    (link,) = LINK.findall(page.read_text(encoding="utf-8"))
    url, _, secret = link.partition("/sign-in#")
    body = json.dumps({"secret": secret}).encode()
    with urllib.request.urlopen(f"{url}/control/session/link", body, timeout=30) as answer:  # noqa: S310
        assert json.load(answer)["session"]["method"] == "link"
    lines.close()  # type: ignore[attr-defined]
    assert not page.exists()


def test_the_link_is_printed_when_somebody_asks_for_it(home: Path, browser: Path) -> None:
    lines = started(home, "--print-link", browser=f"{browser} %s")
    assert not LINK.search(next(lines))
    assert LINK.search(next(lines))
    lines.close()  # type: ignore[attr-defined]
    assert not (browser.parent / "opened").exists()


def test_the_link_leads_to_a_page_that_can_have_passkeys(home: Path, browser: Path) -> None:
    """They belong to a name, which has two addresses: both are ours."""
    lines = started(home, "--print-link", browser=f"{browser} %s")
    next(lines)
    (link,) = LINK.findall(next(lines))
    url, _, secret = link.partition("/sign-in#")
    port = int(url.rpartition(":")[2])
    # Whoever types the number comes in as well, and stays at that address.
    for site in (f"http://127.0.0.1:{port}", url):
        with urllib.request.urlopen(f"{site}/sign-in", timeout=30) as page:  # noqa: S310
            assert page.status == 200
    sent = urllib.request.Request(
        f"http://127.0.0.1:{port}/control/session/link", headers={"origin": url}
    )
    with pytest.raises(urllib.error.HTTPError) as told:
        urllib.request.urlopen(sent, json.dumps({"secret": secret}).encode(), timeout=30)  # noqa: S310
    told.value.close()
    assert told.value.code == 403, "one address is another page than the other"
    for family, here in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        if family == socket.AF_INET6 and not _has(here):
            continue
        with socket.socket(family) as other, pytest.raises(OSError, match="in use"):
            other.bind((here, port))
    lines.close()  # type: ignore[attr-defined]


def _has(address: str) -> bool:
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind((address, 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not _has("::1"), reason="this machine has no IPv6")
def test_a_port_that_another_program_has_at_this_machines_name_is_not_taken(
    home: Path, run: Any
) -> None:
    """It would be opened with the link that signs in."""
    with socket.socket(socket.AF_INET6) as other:
        other.bind(("::1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = run("--json", "-C", str(home), "ui", "--no-open", "--port", str(port))
    assert done.error["code"] == "port_in_use"


def test_ui_does_not_stand_open(home: Path, run: Any) -> None:
    done = run("--json", "-C", str(home), "ui", "--host", "0.0.0.0")  # noqa: S104
    assert (done.code, done.error["code"]) == (2, "not_safe")
    assert "--public-url" in done.error["fix"]


def test_a_gateway_that_others_reach_does_not_start_without_a_key(tmp_path: Path) -> None:
    home = tmp_path / "project"
    tuneworthy.init(home)
    with tuneworthy.open(home) as work:
        for host in ("0.0.0.0", "::", "192.0.2.1"):  # noqa: S104
            with pytest.raises(Problem) as refused, Host(work, host):
                pass
            if host != "192.0.2.1":  # no address of this machine: said first
                assert refused.value.code == "gateway_open"
                assert isinstance(refused.value, UsageProblem)
                assert "tuneworthy keys create" in refused.value.fix
        work.create_api_key("shop", ["chat"])
        with pytest.raises(Problem) as other, Host(work, "0.0.0.0"):  # noqa: S104
            pass
        assert other.value.code != "gateway_open"


def test_fifty_secrets_in_settings_environment_and_fields_are_kept_and_told_nowhere(
    tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = staffed(tmp_path / "project")
    secrets = [f"Zq{n:02d}canary{n * 7919 % 9973:04d} of many words" for n in range(50)]
    said = ""

    def tell(*words: str) -> None:
        nonlocal said
        done = run("--json", "-C", str(home), *words)
        said += done.out + done.err

    for n, secret in enumerate(secrets[:20]):
        monkeypatch.setenv(f"CANARY_{n}", secret)
        (tmp_path / f"c{n}").write_text(secret, encoding="utf-8")
        tell(
            "people",
            "password",
            "model_owner",
            "--from",
            (f"env:CANARY_{n}", f"file:{tmp_path}/c{n}")[n % 2],
        )
    for secret in secrets[20:25]:
        tell("people", "password", "model_owner", "--from", secret)
    with tuneworthy.open(home) as work:
        for secret in secrets[25:30]:
            for name, word in ((secret, "x"), ("model_owner", secret), (secret, secret)):
                try:
                    work.sign_in(name, word)
                except Problem as problem:
                    said += json.dumps(problem.to_dict()) + repr(problem)
    settings = home / "tuneworthy.yaml"
    whole = settings.read_text(encoding="utf-8")
    for n, secret in enumerate(secrets[30:]):
        oidc = {"issuer": "https://id.example.org", "client_id": "t", "client_secret": secret}
        model = {"at": "http://127.0.0.1:9/v1", "model": "m", "api_key_env": secret}
        mail = {"host": "h", "sender": "a@b.example", "user": "u", "password_env": secret}
        wrong = [
            {"sign_in": {"oidc": oidc}}, {"models": [model]},
            {"audit": {"mail": mail}}, {"notify": {"mail": mail}},
        ][n % 4]  # fmt: skip
        settings.write_text(f"{whole}\n{json.dumps(wrong)[1:-1]}\n", encoding="utf-8")
        tell("config", "check")
        assert "is not shown" in said
    settings.write_text(whole, encoding="utf-8")
    with tuneworthy.open(home) as work:
        work.export_audit(home / "pack.zip")
    dump = said.encode() + b"".join(
        p.read_bytes() for p in (home / ".tuneworthy").rglob("*") if p.is_file()
    )
    with zipfile.ZipFile(home / "pack.zip") as pack:
        dump += b"".join(pack.read(name) for name in pack.namelist())
    assert [one for one in secrets if one.encode() in dump] == []
    assert b"model_owner" in dump
