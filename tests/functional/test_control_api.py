"""Every route of the control API from outside: who comes in, in whose role, from which page."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes.visitor import WORDS, Told, Visitor
from tuneworthy.api.control.app import ENDPOINTS, MOST_BODY
from tuneworthy.api.control.server import ControlServer
from tuneworthy.api.control.visit import Endpoint
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.people import Role
from tuneworthy.govern import RULES, Action
from tuneworthy.govern.sign_in import ADDRESS_FREE
from tuneworthy.workspace import Workspace

OPEN = {
    "GET /control/ways", "POST /control/oidc", "POST /control/oidc/answer",
    "POST /control/session", "POST /control/session/link", "POST /control/session/passkey",
    "POST /control/session/passkey/options",
}  # fmt: skip
OWN_PASSKEY = {
    "POST /control/passkeys", "POST /control/passkeys/options",
    "POST /control/gates/{gate}/decision", "POST /control/gates/{gate}/decision/options",
    "POST /control/sign/{verb}", "POST /control/sign/{verb}/options",
}  # fmt: skip
"""By one's own passkey; the tests of its routes go through the roles."""
CHANGES = [one for one in ENDPOINTS if one.method != "GET"]
READS = [one for one in ENDPOINTS if one.method == "GET"]


def name(one: Endpoint) -> str:
    return f"{one.method} {one.path}"


def path(one: Endpoint) -> str:
    return one.path.replace("{id}", "0123456789ab").replace("{gate}", "start")


def test_only_the_ways_in_are_open(server: ControlServer) -> None:
    assert {name(one) for one in ENDPOINTS if one.open} == OPEN
    for one in ENDPOINTS:
        if one.open:
            continue
        for cookies in ({}, {server.place.cookie: "x" * 43}, {server.place.cookie: ""}):
            told = Visitor(server, cookies).ask(one.method, path(one), {})
            assert (told.status, told.code) == (401, "not_signed_in"), name(one)
            assert told.body["error"].keys() == {"code", "message", "why", "fix"}
            assert told.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("one", CHANGES, ids=name)
def test_no_other_page_changes_anything(
    server: ControlServer, work: Workspace, one: Endpoint
) -> None:
    visitor = Visitor(server)
    visitor.use_link(work, "governance_owner")
    port = server.place.port
    before = work.audit_head().events
    for foreign in (
        {"origin": "https://evil.example"}, {"origin": "null"},
        {"origin": f"http://127.0.0.1:{port + 1}"}, {"origin": f"http://localhost:{port}"},
        {"origin": f"https://127.0.0.1:{port}"}, {"origin": f"http://127.0.0.1:{port}.evil.example"},
        {"origin": ""}, {"sec_fetch_site": "cross-site"}, {"sec_fetch_site": "same-site"},
    ):  # fmt: skip
        told = visitor.ask(one.method, path(one), {}, **foreign)
        assert (told.status, told.code) == (403, "foreign_page"), foreign
    if not one.open:
        assert visitor.ask(one.method, path(one), {}, origin=None).code == "foreign_page"
        for wrong in (None, "", "0" * 64, visitor.csrf[:-1], visitor.csrf.upper() + "x"):
            assert visitor.ask(one.method, path(one), {}, x_csrf_token=wrong).code == "csrf"
    assert work.audit_head().events == before


def test_the_token_of_one_session_is_none_of_another(
    server: ControlServer, work: Workspace
) -> None:
    one, other = Visitor(server), Visitor(server)
    one.use_link(work, "model_owner")
    other.use_link(work, "governance_owner")
    other.csrf = one.csrf
    assert other.ask("DELETE", "/control/session").code == "csrf"
    assert one.ask("DELETE", "/control/session").status == 200


