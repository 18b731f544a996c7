"""People sign with passkeys: made, given as keys, used once, and forged by nobody."""

import base64
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.authenticator import EDDSA, ES256, ORIGIN, RP_ID, Authenticator
from tests.fakes.forger import Forger
from tests.fakes.small_project import PEOPLE, SmallTrainer, make_small, prepared, say, tick
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.errors import (
    BlockedProblem,
    ConflictProblem,
    IntegrityProblem,
    NeedsPersonProblem,
    Problem,
    UsageProblem,
)
from tuneworthy.core.nouns.gate import Approval, GateName
from tuneworthy.core.nouns.passkey import PasskeyCounter, PasskeyUse
from tuneworthy.core.nouns.people import Person
from tuneworthy.core.ports import BaseIdentity
from tuneworthy.govern import verifier
from tuneworthy.lifecycle import auditing, gates, packing, passkeys, people
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.passkey import from_base64url, key_name, read_passkey, to_base64url
from tuneworthy.methods.signing import passkey_challenge
from tuneworthy.workspace import Workspace

START = datetime(2026, 3, 1, tzinfo=UTC)
HELD = {"ed": ES256, "fa": EDDSA}
"""Who signs with a passkey, of which kind; everybody else has a key file."""
SAID: dict[str, Any] = {"gate": "proof", "person": "ed", "reason": "seen"}


def open_at(home: Path, at: datetime) -> Workspace:
    workspace = Workspace(home, actor="di", clock=FixedClock(at))
    runtime = workspace._runtime
    runtime.__dict__["trainer"] = SmallTrainer()
    runtime.__dict__["base_identity"] = BaseIdentity(base="b", tokenizer="t", template="c")
    return workspace


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Authenticator]]:
    """Everything is there for Proof but the decisions of two people who have passkeys."""
    home = make_small(tmp_path_factory.mktemp("passkeys") / "made")
    keys = {person: Authenticator(kind, name=person.encode() * 8) for person, kind in HELD.items()}
    with open_at(home, START) as workspace:
        for person, roles in PEOPLE.items():
            text = keys[person].text if person in keys else ""
            people.add(workspace._runtime, person, person.title(), roles, text)
        prepared(workspace._runtime)
    return home, keys


@pytest.fixture
def home(made: tuple[Path, dict[str, Authenticator]], tmp_path: Path) -> Path:
    shutil.copytree(made[0], tmp_path / "p")
    return tmp_path / "p"


@pytest.fixture
def keys(made: tuple[Path, dict[str, Authenticator]]) -> dict[str, Authenticator]:
    return made[1]


@pytest.fixture
def workspace(home: Path) -> Iterator[Workspace]:
    with open_at(home, START + timedelta(days=2)) as opened:
        yield opened


def sign(workspace: Workspace, key: Authenticator, **said: Any) -> Approval:
    asked = workspace.start_approval(**said)
    answer = key.get(asked.options)
    return workspace.approve_with_passkey(
        **said, started_at=asked.started_at, response=answer
    )  # fmt: skip


def proof(workspace: Workspace) -> Any:
    return gates.state(workspace._runtime, GateName.PROOF)


def test_two_passkeys_open_a_gate(workspace: Workspace, keys: dict[str, Authenticator]) -> None:
    for person in HELD:
        sign(workspace, keys[person], gate="proof", person=person, reason="seen")
        tick(workspace._runtime)
    assert proof(workspace).open
    assert set(proof(workspace).approvers.values()) == set(HELD)
    assert workspace.verify_audit().verified
    events = [json.loads(one.body) for one in workspace._runtime.store.audit()]
    given = [one for one in events if one["action"] == "gate.approve"][-2:]
    assert [one["auth_method"] for one in given] == ["passkey", "passkey"]


def test_what_is_shown_is_what_is_signed(
    workspace: Workspace, keys: dict[str, Authenticator]
) -> None:
    asked = workspace.start_approval("proof", "ed", "seen")
    assert asked.statement["predicate"]["reason"] == "seen"
    assert asked.options["challenge"] == to_base64url(passkey_challenge(asked.statement))
    assert asked.options["rpId"] == RP_ID
    assert asked.options["userVerification"] == "required"
    assert [one["id"] for one in asked.options["allowCredentials"]] == [to_base64url(keys["ed"].id)]
    assert not workspace._runtime.store.list(PasskeyUse)


