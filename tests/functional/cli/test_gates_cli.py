"""Gates from the command line: who may open one, with which key, and what opens none."""

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import tuneworthy
from tuneworthy.assess import shipped_text
from tuneworthy.config.project_file import load_people
from tuneworthy.core.clock import FixedClock, SystemClock
from tuneworthy.core.nouns.base import Noun
from tuneworthy.core.nouns.document import signers
from tuneworthy.core.nouns.gate import Approval, GateName
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.govern import load_policy, make_approval
from tuneworthy.lifecycle import gates, known_documents
from tuneworthy.lifecycle.wiring import open_runtime
from tuneworthy.methods.canonical import canonical, digest_bytes, short
from tuneworthy.methods.signing import generate

PEOPLE = {
    "ana": ["source_owner"],
    "bo": ["compliance_reviewer", "governance_owner"],
    "cy": ["business_owner"],
    "di": ["technical_owner"],
}


@pytest.fixture
def ready(run: Any, project: Path) -> Path:
    """A project whose Start gate lacks nothing but approvals.

    The verdict is put on record without measuring: what is tested here is who may approve.
    """
    for person, roles in PEOPLE.items():
        words = [word for role in roles for word in ("--role", role)]
        assert run("-C", str(project), "people", "add", person, person.title(), *words).code == 0
    assert run("-C", str(project), "data", "build").code == 0
    paper = str(project / "answers.yaml")
    signed = run("-C", str(project), "people", "attest", "retention_class", paper, "--by", "bo")
    assert signed.code == 0
    runtime = open_runtime(project)
    with closing(runtime):
        facts = {"verdict": "TUNE", "allows_tuning": True}
        runtime.record(runtime.claim("decision.verdict", [runtime.head.dataset], facts))
    return Path(project)


def decide(run: Any, project: Path, person: str, *more: str, verb: str = "approve") -> Any:
    words = ("gate", verb, "start", "--by", person, "--reason", "I looked at it", *more)
    return run("--json", "-C", str(project), *words)


def shown(run: Any, project: Path) -> Any:
    return run("--json", "-C", str(project), "gate", "show", "start")


def actions(run: Any, project: Path) -> list[tuple[str, str]]:
    events = run("--json", "-C", str(project), "audit", "log", "-n", "1000").json["events"]
    return [(event["action"], event["actor_id"]) for event in events]


def test_three_people_open_a_gate_and_one_rejection_shuts_it(run, ready):
    for person, code in (("ana", 3), ("bo", 3), ("cy", 0)):
        assert decide(run, ready, person).code == 0
        assert shown(run, ready).code == code
    state = shown(run, ready).json
    assert (state["ok"], state["open"], state["void"]) == (True, True, [])
    assert state["approvers"] == {
        "source_owner": "ana",
        "compliance_reviewer": "bo",
        "business_owner": "cy",
    }
    rejected = decide(run, ready, "bo", verb="reject")
    assert rejected.json["approval"]["decision"] == "reject"
    shut = shown(run, ready)
    assert shut.code == 3
    assert shut.json["missing_roles"] == ["compliance_reviewer"]
    assert run("--json", "-C", str(ready), "train", "start").error["code"] == "gate_shut"
    assert run("-C", str(ready), "audit", "verify").code == 0


def test_what_a_clock_ahead_has_stamped_opens_no_gate_and_is_named(run, ready):
    """As good as what counts it changes nothing; a worse finding shuts the gate all the same."""
    ahead = FixedClock(SystemClock().now() + timedelta(days=3))

    def verdict(**facts: Any) -> str:
        with closing(open_runtime(ready, clock=ahead)) as runtime:
            claim = runtime.claim("decision.verdict", [runtime.head.dataset], facts)
            runtime.record(claim)
        return short(claim.id)

    for person in ("ana", "bo", "cy"):
        assert decide(run, ready, person).code == 0
    good = verdict(verdict="TUNE", allows_tuning=True, score=1)
    state = shown(run, ready)
    assert state.code == 0
    (said,) = state.json["out_of_time"]
    assert said.startswith(f"decision.verdict ({good}): it is dated ")
    assert "after now" in said
    plain = run("-C", str(ready), "gate", "show", "start")
    assert f"does not count: {said[:40]}" in plain.out
    assert run("--json", "-C", str(ready), "doctor").json["dated_after_now"][0][:40] == said[:40]
    assert f"dated after now    {said[:40]}" in run("-C", str(ready), "doctor").out
    bad = verdict(verdict="DO NOT TUNE", allows_tuning=False)
    state = shown(run, ready)
    assert state.code == 3
    (missing,) = state.json["missing_evidence"]
    assert "allows_tuning is false; it is dated" in missing
    assert bad in state.json["out_of_time"][1]


