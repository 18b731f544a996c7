"""Roles granted, evidence excepted, more asked for, policies changed: by people, and past them."""

import base64
import hashlib
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import tuneworthy
from tests.functional.cli.test_gates_cli import insert
from tuneworthy.core.clock import FixedClock, SystemClock
from tuneworthy.core.errors import BlockedProblem, ConfigProblem, IntegrityProblem, UsageProblem
from tuneworthy.core.nouns.gate import Approval, GateState
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.core.nouns.words import Ask, Confirmation, GateException, PersonChange
from tuneworthy.govern import make_word, verifier
from tuneworthy.lifecycle import laxer_changes
from tuneworthy.lifecycle.wiring import open_runtime
from tuneworthy.methods.canonical import canonical
from tuneworthy.methods.signing import generate
from tuneworthy.workspace import Workspace

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PEOPLE = {
    "ana": ["source_owner"],
    "bo": ["compliance_reviewer"],
    "cy": ["business_owner"],
    "di": ["technical_owner"],
    "gil": ["governance_owner"],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose Start gate lacks nothing but approvals; the verdict is put on record."""
    home = tmp_path_factory.mktemp("words") / "project"
    tuneworthy.init(home)
    settings = home / "tuneworthy.yaml"
    text = settings.read_text().replace('licence: ""  ', "licence: MIT")
    settings.write_text(text.replace('legal_basis: ""  ', "legal_basis: contract"))
    rows = [f'{{"request": "look at {n * 7919 % 991}", "target": "t{n % 3}"}}' for n in range(40)]
    (home / "data" / "train.jsonl").write_text("\n".join(rows), encoding="utf-8")
    with tuneworthy.open(home, clock=FixedClock(NOW)) as work:
        for person, roles in PEOPLE.items():
            work.add_person(person, person.title(), roles)
        work.build_data()
        work.attest("retention_class", home / "answers.yaml", "bo")
    with closing(open_runtime(home, clock=FixedClock(NOW))) as runtime:
        facts = {"verdict": "TUNE", "allows_tuning": True}
        runtime.record(runtime.claim("decision.verdict", [runtime.head.dataset], facts))
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "project"))


@pytest.fixture
def work(home: Path) -> Iterator[Workspace]:
    with tuneworthy.open(home, clock=FixedClock(NOW)) as opened:
        yield opened


def later(work: Workspace, **span: float) -> None:
    assert isinstance(work.clock, FixedClock)
    work.clock.advance(timedelta(**span))


def start(work: Workspace) -> GateState:
    return work.gates()[0]


def approve(work: Workspace, *people: str) -> None:
    for person in people:
        later(work, seconds=1)
        work.decide_gate("start", person, "seen")


def person(work: Workspace, id_: str) -> Person:
    return next(p for p in work.people() if p.id == id_)


def actions(work: Workspace) -> list[str]:
    return [event["action"] for event in work.audit_log(1000)]


# -- people --------------------------------------------------------------------------------------


def test_who_comes_after_the_first_approval_has_no_role_until_two_others_gave_it(
    work: Workspace,
) -> None:
    assert work.add_person("hal", "Hal", ["review_lead"]).roles == (Role.REVIEW_LEAD,)
    approve(work, "ana")
    assert work.add_person("ivy", "Ivy", ["business_owner"]).roles == ()
    assert person(work, "hal").roles == (Role.REVIEW_LEAD,)
    with pytest.raises(BlockedProblem, match="Ivy cannot decide"):
        work.decide_gate("start", "ivy", "let me")
    proposed = work.grant("ivy", "business_owner", "gil", "joins the board")
    for nobody in ("gil", "ivy", "di"):
        with pytest.raises(BlockedProblem):
            work.confirm_change("ivy", nobody, "yes")
    assert "access.refuse" in actions(work)
    waits = work.confirm_change(proposed.id[7:20], "cy", "yes")
    assert waits.holds_from == (NOW + timedelta(seconds=1, hours=24)).isoformat()
    later(work, hours=23, minutes=59)
    assert person(work, "ivy").roles == ()
    later(work, minutes=1)
    assert person(work, "ivy").roles == (Role.BUSINESS_OWNER,)
    approve(work, "bo", "ivy")
    assert start(work).open
    assert {"person.grant", "person.confirm"} <= set(actions(work))
    assert work.verify_audit().verified


def test_a_deactivated_person_stays_on_record_and_their_approval_counts_no_longer(
    work: Workspace, home: Path
) -> None:
    approve(work, "ana", "bo", "cy")
    assert start(work).open
    work.deactivate("cy", "gil", "left the company")
    assert not person(work, "cy").active
    assert not start(work).open
    assert "cy is not active" in start(work).void[0]
    with pytest.raises(BlockedProblem):
        work.decide_gate("start", "cy", "once more")
    path = home / "people.yaml"
    whole = path.read_text(encoding="utf-8")
    path.write_text("".join(line for line in whole.splitlines(True) if '"cy"' not in line))
    with pytest.raises(IntegrityProblem, match="any more, who has signed") as caught:
        work.register_people()
    assert caught.value.code == "person_removed"
    assert not start(work).open


def test_a_role_is_taken_at_once(work: Workspace) -> None:
    approve(work, "ana", "bo", "cy")
    work.revoke("cy", "business_owner", "bo", "changes teams")
    assert start(work).missing_roles == (Role.BUSINESS_OWNER,)
    with pytest.raises(UsageProblem):
        work.revoke("cy", "business_owner", "bo", "again")


def test_a_document_falls_with_the_role_of_its_signer(work: Workspace) -> None:
    approve(work, "ana", "bo", "cy")
    assert start(work).open
    work.revoke("bo", "compliance_reviewer", "cy", "changes teams")
    found = start(work)
    assert found.missing_evidence == (
        "document.retention_class: no evidence about the current project",
    )
    assert found.closed_by == ("tuneworthy people attest retention_class FILE --by PERSON",)
    assert not found.approvers


def test_a_key_is_changed_by_two_others_and_then_in_the_file(work: Workspace, home: Path) -> None:
    pem, public = generate()
    old = person(work, "ana").public_key
    work.change_key("ana", public, "gil", "lost the stick")
    work.confirm_change("ana", "bo", "saw her passport")
    later(work, hours=24)
    (home / "new.pem").write_bytes(pem)
    with pytest.raises(BlockedProblem, match="not the key"):
        work.decide_gate("start", "ana", "old key")
    work.decide_gate("start", "ana", "new key", key=home / "new.pem")
    path = home / "people.yaml"
    path.write_text(path.read_text().replace(old, public))
    work.register_people()
    assert person(work, "ana").public_key == public
    assert start(work).approvers == {"source_owner": "ana"}
    pack = home / "pack.zip"
    work.export_audit(pack)
    assert verifier.check(pack.read_bytes())["signed_words"] == 2
    for word in (b"confirmation", b"person_change"):
        with pytest.raises(verifier.Fault, match=f"the {word.decode().replace('_', ' ')} "):
            verifier.check(without(pack, word))


def without(pack: Path, kind: bytes) -> bytes:
    """The pack without the signed words of a kind, its manifest written anew."""
    with zipfile.ZipFile(pack) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    name = "governance/words.jsonl"
    kept = [
        line
        for line in files[name].splitlines(keepends=True)
        if b"/" + kind + b"/v1" not in base64.b64decode(json.loads(line)["envelope"]["payload"])
    ]
    files[name] = b"".join(kept)
    manifest = json.loads(files["manifest.json"])
    manifest["files"][name] = "sha256:" + hashlib.sha256(files[name]).hexdigest()
    manifest["signed_by"] = ""
    files.pop("manifest.dsse.json", None)
    files["manifest.json"] = canonical(manifest)
    return verifier.zip_bytes(files)


def test_people_who_stand_in_one_place_alone_do_not_count(work: Workspace, home: Path) -> None:
    """The file, the ledger and the audit chain must agree: neither a row nor an entry is enough."""
    _, public = generate()
    eve = Person(id="eve", name="Eve", roles=(Role.BUSINESS_OWNER,), public_key=public)
    insert(home, eve)
    entry = {"name": "Eve", "roles": ["business_owner"], "public_key": public}
    with (home / "people.yaml").open("a", encoding="utf-8") as file:
        file.write(f'"eve": {json.dumps(entry)}\n')
    assert "eve" not in {p.id for p in work.people()}


def test_granting_rows_put_in_by_hand_give_nothing(work: Workspace, home: Path) -> None:
    def word(kind: Any, **facts: Any) -> Any:
        base = {"project": work.project.id, "reason": "r", "created_at": NOW.isoformat()}
        return make_word(kind, {**base, **facts}, generate()[0])

    grant = word(PersonChange, by="gil", what="grant", person="di", role=Role.BUSINESS_OWNER)
    insert(home, grant)
    insert(home, word(Confirmation, by="cy", of=grant.id))
    later(work, hours=48)
    assert person(work, "di").roles == (Role.TECHNICAL_OWNER,)
    # Even one that its signer did sign counts for nothing without its audit event.
    key = (home / "keys" / "gil.pem").read_bytes()
    facts = {"project": work.project.id, "reason": "r", "created_at": NOW.isoformat()}
    real = make_word(
        PersonChange, {**facts, "by": "gil", "what": "deactivate", "person": "di"}, key
    )
    insert(home, real)
    later(work, hours=1)
    assert person(work, "di").active


def test_a_signed_word_that_is_taken_out_of_the_database_stops_everything(
    work: Workspace, home: Path
) -> None:
    work.revoke("bo", "compliance_reviewer", "cy", "changes teams")
    with closing(sqlite3.connect(home / ".tuneworthy" / "tuneworthy.db")) as db, db:
        db.execute("DELETE FROM documents WHERE kind = 'person_change'")
    later(work, minutes=1)
    with pytest.raises(IntegrityProblem) as caught:
        work.gates()
    assert caught.value.code == "word_missing"


# -- exceptions ----------------------------------------------------------------------------------


def lose_pii(home: Path) -> None:
    with closing(open_runtime(home, clock=FixedClock(NOW + timedelta(seconds=1)))) as runtime:
        facts = {"unresolved_high": 2}
        runtime.record(runtime.claim("data.pii", [runtime.head.dataset], facts))


def test_a_gate_does_without_evidence_until_the_exception_ends(work: Workspace, home: Path) -> None:
    lose_pii(home)
    assert start(work).missing_evidence
    given = work.except_evidence(
        "start", "data.pii", by="bo", owner="di", until="2026-03-10", reason="masked by friday"
    )
    assert not start(work).missing_evidence
    (line,) = start(work).exceptions
    for part in ("data.pii", "2026-03-10", "owner di", "by bo", "masked by friday"):
        assert part in line
    approve(work, "ana", "bo", "cy")
    assert start(work).open
    later(work, days=8)
    assert start(work).open
    later(work, days=2)
    shut = start(work)
    assert (shut.open, shut.exceptions) == (False, ())
    assert [m.split(":")[0] for m in shut.missing_evidence] == ["data.pii"]
    assert [one.id for one in work.exceptions()] == [given.id]
    assert "gate.except" in actions(work)


def test_an_exception_ends_early(work: Workspace, home: Path) -> None:
    lose_pii(home)
    given = work.except_evidence(
        "start", "data.pii", by="gil", owner="di", until="2026-03-31", reason="r"
    )
    assert start(work).exceptions
    work.end_exception(given.id[7:19], "bo", "masked now")
    assert start(work).missing_evidence


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"until": "2026-04-01"}, "bad_span"),
        ({"until": "2026-02-28"}, "bad_span"),
        ({"until": "soon"}, "bad_date"),
        ({"about": "people.named"}, "no_exception"),
        ({"about": "data.nothing"}, "no_exception"),
        ({"by": "cy"}, "not_allowed"),
        ({"owner": "nobody"}, "no_person"),
        ({"reason": " "}, "no_reason"),
    ],
)
def test_what_is_no_exception(work: Workspace, change: dict[str, str], code: str) -> None:
    facts: dict[str, Any] = {"about": "data.pii", "by": "bo", "owner": "di", "reason": "r"}
    facts["until"] = "2026-03-31"
    with pytest.raises((BlockedProblem, UsageProblem, ConfigProblem)) as caught:
        work.except_evidence("start", **{**facts, **change})
    assert caught.value.code == code
    assert work.exceptions() == []


def test_an_exception_put_in_by_hand_opens_nothing(work: Workspace, home: Path) -> None:
    lose_pii(home)
    facts = {
        "project": work.project.id, "by": "bo", "reason": "r", "created_at": NOW.isoformat(),
        "gate": "start", "about": "data.pii", "subject": start(work).subject, "owner": "di",
        "until": (NOW + timedelta(days=9)).isoformat(),
    }  # fmt: skip
    insert(home, make_word(GateException, facts, generate()[0]))
    insert(home, make_word(GateException, facts, (home / "keys" / "bo.pem").read_bytes()))
    later(work, minutes=1)
    assert start(work).missing_evidence
    assert start(work).exceptions == ()


# -- asks, changes ---------------------------------------------------------------------------------


def test_an_open_ask_stops_approvals_until_its_asker_closes_it(work: Workspace) -> None:
    asked = work.ask("start", "cy", "show me the refunds")
    name = asked.id[7:19]
    with pytest.raises(BlockedProblem, match="asked for more") as caught:
        approve(work, "ana")
    assert caught.value.code == "ask_open"
    assert start(work).asks == ("cy: show me the refunds",)
    work.answer_ask(name, "di", "see the profile", "data.profile")
    with pytest.raises(BlockedProblem, match="did not ask"):
        work.close_ask(name, "ana", "fine by me")
    (one,) = work.asks()
    assert (one.closed_at, one.replies) == ("", ("di: see the profile",))
    work.close_ask(name, "cy", "thanks")
    approve(work, "ana", "bo", "cy")
    assert start(work).open
    with pytest.raises(ConfigProblem):
        work.answer_ask("abcdef", "di", "what")


def test_a_rejection_needs_no_answer_first(work: Workspace) -> None:
    work.ask("start", "cy", "more")
    assert work.decide_gate("start", "bo", "no", decision="reject").decision == "reject"


def test_an_ask_put_in_by_hand_stops_nobody(work: Workspace, home: Path) -> None:
    facts = {
        "project": work.project.id, "by": "cy", "reason": "stop", "created_at": NOW.isoformat(),
        "gate": "start", "subject": start(work).subject,
    }  # fmt: skip
    insert(home, make_word(Ask, facts, generate()[0]))
    approve(work, "ana", "bo", "cy")
    assert start(work).open


def test_what_changed_since_the_last_approval_is_shown_side_by_side(
    run: Any, work: Workspace, home: Path
) -> None:
    assert work.gate_changed("start") is None
    approve(work, "ana", "bo", "cy")
    same = work.gate_changed("start")
    assert same is not None
    assert (same.evidence, same.still_counts, same.person) == ((), True, "cy")
    lose_pii(home)
    found = work.gate_changed("start")
    assert found is not None
    (pii,) = found.evidence
    assert (pii.about, pii.after) == ("data.pii", None)
    assert not found.still_counts
    (home / "gates.toml").write_text(
        work.gate_policy_text().replace("valid_days = 180", "valid_days = 90"), encoding="utf-8"
    )
    then, now = work.gate_changed("start").policy  # type: ignore[union-attr]
    assert then != now
    lines = run("-C", str(home), "gate", "changed", "start").out
    assert "Last approved by cy as business owner" in lines
    assert "data.pii: gone" in lines
    assert "policy:" in lines


# -- policy ----------------------------------------------------------------------------------------


def write_policy(work: Workspace, home: Path, old: str, new: str) -> None:
    text = work.gate_policy_text()
    assert old in text
    (home / "gates.toml").write_text(text.replace(old, new), encoding="utf-8")


def test_a_stricter_policy_counts_at_once_and_a_laxer_one_with_two_signatures(
    work: Workspace, home: Path
) -> None:
    shipped = work.gate_policy()
    assert shipped.source == "product"
    write_policy(work, home, "valid_days = 180", "valid_days = 90")
    assert work.gate_policy().source == "project"
    approve(work, "ana")
    assert "policy.take_up" in actions(work)
    strict = work.gate_policy().digest
    write_policy(work, home, "valid_days = 90", "valid_days = 120")
    waiting = work.gate_policy()
    assert (waiting.source, waiting.digest) == ("kept", strict)
    assert waiting.laxer == ("approvals stand 120 days, not 90",)
    (home / "gates.toml").rename(home / "away.toml")
    assert work.gate_policy().digest == strict, "taking the file away does not bring more back"
    (home / "away.toml").rename(home / "gates.toml")
    for nobody in ("cy", "di"):
        with pytest.raises(BlockedProblem):
            work.propose_policy(nobody, "we are slow")
    work.propose_policy("gil", "we are slow")
    assert work.gate_policy().proposed_by == "gil"
    for nobody in ("gil", "di"):
        with pytest.raises(BlockedProblem):
            work.confirm_policy(nobody, "yes")
    assert work.confirm_policy("bo", "agreed").source == "project"
    assert start(work).approvers == {}, "approvals were given under another policy"
    with pytest.raises(UsageProblem):
        work.confirm_policy("cy", "again")


def test_a_file_from_before_an_update_asks_for_less_though_it_was_signed(
    work: Workspace, home: Path
) -> None:
    """It was signed against what the product asked for then."""
    line = next(one for one in work.gate_policy_text().splitlines() if '"eval.red_team"' in one)
    write_policy(work, home, f"{line}\n", "")
    waiting = work.gate_policy()
    assert (waiting.source, waiting.laxer) == (
        "product",
        ("proof: eval.red_team is not asked for any more",),
    )
    with closing(open_runtime(home, clock=work.clock)) as runtime:
        laxer_changes.propose(
            runtime, "gil", "r", before="sha256:old", after=waiting.file_digest, less=["days"]
        )
        laxer_changes.confirm(runtime, "bo", "r", after=waiting.file_digest, show="")
    assert work.gate_policy().source == "product"
    assert "eval.red_team" in {g.partition(": ")[0] for g in work.gates()[2].missing_evidence}
    work.propose_policy("gil", "no attacks here")
    assert work.confirm_policy("bo", "agreed").source == "project"
    assert "eval.red_team" not in {g.partition(": ")[0] for g in work.gates()[2].missing_evidence}


def test_a_policy_that_cannot_be_read_opens_no_gate(work: Workspace, home: Path) -> None:
    (home / "gates.toml").write_text("version = 'new'", encoding="utf-8")
    with pytest.raises(ConfigProblem) as caught:
        work.gates()
    assert caught.value.code == "bad_policy"


def test_where_a_policy_asks_for_names_nobody_works_without_one(
    work: Workspace, home: Path
) -> None:
    write_policy(work, home, "unnamed_work = true", "unnamed_work = false")
    with pytest.raises(BlockedProblem, match="Nobody named") as caught:
        work.build_data()
    assert caught.value.code == "not_allowed"
    assert work.verify_audit().verified
    with tuneworthy.open(home, actor="di", clock=FixedClock(NOW)) as named:
        named.build_data()
    with (
        tuneworthy.open(home, actor="cy", clock=FixedClock(NOW)) as other,
        pytest.raises(BlockedProblem, match="may not build data"),
    ):
        other.build_data()
    with (
        tuneworthy.open(home, actor="eve", clock=FixedClock(NOW)) as nobody,
        pytest.raises(ConfigProblem, match="no person 'eve'"),
    ):
        nobody.build_data()


# -- the command line -----------------------------------------------------------------------------


def test_the_whole_of_it_at_the_command_line(run: Any, home: Path) -> None:
    at = ("-C", str(home))
    new = run(*at, "people", "new-key", str(home / "spare.pem"))
    assert len(new.out.strip()) == 64
    granted = run(
        "--json", *at, "people", "grant", "di", "review_lead", "--by", "gil", "--reason", "r"
    ).json
    assert "waits for a confirmation" in run(*at, "people", "pending").out
    confirmed = run(*at, "people", "confirm", "di", "--by", "bo", "--reason", "r")
    assert confirmed.code == 0, confirmed.err
    assert granted["id"][7:19] in run(*at, "people", "list").out
    until = (SystemClock().now() + timedelta(days=9)).date().isoformat()
    words = ("gate", "except", "start", "--evidence", "data.pii", "--by", "bo", "--owner", "di")
    assert run(*at, *words, "--until", until, "--reason", "r").code == 0
    assert until in run(*at, "gate", "exceptions").out
    asked = run("--json", *at, "gate", "ask", "start", "--by", "cy", "--text", "why").json
    name = asked["id"][7:19]
    assert "asked for more: cy: why" in run(*at, "gate", "list").out
    assert run(*at, "gate", "answer", name, "--by", "di", "--text", "so").code == 0
    assert run(*at, "gate", "close", name, "--by", "cy", "--text", "ok").code == 0
    assert "closed" in run(*at, "gate", "asks").out
    assert "the product's own" in run(*at, "gate", "policy").out
    assert "never approved" in run(*at, "gate", "changed", "start").out
    assert run(*at, "people", "deactivate", "di", "--by", "gil", "--reason", "left").code == 0
    assert "(not active)" in run(*at, "people", "list").out
    assert run(*at, "audit", "verify").code == 0


def test_approvals_kept_before_are_still_read(work: Workspace) -> None:
    approve(work, "ana")
    with closing(open_runtime(work.folder)) as runtime:
        assert [one.person for one in runtime.store.list(Approval)] == ["ana"]