def test_the_pack_is_verified_with_nothing_else(
    workspace: Workspace, keys: dict[str, Authenticator], tmp_path: Path
) -> None:
    for person in HELD:
        sign(workspace, keys[person], gate="proof", person=person, reason="seen")
    workspace.finish_signing(*asked_of(workspace, keys["fa"], "ask", **ASK), **ASK)
    packing.export(workspace._runtime, tmp_path / "pack.zip")
    found = verifier.check((tmp_path / "pack.zip").read_bytes())
    decided = [a for a in workspace._runtime.store.list(Approval) if a.gate == GateName.PROOF]
    assert len(decided) == 2
    assert found["verified"]
    assert found["approvals"] == len(workspace._runtime.store.list(Approval))
    assert found["signed_words"] == 1


ASK = {"gate": "release", "by": "fa", "text": "And on refunds?"}


def asked_of(
    workspace: Workspace, key: Authenticator, verb: str, **said: str
) -> tuple[str, str, dict[str, Any]]:
    asked = workspace.start_signing(verb, **said)
    return verb, asked.started_at, key.get(asked.options)


def test_documents_and_words_are_signed_too(
    workspace: Workspace, keys: dict[str, Authenticator], home: Path
) -> None:
    said: dict[str, Any] = {
        "name": "labelling_guide", "path": home / "answers.yaml", "person": "fa",
    }  # fmt: skip
    claim = workspace.finish_signing(*asked_of(workspace, keys["fa"], "attest", **said), **said)
    assert (claim.about, claim.signer) == ("document.labelling_guide", "fa")
    assert claim in workspace._runtime.evidence()
    ask = workspace.finish_signing(*asked_of(workspace, keys["fa"], "ask", **ASK), **ASK)
    assert [one.id for one in workspace.asks()] == [ask.id]
    assert workspace.verify_audit().verified


def test_a_key_file_is_not_asked_for_and_no_file_signs(workspace: Workspace) -> None:
    with pytest.raises(NeedsPersonProblem, match="signs with a passkey"):
        workspace.decide_gate("proof", "ed", "seen")
    with pytest.raises(NeedsPersonProblem, match="is no passkey"):
        workspace.start_signing("ask", gate="proof", by="bo", text="Why?")
    with pytest.raises(UsageProblem, match="not signed with a passkey"):
        workspace.start_signing("close")


def test_who_may_not_do_it_signs_nothing(
    workspace: Workspace, keys: dict[str, Authenticator]
) -> None:
    """The rules are asked in both steps, also for verbs that do not ask by themselves."""
    runtime, root = workspace._runtime, Authenticator(name=b"root")
    people.add(runtime, "root", "Root", ["platform_admin"], root.text)
    review: dict[str, Any] = {
        "collection": "abcdef", "decision": "reject", "person": "root", "reason": "no",
    }  # fmt: skip
    said = SAID | {"person": "root"}
    for verb, words in [("review_batch", review), ("decide_gate", said)]:
        with pytest.raises(BlockedProblem):
            workspace.start_signing(verb, **words)
        answer = root.get({"challenge": to_base64url(bytes(32))})
        with pytest.raises(BlockedProblem):
            workspace.finish_signing(verb, runtime.now(), answer, **words)
    assert not runtime.store.list(PasskeyUse)


def test_evidence_that_came_in_between_voids_what_was_shown(
    workspace: Workspace, keys: dict[str, Authenticator]
) -> None:
    asked = workspace.start_approval("proof", "ed", "seen")
    runtime = workspace._runtime
    say(runtime, "eval.proof", [runtime.head.model], passed=True, again=1)
    with pytest.raises(ConflictProblem, match="not what would be recorded"):
        workspace.approve_with_passkey(
            **SAID, started_at=asked.started_at, response=keys["ed"].get(asked.options)
        )
    assert not proof(workspace).approvers