def test_changed_data_void_the_approvals(run, ready):
    for person in ("ana", "bo", "cy"):
        assert decide(run, ready, person).code == 0
    assert shown(run, ready).code == 0
    path = ready / "data" / "train.jsonl"
    path.write_text(path.read_text().replace("number 0 ", "number zero "))
    assert run("-C", str(ready), "data", "build").code == 0
    shut = shown(run, ready)
    assert shut.code == 3
    assert len(shut.json["void"]) == 3
    assert shut.json["missing_evidence"]
    assert "tuneworthy assess" in shut.json["closed_by"]
    plain = run("-C", str(ready), "gate", "show", "start")
    assert "to close it: tuneworthy assess" in plain.out


@pytest.mark.parametrize(
    ("person", "code", "name"),
    [("di", 3, "not_an_approver"), ("nobody", 2, "no_person")],
)
def test_who_may_not_decide(run, ready, person, code, name):
    done = decide(run, ready, person)
    assert (done.code, done.out, done.error["code"]) == (code, "", name)
    assert shown(run, ready).json["approvers"] == {}


def test_nobody_signs_for_somebody_whose_key_is_not_here(run, ready):
    (ready / "keys" / "ana.pem").unlink()
    done = decide(run, ready, "ana")
    assert (done.code, done.out, done.error["code"]) == (4, "", "no_key")
    assert "ana" in done.error["fix"]


def test_the_key_of_somebody_else_is_refused_and_that_is_on_record(run, ready):
    for key in (ready / "keys" / "bo.pem", new_key(ready)):
        done = decide(run, ready, "ana", "--key", str(key))
        assert (done.code, done.out, done.error["code"]) == (3, "", "not_their_key")
    assert shown(run, ready).json["void"] == []
    assert actions(run, ready)[-2:] == [("key.refuse", "local")] * 2
    done = run("-C", str(ready), "people", "attest", "policy", str(ready / "people.yaml"),
               "--by", "bo", "--key", str(ready / "keys" / "di.pem"))  # fmt: skip
    assert done.code == 3
    assert "is not the key of 'bo'" in done.err


def test_a_document_that_nothing_asks_for_is_not_signed(run, ready):
    paper = ready / "paper.md"
    paper.write_text("What we hold to.", encoding="utf-8")
    at = ("--json", "-C", str(ready), "people", "attest")
    done = run(*at, "labeling_guide", str(paper), "--by", "ana")
    assert (done.code, done.out, done.error["code"]) == (2, "", "no_such_document")
    assert "Did you mean 'labelling_guide'" in done.error["message"]
    assert "labelling_guide" in done.error["fix"]
    for name in ("compliance_memo", "safety_review"):
        assert name in done.error["fix"]
        assert run(*at, name, str(paper), "--by", "bo").code == 0


def test_a_document_is_signed_by_a_role_that_may(run, ready):
    paper = ready / "paper.md"
    paper.write_text("Approved.", encoding="utf-8")
    at = ("--json", "-C", str(ready), "people", "attest")
    for name, wrong in (
        ("compliance_memo", "di"),
        ("retention_class", "cy"),
        ("labelling_guide", "di"),
        ("single_model_waiver", "ana"),
        ("break_even", "bo"),
    ):
        done = run(*at, name, str(paper), "--by", wrong)
        assert (done.code, done.out, done.error["code"]) == (3, "", "not_a_signer")
        assert f"It needs the {signers(name)}" in done.error["why"]
    done = run(*at, "compliance_memo", str(paper), "--by", "bo")
    assert done.json["result"]["role"] == "compliance_reviewer"


