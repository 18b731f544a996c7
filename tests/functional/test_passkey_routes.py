"""Passkeys over the control API: made, given as a key, used to sign in and to decide."""

import http.client
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import tuneworthy
from tests.fakes.authenticator import Authenticator
from tests.fakes.small_project import make_small
from tuneworthy.api.control.server import ControlServer
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.people import Role
from tuneworthy.govern import RULES, Action, load_policy
from tuneworthy.lifecycle import people
from tuneworthy.workspace import Workspace

WORDS = {"reason": "no", "decision": "reject"}


class Browser:
    """One person's browser: its cookie, the token that goes with it, and their passkey."""

    def __init__(self, port: int) -> None:
        self.port, self.cookie, self.csrf = port, "", ""
        self.site = f"http://localhost:{port}"

    def ask(self, method: str, path: str, body: Any = None, **more: str) -> tuple[int, Any]:
        headers = {
            "host": f"localhost:{self.port}", "origin": self.site, "x-csrf-token": self.csrf,
            "cookie": self.cookie, "content-type": "application/json", **more,
        }  # fmt: skip
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, json.dumps(body or {}), headers)
            answer = connection.getresponse()
            if kept := answer.getheader("set-cookie"):
                self.cookie = kept.split(";")[0]
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def sign_in(self, key: Authenticator) -> tuple[int, Any]:
        status, asked = self.ask("POST", "/control/session/passkey/options")
        assert status == 200, asked
        answer = key.get(asked["publicKey"])
        status, told = self.ask("POST", "/control/session/passkey", {"response": answer})
        self.csrf = told.get("csrf", "")
        return status, told


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    home = make_small(tmp_path / "p")
    with tuneworthy.open(home, clock=FixedClock(datetime(2026, 3, 1, tzinfo=UTC))) as opened:
        yield opened


@pytest.fixture
def server(workspace: Workspace) -> Iterator[ControlServer]:
    with ControlServer(workspace) as running:
        yield running


@pytest.fixture
def key(workspace: Workspace, server: ControlServer) -> Authenticator:
    """The passkey of Cy, a founder."""
    port = server.place.port
    made = Authenticator(origin=f"http://localhost:{port}", rp_id="localhost", name=b"cy")
    runtime = workspace._runtime
    people.add(runtime, "cy", "Cy", ["business_owner"], made.text)
    people.add(runtime, "bo", "Bo", ["compliance_reviewer"])
    return made


@pytest.fixture
def browser(server: ControlServer) -> Browser:
    return Browser(server.place.port)


def test_signing_in_and_deciding(
    workspace: Workspace, browser: Browser, key: Authenticator
) -> None:
    status, told = browser.sign_in(key)
    assert (status, told["session"]["person"], told["session"]["method"]) == (201, "cy", "passkey")
    path = "/control/gates/start/decision"
    status, asked = browser.ask("POST", f"{path}/options", WORDS)
    assert status == 200, asked
    assert asked["statement"]["predicate"]["person"] == "cy"
    answer = {"started_at": asked["started_at"], "response": key.get(asked["options"])}
    assert browser.ask("POST", path, answer | {"reason": "other", "decision": "reject"})[0] == 409
    status, made = browser.ask("POST", path, answer | WORDS)
    assert (status, made["approval"]["person"]) == (201, "cy")
    assert browser.ask("POST", path, answer | WORDS)[0] >= 400
    assert workspace.verify_audit().verified
    last = [json.loads(one.body) for one in workspace._runtime.store.audit()]
    decided = next(one for one in last if one["action"] == "gate.reject")
    assert (decided["auth_method"], decided["session_id"]) == ("passkey", told["session"]["id"])


def test_words_are_signed_in_ones_own_name_alone(browser: Browser, key: Authenticator) -> None:
    browser.sign_in(key)
    said = {"said": {"gate": "start", "text": "And the licence?", "by": "bo"}}
    status, asked = browser.ask("POST", "/control/sign/ask/options", said)
    assert (status, asked["statement"]["predicate"]["by"]) == (200, "cy")
    answer = {"started_at": asked["started_at"], "response": key.get(asked["options"])}
    status, made = browser.ask("POST", "/control/sign/ask", said | answer)
    assert (status, made["signed"]["by"]) == (201, "cy")


UNFIT: list[tuple[str, Any]] = [
    ("/control/sign/ask", {"said": {"gate": "start"}}),
    ("/control/sign/ask", {"said": {"gate": "no-gate", "text": "x"}}),
    ("/control/sign/ask", {"said": {"gate": "start", "text": 5}}),
    ("/control/sign/ask", {"said": {"gate": "start", "text": "x", "key": "/etc/passwd"}}),
    ("/control/sign/ask", {"said": []}),
    ("/control/sign/attest", {"said": {"name": "policy", "path": "/etc/passwd"}}),
    ("/control/sign/close", {}),
    (
        "/control/sign/review_batch",
        {"said": {"collection": "x", "decision": "maybe", "reason": "y"}},
    ),
    ("/control/gates/no-gate/decision", WORDS),
    ("/control/gates/start/decision", {"reason": "x", "decision": "maybe"}),
    ("/control/gates/start/decision", {}),
]