def test_another_name_for_this_server_is_another_site(server: ControlServer) -> None:
    port = server.place.port
    for one in ENDPOINTS:
        for host in (f"evil.example:{port}", "127.0.0.1", "localhost:1", f"127.0.0.1:{port}."):
            told = Visitor(server).ask(one.method, path(one), {}, host=host)
            assert (told.status, told.code) == (421, "wrong_host"), (name(one), host)
    assert Visitor(server).ask("GET", "/sign-in", host="evil.example").status == 421
    assert Visitor(server).ask("GET", "/control/ways", host=f"localhost:{port}").status == 200


def rows(home: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(home / ".tuneworthy/tuneworthy.db")) as opened:
        tables = opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {t: opened.execute(f"SELECT * FROM {t}").fetchall() for (t,) in tables}  # noqa: S608


def test_nobody_is_sent_on_with_a_password(server: ControlServer) -> None:
    for method, path in (
        ("POST", "/control/session/"),
        ("GET", "/sign-in/"),
        ("PUT", "/control/password/"),
    ):
        told = Visitor(server).ask(method, path, {}, host="evil.example")
        assert (told.status, told.code) == (404, "not_found")
        assert "location" not in told.headers


def test_looking_changes_nothing(server: ControlServer, work: Workspace, home: Path) -> None:
    visitor = Visitor(server)
    visitor.use_link(work, "governance_owner")
    before = rows(home)
    assert before["sessions"]
    for one in READS:
        assert visitor.ask("GET", path(one)).status == 200, name(one)
    for page in ("/sign-in", "/sign-in.js", "/control/sessions?all=1", "/sign-in?state=a&code=b"):
        assert visitor.ask("GET", page).status == 200
    for one in CHANGES:
        told = visitor.ask("GET", path(one))
        assert told.status in (200, 405), name(one)  # 200: the same path has a route that looks
    assert rows(home) == before


ABOUT: dict[str, tuple[Action, dict[str, Any]]] = {
    "POST /control/keys": (Action.MAKE_KEY, {"name": "shop", "scopes": ["chat"]}),
    "DELETE /control/keys/{key}": (Action.REVOKE_KEY, {"reason": "gone"}),
    "DELETE /control/sessions/{session}": (Action.KEEP_ACCOUNTS, {}),
    "PUT /control/password": (Action.KEEP_ACCOUNTS, {"password": WORDS}),
    "GET /control/sessions?all=1": (Action.KEEP_ACCOUNTS, {}),
}
"""What needs a role beyond being somebody, about things of other people."""


@pytest.mark.parametrize("role", Role)
def test_every_role_at_every_route(server: ControlServer, work: Workspace, role: Role) -> None:
    visitor, other = Visitor(server), Visitor(server)
    whose = "data_steward" if role != Role.DATA_STEWARD else "source_owner"
    session = other.use_link(work, whose).body["session"]["id"]
    mine = visitor.use_link(work, role.value).body["session"]["id"]
    for route, (action, body) in ABOUT.items():
        key = work.create_api_key("old", ["chat"]).key.id
        method, _, where = route.partition(" ")
        sent = {**body, "person": whose} if "password" in body else body
        told = visitor.ask(method, where.format(key=key, session=session), sent)
        may = role in RULES[action].roles
        assert (told.status in (200, 201)) == may, (route, told.body)
        assert may or told.code == "not_allowed"
    covered = {route.partition("?")[0].replace("{key}", "{id}").replace("{session}", "{id}")
               for route in ABOUT}  # fmt: skip
    own = {"DELETE /control/session"} | OWN_PASSKEY
    assert covered | own | OPEN >= {name(one) for one in CHANGES}
    theirs = [event for event in work.audit_log(40) if event["actor_id"] == role.value]
    assert {(e["auth_method"], e["session_id"]) for e in theirs} == {("link", mine)}
    assert len(theirs) >= 3