@pytest.mark.parametrize("minutes", [-1, 6])
def test_a_signature_comes_within_five_minutes(
    home: Path, keys: dict[str, Authenticator], minutes: int
) -> None:
    with open_at(home, START + timedelta(days=2)) as workspace:
        asked = workspace.start_approval("proof", "ed", "seen")
        answer = keys["ed"].get(asked.options)
        tick(workspace._runtime, minutes=minutes)
        with pytest.raises(UsageProblem, match="too long ago"):
            workspace.approve_with_passkey(**SAID, started_at=asked.started_at, response=answer)


def test_a_signature_is_accepted_once(workspace: Workspace) -> None:
    """Also that of a synced passkey, whose counter stays at 0."""
    runtime = workspace._runtime
    synced = Authenticator(counts=False, name=b"synced")
    person = next(p for p in people.everyone(runtime) if p.id == "ed")
    key, said = read_passkey(synced.text), synced.assertion(b"c" * 32)
    passkeys.count(runtime, person, key, said, "sha256:1")
    with pytest.raises(ConflictProblem, match="accepted already"):
        passkeys.count(runtime, person, key, said, "sha256:1")
    passkeys.count(runtime, person, key, said, "sha256:2")


def test_the_same_answer_twice_decides_once(
    workspace: Workspace, keys: dict[str, Authenticator]
) -> None:
    asked = workspace.start_approval("proof", "ed", "seen")
    answer = keys["ed"].get(asked.options)
    workspace.approve_with_passkey(**SAID, started_at=asked.started_at, response=answer)
    with pytest.raises(Problem, match="accepted"):
        workspace.approve_with_passkey(**SAID, started_at=asked.started_at, response=answer)
    decided = [a for a in workspace._runtime.store.list(Approval) if a.gate == GateName.PROOF]
    assert len(decided) == 1


def test_a_counter_that_goes_back_is_refused(
    workspace: Workspace, keys: dict[str, Authenticator]
) -> None:
    """A copy of a security key says a number that was said before."""
    sign(workspace, keys["ed"], **SAID)
    tick(workspace._runtime)
    counter = keys["ed"].counter
    keys["ed"].counter = counter - 1
    with pytest.raises(IntegrityProblem, match="not accepted") as refused:
        sign(workspace, keys["ed"], **SAID)
    assert "copy of the device" in refused.value.why
    keys["ed"].counter = counter + 5
    sign(workspace, keys["ed"], **SAID)
    denied = [json.loads(one.body) for one in workspace._runtime.store.audit()]
    assert [one["actor_id"] for one in denied if one["action"] == "passkey.refuse"] == ["ed"]


# -- making one ------------------------------------------------------------------------------------


def new_passkey(workspace: Workspace, person: str, key: Authenticator) -> str:
    asked = workspace.ask_passkey(person, ORIGIN)
    assert {one["alg"] for one in asked["pubKeyCredParams"]} == {ES256, EDDSA}
    assert asked["attestation"] == "none"
    return workspace.offer_passkey(person, ORIGIN, key.create(asked)).public_key


@pytest.mark.parametrize("algorithm", [ES256, EDDSA])
def test_a_new_passkey_is_a_key_after_two_people_and_a_day(
    workspace: Workspace, keys: dict[str, Authenticator], algorithm: int
) -> None:
    runtime, key = workspace._runtime, Authenticator(algorithm, name=b"new")
    text = new_passkey(workspace, "cy", key)
    assert text == key.text
    assert [one.public_key for one in workspace.passkey_offers()] == [text]
    with pytest.raises(BlockedProblem, match="for themselves"):
        workspace.change_key("cy", text, "cy", "My own")
    workspace.change_key("cy", text, "bo", "Has a passkey now")
    tick(runtime)
    confirmed = {"change": "cy", "by": "fa", "reason": "Compared the letters"}
    asked = asked_of(workspace, keys["fa"], "confirm_change", **confirmed)
    waits = workspace.finish_signing(*asked, **confirmed)
    assert waits.change == f"gets the key {key_name(text)}"
    ask = {"gate": "proof", "by": "cy", "text": "Why?"}
    tick(runtime, hours=23)
    with pytest.raises(NeedsPersonProblem, match="no passkey"):
        workspace.start_signing("ask", **ask)
    tick(runtime, hours=2)
    assert workspace.finish_signing(*asked_of(workspace, key, "ask", **ask), **ask).by == "cy"
    assert workspace.passkey_offers() == []
    assert workspace.verify_audit().verified


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"flags": 0x01}, "user was not verified"),
        ({"origin": "https://evil.example"}, "origin"),
        ({"rp_id": "evil.example"}, "RP ID"),
    ],
)
def test_a_passkey_made_in_another_way_is_refused(
    workspace: Workspace, change: dict[str, Any], why: str
) -> None:
    key = Authenticator(name=b"odd")
    for name, value in change.items():
        setattr(key, name, value)
    with pytest.raises(IntegrityProblem, match="not accepted") as refused:
        new_passkey(workspace, "cy", key)
    assert why in refused.value.why
    assert workspace.passkey_offers() == []