def test_what_does_not_fit_is_said(browser: Browser, key: Authenticator) -> None:
    browser.sign_in(key)
    for path, body in UNFIT:
        for more in ("/options", ""):
            sent = body | {"started_at": "x", "response": {}}
            status, told = browser.ask("POST", path + more, sent)
            assert (status, path) == (400, path), told
            assert told["error"]["code"] in ("invalid_request", "not_signed_by_passkey")


ABOUT: dict[str, tuple[Action, dict[str, str]]] = {
    "ask": (Action.ASK, {"gate": "start", "text": "Why?"}),
    "grant": (Action.GRANT, {"person": "bo", "role": "review_lead", "reason": "Joins"}),
    "revoke": (Action.REVOKE, {"person": "bo", "role": "compliance_reviewer", "reason": "Leaves"}),
    "deactivate": (Action.DEACTIVATE, {"person": "bo", "reason": "Leaves"}),
}


def test_each_role_is_asked_what_it_may_sign(
    workspace: Workspace, browser: Browser, key: Authenticator
) -> None:
    runtime = workspace._runtime
    for role in Role:
        held = Authenticator(origin=key.origin, rp_id=key.rp_id, name=role.value.encode())
        people.add(runtime, f"the-{role}", role.value, [role.value], held.text)
        browser.sign_in(held)
        for verb, (action, said) in ABOUT.items():
            status, told = browser.ask("POST", f"/control/sign/{verb}/options", {"said": said})
            may = role in RULES[action].roles
            assert (status == 200) == may, (role, verb, told)
            assert may or told["error"]["code"] == "not_allowed"
        status, told = browser.ask("POST", "/control/gates/start/decision/options", WORDS)
        decides = role in load_policy().roles(GateName.START)
        assert (status == 200) == decides, (role, told)
    assert not workspace.asks()


def test_who_has_no_passkey_is_told_how_they_sign(
    workspace: Workspace, browser: Browser, key: Authenticator
) -> None:
    link = workspace.make_sign_in_link("bo")
    _, told = browser.ask("POST", "/control/session/link", {"secret": link})
    browser.csrf = told["csrf"]
    status, told = browser.ask("POST", "/control/gates/start/decision/options", WORDS)
    assert (status, told["error"]["code"]) == (403, "no_passkey")


@pytest.mark.parametrize("broken", ["passkey:", "passkey:localhost:YQ:YQ:http://localhost"])
def test_a_malformed_passkey_bars_its_own_person_alone(
    workspace: Workspace, browser: Browser, key: Authenticator, broken: str
) -> None:
    file = workspace.folder / "people.yaml"
    entry = {"name": "Ada", "roles": ["business_owner"], "public_key": broken}
    file.write_text(f"ada: {json.dumps(entry)}\n" + file.read_text())
    workspace.register_people()
    status, told = browser.sign_in(key)
    assert (status, told.get("session", {}).get("person")) == (201, "cy")
    (said,) = workspace.malformed_passkeys()
    assert said.startswith("ada: ")
    assert "change-key ada" in said


def test_a_new_passkey_is_offered(
    workspace: Workspace, browser: Browser, key: Authenticator
) -> None:
    link = workspace.make_sign_in_link("bo")
    _, told = browser.ask("POST", "/control/session/link", {"secret": link})
    browser.csrf = told["csrf"]
    new = Authenticator(origin=key.origin, rp_id=key.rp_id, name=b"bo")
    status, asked = browser.ask("POST", "/control/passkeys/options")
    assert status == 200, asked
    assert asked["publicKey"]["rp"]["id"] == "localhost"
    answer = {"response": new.create(asked["publicKey"])}
    status, made = browser.ask("POST", "/control/passkeys", answer)
    assert (status, made["offer"]["public_key"]) == (201, new.text)
    _, listed = browser.ask("GET", "/control/passkeys")
    assert [one["person"] for one in listed["offers"]] == ["bo"]
    assert browser.ask("POST", "/control/passkeys", answer)[0] == 409
    assert browser.sign_in(new)[0] == 401


def test_nobody_comes_in_with_a_used_or_foreign_answer(
    workspace: Workspace, browser: Browser, key: Authenticator
) -> None:
    before = workspace._runtime.store.last_event()
    _, asked = browser.ask("POST", "/control/session/passkey/options")
    assert workspace._runtime.store.last_event() == before
    answer = {"response": key.get(asked["publicKey"])}
    foreign = {"origin": "https://evil.example"}
    assert browser.ask("POST", "/control/session/passkey", answer, **foreign)[0] == 403
    assert browser.ask("POST", "/control/session/passkey", answer)[0] == 201
    assert browser.ask("POST", "/control/session/passkey", answer)[0] == 401
    odd: list[Any] = [{}, {"response": {}}, {"response": []}]
    for body in odd:
        assert browser.ask("POST", "/control/session/passkey", body)[0] in (400, 401)