def test_nobody_learns_of_sessions_that_are_not_theirs(
    server: ControlServer, work: Workspace
) -> None:
    one, other = Visitor(server), Visitor(server)
    theirs = other.use_link(work, "data_steward").body["session"]["id"]
    mine = one.use_link(work, "model_owner").body["session"]["id"]
    shown = one.ask("GET", "/control/sessions").body["sessions"]
    assert [s["id"] for s in shown] == [mine]
    told = {one.ask("DELETE", f"/control/sessions/{id_}").code for id_ in (theirs, "0" * 16)}
    assert told == {"not_allowed"}
    assert other.ask("GET", "/control/session").status == 200
    assert one.ask("DELETE", f"/control/sessions/{mine}").status == 200
    assert one.ask("GET", "/control/session").status == 401


def test_a_key_of_a_program_looks_and_changes_nothing(
    server: ControlServer, work: Workspace
) -> None:
    control = work.create_api_key("watch", ["control"]).token
    chat = work.create_api_key("shop", ["chat"]).token
    signed_in = Visitor(server)
    signed_in.use_link(work, "governance_owner")
    for one in ENDPOINTS:
        if one.open:
            continue
        told = signed_in.ask(one.method, path(one), {}, authorization=f"Bearer {control}")
        wanted = 200 if one.programs else 403
        assert told.status == wanted, (name(one), told.body)
        weak = signed_in.ask(one.method, path(one), {}, authorization=f"Bearer {chat}")
        assert (weak.status, weak.code) == (403, "key_scope")
        # Beside a key that is none, a good cookie counts for nothing.
        for bad in ("Bearer twk_0", "Bearer ", "", "Basic YTpi"):
            assert signed_in.ask(one.method, path(one), {}, authorization=bad).status == 401


def test_without_any_key_no_bearer_comes_in(server: ControlServer) -> None:
    told = Visitor(server).ask("GET", "/control/people", authorization="Bearer x")
    assert told.status == 401


def test_what_weighs_takes_a_fresh_sign_in(
    server: ControlServer, work: Workspace, clock: FixedClock
) -> None:
    visitor = Visitor(server)
    visitor.use_link(work, "governance_owner")
    key = {"name": "shop", "scopes": ["chat"]}
    assert visitor.ask("POST", "/control/keys", key).status == 201
    clock.advance(timedelta(minutes=10))
    fresh = [one for one in ENDPOINTS if one.needs_fresh]
    assert {name(one) for one in fresh} >= {"POST /control/keys", "PUT /control/password"}
    for one in fresh:
        assert visitor.ask(one.method, path(one), key).code == "stale_sign_in"
    assert visitor.ask("GET", "/control/keys").status == 200
    visitor.use_link(work, "governance_owner")
    assert visitor.ask("POST", "/control/keys", key).status == 201


def test_a_route_that_is_a_decision_asks_for_a_fresh_sign_in_by_itself() -> None:
    for action, rule in RULES.items():
        made = Endpoint("POST", "/x", lambda _: None, action=action)  # type: ignore[arg-type,return-value]
        assert made.needs_fresh == rule.decides


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(max_size=300), which=st.sampled_from(CHANGES))
def test_no_body_breaks_it(server: ControlServer, data: bytes, which: Endpoint) -> None:
    told = Visitor(server).ask(which.method, path(which), data)
    needs_no_body = name(which) == "POST /control/session/passkey/options"
    assert told.status in (400, 401, 403, 404) or (needs_no_body and told.status == 200), told.body


def test_bodies_are_bounded(server: ControlServer) -> None:
    told: Told = Visitor(server).ask("POST", "/control/session", b"x" * (MOST_BODY + 1))
    assert (told.status, told.code) == (413, "body_too_large")
    assert Visitor(server).ask("POST", "/control/session", b"[" * 60_000).status == 400
    assert Visitor(server).ask("GET", "/nothing").code == "not_found"
    assert Visitor(server).ask("PATCH", "/control/keys").code == "method_not_allowed"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])  # noqa: S104