def test_a_passkey_is_for_whom_and_when_it_was_asked_for(workspace: Workspace) -> None:
    key = Authenticator(name=b"odd")
    for_cy = key.create(workspace.ask_passkey("cy", ORIGIN))
    for_sign_in = key.create(workspace.ask_passkey_sign_in(ORIGIN))
    own = key.create({"challenge": to_base64url(bytes(56))})
    for person, answer in [("bo", for_cy), ("cy", for_sign_in), ("cy", own)]:
        with pytest.raises(IntegrityProblem, match="not accepted"):
            workspace.offer_passkey(person, ORIGIN, answer)
    with pytest.raises(UsageProblem, match="cannot be read"):
        workspace.offer_passkey("cy", ORIGIN, {"response": {}})
    tick(workspace._runtime, minutes=6)
    with pytest.raises(IntegrityProblem, match="not accepted"):
        workspace.offer_passkey("cy", ORIGIN, for_cy)
    assert workspace.passkey_offers() == []


@pytest.mark.parametrize(
    "origin", ["http://example.org", "https://10.0.0.1", "example.org", "https://example.org/x"]
)
def test_a_site_without_passkeys_is_told_apart(workspace: Workspace, origin: str) -> None:
    with pytest.raises(UsageProblem, match="cannot have passkeys"):
        workspace.ask_passkey("cy", origin)


@pytest.mark.parametrize("text", ["passkey:", "passkey:a:b:c:d", "ab" * 31, "AB" * 32])
def test_a_malformed_key_is_refused_when_it_is_given(workspace: Workspace, text: str) -> None:
    with pytest.raises(UsageProblem, match="A public key is"):
        workspace.change_key("cy", text, "bo", "New")
    with pytest.raises(UsageProblem, match="A public key is"):
        workspace.add_person("new", "New", ["business_owner"], text)


def test_people_sign_in_with_their_passkeys(
    workspace: Workspace, keys: dict[str, Authenticator]
) -> None:
    asked = workspace.ask_passkey_sign_in(ORIGIN)
    assert asked["allowCredentials"] == []
    answer = keys["fa"].get(asked)
    begun = workspace.sign_in_with_passkey(ORIGIN, answer)
    assert (begun.session.person, begun.session.method) == ("fa", "passkey")
    assert workspace.session_of(begun.token) == begun.session

    fresh, late = workspace.ask_passkey_sign_in(ORIGIN), workspace.ask_passkey_sign_in(ORIGIN)
    statement = workspace.start_approval("proof", "fa", "seen").options
    wrong: list[tuple[str, dict[str, Any]]] = [
        (ORIGIN, answer),
        (ORIGIN, Authenticator(name=b"nobody").get(fresh)),
        (ORIGIN, {}),
        (ORIGIN, {**keys["fa"].get(fresh), "id": to_base64url(keys["ed"].id)}),
        (ORIGIN, keys["fa"].get({"challenge": to_base64url(bytes(56))})),
        (ORIGIN, keys["fa"].get(statement)),
        ("https://evil.example", keys["fa"].get(fresh)),
    ]
    for origin, said in wrong:
        with pytest.raises(NeedsPersonProblem, match="Nobody was signed in"):
            workspace.sign_in_with_passkey(origin, said)
    tick(workspace._runtime, minutes=6)
    with pytest.raises(NeedsPersonProblem, match="Nobody was signed in"):
        workspace.sign_in_with_passkey(ORIGIN, keys["fa"].get(late))


