"""Signing in at an OpenID provider: an honest one lets a linked person in, a lying one nobody."""

import json
import re
import shutil
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

import tuneworthy
from tests.fakes.oidc_provider import Provider, provider
from tests.fakes.visitor import Told, Visitor
from tuneworthy.api.control.server import ControlServer
from tuneworthy.core.errors import BlockedProblem, ConfigProblem, Problem
from tuneworthy.workspace import Workspace

UNSET = "env:NOT_SET_"
SECRET = "OIDC_TEST_SECRET"  # noqa: S105


@pytest.fixture
def honest(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    with provider() as made:
        monkeypatch.setenv(SECRET, made.secret)
        yield made


def settings(home: Path, **oidc: Any) -> None:
    with (home / "tuneworthy.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\nsign_in: {json.dumps({'oidc': oidc})}\n")


@pytest.fixture
def work(template: Path, tmp_path: Path, honest: Provider) -> Iterator[Workspace]:
    home = Path(shutil.copytree(template, tmp_path / "project"))
    settings(
        home,
        issuer=honest.issuer,
        client_id=honest.client,
        client_secret=f"env:{SECRET}",
        internal_hosts=["127.0.0.1"],
    )
    with tuneworthy.open(home) as opened:
        opened.link_account("model_owner", honest.subject)
        yield opened


def go(visitor: Visitor, at: Provider, **changed: Any) -> Told:
    """To the provider and back."""
    begun = visitor.ask("POST", "/control/oidc", {})
    assert begun.status == 200, begun.body
    return visitor.ask("POST", "/control/oidc/answer", at.sign_in(begun.body["url"]) | changed)


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256"])
def test_a_linked_person_comes_in(server: ControlServer, honest: Provider, alg: str) -> None:
    honest.alg = alg
    visitor = Visitor(server)
    told = visitor.take(go(visitor, honest))
    assert told.body["session"]["person"] == "model_owner"
    assert told.body["session"]["method"] == "oidc"
    assert list(visitor.cookies) == [server.place.cookie]


def test_nobody_is_made_up_and_an_unlinked_account_is_out_at_once(
    server: ControlServer, work: Workspace, honest: Provider
) -> None:
    visitor = Visitor(server)
    visitor.take(go(visitor, honest))
    people = work.people()
    honest.subject = "account-2"
    told = go(Visitor(server), honest)
    assert (told.status, told.code) == (403, "account_unknown")
    assert "account-2" in told.body["error"]["why"]
    assert work.people() == people
    assert work.unlink_account("account-1").active is False
    assert work.linked_accounts() == []
    assert visitor.ask("GET", "/control/session").status == 401
    honest.subject = "account-1"
    assert go(Visitor(server), honest).code == "account_unknown"
    work.link_account("model_owner", "account-1")
    work.deactivate("model_owner", "governance_owner", "left")
    assert go(Visitor(server), honest).code == "account_unknown"


def test_an_account_that_becomes_somebody_elses_ends_the_sessions_it_opened(
    server: ControlServer, work: Workspace, honest: Provider
) -> None:
    visitor = Visitor(server)
    visitor.take(go(visitor, honest))
    work.link_account("model_owner", "account-1")
    assert visitor.ask("GET", "/control/session").status == 200
    work.link_account("data_steward", "account-1")
    assert visitor.ask("GET", "/control/session").status == 401
    assert visitor.take(go(visitor, honest)).body["session"]["person"] == "data_steward"


LIES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "another issuer": lambda c: c | {"iss": c["iss"] + "/"},
    "another audience": lambda c: c | {"aud": "somebody-else"},
    "audiences without a party": lambda c: c | {"aud": [c["aud"], "somebody-else"]},
    "another party": lambda c: c | {"azp": "somebody-else"},
    "no audience": lambda c: {k: v for k, v in c.items() if k != "aud"},
    "expired": lambda c: c | {"exp": c["iat"] - 61},
    "no end": lambda c: {k: v for k, v in c.items() if k != "exp"},
    "an end in words": lambda c: c | {"exp": "2999"},
    "an end that is true": lambda c: c | {"exp": True},
    "from the future": lambda c: c | {"iat": c["iat"] + 3600},
    "not valid yet": lambda c: c | {"nbf": c["iat"] + 3600},
    "another nonce": lambda c: c | {"nonce": "0" * 64},
    "no nonce": lambda c: {k: v for k, v in c.items() if k != "nonce"},
    "nobody": lambda c: c | {"sub": ""},
    "a number": lambda c: c | {"sub": 1},
    "too long a name": lambda c: c | {"sub": "x" * 256},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_says_anything_wrong_is_not_believed(
    server: ControlServer, honest: Provider, lie: str
) -> None:
    honest.claims = LIES[lie]
    told = go(Visitor(server), honest)
    assert (told.status, told.code) == (502, "provider_answer"), told.body
    assert not told.cookies or server.place.cookie + "=" not in "".join(told.cookies)


@pytest.mark.parametrize("alg", ["none", "HS256"])
def test_only_a_key_pair_signs(server: ControlServer, honest: Provider, alg: str) -> None:
    honest.alg = alg
    assert go(Visitor(server), honest).code == "provider_answer"


def test_a_foreign_key_and_broken_tokens_are_not_believed(
    server: ControlServer, honest: Provider
) -> None:
    honest.foreign_key = True
    assert go(Visitor(server), honest).code == "provider_answer"
    honest.foreign_key = False
    for token in (
        lambda t: t[:-4], lambda t: t + "A", lambda t: "." + t, lambda _: "", lambda _: "a.b.c",
        lambda _: None, lambda _: 5, lambda t: t.replace(".", "..", 1), lambda _: "x" * 100_000,
    ):  # fmt: skip
        honest.token = token
        assert go(Visitor(server), honest).code in ("provider_answer", "not_delivered")
    honest.token = lambda token: token
    for status in (302, 400, 500):
        honest.status = status
        assert go(Visitor(server), honest).status == 502
    honest.status = 200
    assert go(Visitor(server), honest).status == 201


def test_the_answer_must_be_the_one_to_what_this_browser_began(
    server: ControlServer, honest: Provider
) -> None:
    victim, attacker = Visitor(server), Visitor(server)
    begun = attacker.ask("POST", "/control/oidc", {})
    planted = honest.sign_in(begun.body["url"])
    # An attacker's answer in a victim's browser, with and without a sign-in begun there.
    assert victim.ask("POST", "/control/oidc/answer", planted).code == "sign_in_over"
    victim.ask("POST", "/control/oidc", {})
    assert victim.ask("POST", "/control/oidc/answer", planted).code == "sign_in_over"
    # A code with another state of its own browser: PKCE and nonce are other ones.
    own = victim.ask("POST", "/control/oidc", {}).body["url"]
    state = parse_qs(urlsplit(own).query)["state"][0]
    mixed = victim.ask("POST", "/control/oidc/answer", planted | {"state": state})
    assert mixed.status >= 400
    # Once, and no second time.
    visitor = Visitor(server)
    begun = visitor.ask("POST", "/control/oidc", {})
    kept, answer = dict(visitor.cookies), honest.sign_in(begun.body["url"])
    assert visitor.ask("POST", "/control/oidc/answer", answer).status == 201
    visitor.cookies = kept
    assert visitor.ask("POST", "/control/oidc/answer", answer).code == "sign_in_over"


def test_another_provider_in_the_answer_is_refused(server: ControlServer, honest: Provider) -> None:
    """RFC 9207: an answer that was meant for another provider."""
    assert go(Visitor(server), honest, iss="https://evil.example").code == "provider_answer"
    honest.document = lambda d: d | {"authorization_response_iss_parameter_supported": True}
    assert go(Visitor(server), honest).code == "provider_answer"
    assert go(Visitor(server), honest, iss=honest.issuer).status == 201
    assert go(Visitor(server), honest, iss=honest.issuer, code="").code == "sign_in_refused"


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://evil.example"}, {"token_endpoint": "http://169.254.169.254/latest"},
        {"token_endpoint": "file:///etc/passwd"}, {"jwks_uri": None}, {"token_endpoint": "http://["},
    ],
    ids=str,
)  # fmt: skip
def test_a_discovery_document_leads_nowhere_else(
    server: ControlServer, honest: Provider, change: dict[str, Any]
) -> None:
    visitor = Visitor(server)
    begun = visitor.ask("POST", "/control/oidc", {})
    honest.document = lambda document: document | change
    told = visitor.ask("POST", "/control/oidc/answer", honest.sign_in(begun.body["url"]))
    assert told.code == "provider_answer"