def test_a_break_even_is_signed_only_where_rows_give_one(run, ready):
    paper = ready / "paper.md"
    paper.write_text("I stand for it.", encoding="utf-8")
    at = ("--json", "-C", str(ready), "people", "attest", "break_even", str(paper), "--by", "cy")
    done = run(*at)
    assert (done.code, done.error["code"]) == (4, "no_costs")
    assert held(run, ready) == (False, False)
    answers = ready / "answers.yaml"
    bare = answers.read_text(encoding="utf-8")
    for rows, code in (
        ("{upfront: [{name: work, spend: 900}]}", 0),
        ("{upfront: 1000, returns: 500}", 0),
        ("{upfront: [{name: work, spend: 0}], returns: []}", 4),
        ("{rate: 100}", 4),
    ):
        answers.write_text(f"{bare[: bare.index('costs:')]}costs: {rows}\n", encoding="utf-8")
        # A signature stands for the sum that was signed, and for no other.
        assert held(run, ready) == (False, code == 0)
        assert run(*at).code == code
        assert held(run, ready) == (code == 0, code == 0)


def held(run: Any, ready: Path) -> tuple[bool, bool]:
    """Whether the break-even is stood for, and whether a budget is set down."""
    card = run("--json", "-C", str(ready), "assess").json["scorecard"]
    found = {p["id"]: p["held"] for d in card["dimensions"] for p in d["predicates"]}
    return found["D1.3.money"], found["D5.2.budget"]


def test_a_companys_rubric_may_ask_for_a_document_of_its_own(run, ready):
    (ready / "own.toml").write_text(
        shipped_text().replace(
            'about = "document.retention_class"', 'about = "document.works_council"'
        ),
        encoding="utf-8",
    )
    with (ready / "tuneworthy.yaml").open("a", encoding="utf-8") as file:
        file.write("\nrubric: own.toml\n")
    paper = ready / "paper.md"
    paper.write_text("Agreed.", encoding="utf-8")
    words = ("people", "attest", "works_council", str(paper), "--by", "bo")
    assert run("-C", str(ready), *words).code == 0


def test_every_document_that_the_product_tells_people_to_sign_may_be_signed(ready):
    package = Path(tuneworthy.__file__).parent
    texts = [path.read_text() for kind in ("py", "toml") for path in package.rglob(f"*.{kind}")]
    told = {name for text in texts for name in re.findall(r"people attest ([a-z_]+) FILE", text)}
    with closing(open_runtime(ready)) as runtime:
        assert told - set(known_documents.known(runtime)) == set()
    assert "base_model_compute" in told


def new_key(folder: Path) -> Path:
    path = folder / "new.pem"
    path.write_bytes(generate()[0])
    return path