def test_a_session_ends_with_the_passkey_that_began_it(
    workspace: Workspace, keys: dict[str, Authenticator]
) -> None:
    runtime, key = workspace._runtime, Authenticator(name=b"new")
    text = new_passkey(workspace, "ed", key)
    workspace.change_key("ed", text, "bo", "The old one was lost")
    tick(runtime)
    confirmed = {"change": "ed", "by": "fa", "reason": "Compared the letters"}
    workspace.finish_signing(
        *asked_of(workspace, keys["fa"], "confirm_change", **confirmed), **confirmed
    )
    tick(runtime, hours=23, minutes=55)
    lost = workspace.sign_in_with_passkey(
        ORIGIN, keys["ed"].get(workspace.ask_passkey_sign_in(ORIGIN))
    )
    link = workspace.sign_in_by_link(workspace.make_sign_in_link("ed"))
    assert workspace.session_of(lost.token) == lost.session
    tick(runtime, minutes=10)
    assert workspace.session_of(lost.token) is None
    assert workspace.session_of(link.token) is not None
    new = workspace.sign_in_with_passkey(ORIGIN, key.get(workspace.ask_passkey_sign_in(ORIGIN)))
    assert workspace.session_of(new.token) == new.session


def test_what_signs_in_signs_nothing_else(
    workspace: Workspace, keys: dict[str, Authenticator]
) -> None:
    asked = workspace.start_approval("proof", "fa", "seen")
    answer = keys["fa"].get(workspace.ask_passkey_sign_in(ORIGIN))
    with pytest.raises(ConflictProblem, match="not what would be recorded"):
        workspace.approve_with_passkey("proof", "fa", "seen", asked.started_at, answer)


# -- forging ---------------------------------------------------------------------------------------


@pytest.fixture
def forger(home: Path) -> Iterator[Forger]:
    with closing(Forger(home)) as opened:
        yield opened


def assert_stopped(home: Path) -> None:
    """The row of a rejection was written over: nothing is decided at all."""
    with open_at(home, START + timedelta(days=3)) as workspace:
        with pytest.raises(IntegrityProblem) as caught:
            proof(workspace)
        assert caught.value.code == "word_changed"
        assert not auditing.verify(workspace._runtime).verified


def assert_shut(home: Path) -> None:
    with open_at(home, START + timedelta(days=3)) as workspace:
        assert not proof(workspace).open
        assert not proof(workspace).approvers
        assert not auditing.verify(workspace._runtime).verified


def row(genuine: Approval, envelope: dict[str, Any], **changes: Any) -> Approval:
    """A row with an envelope of the forger's own making, under the id that belongs to it."""
    return genuine.model_copy(update={**changes, "envelope": envelope, "id": digest(envelope)})


def entry_of(approval: Approval) -> dict[str, str]:
    return dict(approval.envelope["signatures"][0])


def with_entry(approval: Approval, **parts: str) -> dict[str, Any]:
    return {**approval.envelope, "signatures": [{**entry_of(approval), **parts}]}


@pytest.fixture
def rejected(
    workspace: Workspace, keys: dict[str, Authenticator]
) -> tuple[Approval, Approval, Approval]:
    """Genuine signatures that an administrator has: two rejections of Proof, one of Release."""
    said = {"reason": "no", "decision": "reject"}
    first = sign(workspace, keys["ed"], gate="proof", person="ed", **said)
    tick(workspace._runtime)
    second = sign(workspace, keys["fa"], gate="proof", person="fa", **said)
    release = sign(workspace, keys["ed"], gate="release", person="ed", **said)
    return first, second, release


Genuine = tuple[Approval, Approval, Approval]