def test_the_secret_goes_to_the_provider_and_nowhere_else(
    server: ControlServer, work: Workspace, honest: Provider
) -> None:
    visitor = Visitor(server)
    begun = visitor.ask("POST", "/control/oidc", {})
    asked = {k: v[0] for k, v in parse_qs(urlsplit(begun.body["url"]).query).items()}
    away = visitor.cookies[server.place.away]
    answer = honest.sign_in(begun.body["url"])
    assert visitor.ask("POST", "/control/oidc/answer", answer).status == 201
    (verifier,) = re.findall(r"code_verifier=([^&]+)", honest.seen[-1])
    dump = b"".join(p.read_bytes() for p in work.state_folder.rglob("*") if p.is_file())
    for secret in (honest.secret, verifier, asked["nonce"], asked["state"], away, answer["code"]):
        assert secret.encode() not in dump
    assert honest.secret not in honest.seen[-1]


def test_a_secret_in_the_settings_is_refused_and_not_repeated(
    template: Path, tmp_path: Path
) -> None:
    for n, written in enumerate(("sk-live-canary-4711", "canary4711", "env:", "file:")):
        home = Path(shutil.copytree(template, tmp_path / f"p{n}"))
        settings(home, issuer="https://id.example.org", client_id="t", client_secret=written)
        with pytest.raises(ConfigProblem) as refused:
            tuneworthy.open(home)
        assert "client_secret" in refused.value.message
        assert "canary" not in json.dumps(refused.value.to_dict())
    home = Path(shutil.copytree(template, tmp_path / "last"))
    settings(home, issuer="https://id.example.org", client_id="t", client_secret=UNSET)
    with tuneworthy.open(home) as work, pytest.raises(ConfigProblem) as missing:
        work.start_oidc("http://127.0.0.1/sign-in")
    assert "NOT_SET_" in missing.value.message