def test_nobody_signs_in_over_an_open_network(work: Workspace, host: str) -> None:
    with pytest.raises(UsageProblem) as refused:
        ControlServer(work, host)
    assert refused.value.code == "not_safe"
    assert "--public-url" in refused.value.fix
    with pytest.raises(UsageProblem) as refused:
        ControlServer(work, host, public="https://t.example.org")
    assert "tuneworthy people password" in refused.value.fix
    for wrong in (
        "http://t.example.org",
        "https://",
        "https://t.example.org/path",
        "t.example.org",
    ):
        with pytest.raises(UsageProblem):
            ControlServer(work, host, public=wrong)


def test_behind_a_proxy_the_cookie_is_secure_and_only_the_proxy_is_believed(
    work: Workspace,
) -> None:
    work.set_password("model_owner", WORDS)
    with ControlServer(work, public="https://t.example.org/") as server:
        visitor = Visitor(server)
        body = {"person": "model_owner", "password": WORDS}
        assert visitor.ask("POST", "/control/session", body).code == "wrong_host"
        told = visitor.ask("POST", "/control/session", body, host="t.example.org")
        visitor.take(told)
        for word in ("__Host-tuneworthy=", "Secure", "HttpOnly", "SameSite=strict", "Path=/"):
            assert word in told.cookies[0]
        assert visitor.ask("GET", "/control/session", host="t.example.org").status == 200
        assert work.open_sessions(everybody=True)[0].person == "model_owner"
        link = {"secret": work.make_sign_in_link("data_steward")}
        here = {"host": "t.example.org", "origin": "https://t.example.org"}
        assert visitor.ask("POST", "/control/session/link", link, **here).status == 401
    assert "Secure" not in "".join(told.cookies).replace("Secure", "", 1)


def failures(server: ControlServer, count: int, seen_as: str, **headers: str) -> list[int]:
    """Tries under ever new names from one address, and then one more."""
    answers = []
    for n in range(count):
        body = {"person": f"{seen_as}-{n}", "password": "wrong"}
        sent = {**headers, "x_forwarded_for": seen_as}
        answers.append(Visitor(server).ask("POST", "/control/session", body, **sent).status)
    return answers


def test_only_the_proxy_says_who_asks(work: Workspace) -> None:
    work.set_password("model_owner", WORDS)
    over = ADDRESS_FREE + 1
    with ControlServer(work, public="https://t.example.org") as behind:
        named = {"host": "t.example.org", "origin": "https://t.example.org"}
        assert failures(behind, over, "192.0.2.1", **named) == [401] * ADDRESS_FREE + [429]
        assert failures(behind, 1, "192.0.2.2", **named) == [401]
    with ControlServer(work, public="https://t.example.org", proxies=["192.0.2.9"]) as elsewhere:
        for n in range(ADDRESS_FREE):  # this machine is not the proxy
            assert failures(elsewhere, 1, f"198.51.100.{n}", **named) == [401]
        assert failures(elsewhere, 1, "198.51.100.99", **named) == [429]


def test_an_audit_event_names_the_request_it_came_of(
    server: ControlServer, work: Workspace
) -> None:
    visitor = Visitor(server)
    visitor.use_link(work, "governance_owner")
    done = visitor.ask("DELETE", "/control/session", x_request_id="shop-42.a_b")
    assert (done.status, done.headers["x-request-id"]) == (200, "shop-42.a_b")
    event = work.audit_log(1)[-1]
    assert (event["action"], event["request_id"]) == ("session.end", "shop-42.a_b")
    given = ["", "a b", "x" * 129, 'say "hi"', "ümlaut".encode().decode("latin-1")]
    made = {
        Visitor(server).ask("GET", "/control/ways", x_request_id=odd).headers["x-request-id"]
        for odd in given
    }
    assert len(made) == len(given)
    assert not made & set(given)
    refused = Visitor(server).ask("GET", "/control/session")
    assert (refused.status, len(refused.headers["x-request-id"])) == (401, 32)