def test_another_statement_under_a_genuine_signature(
    home: Path, forger: Forger, rejected: Genuine
) -> None:
    for one in rejected[:2]:
        said = json.loads(base64.b64decode(one.envelope["payload"]))
        said["predicate"]["decision"] = "approve"
        text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        envelope = {**one.envelope, "payload": base64.b64encode(text.encode()).decode()}
        forger.put(row(one, envelope, decision="approve"), "gate.approve")
        forger.put(one.model_copy(update={"decision": "approve"}), "gate.approve")
    assert_stopped(home)


def test_another_gates_signature(home: Path, forger: Forger, rejected: Genuine) -> None:
    proof_, _, release = rejected
    same = {"gate": GateName.PROOF, "bundle": proof_.bundle, "subject": proof_.subject}
    forger.put(row(release, release.envelope, **same, decision="approve"), "gate.approve")
    parts = {name: text for name, text in entry_of(release).items() if name != "keyid"}
    forger.put(row(proof_, with_entry(proof_, **parts), decision="approve"), "gate.approve")
    assert_stopped(home)


def test_another_persons_passkey(home: Path, forger: Forger, rejected: Genuine) -> None:
    first, second, _ = rejected
    parts = {name: text for name, text in entry_of(second).items() if name != "keyid"}
    for envelope in (with_entry(first, **parts), with_entry(second, keyid="ed")):
        made = row(first, envelope, person="ed", decision="approve")
        forger.put(made, "gate.approve")
    assert_shut(home)


def test_other_keys_in_the_database(
    home: Path, forger: Forger, workspace: Workspace, keys: dict[str, Authenticator]
) -> None:
    """The forger puts a passkey of their own, or parts of it, in the place of others'."""
    for kind, part in ((ES256, 0), (EDDSA, 2), (ES256, 2), (ES256, 3)):
        own = Authenticator(kind, name=b"forger")
        own.counter = 1000
        for person in workspace._runtime.store.list(Person):
            if person.id not in HELD:
                continue
            fields = person.public_key.split(":", 4)
            if part:
                fields[part] = own.text.split(":", 4)[part]
                fields[3] = own.text.split(":", 4)[3]
            text = ":".join(fields) if part else own.text
            forger.put(person.model_copy(update={"public_key": text}), "person.register")
            asked = SAID | {"person": person.id}
            with open_at(home, START + timedelta(days=2)) as other:
                try:
                    signed = sign(other, own, **asked)
                except Problem:
                    continue
                pytest.fail(f"signed as {person.id} with part {part}: {signed.id}")
    assert_shut(home)


def test_a_counter_set_back_opens_nothing(
    home: Path, forger: Forger, rejected: Genuine, workspace: Workspace
) -> None:
    for one in workspace._runtime.store.list(PasskeyCounter):
        forger.put(one.model_copy(update={"counter": 0}), "passkey.use")
    for use in workspace._runtime.store.list(PasskeyUse):
        forger.take_out("passkey_use", use.id)
    again = [row(one, one.envelope, decision="approve") for one in rejected[:2]]
    for decision in again:
        forger.put(decision, "gate.approve")
    assert_stopped(home)


@pytest.mark.parametrize("person", list(HELD))
def test_bits_of_an_answer_flipped_all_the_way_through(
    home: Path, keys: dict[str, Authenticator], workspace: Workspace, person: str
) -> None:
    """None is accepted, and the answer itself is, afterwards. Unit tests try every bit."""
    asked = workspace.start_approval("proof", person, "seen")
    answer = keys[person].get(asked.options)
    said: dict[str, Any] = SAID | {"person": person, "started_at": asked.started_at}
    tried = accepted = 0
    for name, text in answer["response"].items():
        whole = from_base64url(text)
        for bit in range(0, len(whole) * 8, 29):
            flipped = bytearray(whole)
            flipped[bit // 8] ^= 1 << bit % 8
            response = {**answer["response"], name: to_base64url(bytes(flipped))}
            tried += 1
            try:
                workspace.approve_with_passkey(**said, response={**answer, "response": response})
                accepted += 1
            except Problem:
                pass
    assert tried > 50
    assert accepted == 0
    assert not proof(workspace).approvers
    workspace.approve_with_passkey(**said, response=answer)
    assert list(proof(workspace).approvers.values()) == [person]