def test_without_a_provider_it_is_said(template: Path) -> None:
    with tuneworthy.open(template) as work:
        with pytest.raises(Problem) as refused:
            work.start_oidc("x")
        assert refused.value.code == "no_provider"
        with pytest.raises(Problem) as refused:
            work.link_account("model_owner", "a")
        assert refused.value.code == "no_provider"


def test_who_may_not_keep_accounts_links_none(work: Workspace) -> None:
    with tuneworthy.open(work.folder, actor="model_owner") as hers:
        with pytest.raises(BlockedProblem):
            hers.link_account("model_owner", "account-9")
        with pytest.raises(BlockedProblem):
            hers.unlink_account("account-1")


def test_a_provider_that_others_wrote_lets_a_person_in(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The package oidc-provider-mock: a provider on authlib and flask."""
    monkeypatch.setenv(SECRET, "any")
    secret = f"env:{SECRET}"
    with warnings.catch_warnings():
        import_module("authlib.deprecate")  # it lets its own warnings through, so it comes first

        warnings.simplefilter("ignore")
        import oidc_provider_mock  # noqa: PLC0415

        with oidc_provider_mock.run_server_in_thread(require_nonce=True) as running:
            issuer = f"http://127.0.0.1:{running.server_port}"
            home = Path(shutil.copytree(template, tmp_path / "project"))
            inside = ["127.0.0.1"]
            settings(
                home, issuer=issuer, client_id="tw", client_secret=secret, internal_hosts=inside
            )
            with tuneworthy.open(home) as work, ControlServer(work) as server:
                work.link_account("model_owner", "ann@example.org")
                visitor = Visitor(server)
                url = visitor.ask("POST", "/control/oidc", {}).body["url"]
                told = visitor.ask("POST", "/control/oidc/answer", allowed(url))
                assert visitor.take(told).body["session"]["person"] == "model_owner"


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def allowed(url: str) -> dict[str, str]:
    """Fill in the provider's own form, and read where it sends the browser."""
    data = urlencode({"sub": "ann@example.org"}).encode()
    try:
        urllib.request.build_opener(_Stay).open(url, data, timeout=10)
    except urllib.error.HTTPError as sent_on:
        back = urlsplit(sent_on.headers["location"])
        sent_on.close()
        return {name: values[0] for name, values in parse_qs(back.query).items()}
    raise AssertionError("the provider did not send the browser back")