@pytest.mark.parametrize("text", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_key_file_that_holds_no_key(run, ready, text):
    path = ready / "odd.pem"
    path.write_bytes(text)
    done = decide(run, ready, "ana", "--key", str(path))
    assert (done.code, done.error["code"]) == (2, "key_unreadable")
    assert decide(run, ready, "ana", "--key", str(ready)).code == 4


def test_what_lacks_evidence_cannot_be_approved(run, project):
    at = ("--json", "-C", str(project))
    assert run(*at, "people", "add", "ana", "Ana", "--role", "source_owner").code == 0
    assert decide(run, project, "ana").error["code"] == "evidence_missing"
    assert run(*at, "data", "build").code == 0
    done = decide(run, project, "ana")
    assert (done.code, done.error["code"]) == (3, "evidence_missing")
    assert "decision.verdict" in done.error["why"]


def test_a_person_is_not_changed_by_editing_the_people_file(run, ready):
    path = ready / "people.yaml"
    good = path.read_text(encoding="utf-8")
    ana = load_people(ready, open_runtime(ready).project)[0]
    _, other = generate()
    for text in (
        good.replace(ana.public_key, other),
        good.replace('"source_owner"', '"source_owner", "business_owner"'),
    ):
        assert text != good
        path.write_text(text, encoding="utf-8")
        for done in (
            decide(run, ready, "ana"),
            run("--json", "-C", str(ready), "people", "list"),
        ):
            assert (done.code, done.out, done.error["code"]) == (3, "", "person_changed")
    path.write_text(good, encoding="utf-8")
    assert decide(run, ready, "ana").code == 0


def insert(project: Path, noun: Noun) -> None:
    """A row written into the database by hand, as whole as the program would write it."""
    body = canonical(noun)
    stamp = SystemClock().now().isoformat()
    row = (noun.kind, noun.id, 1, digest_bytes(body), body.decode(), stamp, stamp, 10**6, 1)
    with closing(sqlite3.connect(project / ".tuneworthy" / "tuneworthy.db")) as db, db:
        db.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def forged(project: Path, role: Role, person: str, pem: bytes) -> Approval:
    runtime = open_runtime(project)
    with closing(runtime):
        now = SystemClock().now()
        return make_approval(
            gates.bundle(runtime, GateName.START),
            role=role,
            person=person,
            decision="approve",
            reason="forged",
            created_at=now.isoformat(timespec="milliseconds"),
            expires_at=(now + timedelta(days=9)).isoformat(timespec="milliseconds"),
            policy=load_policy(),
            private_pem=pem,
        )


ROLES = {"ana": Role.SOURCE_OWNER, "bo": Role.COMPLIANCE_REVIEWER, "cy": Role.BUSINESS_OWNER}


def by_another_key(project: Path, person: str, role: Role) -> Approval:
    return forged(project, role, person, generate()[0])


def by_one_who_may_not(project: Path, person: str, role: Role) -> Approval:
    return forged(project, role, "di", (project / "keys" / "di.pem").read_bytes())


def by_one_in_other_roles(project: Path, person: str, role: Role) -> Approval:
    return forged(project, role, "ana", (project / "keys" / "ana.pem").read_bytes())


def rewritten(project: Path, person: str, role: Role) -> Approval:
    real = forged(project, role, person, (project / "keys" / f"{person}.pem").read_bytes())
    return real.model_copy(update={"expires_at": "2999-01-01T00:00:00+00:00"})


def for_other_evidence(project: Path, person: str, role: Role) -> Approval:
    real = forged(project, role, person, (project / "keys" / f"{person}.pem").read_bytes())
    return real.model_copy(update={"bundle": "sha256:" + "0" * 64})


@pytest.mark.parametrize(
    "forge",
    [by_another_key, by_one_who_may_not, by_one_in_other_roles, rewritten, for_other_evidence],
)
def test_rows_forged_in_the_database_open_no_gate(
    run: Any, ready: Path, forge: Callable[[Path, str, Role], Approval]
) -> None:
    for person, role in ROLES.items():
        insert(ready, forge(ready, person, role))
    shut = shown(run, ready)
    assert shut.code == 3
    assert shut.json["open"] is False
    assert len(shut.json["void"]) >= 2
    assert run("--json", "-C", str(ready), "train", "start").error["code"] == "gate_shut"
    for person in ROLES:
        assert decide(run, ready, person).code == 0
    assert shown(run, ready).code == 0


def test_a_forged_person_with_forged_approvals_is_not_the_one_in_the_file(run, ready):
    pem, public = generate()
    body = json.loads(Person(id="ana", name="Ana", roles=(Role.SOURCE_OWNER,), public_key=public)
                      .model_dump_json())  # fmt: skip
    text = canonical(body)
    with closing(sqlite3.connect(ready / ".tuneworthy" / "tuneworthy.db")) as db, db:
        db.execute(
            "UPDATE documents SET body = ?, digest = ? WHERE kind = 'person' AND id = 'ana'",
            (text.decode(), digest_bytes(text)),
        )
    key = ready / "forged.pem"
    key.write_bytes(pem)
    done = decide(run, ready, "ana", "--key", str(key))
    assert (done.code, done.error["code"]) == (3, "person_changed")


def test_a_cut_audit_chain_is_noticed(run, ready):
    path = ready / ".tuneworthy" / "tuneworthy.db"
    with closing(sqlite3.connect(path)) as db, db:
        with pytest.raises(sqlite3.DatabaseError, match="append-only"):
            db.execute("DELETE FROM audit WHERE seq = 3")
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            db.execute(f"DROP TRIGGER {name}")
        db.execute("DELETE FROM audit WHERE seq = 3")
    done = run("--json", "-C", str(ready), "audit", "verify")
    assert (done.code, done.out, done.error["code"]) == (3, "", "audit_broken")
    assert "2" in done.error["message"]
